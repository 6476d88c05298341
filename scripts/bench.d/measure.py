"""The figures of scripts/bench: what each is compared with, how it is measured, and the ratio it must reach.

The two programs of a figure are measured in alternating rounds, so that other load on the machine affects both. Their
medians are compared. The instance's environment file must be sourced.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from checks import checks
from http2 import LongLink
from instance import Instance
from remote import RemoteBench
from tables import tables
from uploads import Uploads

SMALL = 4096
LARGE = 1 << 30
MEBIBYTE = 1 << 20
FILES = {"small": "bench/small.bin", "large": "bench/large.bin"}


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


class Bench:
    """One instance, its opponents, and a session."""

    def __init__(self, options):
        self.site, self.opponents, self.work = options.site, options.bench, Path(options.work)
        self.c_socket, self.runner = options.c_socket, options.runner.split()
        token = Instance(dict(os.environ) | {"COFFER_URL": self.site}).log_in().token
        self.authorization = f"Authorization: Bearer {token}"
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        # The arguments of the C programs that run a download's statements.
        self.download = [claims["sid"], claims["user_id"], FILES["small"]]
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

    def upload(self, base, path, name):
        curl("-X", "POST", "-T", path, "-H", self.authorization, "-H", f"File-Path: {name}", f"{base}/rpc/store_file")

    def download_url(self, name):
        return f"{self.site}/rpc/retrieve_file?p_file_path={FILES[name]}"

    def blob_of(self, size):
        """The one stored blob of that size, relative to the store."""
        found = [path for path in self.blobs.glob("??/*") if path.stat().st_size == size]
        return max(found, key=lambda path: path.stat().st_mtime).relative_to(self.blobs)

    # Requests a second

    def small_downloads(self):
        return self.wrk(self.download_url("small"), "-H", self.authorization)

    def small_downloads_in_c(self):
        return self.wrk(f"{self.opponents}/rpc/retrieve_file", "-H", self.authorization)

    def hellos(self):
        return self.wrk(f"{self.opponents}/hello")

    @contextlib.contextmanager
    def downloads_in_c(self):
        """Starts the C program once per worker, on the socket to which the opponents' site passes requests."""
        words = [str(self.work / "download"), self.database, *self.download]
        workers = os.environ.get("COFFER_WORKERS", "4")
        started = run(*self.runner, "spawn-fcgi", "-s", self.c_socket, "-F", workers, "--", *words)
        pids = [int(pid) for pid in re.findall(r"PID: (\d+)", started)]
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

    @staticmethod
    def wrk(url, *more, clients=16):
        text = run("wrk", "-t", "2", "-c", str(clients), "-d", "5s", *map(str, more), url)
        if "Non-2xx" in text or "Socket errors" in text:
            sys.exit(f"bench: not every answer was a success:\n{text}")
        return float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1])

    # Bytes a second

    def large_download(self):
        return curl("-H", self.authorization, self.download_url("large"))

    def static_download(self):
        return curl(f"{self.opponents}/static/{self.blob_of(LARGE)}")

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
        """Flushes all pending writes before, and removes the replaced blob afterwards."""
        run("sync")
        begin = time.perf_counter()
        upload()
        seconds = time.perf_counter() - begin
        run(os.environ["COFFER_COMMAND"], "gc", "--grace", "0")
        return LARGE / seconds

    # Seconds of one process

    def cgi_download(self):
        url = self.download_url("small").removeprefix(self.site)
        path, query = url.split("?")
        return self.timed_process(
            [os.environ["COFFER_WORKER"]],
            {
                "REQUEST_METHOD": "GET",
                "REQUEST_URI": url,
                "SCRIPT_NAME": path,
                "QUERY_STRING": query,
                "HTTP_AUTHORIZATION": self.authorization.removeprefix("Authorization: "),
                "COFFER_CONFIG": os.environ["COFFER_CONFIG"],
            },
            expect=b"Repr-Digest",
        )

    def connections(self):
        return self.timed_process([str(self.work / "connect"), self.database], {})

    def statements_in_c(self):
        return self.timed_process([str(self.work / "connect"), self.database, *self.download], {})

    @property
    def database(self):
        for line in Path(os.environ["COFFER_CONFIG"]).read_text().splitlines():
            if line.startswith("COFFER_DATABASE_URL="):
                return line.partition("=")[2].strip('"')
        sys.exit("bench: there is no COFFER_DATABASE_URL")

    @staticmethod
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

    # Bytes

    def peak_memory(self):
        """The largest peak memory of the workers."""
        peak = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(folder / "exe") == os.environ["COFFER_WORKER"]:
                    peak = max(peak, int(re.search(r"VmHWM:\s*(\d+) kB", (folder / "status").read_text())[1]) * 1024)
            except OSError:
                continue
        return peak


def curl(*words):
    """Sends one request, and returns the bytes per second of the response's body."""
    return float(run("curl", "--silent", "--show-error", "--fail", "-o", "/dev/null", "-w", "%{speed_download}", *map(str, words)))


def alternately(rounds, *measures):
    """The median of each. The first round is not counted, because it fills caches."""
    results = [[] for _ in measures]
    for _ in range(rounds + 1):
        for values, measure in zip(results, measures):
            values.append(measure())
    return [statistics.median(values[1:]) for values in results]


def requests(value):
    return f"{value:,.0f}/s"


def rate(value):
    return f"{value / MEBIBYTE:,.0f} MiB/s"


def milliseconds(value):
    return f"{value * 1000:.2f} ms"


# The groups of figures. A row: figure, ours, against, ratio, required ratio or None, whether a larger one is better.


