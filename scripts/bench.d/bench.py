"""The instance that is measured, with its accounts, and the simplest programs that do the same work."""

import base64
import contextlib
import functools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from client import Client, log_in
from figures import MEBIBYTE
from instance import Instance
from load import SMALL, Wrk, curl
from processes import children

LARGE = 1 << 30
FILES = {"small": "bench/small.bin", "large": "bench/large.bin"}
PASSWORD = "bench-" + os.urandom(12).hex()
SESSIONS = """
insert into internal.users (email, password_hash, role)
    select 'many' || n || '@bench.example', 'none', 'editor' from generate_series(1, 1000) n;
select s.token from internal.users u, internal.open_session(u.id, 'editor') s where u.email like 'many%@bench.example';
"""
WORKERS = int(os.environ.get("COFFER_WORKERS", "4"))


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def claims(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


class Bench:
    """One instance, its opponents, and a session."""

    def __init__(self, options):
        self.site, self.opponents, self.work = options.site, options.bench, Path(options.work)
        self.c_socket, self.runner = options.c_socket, options.runner.split()
        self.instance, self.wrk = Instance(dict(os.environ) | {"COFFER_URL": self.site}), Wrk(self.work)
        self.token = self.instance.log_in().token
        self.bearer = f"Bearer {self.token}"
        self.authorization = f"Authorization: {self.bearer}"
        # The arguments of the C programs that run a download's statements.
        self.download = [claims(self.token)["sid"], claims(self.token)["user_id"], FILES["small"]]
        self.large = self.work / "large.bin"
        self.blobs = Path(os.environ["COFFER_BLOBS"])

    def prepare(self, with_large):
        small = self.work / "small.bin"
        small.write_bytes(os.urandom(SMALL))
        self.upload(self.site, small, FILES["small"])
        if not with_large:
            return
        with self.large.open("wb") as file:
            for _ in range(LARGE // MEBIBYTE):
                file.write(os.urandom(MEBIBYTE))
        self.upload(self.site, self.large, FILES["large"])

    @functools.cached_property
    def tokens(self):
        """Those of eight users, as many as clients upload at once."""
        return [self.account(f"bench{number}@example.com") for number in range(8)]

    @functools.cached_property
    def many_tokens(self):
        """Those of a thousand users, without passwords, as hashing those would take minutes."""
        return self.instance.sql(SESSIONS)

    def account(self, email):
        command = [os.environ["COFFER_COMMAND"], "user", "add", email, "--role", "editor"]
        run(*command, input=PASSWORD)
        return log_in(self.site, email, PASSWORD).token

    def upload(self, base, path, name):
        headers = ["-H", self.authorization, "-H", f"File-Path: {name}"]
        curl("-X", "POST", "-T", path, *headers, f"{base}/rpc/store_file")

    def download_url(self, name):
        return f"{self.site}/rpc/retrieve_file?p_file_path={FILES[name]}"

    def blob_of(self, size):
        """The one stored blob of that size, relative to the store."""
        found = [path for path in self.blobs.glob("??/*") if path.stat().st_size == size]
        return max(found, key=lambda path: path.stat().st_mtime).relative_to(self.blobs)

    # Many small requests

    def small_downloads(self, clients=16):
        return self.wrk.get(self.download_url("small"), self.bearer, clients=clients)

    def small_downloads_in_c(self):
        return self.wrk.get(f"{self.opponents}/rpc/retrieve_file", self.bearer)

    def hellos(self):
        return self.wrk.get(f"{self.opponents}/hello", size=len("hello\n"))

    def small_uploads(self, tokens, below=""):
        """New files of all these users, of which one per connection is read again."""
        headers = [f"Bearer {token}" for token in tokens]
        load = self.wrk.upload(f"{self.site}/rpc/store_file", headers, header="File-Path", below=below)
        for connection in range(8):
            path = f"{below}{self.wrk.early_upload(connection)}"
            client = Client(self.site, tokens[connection % len(tokens)])
            answer = client.request("GET", f"/rpc/retrieve_file?p_file_path={path}")
            if answer.status != 200 or answer.body != b"a" * SMALL:
                sys.exit(f"bench: Coffer answers {path}, which it has stored, by {answer.status}: {answer.body!r}")
        return load

    def parts(self):
        """By part of Coffer: its processes."""
        folder = Path(os.environ["COFFER_CONFIG"]).parent
        parents = {"worker": "pids/pool", "PostgreSQL": "postgres/postmaster.pid", "nginx": self.work / "nginx.pid"}
        return {part: children(int((folder / path).read_text().split()[0])) for part, path in parents.items()}

    @property
    def workers(self):
        return self.parts()["worker"]

    @contextlib.contextmanager
    def downloads_in_c(self):
        """Starts the C program once per worker, on the socket to which the opponents' site passes requests."""
        words = [str(self.work / "download"), self.database, *self.download]
        started = run(*self.runner, "spawn-fcgi", "-s", self.c_socket, "-F", str(WORKERS), "--", *words)
        pids = [int(pid) for pid in re.findall(r"PID: (\d+)", started)]
        try:
            yield pids
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

    # Bytes a second

    def large_download(self):
        return median_download("-H", self.authorization, self.download_url("large"))

    def static_download(self):
        return median_download(f"{self.opponents}/static/{self.blob_of(LARGE)}")

    def handoff_upload(self):
        return self.timed_upload(lambda: self.upload(self.site, self.large, FILES["large"]))

    def streaming_upload(self):
        return self.timed_upload(lambda: self.upload(self.opponents, self.large, FILES["large"]))

    def dav_upload(self):
        def put():
            curl("-T", self.large, f"{self.opponents}/dav/large.bin")
            run("sync", target)

        target = self.blobs / "dav" / "large.bin"
        speed = self.timed_upload(put)
        # Not just before the next round. On a virtual machine whose host lends memory, new page cache is slow, and the
        # program that reuses memory freed just before would have an advantage.
        target.unlink()
        return speed

    def timed_upload(self, upload):
        """Flushes all pending writes before, and removes the replaced blob, which is a version, afterwards."""
        run("sync")
        begin = time.perf_counter()
        upload()
        seconds = time.perf_counter() - begin
        self.remove_from_trash("large")
        return LARGE / seconds

    def remove_from_trash(self, name):
        """Removes the bytes, too."""
        Client(self.site, self.token).delete(f"/trash?file_path=eq.{FILES[name]}")
        run(os.environ["COFFER_COMMAND"], "gc", "--grace", "0")

    def remove_large(self):
        """The file that other groups have stored."""
        Client(self.site, self.token).delete(f"/files?file_path=eq.{FILES['large']}")
        self.remove_from_trash("large")

    # Seconds of one process

    def cgi_download(self):
        url = self.download_url("small").removeprefix(self.site)
        path, query = url.split("?")
        return timed_process(
            [os.environ["COFFER_WORKER"]],
            {
                "REQUEST_METHOD": "GET",
                "REQUEST_URI": url,
                "SCRIPT_NAME": path,
                "QUERY_STRING": query,
                "HTTP_AUTHORIZATION": self.bearer,
                "COFFER_CONFIG": os.environ["COFFER_CONFIG"],
            },
            expect=b"Repr-Digest",
        )

    def connections(self):
        return timed_process([str(self.work / "connect"), self.database], {})

    def statements_in_c(self):
        return timed_process([str(self.work / "connect"), self.database, *self.download], {})

    @property
    def database(self):
        for line in Path(os.environ["COFFER_CONFIG"]).read_text().splitlines():
            if line.startswith("COFFER_DATABASE_URL="):
                return line.partition("=")[2].strip('"')
        sys.exit("bench: there is no COFFER_DATABASE_URL")

    # Bytes

    def peak_memory(self):
        """The largest peak memory of the workers."""
        return max(
            int(re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024
            for pid in self.workers
        )


def median_download(*words):
    """That of a few downloads, as one takes only a third of a second."""
    return statistics.median(curl(*words) for _ in range(5))


def timed_process(words, environment, expect=b""):
    """The median of many starts. One takes milliseconds, and the scheduler can delay it by as much."""
    times = []
    for _ in range(40):
        reader, writer = os.pipe()
        begin = time.perf_counter()
        process = os.posix_spawn(
            words[0],
            words,
            {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | environment,
            file_actions=[(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, writer, 1)],
        )
        _, status = os.waitpid(process, 0)
        times.append(time.perf_counter() - begin)
        os.close(writer)
        with os.fdopen(reader, "rb") as output:
            text = output.read()
        if status or expect not in text:
            sys.exit(f"bench: {words[0]} failed: {text[:500]!r}")
    return statistics.median(times)
