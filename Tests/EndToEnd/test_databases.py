"""The ways to a database beside the Unix socket: TLS, several servers of which one takes over, and pgbouncer.

scripts/test-databases runs the tests of the contract through each of them, and with other versions of PostgreSQL.
"""

import json
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

import tus
from apache import UNDER_TEST
from client import Client
from database_server import Server, ask_each_worker
from databases import Authority, encrypted, hosts, pgbouncer, tls
from instance import OwnInstance
from processes import wait_until
from transports import PlainCGI

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")

# Within how many seconds of its promotion a standby is used.
TAKEN_OVER_SECONDS = 2


@pytest.fixture(scope="module")
def site():
    """An instance whose database may be reached in other ways. Each test names its own."""
    with OwnInstance(DATABASE_TIMEOUT_SECONDS=5) as own:
        yield own


def use(site, account="EDITOR"):
    """What a person does with files, from the login on."""
    client, folder = site.log_in(account), f"databases/{secrets.token_hex(4)}"
    body = secrets.token_bytes(100_000)
    assert client.store(f"{folder}/a", body).status == 200
    listed = client.get(f"/rpc/list_folder?p_folder={folder}").json()
    assert [(row["name"], row["size_bytes"]) for row in listed] == [("a", len(body))]
    assert client.retrieve(f"{folder}/a").body == body
    renamed = client.request(
        "PATCH", f"/files?file_path=eq.{folder}/a", {"Content-Type": "application/json"},
        json.dumps({"file_path": f"{folder}/b"}),
    )  # fmt: skip
    assert renamed.status == 204, renamed
    assert client.delete(f"/files?file_path=eq.{folder}/b").status == 204
    assert client.retrieve(f"{folder}/b").json()["code"] == "KF002"
    [removed] = client.get(f"/trash?file_path=eq.{folder}/b").json()
    assert client.post("/rpc/restore", {"p_id": removed["id"]}).status == 200
    assert client.retrieve(f"{folder}/b").body == body
    upload = tus.location(client, f"{folder}/c", len(body))
    for offset, piece in ((0, body[:60_000]), (60_000, body[60_000:])):
        assert tus.proceed(client, upload, offset, piece).status == 204
    assert client.retrieve(f"{folder}/c").body == body
    rows = client.files(f"select=file_path&file_path=like.{folder}/*").json()
    assert {row["file_path"] for row in rows} == {f"{folder}/b", f"{folder}/c"}
    assert client.clear(folder).status == 204


def commands_work(site, url):
    """Also those that run PostgreSQL's own programs."""
    folder = site.folder / f"backup-{secrets.token_hex(4)}"
    folder.mkdir()
    site.own(folder)
    site.coffer("user", "list", COFFER_OWNER_DATABASE_URL=url)
    site.coffer("backup", folder, "--quiet", COFFER_OWNER_DATABASE_URL=url)
    assert (folder / "manifest").exists()


def came(site, check, **environment):
    """State of a check of coffer doctor, and what came."""
    done = site.run("doctor", "--json", **environment)
    [found] = [each for each in json.loads(done.stdout)["checks"] if each["id"] == check]
    return found["state"], found["came"]


def connections(server, condition="true"):
    """How many of the workers' connections to a server fulfil a condition."""
    rows = "pg_stat_activity left join pg_stat_ssl using (pid) where usename = 'coffer_authenticator'"
    return int(server.sql(f"select count(*) from {rows} and {condition}")[0])


def test_a_password_over_tls_is_sent_to_the_right_server_only(site):
    with tls(site) as (way, address, authority):
        site.start(**way)
        use(site)
        server = Server(site)
        assert connections(server) > 0
        assert connections(server, "not ssl") == 0
        refused = {
            "does not match host name": {"host": "other.example.org"},
            "certificate verify failed": {"sslrootcert": Authority(site.folder / "foreign").certificate},
            "no encryption": {"sslmode": "disable", "channel_binding": "prefer"},
            "password authentication failed": {"password": "wrong"},
        }
        commands_work(site, encrypted(address, authority, "postgres"))
        for message, wrong in refused.items():
            url = encrypted(address, authority, "postgres", **wrong)
            done = site.run("user", "list", COFFER_OWNER_DATABASE_URL=url)
            assert done.returncode == 1 and message in done.stderr, (message, done)
            url = encrypted(address, authority, **wrong)
            state, text = came(site, "database.login", COFFER_DATABASE_URL=url)
            assert state == "error" and message in text, (message, state, text)
            worker = Client(PlainCGI(site["WORKER"], site["CONFIG"], {"COFFER_DATABASE_URL": url}))
            assert worker.get("/health/ready").status == 503


