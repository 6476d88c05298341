"""The pool of the instance as the kernel shows it: who sits on the socket, and how much memory they took."""

import os
import re
from pathlib import Path

from processes import wait_until  # noqa: F401


def listening_inodes():
    """Inodes of the sockets that are bound to COFFER_SOCKET."""
    path = os.environ["COFFER_SOCKET"]
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    return {fields[6] for fields in map(str.split, lines) if len(fields) == 8 and fields[7] == path}


def workers():
    """Process ids of those that have the pool's socket as descriptor 0."""
    sockets = {f"socket:[{inode}]" for inode in listening_inodes()}
    found = set()
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and os.readlink(process / "fd/0") in sockets:
                found.add(int(process.name))
        except OSError:
            continue  # gone, or not ours
    return found


def wait_for_workers(number, without):
    """Waits until there are as many workers, none of which is one of these processes."""

    def are_there():
        # Listed once, because one of these may end between two lists, and its successor may start later.
        now = workers()
        return len(now) == number and not now & without

    wait_until(are_there, 120, f"{number} workers, none of them of {sorted(without)}")


def status(pid, name):
    return re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1]


def parent(pid):
    return int(status(pid, "PPid"))


def pool():
    """Process id of `coffer serve`."""
    (only,) = {parent(pid) for pid in workers()}
    return only


def peak_memory(pid):
    """The most resident memory there ever was, in bytes. 0 for one that has gone."""
    try:
        return int(status(pid, "VmHWM")) * 1024
    except OSError:
        return 0
