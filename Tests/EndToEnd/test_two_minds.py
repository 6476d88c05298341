"""Web server, workers and database with different stores: ready and the log report it, and no file is lost."""

import json
import os
import secrets
import signal
import subprocess
from contextlib import contextmanager

import pytest
from apache import Apache
from client import Client
from installation import EMAIL, Installation
from instance import Instance, OwnInstance
from processes import children, wait_until
from s3 import give_credentials
from script import SCRIPTS
from test_clock import logged


def ready(installation, worker=None, **parameters):
    """Status of /health/ready, and what failed."""
    status, body = (worker or installation.worker).ask("GET", "/health/ready", **parameters)
    return status, json.loads(body).get("details")


# The web server's folder


def test_the_folder_that_the_web_server_sends_from_is_compared(installation):
    worker, log = logged(installation)
    store = str(installation.store())
    assert ready(installation, worker, COFFER_BLOBS_DIRECTORY=store) == (200, None)
    link = installation.folder / "link"
    link.symlink_to(store)
    assert ready(installation, worker, COFFER_BLOBS_DIRECTORY=f"{link}/") == (200, None), "it is the same folder"
    for other in (f"{store}s", "/var/lib/coffer/blobs", str(installation.folder)):
        log.write_text("")
        assert ready(installation, worker, COFFER_BLOBS_DIRECTORY=other) == (503, "Failed: web server")
        assert "event=web_server_differs" in log.read_text() and other in log.read_text()


def test_a_store_that_was_switched_to_leaves_the_web_server_as_the_configuration_has_it(installation):
    installation.fill(3)
    before = str(installation.store())
    installation.move_to(installation.new_store())
    assert ready(installation, COFFER_BLOBS_DIRECTORY=before) == (200, None)


@contextmanager
def rewritten_site(instance, *options):
    """nginx of an instance with other options of scripts/nginx-site, and the shipped ones again afterwards."""
    folder = instance.folder / "run/nginx"
    snippet = folder / "coffer/snippets/site.conf"
    before = snippet.read_text()
    wrong = instance.folder / secrets.token_hex(4)
    subprocess.run([SCRIPTS / "nginx-site", *options, wrong], check=True)
    blobs = (wrong / "coffer/snippets/blobs.conf").read_text()
    kept = (folder / "coffer/snippets/blobs.conf").read_text()
    place = lambda text: next(line for line in text.splitlines() if "alias" in line)  # noqa: E731
    (folder / "coffer/snippets/blobs.conf").write_text(kept.replace(place(kept), place(blobs)))
    directory = lambda text: next(line for line in text.splitlines() if "COFFER_BLOBS_DIRECTORY" in line)  # noqa: E731
    snippet.write_text(before.replace(directory(before), directory((wrong / "coffer/snippets/site.conf").read_text())))
    reload_nginx(instance)
    try:
        yield
    finally:
        snippet.write_text(before)
        (folder / "coffer/snippets/blobs.conf").write_text(kept)
        reload_nginx(instance)


def reload_nginx(instance):
    old = set(children(instance.pid("nginx")))
    os.kill(instance.pid("nginx"), signal.SIGHUP)
    wait_until(lambda: not old & set(children(instance.pid("nginx"))), 120, "the end of nginx's old workers")


def test_nginx_with_another_folder_is_not_ready():
    with OwnInstance() as instance:
        client = Client(instance["URL"])
        assert client.get("/health/ready").status == 200
        with rewritten_site(instance, "--blobs", "/var/lib/coffer/blob"):
            answer = client.get("/health/ready")
            assert (answer.status, json.loads(answer.body)["details"]) == (503, "Failed: web server")
            log = (instance.folder / "run/logs/pool.log").read_text()
            assert "event=web_server_differs" in log and "/var/lib/coffer/blob" in log
        assert client.get("/health/ready").status == 200


