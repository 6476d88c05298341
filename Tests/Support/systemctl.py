#!/usr/bin/python3
"""A stand-in for systemctl and for the part of systemd that Coffer's units use, on a server of a test's own.

A process that it leaves behind holds the socket of coffer.socket, starts coffer.service with it and with the unit's
restrictions (sandbox.py), receives its notifications, and starts it again when it fails. nginx and PostgreSQL are
started by the test, and only reloaded here. `systemctl notifications` prints what the pool has reported.
"""

import grp
import os
import pwd
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

from sandbox import Unit, execute

FOLDER = Path("/run/stand-in")
SOCKET = "coffer.socket"
CONTROL, NOTIFY, LOG = FOLDER / "control", FOLDER / "notify", Path("/var/log/coffer.log")


class Manager:
    """Holds the socket, and keeps the service running."""

    def __init__(self):
        self.pid, self.is_ready, self.is_reloading, self.due, self.life = None, False, False, None, None
        self.unit = None
        self.listener = self.listen()
        self.notifications = []
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(NOTIFY))
        NOTIFY.chmod(0o777)
        self.control = socket.socket(socket.AF_UNIX)
        self.control.bind(str(CONTROL))
        self.control.listen()

    @staticmethod
    def listen():
        unit = Unit(SOCKET)
        path = Path(unit.last("ListenStream"))
        path.parent.mkdir(mode=int(unit.last("DirectoryMode"), 8), exist_ok=True)
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        group = grp.getgrnam(unit.last("SocketGroup")).gr_gid
        os.chown(path, pwd.getpwnam(unit.last("SocketUser")).pw_uid, group)
        path.chmod(int(unit.last("SocketMode"), 8))
        listener.listen(int(unit.last("Backlog")))
        return listener

    def run(self):
        while True:
            readable, _, _ = select.select([self.control, self.notify], [], [], 0.05)
            if self.notify in readable:
                self.receive()
            self.supervise()
            if self.control in readable:
                connection, _ = self.control.accept()
                with connection:
                    connection.sendall(self.obey(connection.recv(100).decode()).encode())

    def receive(self):
        text = self.notify.recv(4096).decode()
        self.notifications.append(text)
        lines = text.splitlines()
        if "READY=1" in lines:
            self.is_ready, self.is_reloading = True, False
        elif "RELOADING=1" in lines:
            self.is_reloading = True
        if "WATCHDOG=1" in lines:
            self.life = time.monotonic()

    def supervise(self):
        if self.pid and self.life and time.monotonic() - self.life > float(self.unit.last("WatchdogSec")):
            # systemd, too, lets a stopped process hear the signal.
            for number in (signal.SIGABRT, signal.SIGCONT):
                os.kill(self.pid, number)
            self.life = None
        if self.pid and os.waitpid(self.pid, os.WNOHANG) != (0, 0):
            # What is left of a service is killed (KillMode=mixed).
            self.kill_workers()
            self.pid = None
            self.due = time.monotonic() + float(self.unit.last("RestartSec"))
        if self.due and self.due <= time.monotonic():
            self.start()

    def kill_workers(self):
        """All at once, like the processes of a control group: none gets a request that another one was killed over."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):  # gone
                if f"COFFER_POOL_PID={self.pid}".encode() in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def start(self):
        # Kept while the service runs, as the package may be removed meanwhile.
        self.unit = unit = Unit("coffer.service")
        self.due, self.is_ready, self.life = None, False, None
        self.pid = os.fork()
        if self.pid:
            return
        try:
            os.setsid()
            log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            null = os.open("/dev/null", os.O_RDONLY)
            listener = os.dup(self.listener.fileno())
            for source, target in ((null, 0), (log, 1), (log, 2), (listener, 3)):
                os.dup2(source, target)
            os.closerange(4, 256)
            id = str(os.getpid())
            environment = {
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8",
                "USER": unit.last("User"), "NOTIFY_SOCKET": str(NOTIFY), "LISTEN_PID": id, "LISTEN_FDS": "1",
                "WATCHDOG_PID": id, "WATCHDOG_USEC": str(int(unit.last("WatchdogSec")) * 1_000_000),
            }  # fmt: skip
            execute(unit, shlex.split(unit.last("ExecStart")), environment)
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(203)

    def obey(self, command):
        if command == "start":
            if not self.pid:
                self.start()
            return self.until(lambda: self.is_ready)
        if command == "stop":
            return self.stop()
        if command == "restart":
            self.stop()
            self.start()
            return self.until(lambda: self.is_ready)
        if command == "reload":
            self.is_reloading = True
            subprocess.run(self.unit.last("ExecReload"), shell=True, env={"MAINPID": str(self.pid)}, check=True)
            return self.until(lambda: not self.is_reloading)
        if command == "show":
            return str(self.pid or 0)
        if command == "notifications":
            return "\n".join(self.notifications)
        return "unknown"

    def stop(self):
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + float(self.unit.last("TimeoutStopSec"))
            while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                if select.select([self.notify], [], [], 0.02)[0]:
                    self.receive()
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
        self.pid = self.due = None
        return ""

    def until(self, condition):
        deadline = time.monotonic() + 90
        while not condition():
            if select.select([self.notify], [], [], 0.05)[0]:
                self.receive()
            self.supervise()
            if time.monotonic() > deadline:
                return "the service does not become ready"
        return ""


def ask(command):
    """Sends a command to the manager, and starts it before if necessary."""
    if not CONTROL.exists():
        FOLDER.mkdir(exist_ok=True)
        if os.fork() == 0:
            os.setsid()
            log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            for number in (0, 1, 2):
                os.dup2(log, number)
            Manager().run()
        deadline = time.monotonic() + 30
        while not CONTROL.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(CONTROL))
        connection.sendall(command.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def reload_nginx():
    """Reloads, and waits until the old workers have ended, as they would still use the old configuration."""
    main = Path("/run/nginx.pid").read_text().strip()
    workers = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    subprocess.run(["nginx", "-s", "reload"], check=True)
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "an old worker of nginx does not end"
        time.sleep(0.1)


def main(words):
    units = [word.removesuffix(".service") for word in words[1:] if not word.startswith("-")]
    verb = words[0]
    if verb == "daemon-reload":
        Unit("coffer.service")
    elif verb == "reload" and units == ["nginx"]:
        reload_nginx()
    elif verb == "reload" and units == ["postgresql"]:
        (version,) = os.listdir("/etc/postgresql")
        subprocess.run(["pg_ctlcluster", version, "main", "reload"], check=True)
    elif words in (["show", "--property=MainPID", "--value", "coffer"], ["notifications"]):
        print(ask(verb))
    elif verb in ("enable", "start", "stop", "restart", "reload") and {"coffer"} <= {*units} <= {"coffer", SOCKET}:
        problem = ask("start" if verb == "enable" else verb)
        if problem:
            sys.exit(f"systemctl: {problem}; see {LOG}")
    else:
        sys.exit(f"the stand-in of systemctl does not know: {' '.join(words)}")


if __name__ == "__main__":
    main(sys.argv[1:])
