"""A client of the HTTP contract that sends exactly what it is given, by any of the transports."""

import base64
import hashlib
import json
import socket
import time
from urllib.parse import quote

from fastcgi import read_to_end
from transports import TIMEOUT_SECONDS, Answer, WebServer, encoded  # noqa: F401

SINGULAR = "application/vnd.pgrst.object+json"


class Client:
    """One account at one site, or nobody without a token.

    to: a transport, or the URL of a site.
    """

    def __init__(self, to, token=None):
        self.transport = WebServer(to) if isinstance(to, str) else to
        self.token = token

    # Of the site, where the transport is a web server.

    @property
    def url(self):
        return self.transport.url

    @property
    def host(self):
        return self.transport.host

    @property
    def port(self):
        return self.transport.port

    def connection(self):
        return self.transport.connection()

    def send(self, method, target, headers=None, body=None):
        """Connection and response, whose body is yet to be read."""
        return self.transport.begin(method, target, self.all_headers(headers), body)

    def raw(self, data):
        """Sends bytes as they are, and returns all that comes back until the server closes."""
        with socket.create_connection((self.host, self.port), TIMEOUT_SECONDS) as connection:
            connection.sendall(data)
            return read_to_end(connection)

    # Requests, by any transport.

    def all_headers(self, headers):
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {name: value for name, value in (own | (headers or {})).items() if value is not None}

    def fields(self, headers):
        """All headers as they are sent."""
        return encoded(self.all_headers(headers))

    def request(self, method, target, headers=None, body=None, **more):
        return self.transport.exchange(method, target, self.all_headers(headers), body, **more)

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
        """Deletes all files below a folder whose name has no `_` or `%`, also from the trash."""
        answer = self.delete(f"/files?file_path=like.{quote(folder)}/*")
        self.delete(f"/trash?file_path=like.{quote(folder)}/*")
        return answer


def named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def retrieve_target(path, disposition=None):
    suffix = f"&p_disposition={disposition}" if disposition else ""
    return f"/rpc/retrieve_file?p_file_path={quote(path, safe='')}{suffix}"


def within_limit(send):
    """The answer to a login, which is sent again while the web server limits logins."""
    for _ in range(20):
        answer = send()
        if answer.status != 429:
            break
        time.sleep(int(answer.header("Retry-After")))
    return answer


def log_in(to, email, password):
    """A client with a new session, by a transport or at a URL."""
    client = Client(to)
    answer = within_limit(lambda: client.post("/rpc/login", {"email": email, "password": password}))
    assert answer.status == 200, answer
    return Client(to, answer.json()[0]["token"])


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
