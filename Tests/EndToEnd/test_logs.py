"""The logs: one line of JSON for each request, found by its id, and no secret or file name anywhere."""

import json
import os
import secrets
from pathlib import Path

import pytest

from client import Client
from pool import wait_until


@pytest.fixture(scope="module")
def logs():
    folder = Path(os.environ["COFFER_CONFIG"]).parent / "logs"
    assert any(folder.iterdir())
    return folder


def lines_with(logs, text):
    return [line for log in logs.iterdir() for line in log.read_text(errors="replace").splitlines() if text in line]


def test_the_access_log_has_each_request_by_its_id(logs, editor):
    identifier = editor.files("limit=1").header("X-Request-Id")
    wait_until(lambda: lines_with(logs, identifier), 120, "the line of the request")
    (line,) = [json.loads(line) for line in lines_with(logs, identifier) if line.startswith("{")]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/files", 200)


def test_no_log_has_a_token_a_password_or_a_file_name(logs, url, account, nobody):
    client, name = account.log_in(), f"name-{secrets.token_hex(8)}"
    nobody.post("/rpc/login", {"email": account.email, "password": f"wrong-{name}"})
    cookie = f"coffer={client.token}"
    client.store(name, b"x", Description=f"about {name}")
    client.retrieve(name)
    client.files(f"file_path=eq.{name}")
    client.files(f"size_bytes=eq.{name}")
    client.retrieve(f"{name}/absent")
    client.store(f"{name}/../a", b"x")
    nobody.get(f"/rpc/whoami?token={client.token}", Cookie=cookie)
    Client(url, client.token[:-5]).retrieve(name)
    client.delete(f"/files?file_path=eq.{name}")
    last = client.post("/rpc/logout").header("X-Request-Id")
    wait_until(lambda: lines_with(logs, last), 120, "the line of the last request")
    signature = client.token.split(".")[2]
    for secret in (signature, signature[:20], client.token.split(".")[1], account.password, name):
        assert lines_with(logs, secret) == []
