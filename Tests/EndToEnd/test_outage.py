"""Outages: a worker of our own with a database or a store that does not answer, never the instance's."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from instance import let_in
from worker import ask


@contextmanager
def database_that_never_answers(folder):
    """Takes connections and keeps silent, as a stopped server does."""
    path = folder / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        path.chmod(0o777)
        let_in(path)
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


STORE = {"HTTP_FILE_PATH": "end-to-end/outage"}


def assert_outage(answer, code=None):
    assert answer.status == 503, answer
    assert int(answer.header("Retry-After")) > 0
    failure = json.loads(answer.body)
    assert set(failure) == {"code", "message", "details", "hint"}
    if code:
        assert failure["code"] == code
    # No address, path or errno of ours.
    assert "/" not in answer.body.decode() and "errno" not in answer.body.decode()


ROUTES = [
    ("GET", "/files", b""),
    ("GET", "/rpc/retrieve_file?p_file_path=a", b""),
    ("GET", "/rpc/download_folder?p_folder=a", b""),
    ("GET", "/rpc/whoami", b""),
    ("POST", "/rpc/store_file", b"x" * 100000),
    ("DELETE", "/files?file_path=eq.a", b""),
    ("POST", "/rpc/login", b'{"email":"a@b.example","password":"a password"}'),
    ("GET", "/health/ready", b""),
]


def unavailable(folder):
    return {"COFFER_DATABASE_URL": f"host={folder} dbname=none user=none"}


@pytest.mark.parametrize("method,target,body", ROUTES, ids=lambda value: value if isinstance(value, str) else "")
def test_an_unavailable_database_is_503(editor, method, target, body, tmp_path):
    code = None if "health" in target else "PGRST000"
    assert_outage(ask(method, target, editor.token, body, unavailable(tmp_path), **STORE), code)


@pytest.mark.parametrize("method,target,body", [ROUTES[0], ROUTES[3], ROUTES[-1]], ids=["list", "store", "ready"])
def test_a_database_that_never_answers_is_503_while_it_is_still_silent(editor, method, target, body, tmp_path):
    with database_that_never_answers(tmp_path) as url:
        configuration = {"COFFER_DATABASE_URL": f"{url} connect_timeout=2", "COFFER_DATABASE_TIMEOUT_SECONDS": "2"}
        assert_outage(ask(method, target, editor.token, body, configuration, **STORE))


def test_alive_says_nothing_of_the_database(tmp_path):
    assert ask("GET", "/health/live", configuration=unavailable(tmp_path)).status == 200


def test_an_unavailable_store_is_503(editor, folder, tmp_path):
    editor.store(f"{folder}/a", b"x")
    gone = {"COFFER_STORAGE_URL": f"file://{tmp_path}/absent"}
    assert_outage(ask("POST", "/rpc/store_file", editor.token, b"x", gone, **STORE), "KF008")
    assert_outage(ask("GET", f"/rpc/retrieve_file?p_file_path={folder}/a", editor.token, b"", gone), "KF008")
    assert_outage(ask("GET", "/health/ready", configuration=gone))
    assert editor.files("file_path=eq.end-to-end/outage").json() == []
    assert ask("GET", "/files", editor.token, b"", gone).status == 200, "lists need no store"


def test_not_ready_says_which_part_and_no_more(tmp_path):
    answer = ask("GET", "/health/ready", configuration=unavailable(tmp_path))
    assert answer.status == 503
    assert b"database" in answer.body.lower() and b"storage" not in answer.body.lower()
    assert str(tmp_path).encode() not in answer.body


def test_the_size_limit_is_413(editor):
    limit = {"COFFER_MAX_UPLOAD_BYTES": "100"}
    answer = ask("POST", "/rpc/store_file", editor.token, bytes(101), limit, **STORE)
    assert (answer.status, json.loads(answer.body)["code"]) == (413, "KF005")
    assert ask("POST", "/rpc/store_file", editor.token, bytes(100), limit, **STORE).status == 200
    assert editor.delete("/files?file_path=eq.end-to-end/outage").status == 204


def test_plain_cgi_requires_a_length(editor):
    answer = ask(
        "POST", "/rpc/store_file", editor.token, b"x", CONTENT_LENGTH=None, HTTP_TRANSFER_ENCODING="chunked", **STORE
    )
    assert (answer.status, json.loads(answer.body)["code"]) == (411, "KF015")


def test_a_setting_that_is_wrong_stops_the_worker_and_is_named(editor):
    with pytest.raises(Exception, match="COFFER_MAX_ROWS"):
        ask("GET", "/files", editor.token, configuration={"COFFER_MAX_ROWS": "many"})


def test_lost_connections_to_the_database_are_made_again(editor, sql):
    """As after a restart of the server."""
    sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'coffer_authenticator'")
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: editor.files("limit=1").status, range(60))) == {200}
