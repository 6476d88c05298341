"""What the shipped site costs nginx: its CPU for a request to a bare responder, with the site and without it."""

import re
import subprocess
import sys
from pathlib import Path

from figures import Row, samples
from nginx import Nginx
from processes import children

SIZE = 4096

# As short as a site before a responder can be.
BARE_SITE = """
    server {{
        listen 127.0.0.1:@PORT@;
        location / {{
            include /etc/nginx/fastcgi_params;
            fastcgi_pass "unix:{socket}";
        }}
    }}
"""
UPLOAD = f"""
wrk.method = "POST"
wrk.headers["File-Path"] = "bench/small.bin"
wrk.body = string.rep("a", {SIZE})
"""


def processor_seconds(server):
    """The processor time of an nginx's workers so far."""
    fields = [Path(f"/proc/{pid}/schedstat").read_text().split() for pid in children(server.process.pid)]
    return sum(int(nanoseconds) for nanoseconds, *_ in fields) / 1e9


def processor_seconds_of_a_request(server, path, *more):
    before = processor_seconds(server)
    words = ["wrk", "-t", "1", "-c", "16", "-d", "3s", *map(str, more), server.url + path]
    text = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"bench: not every answer was a success:\n{text}")
    return (processor_seconds(server) - before) / int(re.search(r"(\d+) requests in", text)[1])


def webserver(bench, rounds):
    instance = {"SOCKET": str(Path(bench.c_socket).with_name("responder.sock")), "BLOBS": str(bench.blobs)}
    upload = bench.work / "upload.lua"
    upload.write_text(UPLOAD)
    request = ("-H", bench.authorization)
    figures = {
        "nginx's CPU, small request": ("/rpc/retrieve_file", *request),
        "nginx's CPU, 4 KiB upload": ("/rpc/store_file", *request, "-s", upload),
    }
    with Nginx(instance) as site, Nginx(instance, BARE_SITE.format(socket=instance["SOCKET"]), site=None) as bare:
        for figure, words in figures.items():
            measures = [lambda s=s, words=words: processor_seconds_of_a_request(s, *words) for s in (site, bare)]
            ours, least = samples(rounds, "microseconds", *measures)
            yield Row(figure, ours, "a bare site", least, 1.6, more=False)
