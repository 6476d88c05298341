"""Worker processes of the tests' own, each on a socket of its own."""

import os
import shutil
import socket
import subprocess
import tempfile

from client import Client
from processes import as_owner
from transports import FastCGI


class WorkerProcess:
    """One worker with a configuration file of its own.

    path: where its socket is made; in a new folder unless one is named. runner: words before its command; those that
    make it the store's owner unless some are given. environment: what else is in its environment.
    stderr: where its log goes.
    """

    def __init__(self, program, configuration, path=None, runner=None, environment=None, stderr=None):
        self.folder = None if path else tempfile.mkdtemp(prefix="coffer-worker.")
        if self.folder:
            os.chmod(self.folder, 0o755)
        self.path = str(path or f"{self.folder}/socket")
        runner = as_owner(program) if runner is None else runner
        values = {"PATH": os.defpath, "LANG": "C.UTF-8", "COFFER_CONFIG": str(configuration), **(environment or {})}
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path)
            os.chmod(self.path, 0o666)
            listener.listen(16)
            self.process = subprocess.Popen(
                [*runner, program], stdin=listener, stdout=subprocess.DEVNULL, stderr=stderr, env=values
            )

    def stop(self):
        """Asks it to stop and waits; its exit status."""
        self.process.terminate()
        status = self.process.wait()
        os.unlink(self.path)
        if self.folder:
            shutil.rmtree(self.folder)
        return status

    def ask(self, method, target, token=None, body=b"", **parameters):
        """Status and body of an answer."""
        client = Client(FastCGI(self.path, {"CONTENT_TYPE": "application/json", **parameters}, timeout=None), token)
        answer = client.request(method, target, body=body)
        return answer.status, answer.body


class FreshWorker:
    """A transport: FastCGI to a new worker for each request."""

    def __init__(self, program, configuration):
        self.program, self.configuration = program, configuration
        self.stopping = []

    def exchange(self, method, target, headers, body=None, parameters=None):
        worker = WorkerProcess(self.program, self.configuration)
        try:
            return FastCGI(worker.path).exchange(method, target, headers, body, parameters)
        finally:
            # It stops in its own time, while others already work.
            worker.process.terminate()
            self.stopping.append(worker)

    def close(self):
        """Waits for the workers that were asked to stop, and asserts that each stopped well."""
        statuses = [worker.stop() for worker in self.stopping]
        self.stopping.clear()
        assert not any(statuses), f"a worker ended with {statuses}"
