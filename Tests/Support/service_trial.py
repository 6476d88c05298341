"""Runs on a server of a test's own, after the commands of INSTALL.md: the service in its sandbox, under load.

Usage: service_trial.py ORIGIN EMAIL PASSWORD TRIAL …

Prints a line for each trial that passed, and fails at the first that did not.
"""

import http.client
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

from client import log_in
from processes import wait_until
from sandbox import OF_THE_MANAGER, Unit
from transports import WebServer

SUPPORT = Path(__file__).parent
# Whether systemd runs here, and not its stand-in.
IS_REAL = Path("/run/systemd/system").exists()


class SecureServer(WebServer):
    """The same over TLS, with the certificate of this server."""

    context = ssl.create_default_context(cafile=os.environ["CURL_CA_BUNDLE"])

    def connection(self):
        return http.client.HTTPSConnection(self.host, 443, timeout=120, context=self.context)


class Load:
    """Requests without pause from several threads. None may fail."""

    def __init__(self, client, writes):
        self.client, self.writes = client, writes
        self.count, self.failures, self.stop = 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(6)]

    def run(self, number):
        body = os.urandom(100_000)
        while not self.stop.is_set():
            try:
                is_write = self.writes and self.count % 4 == 0
                path = f"load/{number}" if is_write else "load/kept"
                answer = self.client.store(path, body) if is_write else self.client.retrieve(path)
                if answer.status != 200:
                    self.failures.append(repr(answer))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            self.count += 1

    def more(self, count):
        wanted, deadline = self.count + count, time.monotonic() + 120
        while self.count < wanted:
            assert time.monotonic() < deadline, f"only {self.count} requests"
            time.sleep(0.02)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more(30)
        return self

    def __exit__(self, *_):
        self.more(30)
        self.stop.set()
        for thread in self.threads:
            thread.join()
        print(f"{self.count} requests, {len(self.failures)} failed", flush=True)
        assert not self.failures, self.failures[:3]


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def pool():
    return int(systemctl("show", "--property=MainPID", "--value", "coffer"))


def workers():
    return {int(pid) for pid in Path(f"/proc/{pool()}/task/{pool()}/children").read_text().split()}


def reload(client):
    before, leader = workers(), pool()
    with Load(client, writes=True):
        systemctl("reload", "coffer")
        # systemd 252 does not wait for the end of a reload.
        wait_until(lambda: len(now := workers()) == len(before) and not now & before, 60, "new workers")
    assert pool() == leader
    assert IS_REAL or "RELOADING=1\nMONOTONIC_USEC=" in systemctl("notifications")


def restart(client):
    leader = pool()
    with Load(client, writes=True):
        systemctl("restart", "coffer")
    assert pool() != leader


def kill(client):
    """The workers are killed with their pool. The web server repeats a request in progress that changes nothing."""
    leader = pool()
    with Load(client, writes=False) as load:
        os.kill(leader, signal.SIGKILL)
        load.more(30)
    wait_until(lambda: pool() not in (leader, 0), 60, "another pool")


def kills(client):
    """Ten times, the pool is killed under load; every second time, all of its workers with it at once."""
    for number in range(10):
        leader = pool()
        with Load(client, writes=False) as load:
            if number % 2 and IS_REAL:
                systemctl("kill", "--signal=KILL", "coffer")
            else:
                os.kill(leader, signal.SIGKILL)
            load.more(30)
        wait_until(lambda: pool() not in (leader, 0), 60, "another pool")