@pytest.mark.parametrize(("blobs", "failed"), [(None, None), ("/var/lib/coffer/blob", "Failed: web server")])
def test_apache_with_another_folder_is_not_ready(blobs, failed):
    running = Instance()
    settings = running.settings | ({"COFFER_BLOBS": blobs} if blobs else {})
    with Apache("pool", Instance(settings)) as apache:
        answer = Client(apache.url).get("/health/ready")
        assert (answer.status, json.loads(answer.body).get("details")) == (503 if failed else 200, failed)


# The bucket's endpoint


@pytest.fixture
def bucket(new_installation):
    """An installation whose bucket nobody serves: what is compared needs no answer."""

    def make(endpoint, style="path"):
        made = new_installation()
        give_credentials(made, "key", "secret")
        made.configure(COFFER_STORAGE_URL=f"s3://bucket/x?endpoint={endpoint}&style={style}")
        made.make_empty()
        made.coffer("migrate", "--skip-storage")
        return made

    return make


def web_server_fails(made, origin):
    status, details = ready(made, COFFER_SENDFILE_REMOTE=f"/_coffer/remote {origin}", COFFER_BLOBS_DIRECTORY="/nowhere")
    assert status == 503
    return "web server" in details


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:1", "http://127.0.0.1:1/", "HTTP://127.0.0.1:1", "Http://127.0.0.1:1/"],
)
def test_spellings_of_one_endpoint_are_the_same(bucket, endpoint):
    made = bucket(endpoint)
    assert not web_server_fails(made, "http://127.0.0.1:1")
    for other in ("https://127.0.0.1:1", "http://localhost:1", "http://127.0.0.1:2", "http://127.0.0.1"):
        assert web_server_fails(made, other)


def test_a_web_server_that_fetches_nothing_is_no_difference(bucket):
    made = bucket("http://127.0.0.1:1")
    assert "web server" not in ready(made, COFFER_BLOBS_DIRECTORY="/nowhere")[1]


def test_a_web_server_that_fetches_from_a_bucket_does_not_fit_a_store_in_a_directory(installation):
    assert ready(installation, COFFER_SENDFILE_REMOTE="/_coffer/remote https://s3.example") == (503, "Failed: web server")


# A URL that leads elsewhere


def elsewhere(installation, made_by=None):
    """The URL of another place that looks like a store; of another installation's, if there is one."""
    if made_by:
        return made_by.storage_url
    url = installation.new_store()
    for name in ("", "stage", "incoming"):
        path = installation.store(url) / name
        path.mkdir()
        installation.own(path)
    return url


@pytest.mark.parametrize("is_others", [False, True])
def test_a_url_that_leads_to_another_place_is_noticed_everywhere(installation, new_installation, is_others):
    contents = installation.fill(5)
    right = installation.storage_url
    wrong = elsewhere(installation, new_installation().set_up() if is_others else None)
    before = {path: path.read_bytes() for path in installation.store(wrong).rglob("*") if path.is_file()}
    deleted = next(iter(contents))
    installation.worker.ask("DELETE", f"/files?file_path=eq.{deleted}", installation.token(EMAIL))
    installation.configure(COFFER_STORAGE_URL=wrong)

    worker, log = logged(installation)
    # A stranger's question, so that the worker has started.
    worker.ask("GET", "/health/live")
    assert "event=storage_failed" in log.read_text() and "mark" in log.read_text(), "at the start"
    log.write_text("")
    assert ready(installation, worker) == (503, "Failed: storage")
    assert "mark" in log.read_text()
    for words in (["check"], ["gc", "--grace", "0"], ["storage", "list"], ["migrate"], ["import", EMAIL, "/etc/apt"],
                  ["storage", "copy", "--to", installation.new_store()]):  # fmt: skip
        done = installation.run(*words)
        assert done.returncode == 1 and "mark" in done.stderr, (words, done)
    assert {path: path.read_bytes() for path in installation.store(wrong).rglob("*") if path.is_file()} == before
    assert len(installation.listed()) == 1, "what gc has to remove is still on its list"

    installation.configure(COFFER_STORAGE_URL=right)
    assert ready(installation, installation.work()) == (200, None)
    installation.coffer("migrate")
    installation.coffer("storage", "list")
    installation.coffer("gc", "--grace", "0")
    installation.coffer("check", "--digest")


