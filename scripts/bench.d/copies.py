"""Figures of copies: a folder with 10,000 small files, against hard links and the same rows.

The other side links the files with `cp -al` and inserts the rows of the files and of the audit log, which are known
already, into tables with the same indexes and without constraints and triggers. It makes nothing durable but the rows.
"""

import os
import shutil
import subprocess
import time
from itertools import count
from pathlib import Path

from client import Client
from figures import Row, samples
from instance import Instance

FILES, BYTES = 10_000, 4096
SOURCE = "copies/source"

# The triggers count these files, as they count the copies.
FILL = f"""
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select u.id, '{SOURCE}/' || n / 100 || '/' || lpad(n::text, 6, '0') || '.bin', 'application/octet-stream', {BYTES},
    sha256(convert_to(n::text, 'UTF8')), md5('copies' || n)
from internal.users u, generate_series(1, {FILES}) n where u.email = '{{email}}';
"""
# Columns of base types, as domains would be checked.
PLAIN = """
create table bench_files as
    select f.id, f.user_id, f.file_path::text collate "C", f.description::text, f.content_type::text,
        f.size_bytes::bigint, f.sha256::bytea, f.blob::text collate "C", f.store, f.created_at, f.updated_at,
        f.modified_at, f.stored_at
    from internal.files f with no data;
create table bench_log as
    select a.id, a.occurred_at, a.actor_id, a.user_id, a.action::text, a.subject, a.request_id, a.remote_address,
        a.chain, a.position::bigint, a.hash
    from internal.audit_log a with no data;
select regexp_replace(i.indexdef, 'INDEX \\S+ ON internal\\.\\S+', 'INDEX ON '
    || case i.tablename when 'files' then 'bench_files' else 'bench_log' end)
from pg_indexes i where i.schemaname = 'internal' and i.tablename in ('files', 'audit_log') \\gexec
analyze internal.files;
"""
INSERT = """
select clock_timestamp() as began \\gset
begin;
insert into bench_files
select gen_random_uuid(), f.user_id, '{target}' || substr(f.file_path, length('{source}') + 1), f.description,
    f.content_type, f.size_bytes, f.sha256, encode(extensions.gen_random_bytes(16), 'hex'), f.store, now(), now(),
    f.modified_at, now()
from internal.files f where f.file_path > '{source}/' and f.file_path < '{source}0';
insert into bench_log
select nextval('internal.audit_log_id_seq'), now(), a.actor_id, a.user_id, a.action, a.subject, a.request_id,
    a.remote_address, gen_random_uuid(), a.position, a.hash
from internal.audit_log a where a.subject > '{source}/' and a.subject < '{source}0';
commit;
select extract(epoch from clock_timestamp() - :'began');
"""
REMOVE = """
drop table if exists bench_files, bench_log;
set coffer.trash_days = 0;
delete from internal.files where file_path like 'copies/%' returning blob;
"""


class Copies:
    def __init__(self, bench):
        self.instance, self.client = Instance(), Client(bench.site, bench.tokens[0])
        self.blobs, self.links = Path(os.environ["COFFER_BLOBS"]), bench.work / "links"
        self.numbers = count(1)

    def fill(self):
        for number in range(1, FILES + 1):
            folder = self.links / "source" / str(number // 100)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number:06}.bin").write_bytes(os.urandom(BYTES))
        self.instance.sql(FILL.format(email="bench0@example.com") + PLAIN)
        owner = self.blobs.stat()
        for blob in self.instance.sql("select blob from internal.files where file_path like 'copies/%'"):
            path = self.blobs / blob[:2] / blob
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(os.urandom(BYTES))
            for made in (path.parent, path):
                os.chown(made, owner.st_uid, owner.st_gid)
        os.sync()

    def copy(self):
        """Seconds."""
        begin = time.perf_counter()
        answer = self.client.post("/rpc/copy", {"p_from": SOURCE, "p_to": f"copies/{next(self.numbers)}"})
        seconds = time.perf_counter() - begin
        if answer.status != 200 or answer.json() != FILES:
            raise SystemExit(f"bench: a copy was answered by {answer.status}: {answer.body[:500]!r}")
        return seconds

    def links_and_rows(self):
        target = self.links / str(next(self.numbers))
        begin = time.perf_counter()
        subprocess.run(["cp", "-al", self.links / "source", target], check=True)
        seconds = time.perf_counter() - begin
        return seconds + float(self.instance.sql(INSERT.format(source=SOURCE, target=f"copies/{target.name}"))[-1])

    def remove(self):
        for blob in self.instance.sql(REMOVE):
            (self.blobs / blob[:2] / blob).unlink(missing_ok=True)
        shutil.rmtree(self.links)


def copies(bench, rounds):
    """The rows of the table."""
    site = Copies(bench)
    try:
        site.fill()
        ours, theirs = samples(rounds, "seconds", site.copy, site.links_and_rows)
        yield Row(f"copy of a folder, {FILES:,} × 4 KiB", ours, "cp -al and the rows by SQL", theirs, 2.0, more=False)
    finally:
        site.remove()
