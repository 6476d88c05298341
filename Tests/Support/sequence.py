"""Recorded sequences of requests: what their files say (Tests/Replays/README.md), and whether an answer meets it."""

import base64
import hashlib
import os
import re
from dataclasses import dataclass, field


class ReplayError(Exception):
    """Something that keeps a sequence from being played."""


@dataclass
class Request:
    """One request of a sequence as it is written down, before its variables are filled in."""

    title: str
    line: str = ""
    headers: list = field(default_factory=list)
    body: str = ""
    directives: list = field(default_factory=list)

    def values(self, name):
        return [value for directive, value in self.directives if directive == name]

    def value(self, name):
        return next(iter(self.values(name)), None)


def parse(text):
    """The requests of a sequence file; see Tests/Replays/README.md."""
    return [parse_request(block) for block in re.split(r"^###", text, flags=re.M)[1:]]


def parse_request(block):
    title, _, rest = block.partition("\n")
    head, _, body = rest.partition("\n\n")
    request = Request(title.strip(), body=body.rstrip("\n"))
    for line in head.splitlines():
        if line.startswith("@"):
            name, _, value = line[1:].partition(" ")
            request.directives.append((name, value.strip()))
        elif not line or line.startswith("#"):
            continue
        elif not request.line:
            request.line = line
        else:
            name, _, value = line.partition(":")
            request.headers.append((name.strip(), value.strip()))
    if not request.line:
        raise ReplayError(f"no request line below '### {request.title}'")
    return request


def pattern(count):
    """`count` bytes in which no two blocks of 251 are aligned with a power of two."""
    return (bytes(range(251)) * (count // 251 + 1))[:count]


class Variables(dict):
    """What `${NAME}` stands for: captured values, else COFFER_NAME, else NAME of the environment."""

    def __missing__(self, name):
        for candidate in (f"COFFER_{name}", name):
            if candidate in os.environ:
                return os.environ[candidate]
        raise ReplayError(f"${{{name}}} is neither captured nor in the environment")

    def fill(self, text):
        return re.sub(r"\$\{(\w+)\}", lambda match: self[match[1]], text)


def body_bytes(request, variables):
    count = request.value("body")
    body = pattern(int(count)) if count else variables.fill(request.body).encode()
    if body:
        digest = hashlib.sha256(body)
        variables["BODY_SHA256"] = digest.hexdigest()
        variables["BODY_DIGEST"] = base64.b64encode(digest.digest()).decode()
    return body


def parameters(request, variables):
    """What a sequence sets of the gateway's parameters."""
    values = {}
    if length := request.value("length"):
        values["CONTENT_LENGTH"] = length
    for setting in request.values("parameter"):
        name, equals, value = setting.partition("=")
        values[name] = variables.fill(value) if equals else None
    return values


def pick(answer, source):
    """What `@capture NAME = SOURCE` takes: `body`, `header NAME`, `cookie NAME` or `json KEY.KEY`."""
    kind, _, what = source.partition(" ")
    if kind == "body":
        return answer.body.decode()
    if kind == "header":
        return answer.header(what) or ""
    if kind == "cookie":
        match = re.match(re.escape(what) + "=([^;]*)", answer.header("Set-Cookie") or "")
        return match[1] if match else ""
    value = answer.json()
    for key in what.split(".") if what else []:
        value = value[int(key)] if isinstance(value, list) else value[key]
    return str(value)


def unmet(request, answer, variables):
    """What the sequence expected and did not get."""
    for expected in request.values("expect"):
        if str(answer.status) != expected:
            yield f"expected status {expected}, got {answer.status}"
    for expected in map(variables.fill, request.values("expect-header")):
        name, _, value = expected.partition(":")
        if answer.header(name) is None or value.strip() not in answer.header(name):
            yield f"expected header {expected}, got {answer.header(name)}"
    for name in request.values("expect-no-header"):
        if answer.header(name) is not None:
            yield f"expected no header {name}, got {answer.header(name)}"
    for expected in map(variables.fill, request.values("expect-body")):
        if expected not in answer.body.decode(errors="replace"):
            yield f"expected in the body: {expected}"
    for expected in map(variables.fill, request.values("expect-exact-body")):
        if expected != answer.body.decode(errors="replace"):
            yield f"expected as the body: {expected}"
    digest = request.value("expect-sha256")
    if digest and variables.fill(digest) != hashlib.sha256(answer.body).hexdigest():
        yield f"expected a body with SHA-256 {variables.fill(digest)}"


def setting(name):
    if not os.environ.get(name):
        raise ReplayError(f"{name} is not set; source the run folder's environment file")
    return os.environ[name]
