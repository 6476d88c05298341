"""The pool under a service manager, by datagrams as systemd gets them (sd_notify(3))."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from client import Client
from processes import children
from transports import FastCGI


class Notifications:
    """What a pool sends to the socket of its service manager, at a path or at an abstract address."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0"))
        self.socket.settimeout(120)
        self.beats = 0

    def next(self):
        """The next one that is not a sign of life, as lines."""
        while (text := self.socket.recv(4096).decode()) == "WATCHDOG=1":
            self.beats += 1
        return text.splitlines()

    def until(self, line):
        while line not in (lines := self.next()):
            pass
        return lines


@pytest.mark.parametrize("is_abstract", [False, True])
def test_a_service_manager_learns_what_the_pool_does(installation, is_abstract):
    path = installation.folder / "pool"
    notify = f"@coffer-{installation.name}" if is_abstract else str(installation.folder / "notify")
    notifications = Notifications(notify)
    if not is_abstract:
        os.chmod(notify, 0o777)
    words = ("serve", "--workers", 2, "--socket", path, "--socket-mode", "0666", "--worker", installation["WORKER"])
    environment = installation.environment | {"NOTIFY_SOCKET": notify, "WATCHDOG_USEC": "200000"}
    command = installation.command(*words)
    process = subprocess.Popen(command, env=environment, cwd="/", stderr=subprocess.PIPE, text=True)
    try:
        notifications.until("READY=1")
        assert Client(FastCGI(path)).get("/health/ready").status == 200
        before = set(children(process.pid))
        assert len(before) == 2
        inherited = {name for pid in before for name in Path(f"/proc/{pid}/environ").read_text().split("\0")}
        assert not any(entry.startswith(("NOTIFY_", "WATCHDOG_")) for entry in inherited)

        began = time.monotonic_ns() // 1000
        process.send_signal(signal.SIGHUP)
        reloading = notifications.until("RELOADING=1")
        assert began <= int(reloading[1].removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
        notifications.until("READY=1")
        assert not set(children(process.pid)) & before

        # One in a tenth of a second, if the machine has time for it.
        notifications.beats = 0
        time.sleep(0.6)
        process.send_signal(signal.SIGTERM)
        notifications.until("STOPPING=1")
        assert 1 <= notifications.beats <= 9
        assert notifications.next() == ["STATUS=stopped"]
        process.wait(timeout=120)
    finally:
        process.kill()
        log = process.communicate()[1]
    assert process.returncode == 0, log
    assert "cannot be notified" not in log


def test_a_pool_whose_workers_cannot_live_is_never_ready(installation):
    notifications = Notifications(f"@coffer-{installation.name}")
    words = ("serve", "--workers", 1, "--socket", installation.folder / "pool", "--worker", "/bin/false")
    environment = installation.environment | {"NOTIFY_SOCKET": f"@coffer-{installation.name}"}
    process = subprocess.Popen(installation.command(*words), env=environment, cwd="/", stderr=subprocess.DEVNULL)
    try:
        heard = []
        while len([lines for lines in heard if "ended unexpectedly" in lines[0]]) < 4:
            heard.append(notifications.next())
        assert not any("READY=1" in lines for lines in heard), heard
    finally:
        process.terminate()
        process.wait()
