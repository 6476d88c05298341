"""What is away: a worker of our own with a database or a store that does not answer, never the instance's."""

import json
import os
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest


@contextmanager
def database_that_never_answers(folder):
    """Takes connections and keeps silent, as a stopped server does."""
    path = folder / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        os.chmod(folder, 0o755)
        os.chmod(path, 0o777)
        kept = []

        def accept():
            try:
                while True:
                    kept.append(listener.accept()[0])
            except OSError:
                pass

        threading.Thread(target=accept, daemon=True).start()
        yield f"host={folder} dbname=none user=none"
        listener.shutdown(socket.SHUT_RDWR)
    for connection in kept:
        connection.close()


def ask(method, target, token=None, body=b"", **configuration):
    """One request in CGI mode with other settings; the CGI answer's status, headers and body, and the seconds taken."""
    environment = {
        "PATH": os.defpath, "COFFER_CONFIG": os.environ["COFFER_CONFIG"], **configuration, "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": method, "REQUEST_URI": target, "QUERY_STRING": target.partition("?")[2], "CONTENT_LENGTH": str(len(body)),
        "HTTP_FILE_PATH": "end-to-end/outage", "CONTENT_TYPE": "application/json",
    }
    if token:
        environment["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    owner = os.stat(os.environ["COFFER_BLOBS"]).st_uid
    options = {"user": owner, "extra_groups": []} if os.geteuid() == 0 and owner else {}
    started = time.monotonic()
    done = subprocess.run([os.environ["COFFER_WORKER"]], input=body, env=environment, capture_output=True, timeout=30, **options)
    seconds = time.monotonic() - started
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.decode().split("\r\n"))}
    return int(headers["status"].split()[0]), headers, rest, seconds


def assert_outage(answer, code=None):
    status, headers, body, seconds = answer
    assert status == 503, answer
    assert int(headers["retry-after"]) > 0
    failure = json.loads(body)
    assert set(failure) == {"code", "message", "details", "hint"}
    if code:
        assert failure["code"] == code
    # No address, user, path or errno of ours.
    assert "/" not in body.decode().replace("application/json", "") and "none" not in body.decode()
    assert seconds < 10


ROUTES = [
    ("GET", "/files", b""), ("GET", "/rpc/retrieve_file?p_file_path=a", b""), ("GET", "/rpc/whoami", b""),
    ("POST", "/rpc/store_file", b"x" * 100000), ("DELETE", "/files?file_path=eq.a", b""),
    ("POST", "/rpc/login", b'{"email":"a@b.example","password":"a password"}'), ("GET", "/health/ready", b""),
]


@pytest.mark.parametrize("method,target,body", ROUTES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_database_that_is_away_is_503(editor, method, target, body, tmp_path):
    url = f"host={tmp_path} dbname=none user=none"
    assert_outage(ask(method, target, editor.token, body, COFFER_DATABASE_URL=url), None if "health" in target else "PGRST000")


def test_a_database_that_never_answers_is_503_in_time(editor, tmp_path):
    with database_that_never_answers(tmp_path) as url:
        for method, target, body in ROUTES[:1] + ROUTES[3:4] + ROUTES[-1:]:
            answer = ask(method, target, editor.token, body, COFFER_DATABASE_URL=f"{url} connect_timeout=2",
                         COFFER_DATABASE_TIMEOUT_SECONDS="2")
            assert_outage(answer)


def test_alive_says_nothing_of_the_database(tmp_path):
    status, *_ = ask("GET", "/health/live", COFFER_DATABASE_URL=f"host={tmp_path} dbname=none user=none")
    assert status == 200


def test_a_store_that_is_away_is_503(editor, folder, tmp_path):
    editor.store(f"{folder}/a", b"x")
    away = {"COFFER_STORAGE_URL": f"file://{tmp_path}/absent"}
    assert_outage(ask("POST", "/rpc/store_file", editor.token, b"x", **away), "KF008")
    assert_outage(ask("GET", f"/rpc/retrieve_file?p_file_path={folder}/a", editor.token, **away), "KF008")
    assert_outage(ask("GET", "/health/ready", **away))
    assert editor.files("file_path=eq.end-to-end/outage").json() == []
    assert ask("GET", "/files", editor.token, **away)[0] == 200, "lists need no store"


def test_not_ready_says_nothing_to_strangers_but_which_part(tmp_path):
    status, _, body, _ = ask("GET", "/health/ready", COFFER_DATABASE_URL=f"host={tmp_path} dbname=none user=none")
    assert status == 503
    assert b"storage" in body.lower() or b"database" in body.lower()
    assert str(tmp_path).encode() not in body


def test_the_size_limit_is_413(editor):
    status, _, body, _ = ask("POST", "/rpc/store_file", editor.token, bytes(101), COFFER_MAX_UPLOAD_BYTES="100")
    assert (status, json.loads(body)["code"]) == (413, "KF005")
    status, _, _, _ = ask("POST", "/rpc/store_file", editor.token, bytes(100), COFFER_MAX_UPLOAD_BYTES="100")
    assert status == 200
    assert editor.delete("/files?file_path=eq.end-to-end/outage").status == 204


def test_plain_cgi_requires_a_length(editor):
    environment = {"PATH": os.defpath, "COFFER_CONFIG": os.environ["COFFER_CONFIG"], "REQUEST_METHOD": "POST",
                   "REQUEST_URI": "/rpc/store_file", "HTTP_FILE_PATH": "end-to-end/outage", "GATEWAY_INTERFACE": "CGI/1.1",
                   "HTTP_AUTHORIZATION": f"Bearer {editor.token}", "HTTP_TRANSFER_ENCODING": "chunked"}
    done = subprocess.run([os.environ["COFFER_WORKER"]], input=b"x", env=environment, capture_output=True, timeout=30)
    assert b"Status: 411" in done.stdout and b"KF015" in done.stdout, done


def test_lost_connections_to_the_database_are_made_again(editor, sql):
    """As after a restart of the server: each worker may notice once, and nobody hangs."""
    sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'coffer_authenticator'")
    statuses = [editor.files("limit=1").status for _ in range(60)]
    assert set(statuses) <= {200, 503}
    assert statuses[-20:] == [200] * 20, statuses
    assert statuses.count(503) <= 8, statuses
