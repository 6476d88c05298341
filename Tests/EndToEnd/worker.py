"""Single requests to a worker of the test's own, with other settings than the instance's, by way of scripts/replay."""

import importlib.util
import json
import os
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path


def load_replay():
    loader = SourceFileLoader("replay", str(Path(__file__).resolve().parents[2] / "scripts" / "replay"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("replay", loader))
    sys.modules["replay"] = module
    loader.exec_module(module)
    return module


replay = load_replay()


class Answer(replay.Answer):
    """With what the tests ask of an answer through the web server."""

    def json(self):
        return json.loads(self.body)


def ask(method, target, token=None, body=b"", configuration=None, **parameters):
    """One request in CGI mode; the answer, and the seconds it took."""
    values = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "QUERY_STRING": target.partition("?")[2],
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        **parameters,
        **(configuration or {}),
    }
    if token:
        values["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    started = time.monotonic()
    output = replay.Player("cgi").play({name: value for name, value in values.items() if value is not None}, body)
    return Answer.read(output), time.monotonic() - started


def as_owner(program):
    """Words before a command that make it the store's owner, where we are root."""
    return [*replay.as_owner(program)]


def command(*arguments):
    """The operator's command with the instance's settings, as it would be run by hand."""
    program = os.environ["COFFER_COMMAND"]
    return [*as_owner(program), program, *arguments]