def needrestart(client):
    """needrestart restarts the service after a library was replaced, as by a security update."""
    leader = pool()
    path = mapped_library(leader, "libpq")
    name = subprocess.run(["dpkg", "-S", f"*/{Path(path).name}"], capture_output=True, text=True, check=True).stdout
    package = name.partition(":")[0]
    # needrestart's hook of apt would only list what to restart.
    calm = os.environ | {"NEEDRESTART_SUSPEND": "1"}
    reinstall = ["apt-get", "install", "-y", "-o", "APT::Get::Upgrade=true", "--reinstall", package]
    subprocess.run(reinstall, check=True, env=calm)
    assert mapped_library(leader, "libpq").endswith(" (deleted)"), package
    with Load(client, writes=True):
        done = subprocess.run(["needrestart", "-r", "a"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        print(done.stdout, done.stderr)
        assert done.returncode == 0 and "coffer.service" in done.stdout + done.stderr
    assert pool() not in (leader, 0), "needrestart has not restarted the service"


def mapped_library(process, name):
    """The path of a library in the memory of a process."""
    lines = Path(f"/proc/{process}/maps").read_text().splitlines()
    return next(line.split(maxsplit=5)[5] for line in lines if f"/{name}" in line)


def upgrade(client):
    """The pool continues with the new programs. Only systemd itself does that, by the scripts of the package."""
    leader = pool()
    with Load(client, writes=True):
        packages = sorted(map(str, Path("/root").glob("coffer_*+1_*.deb")))
        subprocess.run(["apt-get", "install", "-y", "-o", "APT::Get::Upgrade=true", *packages], check=True)
    assert pool() not in (leader, 0)


def hang(client):
    """A pool that hangs is ended by its watchdog, and started again. The workers serve meanwhile, and end with it."""
    folder = Path("/etc/systemd/system/coffer.service.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "watchdog.conf").write_text("[Service]\nWatchdogSec=2\n")
    systemctl("daemon-reload")
    systemctl("restart", "coffer")
    leader = pool()
    with Load(client, writes=False) as load:
        os.kill(leader, signal.SIGSTOP)
        wait_until(lambda: pool() not in (leader, 0), 60, "the watchdog")
        load.more(30)
    (folder / "watchdog.conf").unlink()
    systemctl("daemon-reload")
    systemctl("restart", "coffer")


# What a program tries, in Python. In the sandbox each of these fails, and outside of it none fails for the same user.
FORBIDDEN = {
    "write elsewhere": "open('/srv/everybody/x', 'w')",
    "see the files of people": "open('/home/everybody/x')",
    "see the files of others in /tmp": "open('/tmp/everybody')",
    "see other processes": "open('/proc/1/cmdline').read()",
    "see devices": "import os; os.stat('/dev/fuse')",
    "make a namespace": "import subprocess; subprocess.run(['unshare', '--user', 'true'], check=True)",
    "make code": "import mmap; mmap.mmap(-1, 4096, prot=7)",
    "make a set-user-ID file": "import os; os.chmod(os.open('/var/tmp/x', os.O_CREAT | os.O_WRONLY), 0o4755)",
    "talk to the kernel": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "change its priority": "import os; os.nice(1)",
    "trace a process": "import ctypes; assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0",
}
# The same, compared with root.
FORBIDDEN_TO_ALL_BUT_ROOT = {
    "write the configuration": "open('/etc/coffer/coffer.conf', 'a')",
    "become root": "import os; os.setuid(0)",
    "mount": "import subprocess; subprocess.run(['mount', '-t', 'tmpfs', 't', '/opt'], check=True)",
}
# What only hand-off needs.
TAKE_OVER = {
    "take over a file": "import os; os.fchown(os.open('/var/tmp/x', os.O_CREAT | os.O_WRONLY), os.getuid(), -1)",
}
LOCAL_ONLY = {"use the network": "import socket; socket.create_server(('127.0.0.1', 0))"}
ALLOWED = {
    "write to the store": "import os; p = '/var/lib/coffer/blobs/stage/probe'; open(p, 'w'); os.unlink(p)",
    "read the configuration": "assert 'COFFER' in open('/etc/coffer/coffer.conf').read()",
    "buffer in /var/tmp": "open('/var/tmp/y', 'w')",
    "reach PostgreSQL": "import socket; socket.socket(socket.AF_UNIX).connect('/run/postgresql/.s.PGSQL.5432')",
}


def confinement(_):
    """The sandbox holds what it promises, and what is tried there works outside of it."""
    for folder in (Path("/srv/everybody"), Path("/home/everybody")):
        folder.mkdir()
        folder.chmod(0o777)
    for path in (Path("/home/everybody/x"), Path("/tmp/everybody")):
        path.touch(0o644)
    unit = Unit("coffer.service")
    user = unit.last("User")
    forbidden, allowed = dict(FORBIDDEN), dict(ALLOWED)
    (allowed if "AF_INET" in unit.words("RestrictAddressFamilies") else forbidden).update(LOCAL_ONLY)
    (allowed if user == "www-data" else forbidden).update(TAKE_OVER)
    plain = ["setpriv", f"--reuid={user}", f"--regid={unit.last('Group')}", "--init-groups"]
    for what, code in (forbidden | allowed).items():
        assert attempt(plain, code), f"outside of the sandbox, the user cannot {what}"
        Path("/var/tmp/x").unlink(missing_ok=True)
    for what, code in FORBIDDEN_TO_ALL_BUT_ROOT.items():
        assert attempt([], code), f"outside of the sandbox, root cannot {what}"
    for what, code in (forbidden | FORBIDDEN_TO_ALL_BUT_ROOT).items():
        assert not attempt_confined(code), f"in the sandbox, a program can {what}"
    for what, code in allowed.items():
        assert attempt_confined(code), f"in the sandbox, a program cannot {what}"
    for pid in (pool(), *workers()):
        status = Path(f"/proc/{pid}/status").read_text()
        for line in ("NoNewPrivs:\t1", "Seccomp:\t2", "CapBnd:\t0000000000000000", "CapEff:\t0000000000000000"):
            assert line in status, f"{pid} lacks {line}:\n{status}"


def collect(client):
    """What coffer-gc.timer starts, in the sandbox of its own."""
    assert client.store("garbage/a", os.urandom(100_000)).status == 200
    for table in ("files", "trash"):
        assert client.delete(f"/{table}?file_path=eq.garbage/a").status == 204
    words = ["/usr/lib/coffer/coffer", "gc", "--grace", "0"]
    if IS_REAL:
        folder = Path("/etc/systemd/system/coffer-gc.service.d")
        folder.mkdir()
        text = f"[Service]\nExecStart=\nExecStart={' '.join(words)}\nStandardOutput=file:/root/collected\n"
        (folder / "now.conf").write_text(text)
        systemctl("daemon-reload")
        systemctl("start", "coffer-gc.service")
        printed = Path("/root/collected").read_text()
    else:
        done = subprocess.run([*confined("coffer-gc.service"), *words], capture_output=True, text=True, check=True)
        printed = done.stdout
    assert printed.startswith("removed ") and not printed.startswith("removed 0 "), printed


def confined(unit="coffer.service"):
    return ["/usr/bin/python3", SUPPORT / "sandbox.py", unit]


def attempt_confined(code):
    """Whether it works with the restrictions of coffer.service: those of the stand-in, or those of systemd."""
    if not IS_REAL:
        return attempt(confined(), code)
    unit = Unit("coffer.service")
    kept = [(key, value) for section, key, value in unit.lines if section == "Service" and key not in OF_THE_MANAGER]
    lines = "".join(f"{key}={value}\n" for key, value in kept)
    command = f'/usr/bin/python3 -c "{code}"'
    # Or systemd would refuse the next attempts after a few that failed.
    text = f"[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart={command}\n{lines}"
    Path("/run/systemd/system/attempt.service").write_text(text)
    systemctl("daemon-reload")
    return subprocess.run(["systemctl", "start", "attempt.service"], capture_output=True).returncode == 0


def attempt(before, code):
    done = subprocess.run([*before, "/usr/bin/python3", "-c", code], capture_output=True, text=True)
    return done.returncode == 0


def main():
    origin, email, password, *trials = sys.argv[1:]
    client = log_in(SecureServer(origin), email, password)
    for size in (0, 1000, 70_000, 20_000_000):
        body = os.urandom(size)
        assert client.store(f"sizes/{size}", body).status == 200
        assert client.retrieve(f"sizes/{size}").body == body
    assert client.store("load/kept", os.urandom(200_000)).status == 200
    for trial in trials:
        globals()[trial](client)
        print(f"passed: {trial}", flush=True)


if __name__ == "__main__":
    main()