def test_migrate_makes_no_folder_where_the_url_has_a_typo(installation):
    wrong = installation.new_store()
    installation.configure(COFFER_STORAGE_URL=wrong)
    assert installation.run("migrate").returncode == 1
    assert not installation.store(wrong).exists()


def test_a_store_may_be_moved_and_copied_with_its_mark(installation):
    installation.fill(3)
    new = installation.new_store()
    os.rename(installation.store(), installation.store(new))
    installation.configure(COFFER_STORAGE_URL=new)
    assert ready(installation, installation.work()) == (200, None)
    newer = installation.new_store()
    subprocess.run(["cp", "-a", installation.store(new), installation.store(newer)], check=True)
    installation.configure(COFFER_STORAGE_URL=newer)
    assert ready(installation, installation.work()) == (200, None)
    installation.coffer("check", "--digest")


def test_a_store_that_came_without_its_mark_is_taken_by_relocate(installation):
    installation.fill(3)
    new = installation.new_store()
    subprocess.run(["cp", "-a", installation.store(), installation.store(new)], check=True)
    (installation.store(new) / "coffer-store").unlink()
    installation.configure(COFFER_STORAGE_URL=new)
    assert ready(installation, installation.work())[0] == 503
    installation.coffer("storage", "relocate", new)
    assert ready(installation, installation.work()) == (200, None)
    installation.coffer("check", "--digest")


def test_relocate_marks_no_place_but_the_one_that_is_configured(installation):
    installation.fill(3)
    mark = installation.store() / "coffer-store"
    known = mark.read_bytes()
    typo = installation.new_store()
    for folder in (installation.store(typo), *(installation.store(typo) / name for name in ("stage", "incoming"))):
        folder.mkdir()
        installation.own(folder)
    done = installation.run("storage", "relocate", typo)
    assert done.returncode == 1 and "COFFER_STORAGE_URL" in done.stderr and installation.storage_url in done.stderr
    assert not (installation.store(typo) / "coffer-store").exists() and mark.read_bytes() == known
    installation.coffer("storage", "relocate", installation.storage_url)
    assert mark.read_bytes() == known


def test_one_place_by_two_urls_is_not_copied_to_itself(installation):
    installation.fill(3)
    link = installation.folder / "link"
    link.symlink_to(installation.store())
    for url in (f"{installation.storage_url}/", f"file://{link}", f"file://{installation.folder}/./{installation.store().name}"):
        done = installation.run("storage", "copy", "--to", url)
        assert done.returncode == 1 and "already" in done.stderr, (url, done)
    installation.coffer("check", "--digest")


# What no store can be opened by


@pytest.mark.parametrize(
    "url",
    ["file:///srv/a%20b", "file:///a?b", "file:////", "s3://b", "s3://bucket?endpoint=example.org",
     "s3://bucket/a//b", "s3://bucket?style=round", "s3://bucket?region="],
)  # fmt: skip
def test_serve_refuses_what_migrate_refuses(installation, url):
    installation.configure(COFFER_STORAGE_URL=url)
    line = list(installation.options).index("COFFER_STORAGE_URL") + 1
    socket = installation.folder / "socket"
    for words in (["serve", "--socket", socket], ["migrate"], ["check"]):
        done = installation.run(*words)
        assert done.returncode == 1, (words, done)
        assert "COFFER_STORAGE_URL: " in done.stderr and f"{installation.configuration}:{line}" in done.stderr, words
    assert not socket.exists()


def test_the_installation_class_is_marked_like_any_other(installation):
    assert isinstance(installation, Installation)
    mark = (installation.store() / "coffer-store").read_text().strip()
    assert installation.sql("select identity from internal.stores") == [mark]