def downloads(bench, rounds):
    with bench.downloads_in_c():
        ours, hello, same = alternately(rounds, bench.small_downloads, bench.hellos, bench.small_downloads_in_c)
    yield "4 KiB downloads, 16 connections", requests(ours), f"bare responder {requests(hello)}", ours / hello, 0.45, True
    # The C program shows the cost of PostgreSQL and of the redirect to nginx alone. Where that already exceeds the
    # requirement above, this ratio counts.
    yield "4 KiB downloads, 16 connections", requests(ours), f"the same in C {requests(same)}", ours / same, 0.9, True


def large(bench, rounds):
    down, static = alternately(rounds, bench.large_download, bench.static_download)
    yield "1 GiB download", rate(down), f"static file {rate(static)}", down / static, 0.95, True
    handoff, streaming, dav = alternately(rounds, bench.handoff_upload, bench.streaming_upload, bench.dav_upload)
    yield "1 GiB upload, hand-off", rate(handoff), f"WebDAV and sync {rate(dav)}", handoff / dav, 0.7, True
    yield "1 GiB upload, streaming", rate(streaming), f"WebDAV and sync {rate(dav)}", streaming / dav, 0.3, True
    peak = bench.peak_memory()
    yield "peak memory of a worker", f"{peak / MEBIBYTE:.1f} MiB", "32 MiB", peak / (32 * MEBIBYTE), 1.0, False


def cgi(bench, rounds):
    ours, same, least = alternately(rounds, bench.cgi_download, bench.statements_in_c, bench.connections)
    yield "plain CGI download, cold", milliseconds(ours), f"its statements in C {milliseconds(same)}", ours / same, 1.6, False
    yield "plain CGI download, cold", milliseconds(ours), f"'select 1' in C {milliseconds(least)}", ours / least, None, False


def lists(bench, rounds):
    for figure, ours, against, other, bar in tables(bench.work, bench.runner, rounds, alternately):
        yield figure, milliseconds(ours), f"{against} {milliseconds(other)}", ours / other, bar, False


def remote(bench, rounds):
    for kind in ("juicefs", "seaweedfs"):
        with RemoteBench(kind, bench.work, bench.large, curl).running() as s3:
            up, rclone = alternately(rounds, s3.upload, s3.upload_by_rclone)
            yield f"1 GiB upload to {kind}", rate(up), f"rclone {rate(rclone)}", up / rclone, 0.6, True
            before = s3.bytes_written()
            down, direct = alternately(rounds, s3.download, s3.download_directly)
            written = (s3.bytes_written() - before) / (rounds + 1)
            yield f"1 GiB download from {kind}", rate(down), f"curl, directly {rate(direct)}", down / direct, 0.8, True
            yield "of it through a worker", f"{written / 1024:.1f} KiB", "10 MiB", written / (10 * MEBIBYTE), 1.0, False
            peak = s3.peak_memory()
            yield "peak memory of a worker", f"{peak / MEBIBYTE:.1f} MiB", "64 MiB", peak / (64 * MEBIBYTE), 1.0, False


def http2(bench, rounds):
    with LongLink(Instance(os.environ), bench.work, bench.authorization, curl).running() as link:
        measures = [lambda version=version: link.upload(version) for version in ("--http2-prior-knowledge", "--http1.1")]
        ours, other = alternately(rounds, *measures)
    yield "200 MiB upload, HTTP/2, 50 ms", rate(ours), f"HTTP/1.1 {rate(other)}", ours / other, 0.5, True


def check(bench, rounds):
    for figure, ours, against, ratio, bar in checks(rounds, alternately):
        yield figure, ours, against, ratio, bar, True


def uploads(bench, rounds):
    peers = Uploads(bench.work, bench.site, bench.blobs, bench.wrk)
    ours, theirs, least = alternately(rounds, peers.ours, peers.with_the_same_rows, peers.with_one_row)
    yield "4 KiB uploads, 8 clients", requests(ours), f"PL/Python, no fsync {requests(theirs)}", ours / theirs, 0.6, True
    yield "…", requests(ours), f"the same with one row {requests(least)}", ours / least, None, True


GROUPS = {
    "downloads": downloads,
    "large": large,
    "cgi": cgi,
    "lists": lists,
    "check": check,
    "uploads": uploads,
    "http2": http2,
    "s3": remote,
}


def main():
    parser = argparse.ArgumentParser()
    for name in ("work", "site", "bench", "commit", "c-socket", "runner"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=GROUPS, action="append", help="measure this group of figures; may be repeated")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    bench = Bench(options)
    groups = options.only or GROUPS
    bench.prepare("large" in groups or "s3" in groups)
    print(f"Coffer {options.commit}, {os.cpu_count()} processors, load {load:.1f} before, medians of {options.rounds} rounds\n")
    print(f"| {'figure':<32} | {'Coffer':>12} | {'against':<30} | {'ratio':>5} | {'bar':<7} |    |")
    print(f"|{'-' * 34}|{'-' * 13}:|{'-' * 32}|{'-' * 6}:|{'-' * 9}|----|")
    missed = 0
    for group in groups:
        for figure, value, against, ratio, bar, more in GROUPS[group](bench, options.rounds):
            if bar is None:
                wanted, mark = "", "–"
            else:
                reached = ratio >= bar if more else ratio <= bar
                missed += not reached
                wanted, mark = f"{'≥' if more else '≤'} {bar}", "ok" if reached else "no"
            print(f"| {figure:<32} | {value:>12} | {against:<30} | {ratio:5.2f} | {wanted:<7} | {mark:<2} |", flush=True)
    sys.exit(1 if missed else 0)


main()
