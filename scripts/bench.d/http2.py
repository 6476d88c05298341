"""Uploads over a link of 50 ms there and back: HTTP/2, where nginx grants a window, beside HTTP/1.1."""

import contextlib

from link import Link
from nginx import Nginx
from processes import free_port

ONE_WAY = 0.025
SIZE = 200 << 20
SERVER = "server {{ listen 127.0.0.1:{port}{http2}; include coffer/snippets/site.conf; }}"


class LongLink:
    """An nginx of its own before the instance, with a port for each version, and a link to each."""

    def __init__(self, instance, work, authorization, curl):
        self.authorization, self.curl = authorization, curl
        self.file = work / "long.bin"
        with self.file.open("wb") as file:
            file.truncate(SIZE)
        self.nginx = Nginx(instance, options=["--uploads", "streaming"])
        other = free_port()
        servers = SERVER.format(port="@PORT@", http2=" http2"), SERVER.format(port=other, http2="")
        self.nginx.http = " ".join(("include coffer/snippets/http.conf;", *servers))
        self.ports = {"--http2-prior-knowledge": self.nginx.port, "--http1.1": other}

    @contextlib.contextmanager
    def running(self):
        with self.nginx, contextlib.ExitStack() as links:
            self.links = {
                version: links.enter_context(Link(port, ONE_WAY)) for version, port in self.ports.items()
            }
            yield self

    def upload(self, version):
        """The bytes a second of one upload."""
        words = [version, "-X", "POST", "-T", self.file, "-H", self.authorization, "-H", "File-Path: bench/long.bin"]
        url = f"http://127.0.0.1:{self.links[version].port}/rpc/store_file"
        return self.curl(*words, "-H", "Expect:", "-w", "%{speed_upload}", url)
