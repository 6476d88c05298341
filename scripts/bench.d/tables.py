"""What a list costs: a page of a user's files and one level of folders, among few rows and among a million.

Two databases of the instance's cluster, which differ only in size, are queried in turn. Each has a worker of its own.
"""

import os
import statistics
import subprocess
import time
from pathlib import Path

from client import Client
from figures import Row, Sample, samples
from instance import Instance
from transports import FastCGI
from worker_process import WorkerProcess

FEW, MANY = 1_000, 1_000_000
BELOW = 100_000
REQUESTS = 300
PAGE = "/files?order=file_path&limit=100"

# The user's own files: 1,000 in ten folders, a folder with ten small folders, and one with ten large ones. Triggers are
# disabled, because millions of audit rows are not measured here. So this also fills the table of folders. Indexes are
# built and checks are added after the rows, which takes a quarter of the time.
FILL = """
set session_replication_role = replica;
create temporary table checks as
    select conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = 'internal.files'::regclass and contype = 'c';
select format('alter table internal.files drop constraint %I', conname) from checks \\gexec
update pg_index set indisready = false where indrelid = 'internal.files'::regclass;
create temporary table wanted as
    select 'reader@bench.example' as email, format('%s/%s', n / 100, lpad((n % 100)::text, 4, '0')) as path
    from generate_series(0, 999) n
    union all
    select 'reader@bench.example', format('few/%s/file', n) from generate_series(0, 9) n
    union all
    select 'reader@bench.example', format('many/%s/%s', n % 10, n) from generate_series(0, {below} - 1) n
    union all
    select format('other%s@bench.example', n % 100), format('%s/%s', n % 10, n) from generate_series(0, {others} - 1) n;
insert into internal.users (email, password_hash, role)
    select distinct email, 'none', 'editor' from wanted;
insert into internal.ledgers (user_id) select id from internal.users on conflict do nothing;
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
    select u.id, w.path, 'text/plain', 0, sha256(''), md5(w.email || w.path)
    from wanted w join internal.users u using (email);
reindex table internal.files;
select format('alter table internal.files add constraint %I %s not valid', conname, definition) from checks \\gexec
insert into internal.folders (user_id, parent, name, file_count, size_bytes)
    select f.user_id, a.parent, a.name, count(*), 0
    from internal.files f, internal.folders_above(internal.folder_of(f.file_path)) a group by 1, 2, 3;
insert into internal.trash (user_id, entry_id, file_id, file_path, reason, content_type, size_bytes, sha256, blob, store,
        created_at, modified_at, stored_at, expires_at)
    select f.user_id, f.id, f.id, f.file_path, 'deleted', f.content_type, 0, f.sha256, md5('trash' || f.blob), 1, now(),
        now(), now(), now() + interval '30 days'
    from internal.files f where f.file_path not like 'many/%';
set session_replication_role = origin;
analyze internal.files, internal.folders, internal.trash, internal.users, internal.sessions;
select s.token from internal.users u, internal.open_session(u.id, 'editor') s where u.email = 'reader@bench.example';
"""


class Database:
    """A database with this number of other users' files, and one worker."""

    def __init__(self, name, others, work, runner):
        self.name, self.runner, self.instance = name, runner, Instance()
        owner = os.environ["COFFER_OWNER_DATABASE_URL"]
        self.owner = owner.replace("/coffer?", f"/{name}?")
        self.instance.sql(f"create database {name}")
        environment = os.environ | {"COFFER_OWNER_DATABASE_URL": self.owner}
        command = [os.environ["COFFER_COMMAND"], "migrate", "--skip-storage"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        self.token = self.instance.sql(FILL.format(below=BELOW, others=others), url=self.owner)[-1]
        self.configuration = work / f"{name}.conf"
        text = Path(os.environ["COFFER_CONFIG"]).read_text()
        self.configuration.write_text(text.replace("/coffer?", f"/{name}?"))
        self.socket = work / f"{name}.sock"
        self.worker = self.start()

    def start(self):
        worker = WorkerProcess(os.environ["COFFER_WORKER"], self.configuration, self.socket, self.runner)
        # scripts/bench ends what this program cannot.
        self.configuration.with_suffix(".pid").write_text(f"{worker.process.pid}\n")
        return worker

    def drop(self):
        self.worker.stop()
        self.configuration.with_suffix(".pid").unlink()
        self.instance.sql(f"drop database {self.name} with (force)")

    def seconds(self, target):
        """The median of many requests, one after the other."""
        return statistics.median(self.timed(target) for _ in range(REQUESTS))

    def page(self):
        return self.seconds(PAGE)

    def download(self):
        self.upload()
        return self.seconds("/rpc/retrieve_file?p_file_path=bench/1.bin")

    def upload(self):
        """The same for uploads that replace as many files, directly to the worker."""
        client = Client(FastCGI(self.worker.path, timeout=None), self.token)
        return statistics.median(self.timed_upload(client, f"bench/{number}.bin") for number in range(REQUESTS))

    @staticmethod
    def timed_upload(client, path):
        begin = time.perf_counter()
        answer = client.store(path, bytes(4096))
        seconds = time.perf_counter() - begin
        if answer.status not in (200, 201):
            raise SystemExit(f"bench: an upload was answered by {answer.status}: {answer.body[:500]!r}")
        return seconds

    def timed(self, target):
        begin = time.perf_counter()
        status, body = self.worker.ask("GET", target, self.token)
        seconds = time.perf_counter() - begin
        if status != 200 or len(body) < 100:
            raise SystemExit(f"bench: {target} was answered by {status}: {body[:500]!r}")
        return seconds

    def first_and_later(self):
        """The time of a new worker's first request, and the median of the next."""
        self.worker.stop()
        self.worker = self.start()
        # A pool waits as long before it relies on a new worker.
        time.sleep(0.3)
        first = self.timed(PAGE)
        return first, statistics.median(self.timed(PAGE) for _ in range(30))


def tables(work, runner, rounds):
    """The rows of the table."""
    few = Database("coffer_bench_few", FEW, work, runner)
    many = Database("coffer_bench_many", MANY, work, runner)
    try:
        for figure, target in (
            ("page of 100 files", PAGE),
            ("one level of folders", "/rpc/list_folder?p_folder=5"),
            ("page of the trash", "/trash?order=removed_at.desc&limit=100"),
        ):
            large, small = samples(rounds, "seconds", lambda: many.seconds(target), lambda: few.seconds(target))
            yield Row(figure, large, f"{FEW:,} rows of others", small, 1.3, more=False)
        large, small = samples(
            rounds,
            "seconds",
            lambda: many.seconds("/rpc/list_folder?p_folder=many"),
            lambda: many.seconds("/rpc/list_folder?p_folder=few"),
        )
        yield Row(f"a level with {BELOW:,} files below", large, "10 files below", small, 1.3, more=False)
        pairs = [many.first_and_later() for _ in range(2 * rounds + 1)]
        first, later = (Sample(column, "seconds") for column in zip(*pairs))
        yield Row("first request of a worker", first, "its later ones", later, 3, more=False)
    finally:
        few.drop()
        many.drop()
