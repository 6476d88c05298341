"""The PostgreSQL servers of an instance as their operator handles them."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from instance import postgres_program
from processes import children, frozen, wait_until


class Server:
    """The instance's own server, or another one with the folders of its data and of its socket."""

    def __init__(self, own, data=None, sockets=None):
        self.own = own
        self.data = data or own.folder / "run/postgres"
        self.sockets = sockets or Path(own["SOCKET"]).parent

    def command(self, program, *arguments):
        path = postgres_program(program)
        return [*self.own.as_owner(path), path, *map(str, arguments)]

    def control(self, *arguments):
        command = self.command("pg_ctl", "--pgdata", self.data, "--wait", "--silent", *arguments)
        done = subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return done.returncode == 0

    def stop(self):
        assert self.control("--mode=fast", "stop")

    def start(self):
        log = self.own.folder / f"run/logs/{self.data.name}.log"
        options = [f"--log={log}", f"--options=-c unix_socket_directories='{self.sockets}'"]
        # What a crash has left of the server may take a moment to go.
        wait_until(lambda: self.control(*options, "start"), 120, "the server")

    @contextmanager
    def stopped(self):
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self, with_backends):
        """Takes connections as the kernel does for it, and answers nothing."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        with frozen([postmaster, *(children(postmaster) if with_backends else [])]):
            yield

    @property
    def url(self):
        """For the superuser."""
        return f"host={self.sockets} dbname=coffer user=postgres"

    def sql(self, script):
        return self.own.sql(script, url=self.url)

    def let_in(self, *rules):
        """Who may log in, beside the superuser by the socket: lines of pg_hba.conf."""
        lines = ["local all postgres trust", "local replication postgres trust", *rules]
        (self.data / "pg_hba.conf").write_text("\n".join(lines) + "\n")
        self.sql("select pg_reload_conf()")

    def set(self, **settings):
        """Changes settings, also those for which the server must restart."""
        for name, value in settings.items():
            self.sql(f"alter system set {name} = '{value}'")
        with self.stopped():
            pass

    @contextmanager
    def standby(self):
        """A server that follows this one."""
        folder = self.own.folder / "standby"
        data, sockets = folder / "standby", folder / "sockets"
        for path in (folder, sockets):
            path.mkdir()
            self.own.own(path)
        options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--pgdata={data}"]
        command = self.command("pg_basebackup", f"--dbname=host={self.sockets} user=postgres", *options)
        subprocess.run(command, cwd="/", check=True)
        with (data / "postgresql.auto.conf").open("a") as file:
            file.write("listen_addresses = ''\n")
        standby = Server(self.own, data, sockets)
        standby.start()
        try:
            yield standby
        finally:
            standby.control("--mode=immediate", "stop")
            subprocess.run(["rm", "-rf", folder], check=True)

    def promote(self):
        assert self.control("promote")


def ask_each_worker(own, ask, *servers):
    """The answers to one request for each worker: none takes a second one while it waits for a frozen server.

    A busy machine may let one take two all the same.
    """
    workers = own.workers()
    with ThreadPoolExecutor(len(workers)) as threads:
        with ExitStack() as stack:
            for server in servers:
                stack.enter_context(server.frozen(with_backends=True))
            answers = [threads.submit(ask, number) for number in range(len(workers))]
            time.sleep(1)
        return [answer.result() for answer in answers]
