"""Hosts of a test's own on one network: each has a network namespace, and can be unplugged as if by its cable.

This process is the switch, and one more host, so it needs a network namespace of its own: scripts/test-hosts makes it.
"""

import ctypes
import os
import random
import secrets
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from functools import cache
from urllib.parse import quote

from bucket import PREFIX, objects
from client import Client
from cuts import Cuts
from installation import Cluster, Installation
from instance import WRONG_TOTALS
from kill import Worker, in_the_end
from nginx import Nginx
from processes import accepts, children, free_port, wait_until
from s3 import Server, give_credentials
from transports import FastCGI

NETWORK = "10.77.0"
HERE = f"{NETWORK}.254"
PORT = 9000
WORKERS = 6


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, capture_output=True)


@cache
def switch():
    """Its name, once it is there."""
    assert os.environ.get("COFFER_TEST_HOSTS"), "run scripts/test-hosts"
    ip("link", "set", "lo", "up")
    ip("link", "add", "switch", "type", "bridge")
    ip("address", "add", f"{HERE}/24", "dev", "switch")
    ip("link", "set", "switch", "up")
    return "switch"


class Host:
    """A host with an address; words before the commands that run on it."""

    def __init__(self, name, number):
        self.name, self.address = name, f"{NETWORK}.{number}"
        self.before = ("ip", "netns", "exec", name)
        ip("netns", "add", name)
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", name, "address", "add", f"{self.address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            ip("-n", name, "link", "set", link, "up")
        ip("link", "set", name, "up")
        self.plug()

    def plug(self):
        ip("link", "set", self.name, "master", switch())

    def unplug(self):
        """What it sends, and what others send to it, is lost without any error."""
        ip("link", "set", self.name, "nomaster")

    def connect(self, address, port):
        """A connection from this host. A socket stays in the namespace in which it was made."""
        library = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{self.name}") as there, open("/proc/thread-self/ns/net") as here:
            assert library.setns(there.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
            try:
                return socket.create_connection((address, port), 60)
            finally:
                assert library.setns(here.fileno(), 0) == 0

    def close(self):
        # Both ends go at once. The namespace may take a while, as its connections do.
        ip("link", "delete", self.name)
        ip("netns", "delete", self.name)


class WorkerHost(Host):
    """A host with a pool of workers that listen on TCP."""

    process = None

    def serve(self, installation):
        self.installation = installation
        environment = installation.environment | {"COFFER_SOCKET": self.socket}
        self.log = installation.folder / f"{self.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.before, *installation.command("serve")], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", env=environment,
            )  # fmt: skip
        wait_until(lambda: accepts(self.address, PORT), 60, f"the workers of {self.name}")

    @property
    def socket(self):
        return f"{self.address}:{PORT}"

    def processes(self):
        return [self.process.pid, *children(self.process.pid)]

    def signal(self, number):
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self):
        """All at once. Only the kernel says that nobody is there."""
        self.signal(signal.SIGKILL)
        self.process.wait(60)

    def asked(self):
        """How many requests its workers have answered."""
        answer = self.client().request("GET", "/metrics", parameters={"COFFER_METRICS": "on"})
        lines = answer.body.decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("coffer_requests_total"))

    def client(self, token=None):
        """Asks this host's workers, without nginx."""
        return self.installation.client_of(self.socket, token)

    def close(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()
        super().close()


class Database(Cluster):
    """PostgreSQL on a host. The first one of a list of hosts, or a standby of a database.

    hosts: where workers look for the one that takes changes. options: of the server.
    """

    def __init__(self, host, hosts, *options, of=None):
        self.host, self.hosts, self.before, self.of = host, hosts, host.before, of
        # What a server that is killed has not yet had to write is lost.
        super().__init__(f"listen_addresses='{host.address}'", "wal_writer_delay=10s", "fsync=off", *options)

    def make(self):
        if self.of:
            primary = f"host={self.of.host.address} user=postgres application_name={self.host.name}"
            self.run("pg_basebackup", f"--dbname={primary}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
            return
        super().make()
        with (self.folder / "data/pg_hba.conf").open("a") as rules:
            for database in ("all", "replication"):
                rules.write(f"host {database} all {NETWORK}.0/24 trust\n")

    def url(self, user, database):
        hosts = ",".join(host.address for host in self.hosts)
        return f"postgresql://{user}@{hosts}/{database}?target_session_attrs=read-write&connect_timeout=2"

    def worker_url(self):
        """For workers that ask only this one."""
        return f"postgresql://coffer_authenticator@{self.host.address}/"

    def own_url(self, database="postgres"):
        """By its Unix socket, which is there whatever its network does."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def kill(self):
        """All of it at once, as when its host loses power."""
        postmaster = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        for process in [postmaster, *children(postmaster)]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def promote(self):
        self.run("pg_ctl", "--wait", "promote")

    def close(self):
        with suppress(subprocess.CalledProcessError):
            super().close()


class Site(Installation):
    """An installation whose bytes are in a bucket, with workers on other hosts and an nginx before them."""

    def __init__(self, cluster, hosts, web, folder):
        self.server = Server("seaweedfs", folder, HERE).start()
        self.hosts, self.web = hosts, web
        super().__init__(cluster, {
            "COFFER_STORAGE_URL": self.server.storage_url(PREFIX),
            "COFFER_WEB_SERVERS": f"{web.address}, {HERE}",
            "COFFER_WORKERS": WORKERS,
        })  # fmt: skip
        give_credentials(self, self.server.access_key, self.server.secret_key)
        # For the owner of its folder, and for commands.
        self.settings["COFFER_SOCKET"] = str(self.folder / "none")

    def client_of(self, socket, token=None):
        """Of the workers at address:port."""
        return Client(FastCGI(socket, {"CONTENT_TYPE": "application/json"}), token)

    def __enter__(self):
        self.set_up()
        for host in self.hosts:
            host.serve(self)
        port = free_port()
        workers = ",".join(host.socket for host in self.hosts)
        options = ["--workers", workers, "--s3-endpoint", self.server.endpoint, "--login-rate", "100r/s"]
        options += ["--listen", f"{self.web.address}:{port}"]
        self.nginx = Nginx(self, options=options, answers_at=f"{self.web.address}:{port}")
        self.nginx.url, self.nginx.before = f"http://{self.web.address}:{port}", self.web.before
        self.nginx.__enter__()
        return self

    def __exit__(self, *_):
        self.nginx.__exit__()
        for host in self.hosts:
            host.close()
        self.server.close()
        self.close()

    def people(self, count):
        """So many new accounts, each with a session."""
        names = [f"{secrets.token_hex(8)}@hosts.example" for _ in range(count)]
        for name in names:
            self.add(name)
        return [Client(self.nginx.url, self.token(name)) for name in names]

    def stream(self, client, path, body, **headers):
        """An upload whose length nginx does not know before."""
        pieces = (body[at : at + 60_000] for at in range(0, len(body), 60_000))
        return client.request("POST", "/rpc/store_file", {"File-Path": path, **headers}, pieces)

    def wrongs(self):
        """Whatever rows, bytes and totals do not agree on, after gc and with nobody at work."""
        self.sql("update internal.garbage set listed_at = listed_at - interval '9 days'")
        self.coffer("gc", "--grace", "0")
        stored = {key.rsplit("/", 1)[1] for key in objects(self.server) if "/unfinished/" not in key}
        stored -= {"coffer-store"}
        found = [f"still listed: {blob}" for blob in self.listed()]
        found += [f"a blob without a row: {blob}" for blob in stored - self.rows().keys()]
        found += [f"wrong totals: {line}" for line in self.sql(WRONG_TOTALS)]
        for words in (("check", "--digest"), ("audit", "verify")):
            done = self.run(*words)
            found += [f"{words}: {done.stdout}{done.stderr}"] * (done.returncode != 0)
        return found


class Person(Worker):
    """Uploads, reads, renames and deletes, and knows how long reads took."""

    slowest = 0.0

    def read(self, file):
        began = time.monotonic()
        try:
            return super().read(file)
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)


class Resumer(threading.Thread):
    """Uploads files by tus, and continues each after whatever breaks."""

    def __init__(self, client, seed, stop):
        super().__init__(name="tus")
        self.stop, self.wrongs, self.stored = stop, [], {}
        self.cuts = Cuts(None, client.token, (client.url, None), random.Random(f"{seed} tus"), "tus", sizes=[300_000])
        self.cuts.kinds = [self.cuts.cut_client]

    def run(self):
        try:
            while not self.stop.is_set():
                self.cuts.file(len(self.cuts.seen), 1)
        except Exception as error:  # a fault must not look like a quiet client
            self.wrongs.append(f"tus: {error!r}")


class Load:
    """People at work while the block runs, each with an account; what was wrong afterwards is in `wrongs`."""

    def __init__(self, site, seed, count=6):
        self.site, self.stop = site, threading.Event()
        clients = site.people(count + 1)
        self.people = [Person(number, site, clients[number], seed, self.stop) for number in range(count)]
        self.resumer = Resumer(clients[count], seed, self.stop)
        self.wrongs = []

    def __enter__(self):
        for each in (*self.people, self.resumer):
            each.start()
        return self

    def __exit__(self, kind, *_):
        self.stop.set()
        for each in (*self.people, self.resumer):
            each.join()
        self.wrongs = [wrong for each in (*self.people, self.resumer) for wrong in each.wrongs]
        if kind is None:
            self.wrongs += in_the_end(self.people)

    @property
    def counts(self):
        """How often which request had which outcome."""
        found = {}
        for person in self.people:
            for name, count in list(person.counts.items()):
                found[name] = found.get(name, 0) + count
        return dict(sorted(found.items()))

    def go_on(self, number, what="upload 200", seconds=120):
        """Waits until there have been so many more of these outcomes."""
        wanted = self.counts.get(what, 0) + number
        wait_until(lambda: self.counts.get(what, 0) >= wanted, seconds, f"{number} times {what}; {self.counts}")

    @property
    def failed_reads(self):
        good = ("read 200", "read 400")  # 400 for a file that does not exist
        return {name: count for name, count in self.counts.items() if name.startswith("read ") and name not in good}

    @property
    def slowest(self):
        """The longest read, in seconds."""
        return max(person.slowest for person in self.people)
