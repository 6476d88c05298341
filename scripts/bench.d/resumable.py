"""The figure of resumable uploads: a large file by tus in pieces, against the same file by one streamed request.

The client of tus keeps its connection, and sends each piece when the one before is answered.
"""

import http.client
import mmap
from urllib.parse import urlsplit

import tus
from bench import FILES
from client import Client
from figures import MEBIBYTE, Row, samples

PIECE = 8 * MEBIBYTE


def send(bench):
    address = urlsplit(bench.site)
    client = Client(bench.site, bench.token)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    with bench.large.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
        upload = tus.location(client, FILES["large"], len(body))
        for at in range(0, len(body), PIECE):
            with memoryview(body) as whole, whole[at : at + PIECE] as piece:
                own = {"Upload-Offset": str(at), "Content-Length": str(len(piece))}
                connection.request("PATCH", upload, piece, client.all_headers(tus.VERSION | tus.PIECE | own))
            answer = connection.getresponse()
            if answer.status != 204:
                raise SystemExit(f"bench: a piece was answered by {answer.status}: {answer.read(500)!r}")
            answer.read()
    connection.close()


def resumable(bench, rounds):
    ours, streaming = samples(
        rounds, "bytes a second", lambda: bench.timed_upload(lambda: send(bench)), bench.streaming_upload
    )
    yield Row("1 GiB upload by tus, 8 MiB pieces", ours, "store_file by streaming", streaming, 0.7)
