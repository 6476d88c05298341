"""What the tests' own web servers share: a folder, a free port, and a process that starts and ends."""

import os
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path

from processes import accepts, as_owner, free_port, wait_until


class WebServerProcess:
    """`with` starts it on a free port, as the user that the workers run as, and ends it.

    A server says its `name`, its `program` and `words()`, and writes its files in `configure()`.
    """

    # Words before the command.
    before = ()

    def __init__(self, instance):
        self.instance = instance
        self.folder = Path(tempfile.mkdtemp(prefix=f"coffer-{self.name}."))
        self.folder.chmod(0o755)
        # Some are never started.
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.answers_at = f"127.0.0.1:{self.port}"

    def __enter__(self):
        self.configure()
        owner = os.path.dirname(self.instance["SOCKET"])
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.glob("run")):
                os.chown(path, *os.stat(owner)[4:6])
        command = [*self.before, *as_owner(self.program, owner), self.program, *map(str, self.words())]
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8"}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd="/")
        try:
            wait_until(lambda: self.answers() or self.process.poll() is not None, 120, self.name)
            assert self.process.poll() is None, self.log()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=300)
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self):
        host, port = self.answers_at.split(":")
        return accepts(host, int(port))

    def log(self):
        return "".join(path.read_text() for path in self.folder.glob("*log"))
