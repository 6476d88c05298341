"""PostgreSQL stopped, started again, frozen and killed below a whole instance: 503 in time, and back by itself."""

import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Client, assert_failure, named, read_to_end, retrieve_target
from database_server import Server, ask_each_worker
from processes import state, wait_until

# Half of the new one is more than nginx keeps in memory.
OLD, NEW = b"old " * 1000, b"new " * 1_000_000
# What workers answer without the database. KF021 is nginx's: when it has waited for a worker for a minute, but also
# when a worker has refused to let a hand-off begin.
CODES = {"ready": "KF025", "hand-off": "KF021"}


@pytest.fixture(scope="module")
def owner(own):
    """Its worker waits five seconds for the database: soon for tests that freeze it, long for a busy machine."""
    own.start(DATABASE_TIMEOUT_SECONDS=5)
    client = own.log_in()
    assert client.store("database/a", OLD).status == 200
    yield client
    own.start(DATABASE_TIMEOUT_SECONDS=50)


@pytest.fixture(autouse=True)
def undisturbed(own, owner):
    """No worker dies of it, and rows and blobs agree in the end."""
    workers = own.workers()
    yield
    assert own.workers() == workers
    # On a busy machine a server that has just thawed may be late once more.
    wait_until(lambda: owner.store("database/a", OLD).status == 200, 120, "an upload")
    own.collect()
    assert own.wrongs() == []


@pytest.fixture(scope="module")
def server(own):
    return Server(own)


def streamed(own, owner):
    return own.stream(owner, "database/a", NEW)


def asked(method, target, body=None, **headers):
    return lambda _, owner: owner.request(method, target, named(headers), body)


REQUESTS = {
    "list": asked("GET", "/files?limit=1"),
    "retrieve": asked("GET", retrieve_target("database/a")),
    "hand-off": asked("POST", "/rpc/store_file", NEW, File_Path="database/a"),
    "streaming": streamed,
    "delete": asked("DELETE", "/files?file_path=eq.database/a"),
    "ready": asked("GET", "/health/ready"),
}


def assert_all_503_in_time(own, owner):
    """The database is still away when the workers give up, and they do so before nginx gives up the workers."""
    # No more at once than there are workers, or they would wait for each other.
    with ThreadPoolExecutor(3) as threads:
        answers = dict(zip(REQUESTS, threads.map(lambda name: REQUESTS[name](own, owner), REQUESTS), strict=True))
    for name, answer in answers.items():
        assert_failure(answer, 503, CODES.get(name, "PGRST000"))
        assert name == "streaming" or int(answer.header("Retry-After")) > 0
    assert Client(own["URL"]).get("/health/live").status == 200


def connect_workers(own, owner, server):
    """Sends requests until each worker has a connection to the database."""
    connections = "select count(*) from pg_stat_activity where usename = 'coffer_authenticator'"

    def are_connected():
        assert set(ask_each_worker(own, lambda _: owner.files("limit=1").status, server)) == {200}
        return int(own.sql(connections)[0]) == len(own.workers())

    wait_until(are_connected, 120, "the workers' connections")


def test_a_stopped_server_is_503_at_once_and_a_started_one_is_used(own, owner, server):
    connect_workers(own, owner, server)
    with server.stopped():
        assert_all_503_in_time(own, owner)
        ready = assert_failure(owner.get("/health/ready"), 503)
        assert "database" in ready["details"] and "storage" not in ready["details"]
    # Each worker finds out by itself that its connection is gone: the server does not report it.
    assert set(ask_each_worker(own, lambda _: owner.files("limit=1").status, server)) == {200}
    assert owner.retrieve("database/a").body == OLD


def test_a_restarted_server_costs_no_request(own, owner, server):
    connect_workers(own, owner, server)
    with server.stopped():
        pass
    assert set(ask_each_worker(own, lambda _: owner.store("database/a", OLD).status, server)) == {200}


