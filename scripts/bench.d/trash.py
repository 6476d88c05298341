"""Figures of the trash: what keeping a version costs, and a folder with 100,000 files that goes there and comes back.

Overwrites are compared with those of a worker that keeps no versions. The folder is compared with the same rows moved by
SQL between two tables that have the indexes of internal.files and of internal.trash, without constraints, triggers,
totals, policies and audit log.
"""

import os
import time
from pathlib import Path

from client import Client
from figures import Row, Sample, samples
from instance import Instance
from load import SMALL
from transports import FastCGI
from worker_process import WorkerProcess

OVERWRITES = 300
FILES = 100_000
FOLDER = "trash/many"

# Stored yesterday, as what comes back from the trash in the same second would count as new.
FILL = f"""
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob, created_at, stored_at)
select u.id, '{FOLDER}/' || n / 1000 || '/' || n || '.bin', 'application/octet-stream', 0, sha256(n::text::bytea),
    md5('trash' || n), now() - interval '1 day', now() - interval '1 day'
from internal.users u, generate_series(1, {FILES}) n where u.email = 'bench0@example.com';
create table bench_files as
    select f.id, f.user_id, f.file_path::text collate "C", f.description::text, f.content_type::text,
        f.size_bytes::bigint, f.sha256::bytea, f.blob::text collate "C", f.store, f.created_at, f.updated_at,
        f.modified_at, f.stored_at
    from internal.files f where f.file_path like '{FOLDER}/%';
create table bench_trash as
    select t.id, t.user_id, t.entry_id, t.file_id, t.file_path::text collate "C", t.reason::text, t.description::text,
        t.content_type::text, t.size_bytes::bigint, t.sha256::bytea, t.blob::text collate "C", t.store, t.created_at,
        t.modified_at, t.stored_at, t.removed_at, t.expires_at
    from internal.trash t with no data;
select regexp_replace(i.indexdef, 'INDEX \\S+ ON internal\\.\\S+', 'INDEX ON bench_' || i.tablename)
from pg_indexes i where i.schemaname = 'internal' and i.tablename in ('files', 'trash') \\gexec
analyze bench_files;
analyze internal.files;
"""
MOVES = {
    "delete": """
        with gone as (delete from bench_files returning *)
        insert into bench_trash
        select gen_random_uuid(), user_id, id, id, file_path, 'deleted', description, content_type, size_bytes, sha256,
            blob, store, created_at, modified_at, stored_at, now(), now() from gone""",
    "restore": """
        with gone as (delete from bench_trash returning *)
        insert into bench_files
        select file_id, user_id, file_path, description, content_type, size_bytes, sha256, blob, store, created_at,
            now(), modified_at, stored_at from gone""",
}
REMOVE = f"""
drop table if exists bench_files, bench_trash;
set coffer.trash_days = 0;
delete from internal.files where file_path like '{FOLDER}/%';
delete from internal.trash where file_path like '{FOLDER}/%';
delete from internal.garbage where reason = 'deleted';
"""


class Overwriter:
    """A worker that keeps versions for this number of days, and files that it overwrites one after the other."""

    def __init__(self, bench, days):
        self.configuration = bench.work / f"versions-{days}.conf"
        text = Path(os.environ["COFFER_CONFIG"]).read_text()
        self.configuration.write_text(f'{text}\nCOFFER_VERSION_DAYS="{days}"\n')
        self.worker = WorkerProcess(
            os.environ["COFFER_WORKER"], self.configuration, bench.work / f"versions-{days}.sock", bench.runner
        )
        # scripts/bench ends what this program cannot.
        self.configuration.with_suffix(".pid").write_text(f"{self.worker.process.pid}\n")
        self.client = Client(FastCGI(self.worker.path, timeout=None), bench.tokens[1])

    def rate(self):
        begin = time.perf_counter()
        for number in range(OVERWRITES):
            answer = self.client.store(f"versions/{number % 10}", os.urandom(SMALL))
            if answer.status not in (200, 201):
                raise SystemExit(f"bench: an overwrite was answered by {answer.status}: {answer.body[:500]!r}")
        return OVERWRITES / (time.perf_counter() - begin)

    def stop(self):
        self.worker.stop()
        self.configuration.with_suffix(".pid").unlink()


def versions(bench, rounds):
    overwriters = [Overwriter(bench, days) for days in (30, 0)]
    try:
        ours, theirs = samples(rounds, "requests", *(overwriter.rate for overwriter in overwriters))
        yield Row("4 KiB overwrite that makes a version", ours, "without versions", theirs, 0.9)
    finally:
        for overwriter in overwriters:
            overwriter.stop()


class Trash:
    def __init__(self, bench):
        self.instance, self.client = Instance(), Client(bench.site, bench.tokens[0])

    def call(self, name, **arguments):
        """Seconds."""
        begin = time.perf_counter()
        answer = self.client.post(f"/rpc/{name}", arguments)
        seconds = time.perf_counter() - begin
        if answer.status != 200 or answer.json() != FILES:
            raise SystemExit(f"bench: {name} was answered by {answer.status}: {answer.body[:500]!r}")
        return seconds

    def delete(self):
        return self.call("delete_folder", p_folder=FOLDER)

    def restore(self):
        [entry] = self.client.get(f"/trash?select=entry_id&file_path=like.{FOLDER}/1/*&limit=1").json()
        return self.call("restore", p_entry_id=entry["entry_id"])

    def move(self, name):
        script = f"select clock_timestamp() as began \\gset\n{MOVES[name]};\n"
        return float(self.instance.sql(script + "select extract(epoch from clock_timestamp() - :'began')")[-1])


def trash(bench, rounds):
    """The rows of the table."""
    yield from versions(bench, rounds)
    site, seconds = Trash(bench), {}
    try:
        site.instance.sql(FILL)
        for _ in range(rounds):
            for name, ours in (("delete", site.delete), ("restore", site.restore)):
                seconds.setdefault(name, []).append((ours(), site.move(name)))
        for name, pairs in seconds.items():
            ours, theirs = (Sample(column, "seconds") for column in zip(*pairs))
            yield Row(f"{name} of a folder, {FILES:,} files", ours, "the rows by SQL", theirs, 2.0, more=False)
    finally:
        site.instance.sql(REMOVE)
