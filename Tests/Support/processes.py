"""Processes of the tests: the user that they run as, their children, waiting for them, and ports for them."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from functools import cache
from pathlib import Path

# Where the owner of a store cannot reach a program, in a private folder of root's, it may read what it could not.
REACHING = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


def wait_until(condition, seconds, what):
    """Waits for a condition to hold. The seconds only end a hang: many more than a busy machine needs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)


@cache
def as_owner(program, folder=None):
    """Words before a command that make root the owner of a store's folder, the instance's unless another is named.

    Other workers must be able to read what it writes.
    """
    folder = folder or os.environ.get("COFFER_BLOBS")
    if os.geteuid() != 0 or not folder or not os.path.exists(folder):
        return ()
    owner = os.stat(folder)
    prefix = ("setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups")
    reaches = subprocess.run([*prefix, "--inh-caps=-all", "test", "-r", program], check=False).returncode == 0
    return (*prefix, *(("--inh-caps=-all",) if reaches else REACHING))


@contextlib.contextmanager
def frozen(pids):
    """Processes that stand still, as if their machine hung, until the block ends."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            # Some may have been killed meanwhile.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def children(pid):
    """Process ids of a process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def state(pid):
    """The letter of a process's state, as ps(1) shows it; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def free_port():
    """A port on which a server can start a moment later.

    The kernel gives the ports from 32768 on to clients' connections, so a free one of those may be taken before the
    server is there. The ports from 20000 on are those of scripts/run and scripts/s3-server. Test processes draw at
    random, as each knows only of its own servers.
    """
    while True:
        port = random.randrange(10000, 20000)
        with socket.socket() as free:
            # A port that has only just been left counts as free.
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                # Fails also if somebody listens on another of the loopback addresses.
                free.bind(("", port))
                return port


def accepts(host, port):
    """Whether somebody listens there."""
    with socket.socket() as connection:
        return connection.connect_ex((host, port)) == 0
