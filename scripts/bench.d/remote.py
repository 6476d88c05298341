"""Storage in S3: an instance of its own on a real S3 server, compared with direct transfers to and from that server."""

import contextlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from instance import OwnInstance
from script import load_script

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class RemoteBench:
    """The instance, direct transfers to the server, and the bytes that workers have written."""

    def __init__(self, kind, work, large, curl):
        self.kind, self.large, self.curl = kind, large, curl
        module = load_script("s3-server")
        self.server = module.Server(kind, work / kind)
        self.rclone = module.program("rclone")
        self.work = work

    @contextlib.contextmanager
    def running(self):
        self.server.start()
        try:
            url = self.server.storage_url("bench")
            with OwnInstance(below=self.work, STORAGE_URL=url, environment=self.server.credentials) as self.instance:
                self.site = self.instance["URL"]
                self.authorization = f"Authorization: Bearer {self.instance.log_in().token}"
                yield self
        finally:
            self.server.stop(9)
            shutil.rmtree(self.server.folder, ignore_errors=True)

    def upload(self):
        begin = time.perf_counter()
        headers = ["-H", self.authorization, "-H", "File-Path: bench/large.bin"]
        self.curl("-X", "POST", "-T", self.large, *headers, f"{self.site}/rpc/store_file")
        seconds = time.perf_counter() - begin
        self.instance.coffer("gc", "--grace", "0")
        return self.large.stat().st_size / seconds

    def upload_by_rclone(self):
        begin = time.perf_counter()
        remote = f":s3,provider=Other,access_key_id={self.server.access_key},secret_access_key={self.server.secret_key}"
        remote += f",endpoint='{self.server.endpoint}':coffer/rclone/large.bin"
        command = [self.rclone, "copyto", "--s3-no-check-bucket", "--ignore-times", str(self.large), remote]
        environment = {"PATH": os.defpath, "HOME": str(self.server.folder)}
        subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
        return self.large.stat().st_size / (time.perf_counter() - begin)

    def download(self):
        return self.curl("-H", self.authorization, f"{self.site}/rpc/retrieve_file?p_file_path=bench/large.bin")

    def object(self):
        """The key of the object that Coffer has stored. The parts of an upload influence how fast a server sends it."""
        listing = self.server.request("GET", "/coffer", {"list-type": "2", "prefix": "bench/"})[2].decode()
        found = re.findall(r"<Key>([^<]+)</Key>(?:(?!<Key>).)*<Size>(\d+)</Size>", listing, re.S)
        (key,) = [key for key, size in found if int(size) == self.large.stat().st_size]
        return key

    def download_directly(self):
        user = f"{self.server.access_key}:{self.server.secret_key}"
        signing = ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", user, "-H", f"x-amz-content-sha256: {EMPTY}"]
        return self.curl(*signing, f"{self.server.endpoint}/coffer/{self.object()}")

    def workers(self):
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(folder / "exe") == self.instance["WORKER"]:
                    yield folder

    def bytes_written(self):
        """The bytes written by all workers together, for example to nginx."""
        return sum(int(re.search(r"wchar: (\d+)", (worker / "io").read_text())[1]) for worker in self.workers())

    def peak_memory(self):
        texts = [(worker / "status").read_text() for worker in self.workers()]
        return max(int(re.search(r"VmHWM:\s*(\d+) kB", text)[1]) * 1024 for text in texts)
