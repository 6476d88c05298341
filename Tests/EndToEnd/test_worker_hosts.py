"""Two hosts with workers and one with nginx, each in a network namespace of its own; PostgreSQL and S3 on a fourth."""

import os
import random
import signal
import struct
import time

import pytest

from client import Client
from fastcgi import BEGIN, PARAMS, STDIN, pair, record
from hosts import HERE, PORT, WORKERS, Database, Host, Load, Site, WorkerHost, switch
from processes import wait_until
from transports import gateway_parameters

SEED = random.SystemRandom().randrange(1 << 32)


class Here:
    """This process, which is the switch, as a host for PostgreSQL."""

    name, address, before = "here", HERE, ()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    switch()
    database = Database(Here, [Here])
    web = Host("web", 1)
    hosts = [WorkerHost("first", 11), WorkerHost("second", 12)]
    with Site(database, hosts, web, tmp_path_factory.mktemp("bucket")) as site:
        yield site
    web.close()
    database.close()


@pytest.fixture
def person(site):
    return site.people(1)[0]


def test_both_hosts_show_each_change_at_once(site, person):
    first, second = (host.client(person.token) for host in site.hosts)
    for number in range(20):
        body = os.urandom(1000)
        writer, reader = (first, second) if number % 2 else (second, first)
        path = f"shared/{number}"
        assert writer.store(path, body).status == 200
        assert reader.retrieve(path).body == body
        assert path in [row["file_path"] for row in reader.files("file_path=like.shared/*").json()]
        assert writer.delete(f"/files?file_path=eq.{path}").status == 204
        assert reader.retrieve(path).status == 400


def test_a_session_and_a_new_key_hold_on_both_hosts(site):
    first, second = (host.client() for host in site.hosts)
    account = {"email": "owner@installation.example", "password": "correct horse battery"}
    for here, there in ((first, second), (second, first)):
        # What a host remembers of the keys must not hide the new one.
        assert there.get("/health/ready").status == 200
        site.coffer("key", "rotate")
        token = here.post("/rpc/login", account).json()[0]["token"]
        other = Client(there.transport, token)
        assert other.get("/rpc/whoami").status == 200
        assert Client(here.transport, token).post("/rpc/logout").status == 204
        assert other.get("/rpc/whoami").status == 401


def unplug(host):
    host.unplug()
    return host.plug


def kill(host):
    host.kill()
    return lambda: host.serve(host.installation)


def freeze(host):
    host.signal(signal.SIGSTOP)
    return lambda: host.signal(signal.SIGCONT)


@pytest.mark.parametrize(("harm", "seconds"), [(unplug, 45), (kill, 10), (freeze, 30)])
def test_no_read_fails_and_no_upload_is_lost_when_a_host_is_cut_off(site, harm, seconds):
    print(f"seed {SEED}")
    host, other = site.hosts
    with Load(site, SEED) as load:
        load.go_on(20)
        before = host.asked()
        load.go_on(20)
        assert host.asked() > before
        mend = harm(host)
        began = time.monotonic()
        before = load.counts
        # The rest of the site works on.
        load.go_on(20)
        time.sleep(max(0, seconds - (time.monotonic() - began)))
        during = {name: count - before.get(name, 0) for name, count in load.counts.items()}
        mend()
        # The host is used again. Those that were asked before it was cut off have ended first.
        wait_until(lambda: host.asked() > 0, 60, "the host")
        asked = host.asked()
        wait_until(lambda: host.asked() > asked + 50, 60, "requests to the host")
        load.go_on(20)
    print(f"{harm.__name__}: {seconds} s, {during}; in all {load.counts}; slowest read {load.slowest:.1f} s")
    assert load.wrongs == []
    assert load.failed_reads == {}
    # Once nginx has waited so long for a read, it asks the other host.
    assert load.slowest < 45
    assert site.wrongs() == []


def begin_upload(site, host, token, length):
    """A connection of the web server's host to a worker, with the head of an upload and a part of its body."""
    head = {"FILE_PATH": "begun", "AUTHORIZATION": f"Bearer {token}"}
    values = gateway_parameters("POST", "/rpc/store_file", {}, b"", {"CONTENT_LENGTH": str(length)})
    values |= {f"HTTP_{name}": text for name, text in head.items()} | {"CONTENT_TYPE": "text/plain"}
    encoded = b"".join(pair(name.encode(), text.encode()) for name, text in values.items())
    connection = site.web.connect(host.address, PORT)
    connection.sendall(record(BEGIN, struct.pack(">HB5x", 1, 0)) + record(PARAMS, encoded) + record(PARAMS, b""))
    connection.sendall(record(STDIN, bytes(1000)))
    return connection


def test_workers_give_up_a_web_server_that_is_cut_off(site, person):
    """They would wait for the rest of a body for ever, as nobody closes the connection."""
    host = site.hosts[0]
    uploads = [begin_upload(site, host, person.token, 1 << 20) for _ in range(WORKERS)]
    waiting = "select count(*) from internal.garbage where reason = 'uploading'"
    wait_until(lambda: site.sql(waiting) == [str(WORKERS)], 60, "all workers to be at work")
    site.web.unplug()
    began = time.monotonic()
    try:
        wait_until(lambda: host.asked() > 0, 150, "a worker to be free")
        print(f"free after {time.monotonic() - began:.1f} s")
        wait_until(lambda: site.sql(waiting) == ["0"], 30, "the uploads to be undone")
    finally:
        site.web.plug()
        for upload in uploads:
            upload.close()
    assert site.wrongs() == []


def test_a_lost_host_keeps_no_lock(site, person):
    """What it had begun in the database would otherwise keep the user's other uploads waiting for hours."""
    host, other = site.hosts
    begun = f"select count(*) from pg_stat_activity where client_addr = '{host.address}' and xact_start is not null"

    def is_stopped_in_time():
        host.signal(signal.SIGSTOP)
        # The server has answered what it was asked by now.
        time.sleep(0.1)
        if site.sql(f"{begun} and state = 'idle in transaction'") != ["0"]:
            return True
        host.signal(signal.SIGCONT)
        return False

    with Load(site, SEED, count=1) as load:
        load.go_on(5)
        try:
            wait_until(is_stopped_in_time, 120, "a transaction")
            host.unplug()
            began = time.monotonic()
            wait_until(lambda: site.sql(begun) == ["0"], 60, "the end of what the host had begun")
            print(f"the locks were free after {time.monotonic() - began:.1f} s")
            (busy,) = load.people
            assert other.client(busy.client.token).store("after", b"after").status == 200
        finally:
            host.plug()
            host.signal(signal.SIGCONT)
    wait_until(lambda: host.asked() > 0, 60, "the host")
    assert load.failed_reads == {}
    assert load.wrongs == []
    assert site.wrongs() == []
