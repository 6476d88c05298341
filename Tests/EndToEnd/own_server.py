"""A Debian server of a test's own, as in machine.py, on which the test runs one command after the other."""

import subprocess
import tempfile
from pathlib import Path

from machine import BOOT, UNSHARE
from processes import children

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}


class Server:
    """A server that runs commands one after the other, until the end of the `with` block.

    files: what is in its /tmp, by name: text, or the path of a file. start: a bash script that prepares it.
    """

    def __init__(self, checkout, files, start):
        self.checkout, self.files, self.start = checkout, files, start

    def __enter__(self):
        self.folders = [tempfile.TemporaryDirectory(prefix="coffer-machine.") for _ in range(2)]
        folder, files = (each.name for each in self.folders)
        script = f"set -euo pipefail\n{self.start}\necho ready\nexec sleep infinity\n"
        for name, content in {"run": script, "systemctl": "#!/bin/sh\nexit 1\n", **self.files}.items():
            if isinstance(content, Path):
                Path(files, name).symlink_to(content)
            else:
                Path(files, name).write_text(content)
        self.process = subprocess.Popen(
            [*UNSHARE, "bash", "-c", BOOT, "boot", folder, str(self.checkout), "run", files, "/"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        output = []
        for line in self.process.stdout:
            output.append(line)
            if line == "ready\n":
                [self.main] = children(self.process.pid)
                return self
        self.__exit__()
        raise AssertionError("".join(output))

    def __exit__(self, *_):
        # All of its processes end with this one.
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for folder in self.folders:
            folder.cleanup()

    def command(self, script):
        """The words of a command that runs a bash script on the server."""
        namespaces = ["--mount", "--net", "--pid", "--uts", "--root", "--wdns=/"]
        return ["nsenter", f"--target={self.main}", *namespaces, "bash", "-c", f"set -euo pipefail\n{script}"]

    def launch(self, script, **more):
        return subprocess.Popen(
            self.command(script), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, **more
        )

    def run(self, script, stdin="", status=0):
        """What a script prints, standard error included, when it ends as it should."""
        process = self.launch(script, stdin=subprocess.PIPE)
        output, _ = process.communicate(stdin, timeout=300)
        assert process.returncode == status, f"exit status {process.returncode} of: {script}\n{output[-8000:]}"
        return output