class Load:
    """People who read and upload while the block runs: each answer with the time when its request began."""

    def __init__(self, client):
        self.client, self.ending = client, threading.Event()
        self.reads, self.acknowledged, self.failures = [], {}, []
        self.threads = [threading.Thread(target=self.work, args=(work,)) for work in (self.read, self.read, self.write)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def work(self, once):
        while not self.ending.is_set():
            try:
                once()
            except Exception as error:  # noqa: BLE001 - reported by the test, not lost with the thread
                self.failures.append(repr(error))
                return

    def read(self):
        for ask in (lambda: self.client.files("limit=1"), lambda: self.client.retrieve("databases/read")):
            began = time.monotonic()
            self.reads.append((began, ask().status))

    def write(self):
        path = f"databases/load/{len(self.acknowledged)}"
        if self.client.store(path, path.encode()).status == 200:
            self.acknowledged[path] = path.encode()

    def since(self, moment):
        return [status for began, status in list(self.reads) if began >= moment]


def test_a_standby_that_takes_over_is_used_at_once(site):
    """The first server stops while people work. No worker dies, and reads that fail meanwhile succeed when repeated."""
    first = Server(site)
    with hosts(site) as (way, second):
        site.start(**way)
        use(site)
        workers = site.workers()
        assert connections(second) == 0, "a standby takes no changes, so no worker stays there"
        client = site.log_in()
        assert client.store("databases/read", b"read").status == 200
        with Load(client) as load, ExitStack() as stack:
            wait_until(lambda: len(load.acknowledged) > 10, 120, "uploads")
            stack.enter_context(first.stopped())
            stopped = time.monotonic()
            wait_until(lambda: 503 in load.since(stopped), 120, "requests without a server")
            second.promote()
            promoted = time.monotonic()
            count = len(load.acknowledged)
            wait_until(lambda: load.since(promoted + TAKEN_OVER_SECONDS)[50:], 120, "requests after that")
            wait_until(lambda: len(load.acknowledged) > count, 120, "uploads after that")
            load.end()
            assert load.failures == []
            assert {status for _, status in load.reads} == {200, 503}
            assert set(load.since(promoted + TAKEN_OVER_SECONDS)) == {200}
            assert all(client.retrieve(path).body == body for path, body in load.acknowledged.items())
            assert site.workers() == workers
            use(site)
            commands_work(site, way["DATABASE_URL"].replace("coffer_authenticator", "postgres"))


def test_a_server_that_does_not_answer_is_passed_over(site):
    with hosts(site) as (way, second):
        site.start(DATABASE_URL=f"{way['DATABASE_URL']} connect_timeout=2")
        client = site.log_in()
        with second.frozen(with_backends=True):
            site.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'coffer_authenticator'")
            began = time.monotonic()
            assert client.files("limit=1").status == 200
            assert time.monotonic() - began >= 2, "the worker had another connection"


def test_workers_leave_a_server_that_was_made_read_only(site):
    """As before a planned switch. Each worker finds out by its next request, and repeats it on the other server."""
    first = Server(site)
    with hosts(site) as (way, second):
        site.start(**way)
        client = site.log_in()
        workers = site.workers()
        assert client.store("databases/switch", b"before").status == 200

        def ask(number):
            if number % 2:
                return client.retrieve("databases/switch").body
            return client.store(f"databases/{number}", b"body").status

        wait_until(
            lambda: ask_each_worker(site, ask, first) and connections(first) == len(workers), 120, "connections"
        )
        first.sql("alter system set default_transaction_read_only = on")
        first.sql("select pg_reload_conf()")
        try:
            wait_until(lambda: client.store("databases/switch", b"refused").status == 503, 120, "the setting")
            second.promote()
            # Most workers have had no request since, so they still have a connection to the first one.
            assert connections(first) > 0
            wait_until(lambda: client.store("databases/switch", b"after").status == 200, 120, "the promotion")
            answers = set()
            wait_until(
                lambda: answers.update(ask_each_worker(site, ask, first, second)) or connections(first) == 0,
                120, "the last worker",
            )  # fmt: skip
            assert answers == {200, b"after"}
            assert connections(second) == len(workers)
            assert site.workers() == workers
        finally:
            # The setting itself refuses nothing that the superuser's own transaction allows.
            first.sql("set default_transaction_read_only = off;\nalter system reset default_transaction_read_only")
            first.sql("select pg_reload_conf()")


def test_pgbouncer_shares_connections_and_keeps_people_apart(site):
    with pgbouncer(site) as (way, _):
        site.start(**way)
        server = Server(site)
        with ThreadPoolExecutor(2) as threads:
            for _ in threads.map(lambda account: [use(site, account) for _ in range(3)], ("EDITOR", "EDITOR2")):
                pass
        assert 0 < connections(server) <= 2 < len(site.workers())
        client = site.log_in()
        # The pooler itself reports that its server is gone.
        with server.stopped():
            wait_until(lambda: client.files("limit=1").status == 503, 120, "a request without a server")
        wait_until(lambda: client.files("limit=1").status == 200, 120, "the server")
        assert [client.files("limit=1").status for _ in range(20)] == [200] * 20
        assert came(site, "database.pooler")[0] == "ok"
        state, text = came(site, "database.pooler", COFFER_PREPARED_STATEMENTS="on")
        assert state in ("error", "warning") and "prepared statements" in text
