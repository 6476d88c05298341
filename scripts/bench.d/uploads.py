"""What a small durable upload costs, against the same work as a function inside PostgreSQL.

The opponent is PL/Python with pyfilesystem: it gets the bytes as an argument, hashes them, writes a file, and writes
the same rows as Coffer: identity, file, totals, audit log. It is called directly, so it has no web server in front and
checks no token, and it does not flush the file to the disk. A second opponent writes one row of one table, without
users, quota or log. It shows what these cost.
"""

import os
import re
import subprocess

from bench import claims
from instance import Instance

CLIENTS = 8
SIZE = 4096
SECONDS = 5
DATABASE = "coffer_bench_plpython"

SAME_ROWS = """
create extension plpython3u;
create table public.bench_sessions (number int primary key, session_id text, user_id text, role text);
create function public.bench_store_file(p_number int, p_path text, p_body bytea) returns text
language plpython3u security definer set search_path = '' as $$
import hashlib, uuid
if "fs" not in SD:
    from fs.osfs import OSFS
    SD["fs"] = OSFS("{folder}")
    SD["enter"] = plpy.prepare(
        "select set_config('coffer.user_id', b.user_id, true), set_config('coffer.session_id', b.session_id, true),"
        " s.database_role from public.bench_sessions b join internal.live_sessions s"
        " on s.id = b.session_id::uuid and s.user_id = b.user_id::uuid and s.role = b.role where b.number = $1",
        ["int"])
    SD["put"] = plpy.prepare(
        "select api.store_file($1, $2, null, 'application/octet-stream', $3, $4, null, false, 'file:///bench') as id",
        ["text", "text", "bigint", "bytea"])
plpy.execute(SD["enter"], [p_number])
name = uuid.uuid4().hex
folder = SD["fs"].makedir(name[:2], recreate=True)
folder.writebytes(name, p_body)
return plpy.execute(SD["put"], [name, p_path, len(p_body), hashlib.sha256(p_body).digest()])[0]["id"]
$$;
"""

ONE_ROW = """
create extension plpython3u;
create table files (path text primary key, size_bytes bigint not null, sha256 bytea not null,
    updated_at timestamptz not null default now());
create function store_file(p_path text, p_body bytea) returns void language plpython3u as $$
import hashlib
if "fs" not in SD:
    from fs.osfs import OSFS
    SD["fs"] = OSFS("{folder}")
    SD["put"] = plpy.prepare(
        "insert into files (path, size_bytes, sha256) values ($1, $2, $3) on conflict (path) do update"
        " set size_bytes = excluded.size_bytes, sha256 = excluded.sha256, updated_at = now()",
        ["text", "bigint", "bytea"])
store = SD["fs"]
store.makedirs("/".join(p_path.split("/")[:-1]), recreate=True)
store.writebytes(p_path, p_body)
plpy.execute(SD["put"], [p_path, len(p_body), hashlib.sha256(p_body).digest()])
$$;
"""

BODY = f"decode(repeat('ab', {SIZE}), 'hex')"
PATH = "'uploads/' || (:n % 100) || '/' || :n"
SAME_ROWS_CALL = f"""\\set n random(1, 1000000000)
\\set k random(0, {CLIENTS - 1})
select bench_store_file(:k, {PATH}, {BODY});
"""
ONE_ROW_CALL = f"""\\set n random(1, 1000000000)
select store_file({PATH}, {BODY});
"""


class Uploads:
    def __init__(self, bench):
        self.work, self.blobs = bench.work, bench.blobs
        self.owner = os.environ["COFFER_OWNER_DATABASE_URL"]
        self.sql(self.owner, SAME_ROWS.replace("{folder}", self.folder("same-rows")))
        for number, claimed in enumerate(map(claims, bench.tokens)):
            values = f"{number}, '{claimed['sid']}', '{claimed['user_id']}', '{claimed['role']}'"
            self.sql(self.owner, f"insert into public.bench_sessions values ({values})")
        self.plain = self.owner.replace("/coffer?", f"/{DATABASE}?")
        self.sql(self.owner, f"create database {DATABASE}")
        self.sql(self.plain, ONE_ROW.replace("{folder}", self.folder("one-row")))

    @staticmethod
    def sql(url, script):
        Instance().sql(script, url=url)

    def folder(self, name):
        folder = self.blobs / name
        folder.mkdir()
        store = self.blobs.stat()
        os.chown(folder, store.st_uid, store.st_gid)
        return str(folder)

    def with_the_same_rows(self):
        return self.pgbench(self.owner, SAME_ROWS_CALL)

    def with_one_row(self):
        return self.pgbench(self.plain, ONE_ROW_CALL)

    def pgbench(self, url, script):
        calls = self.work / "store.sql"
        calls.write_text(script)
        words = ["pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-f", calls]
        done = subprocess.run([*words, url], check=True, capture_output=True, text=True)
        return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])
