"""What a small durable upload costs, against the same work as a function inside PostgreSQL.

The opponent is PL/Python with pyfilesystem: it gets the bytes as an argument, hashes them, writes a file and upserts a
row. It has no web server before it, checks no token, and never asks that the file is on the disk.
"""

import os
import re
import subprocess

CLIENTS = 8
SIZE = 4096
SECONDS = 5
DATABASE = "coffer_bench_plpython"

FUNCTION = """
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

CALL = f"""\\set n random(1, 1000000000)
select store_file('bench/' || (:n % 100) || '/' || :n, decode(repeat('ab', {SIZE}), 'hex'));
"""

REQUESTS = """
local number = math.random(1, 1000000000)
local body = string.rep("a", %d)
request = function()
    number = number + 1
    local path = "uploads/" .. number %% 100 .. "/" .. number
    return wrk.format("POST", "/rpc/store_file", {["Authorization"] = "%s", ["File-Path"] = path}, body)
end
init = function() math.randomseed(tonumber(tostring({}):match("0x(%%x+)"), 16)) number = math.random(1, 1000000000) end
"""


class Uploads:
    def __init__(self, work, site, authorization, blobs, wrk):
        self.work, self.site, self.wrk = work, site, wrk
        self.script = work / "upload.lua"
        self.script.write_text(REQUESTS % (SIZE, authorization.removeprefix("Authorization: ")))
        self.calls = work / "store.sql"
        self.calls.write_text(CALL)
        owner = os.environ["COFFER_OWNER_DATABASE_URL"]
        self.url = owner.replace("/coffer?", f"/{DATABASE}?")
        self.folder = blobs / "plpython"
        self.folder.mkdir()
        store = blobs.stat()
        os.chown(self.folder, store.st_uid, store.st_gid)
        psql(owner, f"create database {DATABASE}")
        psql(self.url, FUNCTION.replace("{folder}", str(self.folder)))

    def ours(self):
        """Requests a second through nginx."""
        return self.wrk(f"{self.site}/rpc/store_file", "-s", self.script, clients=CLIENTS)

    def in_postgres(self):
        words = ["pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-f", self.calls]
        done = subprocess.run([*words, self.url], check=True, capture_output=True, text=True)
        return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])


def psql(url, script):
    subprocess.run(["psql", "--no-psqlrc", "-XAtq", "--set=ON_ERROR_STOP=1", url], input=script, check=True, text=True)
