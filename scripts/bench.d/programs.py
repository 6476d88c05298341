"""Servers that the bench starts in the foreground, as the user that Coffer's servers run as, and ends by their ids."""

import os
import subprocess
import sys

from processes import accepts, wait_until


class Programs:
    """The processes of one server, which share a log in its folder. `ended` when one of them has ended."""

    def __init__(self, name, folder, runner):
        self.name, self.folder, self.runner = name, folder, runner
        self.processes = []

    def start(self, command, **environment):
        environment = {"PATH": f"{os.defpath}:/usr/sbin", "LANG": "C.UTF-8", "HOME": str(self.folder), **environment}
        words = [*self.runner, *map(str, command)]
        with (self.folder / "log").open("ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": "/", "env": environment}
            self.processes.append(subprocess.Popen(words, **options))
        # scripts/bench ends what this program cannot.
        (self.folder.parent / f"{self.folder.name}-{len(self.processes)}.pid").write_text(f"{self.processes[-1].pid}\n")

    @property
    def ended(self):
        return any(process.poll() is not None for process in self.processes)

    def await_port(self, port):
        wait_until(lambda: self.ended or accepts("127.0.0.1", port), 60, self.name)
        if self.ended:
            sys.exit(f"bench: {self.name} does not start:\n{(self.folder / 'log').read_text()}")

    def stop(self):
        """In the reverse order of their start, so that each can finish its requests."""
        for number, process in reversed(list(enumerate(self.processes, 1))):
            process.terminate()
            process.wait(timeout=60)
            (self.folder.parent / f"{self.folder.name}-{number}.pid").unlink()
        self.processes.clear()
