"""The logs: one line of JSON for each request, found by its id, and no secret or file name anywhere."""

import json
import os
import re
import secrets
from contextlib import contextmanager
from pathlib import Path

import pytest

from client import Client
from pool import wait_until
from transports import FastCGI
from worker_process import WorkerProcess


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


# The workers' own log

LINE = re.compile(
    r"level=info request_id=(?P<id>\w+) event=served user_id=(?P<user>\S+) method=(?P<method>\S+) route=(?P<route>\S+) "
    r"status=(?P<status>\d+) bytes=(?P<bytes>\d+|-) database_ms=(?P<database>\d+\.\d{3}) "
    r"storage_ms=(?P<storage>\d+\.\d{3}) total_ms=(?P<total>\d+\.\d{3})"
)


@contextmanager
def logging_worker(site, level="info", stream=None, log=None):
    """A client of a worker with its token, and a function that returns the lines of the worker's log.

    stream: JOURNAL_STREAM, in which @ stands for the device and the inode of the log.
    """
    log = log or site.folder / f"log-{secrets.token_hex(4)}"
    with log.open("wb") as file:
        status = os.fstat(file.fileno())
        environment = {"COFFER_LOG_LEVEL": level}
        if stream:
            environment["JOURNAL_STREAM"] = stream.replace("@", f"{status.st_dev}:{status.st_ino}")
        runner = [*site.as_owner(site["WORKER"])]
        worker = WorkerProcess(site["WORKER"], site.configuration, runner=runner, environment=environment, stderr=file)
        try:
            yield Client(FastCGI(worker.path), site.token()), lambda: log.read_text().splitlines()
        finally:
            worker.stop()


def served(lines):
    """The lines of requests, as dictionaries."""
    found = [LINE.fullmatch(line) for line in lines if "event=served" in line]
    assert None not in found, lines
    return [match.groupdict() for match in found]


def test_at_info_each_request_has_a_line_with_its_times(installation):
    site = installation
    user = site.sql("select id from internal.users")[0]
    with logging_worker(site) as (client, lines):
        answers = [
            client.store("a", bytes(5000), X_Request_Id="forged"),
            client.retrieve("a"),
            client.request("HEAD", "/rpc/retrieve_file?p_file_path=a"),
            client.get("/rpc/retrieve_file?p_file_path=a", Range="bytes=10-19"),
            client.retrieve("absent"),
            client.files("select=file_path"),
            Client(client.transport).get("/files"),
            Client(client.transport).get("/health/live"),
            client.get("/nothing"),
            client.request("BREW", "/files"),
        ]
        wait_until(lambda: len(served(lines())) == len(answers), 120, "the lines")
        log = served(lines())
    for answer, line in zip(answers, log, strict=True):
        assert (line["id"], int(line["status"])) == (answer.header("X-Request-Id"), answer.status)
        assert int(line["bytes"]) == len(answer.body)
        # Each is rounded down.
        assert float(line["database"]) + float(line["storage"]) <= float(line["total"]) + 0.002
    assert [line["route"] for line in log] == [
        "/rpc/store_file", *["/rpc/retrieve_file"] * 4, "/files", "/files", "/health/live", "-", "-",
    ]  # fmt: skip
    assert [line["user"] for line in log] == [user] * 6 + ["-"] * 4
    assert [line["method"] for line in log] == ["POST", "GET", "HEAD", "GET", "GET", "GET", "GET", "GET", "-", "-"]
    stored, downloaded, listed = log[0], log[1], log[5]
    assert float(stored["database"]) > 0 and float(stored["storage"]) > 0
    assert float(downloaded["database"]) > 0 and float(downloaded["storage"]) > 0
    assert float(listed["database"]) > 0 and float(listed["storage"]) == 0
    assert (log[7]["database"], log[7]["storage"]) == ("0.000", "0.000")


def test_the_line_has_the_bytes_that_the_web_server_sends(installation):
    with logging_worker(installation) as (client, lines):
        assert client.store("a", bytes(5000)).status == 200
        client.transport.parameters["COFFER_SENDFILE"] = "x-accel-redirect:/blobs/ /part/"
        for fields, length in (({}, 5000), ({"Range": "bytes=0-99"}, 100)):
            answer = client.retrieve("a", **fields)
            assert (answer.status, answer.body) == (200, b"") and answer.header("X-Accel-Redirect")
            wait_until(lambda: served(lines())[-1]["bytes"] == str(length), 120, f"{length} bytes")


def test_a_slow_part_shows_in_its_own_time(installation):
    site = installation
    with logging_worker(site) as (client, lines):
        assert client.files().status == 200
        site.sql("""create function public.slow() returns trigger language plpgsql as $$
            begin perform pg_sleep(0.3); return new; end $$;
            create trigger slow before insert on internal.files for each row execute function public.slow()""")
        assert client.store("a", b"x").status == 200
        wait_until(lambda: len(served(lines())) == 2, 120, "the lines")
        line = served(lines())[1]
    assert float(line["database"]) >= 300
    assert float(line["storage"]) < float(line["database"])


def test_by_default_a_request_leaves_no_line(installation):
    with logging_worker(installation, level="warning") as (client, lines):
        assert client.files().status == 200
        assert client.get("/nothing").status == 404
        assert client.store("../a", b"x").status == 400
        assert lines() == []


@pytest.mark.parametrize(
    "stream, has_priorities", [("@", True), ("1@", False), ("@1", False), ("", False), ("x", False)]
)
def test_lines_have_priorities_only_in_the_journal(installation, stream, has_priorities):
    site = installation
    with logging_worker(site, "debug", stream) as (client, lines):
        assert client.get("/health/live").status == 200
        with site.unavailable():
            assert client.get("/health/ready").status == 503
        wait_until(lambda: len(served_lines(lines())) == 2, 120, "the lines")
        log = lines()
    priorities = {"error": "<3>", "warning": "<4>", "info": "<6>", "debug": "<7>"} if has_priorities else {}
    levels = [re.match(r"(?:<\d>)?level=(\w+) ", line)[1] for line in log]
    assert {"error", "info"} <= set(levels)
    for level, line in zip(levels, log, strict=True):
        assert line.startswith(f"{priorities.get(level, '')}level=")


def served_lines(lines):
    return [line for line in lines if "event=served" in line]


def test_the_lines_of_the_pool_have_priorities_too(installation):
    site = installation
    log = site.folder / "pool.log"
    log.touch()
    status = log.stat()
    with site.serve(JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}", COFFER_LOG_LEVEL="info") as (client, _):
        assert client.get("/health/live").status == 200
        wait_until(lambda: served_lines(log.read_text().splitlines()), 120, "the line")
    lines = log.read_text().splitlines()
    assert all(re.match(r"<[3467]>", line) for line in lines), lines
    assert [line for line in lines if line.startswith("<6>coffer serve: listening on ")]


def test_no_line_of_a_worker_has_a_secret_or_a_file_name(installation):
    site, name = installation, f"name-{secrets.token_hex(8)}"
    with logging_worker(site, "debug") as (client, lines):
        client.store(name, b"x", Description=f"about {name}")
        client.retrieve(name)
        client.files(f"file_path=eq.{name}")
        client.get(f"/{name}")
        client.request("POST", f"/rpc/{name}", body=b"{}")
        client.request("PATCH", f"/uploads/{name}", {"Tus-Resumable": "1.0.0"})
        wait_until(lambda: len(served_lines(lines())) == 6, 120, "the lines")
        text = "\n".join(lines())
    for secret in (name, client.token, client.token.split(".")[2]):
        assert secret not in text
