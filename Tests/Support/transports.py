"""Three ways to a worker: through a web server, by FastCGI, and as a plain CGI program. Each sends one request and
returns its answer, so that a `Client` works over any of them.

`parameters` are what a web server says beside the request (RFC 3875 section 4.1); None takes one away. `WebServer` has
none, as a real one sets its own.
"""

import http.client
import json
import os
import subprocess
from urllib.parse import urlsplit

import fastcgi
from processes import as_owner

# Ends a hang, and nothing else: no answer is expected to take as long on a busy machine.
TIMEOUT_SECONDS = 300


class Answer:
    """One response, read to its end."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name)

    @classmethod
    def of_gateway(cls, output):
        """From a CGI response (RFC 3875 section 6). Raises ConnectionError where it has no complete head."""
        head, separator, body = output.partition(b"\r\n\r\n")
        if not separator:
            raise ConnectionError(f"the worker sent no complete head: {output[:200]!r}")
        headers = http.client.HTTPMessage()
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(":")
            headers.add_header(name, value.strip())
        status = headers.get("Status", "200")
        del headers["Status"]
        return cls(int(status.split()[0]), headers, body)


class WebServer:
    """HTTP to the site at a URL. Each request has its own connection."""

    def __init__(self, url):
        self.url = url
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80

    def connection(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def begin(self, method, target, headers, body):
        """Connection and response, whose body is yet to be read."""
        connection = self.connection()
        connection.request(method, target, body=body, headers=encoded(headers))
        return connection, connection.getresponse()

    def exchange(self, method, target, headers, body=None):
        connection, response = self.begin(method, target, headers, body)
        try:
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


class FastCGI:
    """FastCGI to the workers that listen at a path."""

    def __init__(self, path, parameters=None, timeout=TIMEOUT_SECONDS):
        self.path, self.parameters, self.timeout = str(path), parameters or {}, timeout

    def exchange(self, method, target, headers, body=None, parameters=None):
        values = gateway_parameters(method, target, headers, body, self.parameters | (parameters or {}))
        return Answer.of_gateway(fastcgi.exchange(self.path, values, as_bytes(body), self.timeout))


class PlainCGI:
    """A worker as a CGI program, once for each request, with nothing of the caller's environment."""

    def __init__(self, program, configuration, parameters=None):
        self.program, self.parameters = program, parameters or {}
        self.runner = as_owner(program)
        self.environment = {"PATH": os.defpath, "COFFER_CONFIG": str(configuration)}

    def exchange(self, method, target, headers, body=None, parameters=None):
        more = self.parameters | (parameters or {})
        values = self.environment | gateway_parameters(method, target, headers, body, more)
        command = [*self.runner, self.program]
        done = subprocess.run(command, input=as_bytes(body), env=values, capture_output=True, timeout=TIMEOUT_SECONDS)
        if not done.stdout:
            raise ConnectionError(f"{self.program} printed nothing (exit {done.returncode}): {done.stderr.decode()}")
        return Answer.of_gateway(done.stdout)


def as_bytes(body):
    return body.encode() if isinstance(body, str) else body or b""


def encoded(headers):
    """http.client would refuse values that are not Latin-1; the contract is raw UTF-8."""
    return {name: value.encode() for name, value in headers.items()}


def gateway_parameters(method, target, headers, body, more):
    """The variables (RFC 3875 section 4.1) that a web server would send for a request."""
    values = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "QUERY_STRING": target.partition("?")[2],
    }
    if body is not None:
        values["CONTENT_LENGTH"] = str(len(as_bytes(body)))
    for name, value in headers.items():
        name = name.upper().replace("-", "_")
        values[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
    return {name: value for name, value in (values | more).items() if value is not None}