def test_a_server_that_does_not_answer_is_503_in_time(own, owner, server):
    # With a connection it is the slower way to find out.
    connect_workers(own, owner, server)
    with server.frozen(with_backends=True):
        assert_all_503_in_time(own, owner)
    wait_until(lambda: owner.get("/health/ready").status == 200, 120, "readiness")
    assert [owner.files("limit=1").status for _ in range(8)] == [200] * 8


def test_a_server_that_is_frozen_for_new_connections_only_is_503_in_time(own, owner, server):
    connect_workers(own, owner, server)
    with server.frozen(with_backends=False):
        assert owner.files("limit=1").status == 200, "whoever has a connection goes on"
    own.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'coffer_authenticator'")
    with server.frozen(with_backends=False):
        assert_all_503_in_time(own, owner)
    wait_until(lambda: owner.get("/health/ready").status == 200, 120, "readiness")


class SlowUpload:
    """An upload through the web server that has begun, and whose second half waits."""

    def __init__(self, own, owner, body):
        self.connection = socket.create_connection((owner.host, owner.port), 300)
        self.rest = body[len(body) // 2 :]
        with own.begun():
            self.connection.sendall(
                (
                    f"POST /rpc/store_file HTTP/1.1\r\nHost: {owner.host}\r\nAuthorization: Bearer {owner.token}\r\n"
                    f"File-Path: database/a\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                ).encode()
                + body[: len(body) // 2]
            )

    def finish(self):
        """The status."""
        self.connection.sendall(self.rest)
        with self.connection:
            return int(read_to_end(self.connection).split()[1])


@pytest.mark.parametrize("uploads", ["handoff", "streaming"])
def test_an_upload_in_flight_ends_honestly(own, owner, server, uploads):
    own.start(UPLOADS=uploads)
    try:
        # Away at its end: refused, and the old file stays.
        upload = SlowUpload(own, owner, NEW)
        with server.stopped():
            assert upload.finish() == 503
        assert owner.retrieve("database/a").body == OLD
        # Away only in the meantime: done.
        upload = SlowUpload(own, owner, NEW)
        with server.stopped():
            pass
        assert upload.finish() == 200
        assert owner.retrieve("database/a").body == NEW
        # Frozen from its middle on: refused in time, and not carried out when the server thaws.
        assert owner.store("database/a", OLD).status == 200
        upload = SlowUpload(own, owner, NEW)
        with server.frozen(with_backends=True):
            assert upload.finish() == 503
        wait_until(lambda: owner.get("/health/ready").status == 200, 120, "readiness")
        busy = "select 1 from pg_stat_activity where usename = 'coffer_authenticator' and state <> 'idle'"
        wait_until(lambda: not own.sql(busy), 120, "the end of what the server was at")
        assert owner.retrieve("database/a").body == OLD
    finally:
        own.start(UPLOADS="handoff")


@pytest.mark.parametrize("signal_number", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate", "kill"])
def test_a_server_that_crashes_under_uploads_keeps_what_was_acknowledged(own, owner, server, signal_number):
    """The begun uploads it has not yet written down are among what a crash must not forget."""
    own.sql("alter system set wal_writer_delay = '10s'; select pg_reload_conf()")
    acknowledged, stop = {}, threading.Event()

    def work(number):
        serial = 0
        while not stop.is_set():
            serial += 1
            path, body = f"database/crash/{number}/{serial}", f"{number} {serial}".encode() * 1000
            try:
                if owner.store(path, body).status == 200:
                    acknowledged[path] = body
            except OSError:
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    try:
        for number in (1, 2):
            wait_until(lambda: len(acknowledged) > 15 * number, 120, "uploads")  # noqa: B023
            postmaster = own.pid("postgres")
            os.kill(postmaster, signal_number)
            wait_until(lambda: state(postmaster) in (None, "Z"), 120, "the end of the server")
            server.start()
            wait_until(lambda: own.run("user", "list").returncode == 0, 120, "the server")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(acknowledged) > 20
    assert all(owner.retrieve(path).body == body for path, body in acknowledged.items())
    own.collect()
    assert own.wrongs() == []
    assert owner.clear("database/crash").status == 204
    own.sql("alter system reset wal_writer_delay; select pg_reload_conf()")
