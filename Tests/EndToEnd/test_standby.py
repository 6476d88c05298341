"""PostgreSQL with a standby on another host: it is promoted under load, with and without synchronous replication."""

import random
import time

import pytest

from client import Client
from hosts import Database, Host, Load, Site, WorkerHost
from processes import wait_until
from transports import FastCGI
from worker_process import WorkerProcess

SEED = random.SystemRandom().randrange(1 << 32)
# The primary waits for the standby of this name.
SYNCHRONOUS = "synchronous_standby_names=later"


class Replicated:
    """A site whose database has a standby."""

    def __init__(self, folder, options):
        self.hosts = [Host("earlier", 21), Host("later", 22)]
        self.web = Host("web", 1)
        # Before the standby is there, nothing waits for it.
        self.primary = Database(self.hosts[0], self.hosts)
        self.standby = Database(self.hosts[1], self.hosts, of=self.primary)
        self.wait_for_standby()
        for option in options:
            name, _, value = option.partition("=")
            self.at(self.primary, f"alter system set {name} = '{value}'")
            self.at(self.primary, "select pg_reload_conf()")
        self.site = Site(self.primary, [WorkerHost("first", 11)], self.web, folder)

    def at(self, database, script):
        return self.site_sql(script, url=database.own_url())

    def site_sql(self, script, url):
        return self.primary.instance.sql(script, url=url)

    def wait_for_standby(self):
        streaming = "select count(*) from pg_stat_replication where state = 'streaming'"
        wait_until(lambda: self.at(self.primary, streaming) == ["1"], 60, "the standby")

    def close(self):
        self.standby.close()
        self.primary.close()
        for host in (*self.hosts, self.web):
            host.close()


@pytest.fixture
def replicated(tmp_path, request):
    made = Replicated(tmp_path, request.param)
    try:
        with made.site:
            yield made
    finally:
        made.close()


def with_options(*options):
    return pytest.mark.parametrize("replicated", [options], indirect=True, ids=["-".join(options) or "asynchronous"])


def promote(replicated, load):
    """Returns after how many seconds uploads succeed again."""
    began = time.monotonic()
    replicated.standby.promote()
    load.go_on(1)
    return time.monotonic() - began


def ask_only(database, site):
    """The answer to an upload by a worker that uses this database and no other."""
    configuration = site.folder / "only.conf"
    options = site.options | {"COFFER_DATABASE_URL": database.worker_url() + site.name}
    configuration.write_text("".join(f'{name}="{value}"\n' for name, value in options.items()))
    worker = WorkerProcess(site["WORKER"], configuration, site.folder / "only")
    try:
        client = Client(FastCGI(worker.path), site.token())
        return client.store("only", b"only")
    finally:
        worker.stop()


def assert_no_upload_without(host, load, seconds, except_at_first):
    """Unplugs a host, and sees that no upload is acknowledged, but for what was on its way."""
    host.unplug()
    time.sleep(except_at_first)
    before = load.counts["upload 200"]
    time.sleep(seconds - except_at_first)
    assert load.counts["upload 200"] == before


@with_options(SYNCHRONOUS)
def test_nothing_acknowledged_is_lost_when_the_primary_is_cut_off_and_comes_back(replicated):
    print(f"seed {SEED}")
    site = replicated.site
    # The old primary would make no session.
    site.token()
    with Load(site, SEED) as load:
        load.go_on(40)
        # All workers find that out. Until the promotion the standby takes no change, and no worker tries.
        assert_no_upload_without(replicated.hosts[0], load, seconds=15, except_at_first=12)
        seconds = promote(replicated, load)
        load.go_on(40)
        # The old primary knows nothing of all this. Workers may ask it, but it acknowledges nothing.
        replicated.hosts[0].plug()
        assert ask_only(replicated.primary, site).status == 503
        replicated.primary.kill()
        load.go_on(20)
    print(f"uploads succeeded {seconds:.1f} s after the promotion; {load.counts}")
    assert load.wrongs == []
    assert site.wrongs() == []


@with_options(SYNCHRONOUS)
def test_a_change_that_the_standby_does_not_have_is_not_acknowledged(replicated):
    site = replicated.site
    with Load(site, SEED) as load:
        load.go_on(40)
        # Longer than a worker waits for the database.
        assert_no_upload_without(replicated.hosts[1], load, seconds=27, except_at_first=2)
        replicated.primary.kill()
        replicated.hosts[1].plug()
        seconds = promote(replicated, load)
        load.go_on(20)
    print(f"uploads succeeded {seconds:.1f} s after the promotion; {load.counts}")
    assert load.wrongs == []
    assert site.wrongs() == []


@with_options()
def test_without_synchronous_replication_the_last_changes_are_lost_but_no_bytes(replicated):
    site = replicated.site
    (client,) = site.people(1)
    bodies = {f"file {number}": f"content {number}".encode() for number in range(30)}
    paths = list(bodies)
    for path in paths[:10]:
        assert client.store(path, bodies[path]).status == 200
    lag = "select pg_current_wal_flush_lsn() = replay_lsn from pg_stat_replication"
    replicated.at(replicated.primary, "select pg_switch_wal()")
    wait_until(lambda: replicated.at(replicated.primary, lag) == ["t"], 60, "the standby to have all")
    replicated.hosts[1].unplug()
    for path in paths[10:]:
        assert client.store(path, bodies[path]).status == 200
    assert client.delete(f"/files?file_path=eq.{paths[0].replace(' ', '%20')}").status == 204
    replicated.primary.kill()
    # In this order, as the kernel still sends what the primary has written to the connection.
    replicated.standby.promote()
    replicated.hosts[1].plug()
    wait_until(lambda: client.get("/health/ready").status == 200, 60, "the new primary")
    # The lost changes are as if they had never been made, and a deleted file is there again with its bytes.
    for path, body in bodies.items():
        answer = client.retrieve(path)
        assert (answer.status, answer.body) == (200, body) if path in paths[:10] else answer.status == 400, path
    # The bytes are reported, and gc leaves them alone: no row names them, not even one of garbage.
    lost = len(paths) - 10
    for _ in range(2):
        done = site.run("check", "--age", "0")
        assert done.returncode == 1 and f" {lost} problems" in done.stdout, done.stdout
        assert done.stdout.count("orphan") == lost, done.stdout
        site.sql("update internal.garbage set listed_at = listed_at - interval '9 days'")
        site.coffer("gc", "--grace", "0")


@with_options(SYNCHRONOUS)
def test_workers_do_not_use_a_standby(replicated):
    site = replicated.site
    (client,) = site.people(1)
    assert client.store("file", b"before").status == 200
    replicated.primary.kill()
    wait_until(lambda: client.get("/health/live").status == 200, 60, "the workers")
    for _ in range(20):
        assert client.store("file", b"after").status == client.retrieve("file").status == 503
    assert Client(site.nginx.url).get("/health/ready").status == 503
    replicated.standby.promote()
    wait_until(lambda: client.get("/health/ready").status == 200, 60, "the new primary")
    assert client.retrieve("file").body == b"before"
