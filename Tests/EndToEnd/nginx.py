"""An nginx of a test's own around the shipped site, before an instance's workers."""

import os
import shutil
import socket
import subprocess
import tempfile
import weakref
from pathlib import Path

from pool import wait_until
from script import SCRIPTS, replay

PROGRAM = "/usr/sbin/nginx"
CONFIGURATION = """
{main}
worker_processes 1;
pid "{folder}/pid";
error_log "{folder}/error.log" warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path "{folder}/temporary";
    fastcgi_temp_path "{folder}/temporary";
    proxy_temp_path "{folder}/temporary";
    scgi_temp_path "{folder}/temporary";
    uwsgi_temp_path "{folder}/temporary";
    {http}
}}
"""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Nginx:
    """`with` starts it on a free port, as the user that the workers run as, and ends it.

    http, main: what else the http block says, before the site's file, and what stands outside of it. site: the file of
    those that scripts/nginx-site writes, None for none. options: those of scripts/nginx-site. answers_at: host and port
    where those make it listen.
    """

    def __init__(self, instance, http="", main="", site="loopback", options=(), answers_at=None):
        self.instance, self.main = instance, main
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-nginx."))
        self.folder.chmod(0o755)
        # Some are never started, or have options that the script refuses.
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.answers_at = answers_at or f"127.0.0.1:{self.port}"
        if site:
            # Which modules there are is for the script to know.
            (self.folder / "nginx.conf").write_text(main)
            self.write_site(options)
            http += f"\n    include coffer/coffer-{site}.conf;"
        self.http = http

    def write_site(self, options):
        names = {"socket": self.instance["SOCKET"], "blobs": self.instance["BLOBS"], "web": SCRIPTS.parent / "web"}
        command = [SCRIPTS / "nginx-site", "--logs", self.folder, "--port", str(self.port)]
        for name, value in names.items():
            command += [f"--{name}", value] if value else []
        done = subprocess.run([*command, *map(str, options), self.folder], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def __enter__(self):
        text = CONFIGURATION.format(folder=self.folder, main=self.main, http=self.http)
        (self.folder / "nginx.conf").write_text(text.replace("@PORT@", str(self.port)))
        owner = os.path.dirname(self.instance["SOCKET"])
        if os.geteuid() == 0:
            os.chown(self.folder, *os.stat(owner)[4:6])
        words = [*replay.as_owner(PROGRAM, owner), PROGRAM, "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf"]
        self.process = subprocess.Popen([*words, "-g", "daemon off;"], env={"PATH": os.defpath}, cwd="/")
        try:
            wait_until(lambda: self.answers() or self.process.poll() is not None, 20, "nginx")
            assert self.process.poll() is None, (self.folder / "error.log").read_text()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self):
        with socket.socket() as connection:
            host, port = self.answers_at.split(":")
            return connection.connect_ex((host, int(port))) == 0
