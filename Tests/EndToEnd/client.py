"""A client of the HTTP contract that sends exactly what it is told to: http.client and sockets, no library's help."""

import base64
import hashlib
import http.client
import json
import socket
import time
from urllib.parse import quote, urlsplit

PATIENCE_SECONDS = 60
SINGULAR = "application/vnd.pgrst.object+json"


class Answer:
    """One response, read to its end."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name)


class Client:
    """One account at one site, or nobody without a token. Each request has its own connection."""

    def __init__(self, url, token=None):
        self.url = url
        self.token = token
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80

    def connection(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_SECONDS)

    def fields(self, headers):
        fields = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        fields.update(headers or {})
        # http.client would refuse names that are not Latin-1; the contract is raw UTF-8.
        return {name: value.encode() for name, value in fields.items() if value is not None}

    def send(self, method, target, headers=None, body=None):
        """Connection and response, whose body is yet to be read."""
        connection = self.connection()
        connection.request(method, target, body=body, headers=self.fields(headers))
        return connection, connection.getresponse()

    def request(self, method, target, headers=None, body=None):
        connection, response = self.send(method, target, headers, body)
        try:
            return Answer(response, response.read())
        finally:
            connection.close()

    def get(self, target, **headers):
        return self.request("GET", target, named(headers))

    def head(self, target, **headers):
        return self.request("HEAD", target, named(headers))

    def delete(self, target, **headers):
        return self.request("DELETE", target, named(headers))

    def post(self, target, value=None, **headers):
        """A call with a JSON body, or without any."""
        if value is None:
            return self.request("POST", target, named(headers))
        return self.request("POST", target, {"Content-Type": "application/json", **named(headers)}, json.dumps(value))

    def store(self, path, body, **headers):
        return self.request("POST", "/rpc/store_file", {"File-Path": path, **named(headers)}, body)

    def retrieve(self, path, disposition=None, **headers):
        return self.get(retrieve_target(path, disposition), **headers)

    def files(self, query="", **headers):
        return self.get(f"/files?{query}", **headers)

    def clear(self, folder):
        """Deletes all files below a folder whose name has no `_` or `%`."""
        return self.delete(f"/files?file_path=like.{quote(folder)}/*")

    def raw(self, data, patience=PATIENCE_SECONDS):
        """Sends bytes as they are, and returns all that comes back until the server closes."""
        with socket.create_connection((self.host, self.port), patience) as connection:
            connection.sendall(data)
            return read_to_end(connection)


def named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def retrieve_target(path, disposition=None):
    suffix = f"&p_disposition={disposition}" if disposition else ""
    return f"/rpc/retrieve_file?p_file_path={quote(path, safe='')}{suffix}"


def read_to_end(connection):
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def log_in(url, email, password):
    """A client with a new session. Waits where the web server limits logins."""
    client = Client(url)
    for _ in range(20):
        answer = client.post("/rpc/login", {"email": email, "password": password})
        if answer.status != 429:
            break
        time.sleep(int(answer.header("Retry-After")))
    assert answer.status == 200, answer
    return Client(url, answer.json()[0]["token"])


def etag(body):
    return f'"{hashlib.sha256(body).hexdigest()}"'


def digest_field(digest):
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def repr_digest(body):
    return digest_field(hashlib.sha256(body).digest())


def assert_failure(answer, status, code=None, message=None):
    """The four keys, each a string or null, with the status."""
    assert answer.status == status, answer
    assert answer.header("Content-Type").startswith("application/json"), answer
    failure = answer.json()
    assert set(failure) == {"code", "message", "details", "hint"}, failure
    assert all(value is None or isinstance(value, str) for value in failure.values()), failure
    assert answer.header("X-Request-Id"), answer
    if code:
        assert failure["code"] == code, failure
    if message:
        assert failure["message"] == message, failure
    return failure
