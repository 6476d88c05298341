"""The load that every program gets in the same way: small requests by wrk, large bodies by curl, and slow uploads.

Every answer counts: one that is not a success, or whose body is not as long as it must be, ends the bench. Only where
a server may fail under a load are its failures not counted as answers.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SMALL = 4096
SECONDS = float(os.environ.get("COFFER_BENCH_SECONDS", "5"))
# More than the header of any answer.
HEADER = 2048

REPORT = """
done = function(summary, latency)
    local e = summary.errors
    local failed = e.connect + e.read + e.write + e.timeout
    print(string.format("bench: %d %d %d %d %d %d", summary.requests, e.status, failed, summary.bytes, summary.duration,
        latency:percentile(99)))
end
"""

# Each of up to eight threads fills a folder with 100 files before it begins the next: like a person who copies several
# folders at once. A thread has an account of its own if there are eight, or takes turns with its share of more.
UPLOADS = """
local count = 0
setup = function(thread) thread:set("id", count) count = count + 1 end
local accounts, header, below, number = {}
init = function(arguments)
    header, below, number = arguments[1], arguments[2], tonumber(arguments[3])
    for index = 4, #arguments do table.insert(accounts, arguments[index]) end
end
local body = string.rep("a", 4096)
request = function()
    number = number + 1
    local path = string.format("%su%d/%d/%d", below, id, math.floor(number / 100) % 100, number)
    local fields = {["Authorization"] = accounts[(id + 8 * number) % #accounts + 1]}
    if header == "" then return wrk.format("PUT", path, fields, body) end
    fields[header] = path
    return wrk.format("POST", nil, fields, body)
end
"""

# Each request is that of the next account.
MANY_ACCOUNTS = """
local accounts, number = {}, 0
init = function(arguments)
    for line in io.lines(arguments[1]) do table.insert(accounts, wrk.format("GET", nil, {["Authorization"] = line})) end
    number = math.random(#accounts)
end
request = function()
    number = number % #accounts + 1
    return accounts[number]
end
"""


@dataclass
class Load:
    """What wrk reports: requests, those a second, and the seconds within which 99 of 100 are answered."""

    requests: int
    rate: float
    p99: float


class Wrk:
    """Runs wrk with its scripts in the work directory."""

    def __init__(self, work):
        self.plain, self.uploads, self.accounts = (work / f"{name}.lua" for name in ("plain", "uploads", "accounts"))
        self.plain.write_text(REPORT)
        self.uploads.write_text(REPORT + UPLOADS)
        self.accounts.write_text(REPORT + MANY_ACCOUNTS)
        self.next = 0

    def get(self, url, authorization=None, size=SMALL, clients=16, seconds=SECONDS, may_fail=False):
        """Requests of the same file, by all connections with the same account."""
        headers = ["-H", f"Authorization: {authorization}"] if authorization else []
        return self.run(url, self.plain, *headers, size=size, clients=clients, seconds=seconds, may_fail=may_fail)

    def get_as(self, url, accounts, clients=16):
        """The same with an account for each request: the lines of a file."""
        return self.run(url, self.accounts, arguments=[accounts], clients=clients)

    def upload(self, url, authorizations, header="", below="/", clients=8, seconds=SECONDS):
        """New files, by each connection with its own account, as far as there are as many."""
        self.first = self.next
        # A round begins in the first folder again, and with names that no earlier round has used.
        self.next += 10_000 * (1 + int(seconds))
        arguments = [header, below, self.first, *authorizations]
        options = {"clients": clients, "threads": min(clients, 8), "seconds": seconds}
        return self.run(url, self.uploads, arguments=arguments, size=0, **options)

    def early_upload(self, connection):
        """The path of one of a connection's first files of the last run. wrk makes the very first request, not sent."""
        number = self.first + 2
        return f"u{connection}/{number // 100 % 100}/{number}"

    @staticmethod
    def run(url, script, *more, arguments=(), size=SMALL, clients, threads=2, seconds=SECONDS, may_fail=False):
        words = ["wrk", "-t", min(threads, clients), "-c", clients, "-d", f"{seconds:.0f}s", "--timeout", "60s"]
        words += ["-s", script, *more, url, "--", *arguments]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        found = re.search(r"^bench:" + r" (\d+)" * 6 + "$", done.stdout, re.M)
        if not found:
            sys.exit(f"bench: wrk has failed:\n{done.stdout}{done.stderr}")
        answers, refused, failed, received, microseconds, p99 = map(int, found.groups())
        requests = answers - refused
        if not may_fail:
            if refused or failed or not requests:
                sys.exit(f"bench: not every answer of {url} was a success:\n{done.stdout}")
            if not size <= received / requests <= size + HEADER:
                sys.exit(f"bench: the answers of {url} have {received / requests:.0f} bytes:\n{done.stdout}")
        return Load(requests, requests / microseconds * 1e6, p99 / 1e6)


def curl(*words, wanted="speed_download"):
    """Sends one request, and returns the bytes a second of the answer's body, or what else is wanted."""
    options = ["--silent", "--show-error", "--fail", "-o", "/dev/null", "-w", f"%{{{wanted}}}"]
    done = subprocess.run(["curl", *options, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


class SlowUploads:
    """`with` has many uploads under way, each of 1 KiB a second.

    head: the request line and header fields, without Host and length.
    """

    COUNT = 256
    LENGTH = 1 << 20

    def __init__(self, url, heads):
        self.address = (urlsplit(url).hostname, urlsplit(url).port)
        self.heads = heads
        self.stopping = threading.Event()

    def __enter__(self):
        self.connections = [self.begin(self.heads[number % len(self.heads)]) for number in range(self.COUNT)]
        self.thread = threading.Thread(target=self.send)
        self.thread.start()
        # The uploads are then where they wait for their next bytes.
        time.sleep(1)
        return self

    def begin(self, head):
        connection = socket.create_connection(self.address)
        fields = f"Host: {self.address[0]}\r\nContent-Length: {self.LENGTH}\r\n\r\n"
        connection.sendall(f"{head}Content-Type: application/octet-stream\r\n{fields}".encode() + bytes(512))
        connection.setblocking(False)
        return connection

    def send(self):
        while not self.stopping.wait(0.5):
            for connection in self.connections:
                # A server that does not read any more, or has given up, is seen in `lost`.
                with contextlib.suppress(OSError):
                    connection.send(bytes(512))

    def lost(self):
        """How many the server has ended."""
        return sum(map(has_ended, self.connections))

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        for connection in self.connections:
            connection.close()


def has_ended(connection):
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def processor_seconds(pids):
    """By process: what it has used so far, as the scheduler counts it. PostgreSQL starts and ends some in between."""
    seconds = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            seconds[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return seconds


def processor(parts, measure):
    """The load of a measure, and the seconds of processor that the processes of each part used for one request."""
    before = {part: processor_seconds(pids) for part, pids in parts.items()}
    load = measure()
    used = {}
    for part, begun in before.items():
        ended = processor_seconds(begun)
        used[part] = sum(seconds - begun[pid] for pid, seconds in ended.items()) / load.requests
    return load, used
