"""A client of tus 1.0 (https://tus.io/protocols/resumable-upload) that sends exactly what it is given."""

import base64
import hashlib
import http.client
from contextlib import closing
from urllib.parse import quote

from client import named

VERSION = {"Tus-Resumable": "1.0.0"}
PIECE = {"Content-Type": "application/offset+octet-stream"}


def metadata(**pairs):
    """The value of Upload-Metadata."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def checksum(body, algorithm="sha1"):
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def create(client, path, length, body=None, **headers):
    """The answer to the creation of an upload."""
    own = {"Upload-Length": str(length), "Upload-Metadata": metadata(file_path=path)}
    own |= PIECE if body is not None else {"Content-Length": "0"}
    return client.request("POST", "/uploads", VERSION | own | named(headers), body)


def location(client, path, length, **headers):
    """Where a new upload is."""
    answer = create(client, path, length, **headers)
    assert answer.status == 201, answer
    return answer.header("Location")


def proceed(client, upload, offset, body, **headers):
    own = {"Upload-Offset": str(offset)}
    return client.request("PATCH", upload, VERSION | PIECE | own | named(headers), body)


def head(client, upload, **headers):
    return client.request("HEAD", upload, VERSION | named(headers))


def end(client, upload):
    return client.request("DELETE", upload, VERSION)


def offset(client, upload):
    answer = head(client, upload)
    assert answer.status == 200, answer
    return int(answer.header("Upload-Offset"))


def identifier(upload):
    return upload.rsplit("/", 1)[1]


class Sending:
    """A PATCH whose body is sent bit by bit, and that may be cut off."""

    def __init__(self, client, upload, offset, length, **headers):
        self.connection = http.client.HTTPConnection(client.host, client.port, timeout=60)
        self.connection.putrequest("PATCH", upload)
        own = VERSION | PIECE | {"Upload-Offset": str(offset), "Content-Length": str(length)}
        for name, value in client.all_headers(own | named(headers)).items():
            self.connection.putheader(name, value)
        self.connection.endheaders()

    def send(self, data):
        self.connection.send(data)

    def cut(self):
        self.connection.close()

    def answer(self):
        with closing(self.connection):
            response = self.connection.getresponse()
            return response.status, response.read()


def retrieved(client, path):
    return client.get(f"/rpc/retrieve_file?p_file_path={quote(path, safe='')}").body
