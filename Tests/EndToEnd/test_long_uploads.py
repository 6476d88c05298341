"""Uploads that take long: a token may run out meanwhile, and a body without a length is cut where there is no room."""

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apache import Apache
from client import Client, assert_failure

MIB = 1 << 20
# In nginx's memory, by hand-off, by streaming. Apache streams all.
WAYS = {"short": (50_000, True), "measured": (300_000, True), "unmeasured": (300_000, False)}


@pytest.fixture(params=["nginx", "pool"])
def site(request, instance):
    """Where uploads go to."""
    if request.param == "nginx":
        yield instance["URL"]
        return
    with Apache("pool", instance) as apache:
        yield apache.url


# Time for uploads to begin while the session lives. Where a machine is too busy for the first, the second decides.
LIVES_SECONDS = (6, 90)


@pytest.fixture
def session(site, account, sql, sign):
    """Makes a session of so many seconds: its client and its id. The worker's allowance for clocks is used up then."""

    def make(seconds):
        client = Client(site, account.log_in().token)
        user = client.get("/rpc/whoami").json()["user_id"]
        (identifier,) = sql(f"select id from internal.sessions where user_id = '{user}' order by created_at desc limit 1")
        sql(f"update internal.sessions set expires_at = now() + interval '{seconds} seconds' where id = '{identifier}'")
        claims = {"user_id": user, "sid": identifier, "role": "editor", "exp": int(time.time()) - 30 + seconds}
        return Client(site, sign(claims)), identifier

    return make


def slowly(client, meanwhile):
    """An upload in each way, all at once and in two halves, between which something happens; answers and bytes by way."""
    halfway = threading.Barrier(len(WAYS), meanwhile, timeout=300)

    def upload(way):
        size, has_length = WAYS[way]
        body = secrets.token_bytes(size)

        def halves():
            yield body[: size // 2]
            halfway.wait()
            yield body[size // 2 :]

        length = {"Content-Length": str(size)} if has_length else {}
        return client.store(way, halves(), **length), body

    with ThreadPoolExecutor(len(WAYS)) as threads:
        return dict(zip(WAYS, threads.map(upload, WAYS), strict=True))


def outliving(session, meanwhile=lambda identifier: None):
    """A session that expires while its uploads are halfway, and something else then: its client, answers and bytes."""
    for seconds in LIVES_SECONDS:
        client, identifier = session(seconds)
        made = time.monotonic()

        def expire():
            time.sleep(max(0, made + seconds + 1 - time.monotonic()))  # noqa: B023
            meanwhile(identifier)  # noqa: B023

        results = slowly(client, expire)
        # Those that had not begun.
        if not any(answer.status == 401 and answer.json()["code"] == "PGRST303" for answer, _ in results.values()):
            break
    return client, results


def test_what_began_with_a_living_session_is_stored(session, account):
    client, results = outliving(session)
    assert [answer.status for answer, _ in results.values()] == [200] * len(WAYS), results
    assert_failure(client.store("next", b"x"), 401)
    later = account.log_in()
    assert all(later.retrieve(way).body == body for way, (_, body) in results.items())


def test_a_login_and_gc_meanwhile_take_nothing_from_it(session, account, instance):
    def meanwhile(_):
        account.log_in()
        instance.coffer("gc")

    _, results = outliving(session, meanwhile)
    assert [answer.status for answer, _ in results.values()] == [200] * len(WAYS), results


@pytest.mark.parametrize("is_expired", [False, True], ids=["living", "expired"])
def test_a_session_that_is_ended_meanwhile_refuses(session, account, instance, no_leftovers, is_expired):
    def revoke(identifier):
        instance.coffer("session", "revoke", identifier)

    if is_expired:
        _, results = outliving(session, revoke)
    else:
        client, identifier = session(3600)

        def meanwhile():
            # Gives the uploads time to begin: one that begins later gets the same answer.
            time.sleep(2)
            revoke(identifier)

        results = slowly(client, meanwhile)
    for answer, _ in results.values():
        assert_failure(answer, 401, "KF011")
    later = account.log_in()
    assert [later.retrieve(way).status for way in WAYS] == [400] * len(WAYS)
    no_leftovers()


def test_no_client_can_say_when_its_request_began(session):
    client, _ = session(1)
    time.sleep(2)
    for name in ("Coffer-Request-Began", "Request-Began", "Coffer_Request_Began"):
        assert_failure(client.store("late", b"x", **{name: "1"}), 401)


@pytest.fixture
def nearly_full(site, account, sql):
    """A client with 100 KB left."""
    sql(f"select internal.set_quota('{account.email}', 1000000)")
    client = Client(site, account.log_in().token)
    assert client.store("full", b"x" * 900_000).status == 200
    return client


class Watch(threading.Thread):
    """The most bytes that uploads in flight had at a time."""

    def __init__(self, instance):
        super().__init__()
        self.instance, self.most, self.done = instance, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.005):
            self.most = max(self.most, sum(map(size_of, self.instance.in_flight())))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def size_of(path: Path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def send_endlessly(client, path, limit):
    """Sends a body without a length until the server has had enough; the first bytes of its answer, and how many went."""
    connection = client.connection()
    connection.putrequest("POST", "/rpc/store_file")
    for name, value in client.fields({"File-Path": path, "Transfer-Encoding": "chunked"}).items():
        connection.putheader(name, value)
    connection.endheaders()
    piece, sent = b"%x\r\n%s\r\n" % (MIB, bytes(MIB)), 0
    try:
        while sent < limit:
            connection.sock.sendall(piece)
            sent += MIB
        connection.sock.sendall(b"0\r\n\r\n")
    except OSError:
        pass
    try:
        return connection.sock.recv(65536), sent
    except OSError:
        return b"", sent
    finally:
        connection.close()


def test_a_body_without_a_length_is_cut_at_the_quota(nearly_full, instance, no_leftovers):
    with Watch(instance) as watch:
        answer, sent = send_endlessly(nearly_full, "endless", 200 * MIB)
    assert watch.most < MIB, "bytes that there was no room for were kept"
    assert b" 413 " in answer.split(b"\r\n")[0] or sent < 200 * MIB, (answer, sent)
    assert nearly_full.retrieve("endless").status == 400
    no_leftovers()


def test_the_refusal_of_a_short_one_says_both_figures(nearly_full):
    answer = nearly_full.store("endless", iter([bytes(100_001)]))
    failure = assert_failure(answer, 413, "KF006")
    # Where the web server had all of it before the worker asked, its length is known.
    assert failure["details"].removeprefix("At least ") == (
        "1000001 bytes would be used, 1000000 are allowed; 0 of them are in the trash"
    )
    assert nearly_full.store("endless", iter([bytes(100_000)])).status == 200
    replacing = nearly_full.store("full", iter([bytes(900_000)]))
    assert_failure(replacing, 413, "KF006")
