"""A change that was answered by an error is not carried out later; where that cannot be known, the answer says so."""

import json
import os
import select
import socket
import threading
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from installation import EMAIL
from processes import frozen, wait_until
from worker_process import WorkerProcess

OLD, NEW = b"old", b"new and longer"
# Longer than any statement takes on a busy machine.
PATIENT_SECONDS = 120


@pytest.fixture
def site(new_installation):
    made = new_installation(COFFER_DATABASE_TIMEOUT_SECONDS=PATIENT_SECONDS).set_up()
    assert made.put("a", OLD) == 200
    return made


@contextmanager
def impatient(site, seconds=3):
    """The site's worker is one that soon gives up waiting for the database, and is connected to it."""
    site.workers.pop().stop()
    site.configure(COFFER_DATABASE_TIMEOUT_SECONDS=seconds)
    wait_until(lambda: site.get("a")[0] == 200, 120, "an answer in time")
    try:
        yield
    finally:
        site.workers.pop().stop()
        site.configure(COFFER_DATABASE_TIMEOUT_SECONDS=PATIENT_SECONDS)


@contextmanager
def frozen_backend(installation):
    """The backend of the worker's connection stands still, and thaws in the end."""
    pids = backends(installation)
    with frozen(pids):
        yield
    # What it still had to do it has done, or not, when it is gone.
    wait_until(lambda: not set(pids) & set(backends(installation)), 120, "the backend's end")


def backends(installation):
    """Process ids of the backends of workers."""
    workers = "datname = current_database() and usename = 'coffer_authenticator'"
    return list(map(int, installation.sql(f"select pid from pg_stat_activity where {workers}")))


def active(installation):
    """The statements of workers that the server is at."""
    return installation.sql(
        "select pid from pg_stat_activity"
        " where datname = current_database() and usename = 'coffer_authenticator' and state = 'active'"
    )


def user(installation):
    return installation.sql("select quota_bytes, role, password_hash from internal.users")


CHANGES = {
    "upload": lambda i: i.put("a", NEW),
    "delete": lambda i: i.worker.ask("DELETE", "/files?file_path=eq.a", i.token())[0],
    "rename": lambda i: i.worker.ask("PATCH", "/files?file_path=eq.a", i.token(), b'{"file_path":"b"}')[0],
    "move": lambda i: i.worker.ask("POST", "/rpc/move_folder", i.token(), b'{"p_from":"f","p_to":"g"}')[0],
    "copy": lambda i: i.worker.ask("POST", "/rpc/copy", i.token(), b'{"p_from":"f","p_to":"c"}')[0],
    "logout": lambda i: i.worker.ask("POST", "/rpc/logout", i.token())[0],
    "password": lambda i: i.worker.ask(
        "POST", "/rpc/change_password", i.token(),
        b'{"p_current_password":"correct horse battery","p_new_password":"another long one"}')[0],
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_frozen_server_was_sent_it_does_not_do_when_it_thaws(site, name):
    assert site.put("f/a", OLD) == 200
    before, accounts = site.rows(EMAIL), user(site)
    with impatient(site), frozen_backend(site):
        assert CHANGES[name](site) == 503
    assert (site.rows(EMAIL), user(site)) == (before, accounts)
    assert site.get("a") == (200, OLD) and site.get("f/a") == (200, OLD)
    # The session has not ended, and the same change can be made.
    assert CHANGES[name](site) in (200, 204)


@pytest.mark.parametrize("method, body", [("DELETE", b""), ("PATCH", b'{"description":"x"}')])
def test_a_change_that_takes_too_long_ends_with_its_answer(site, method, body):
    """What is expensive here is no search by pattern, but a trigger of the operator's."""
    site.sql("""
        create function public.slow() returns trigger language plpgsql as 'begin perform pg_sleep(600); return null; end';
        create trigger zz_slow after update or delete on internal.files for each row execute function public.slow()""")
    with impatient(site):
        assert site.worker.ask(method, "/files?file_path=eq.a", site.token(), body)[0] == 503
        wait_until(lambda: not active(site), 300, "the end of the statement, long before it would have been done")
    assert site.sql("select count(*) from internal.files where description is null")[0] == "1"


def test_a_read_that_takes_too_long_ends_with_its_answer(site):
    with impatient(site), site.holding("begin; lock table internal.files in access exclusive mode"):
        assert site.worker.ask("GET", "/files?limit=1", site.token())[0] == 503
        wait_until(lambda: not active(site), 120, "the end of the statement, while the lock is held")


def test_a_commit_that_a_constraint_refuses_is_no_unknown(site):
    """It runs in the commit, and takes too long there: the server's own limit ends it, and that is an answer."""
    site.sql("""
        create function public.slow() returns trigger language plpgsql as 'begin perform pg_sleep(600); return null; end';
        create constraint trigger zz_slow after delete on internal.files deferrable initially deferred
            for each row execute function public.slow()""")
    # The server's limit is nine tenths of the worker's, and must come first on a busy machine, too.
    with impatient(site, seconds=10):
        status, body = site.worker.ask("DELETE", "/files?file_path=eq.a", site.token())
    assert status == 503 and b"PGRST000" in body
    assert site.get("a") == (200, OLD)


class Cut:
    """Stands between a worker and the server, and cuts their connection at the commit: before it is passed on, or after
    it has been answered."""

    def __init__(self, installation, is_passed_on):
        self.target = f"{installation.cluster.folder}/.s.PGSQL.5432"
        self.is_passed_on = is_passed_on
        self.cuts = 0
        folder = installation.folder / "cut"
        folder.mkdir()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{folder}/.s.PGSQL.5432")
        os.chmod(f"{folder}/.s.PGSQL.5432", 0o666)
        os.chmod(folder, 0o755)
        self.listener.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()
        installation.configure(
            COFFER_DATABASE_URL=f"postgresql://coffer_authenticator@/{installation.name}?host={quote(str(folder), safe='')}"
        )

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            threading.Thread(target=self.carry, args=(near, far), daemon=True).start()

    def point_out(self, near, data):
        """Whether this is what the connection is to be cut at."""
        return b"\0commit\0" in data

    def carry(self, near, far):
        while ready := select.select([near, far], [], [])[0]:
            source = ready[0]
            data = source.recv(65536)
            is_commit = source is near and self.point_out(near, data)
            if data and (not is_commit or self.is_passed_on):
                (far if source is near else near).sendall(data)
            if is_commit and self.is_passed_on:
                far.recv(65536)
            if is_commit or not data:
                self.cuts += is_commit
                near.close()
                far.close()
                return


@pytest.mark.parametrize("is_passed_on", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_commit_whose_connection_broke_is_reported_as_unknown(site, is_passed_on, name):
    assert site.put("f/a", OLD) == 200
    before = site.sql("select file_path, blob from internal.files order by file_path"), user(site)
    sessions = site.sql("select count(*) from internal.sessions")
    worker = site.workers.pop()
    worker.stop()
    cut = Cut(site, is_passed_on)
    answers = []
    ask = WorkerProcess.ask

    def remembered(*arguments, **more):
        answers.append(ask(*arguments, **more))
        return answers[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerProcess, "ask", remembered)
        assert CHANGES[name](site) == 503
    failure = json.loads(answers[-1][1])
    assert (failure["code"], failure["message"]) == ("KF033", "The outcome of the change is unknown")
    assert failure["hint"] and cut.cuts == 1
    after = site.sql("select file_path, blob from internal.files order by file_path"), user(site)
    has_changed = after != before or site.sql("select count(*) from internal.sessions") != sessions
    assert has_changed == is_passed_on
    # Bytes and rows agree however it ended.
    site.collect()
    assert site.wrongs() == []


class Late(Cut):
    """Holds back the answer to a change until the worker has given up, which it shows by asking for the statement to be
    cancelled. That gets nowhere, as with a server that stands still, and the worker still listens for a moment."""

    def __init__(self, installation):
        self.has_given_up = threading.Event()
        super().__init__(installation, True)

    def point_out(self, near, data):
        self.is_held = self.is_held or b"update api.files" in data
        return False

    def carry(self, near, far):
        self.is_held = False
        if near.recv(8, socket.MSG_PEEK)[4:] == b"\x04\xd2\x16\x2e":
            self.has_given_up.set()
            return
        while ready := select.select([near, far], [], [])[0]:
            source = ready[0]
            data = source.recv(65536)
            if not data:
                near.close()
                far.close()
                return
            if source is near:
                self.point_out(near, data)
            elif self.is_held:
                self.has_given_up.wait(300)
                self.is_held = False
            (far if source is near else near).sendall(data)


def test_a_change_whose_answer_comes_late_is_not_reported_as_made(site):
    """Its connection is given up by then, and a commit on another one would commit nothing and agree."""
    late = Late(site)
    with impatient(site):
        status, body = site.worker.ask("PATCH", "/files?file_path=eq.a", site.token(), b'{"description":"x"}')
        assert (status, json.loads(body)["code"]) == (503, "PGRST000"), body
        assert late.has_given_up.is_set()
    wait_until(lambda: not active(site), 120, "the end of the statement")
    assert site.sql("select count(*) from internal.files where description is null")[0] == "1"
    assert site.worker.ask("PATCH", "/files?file_path=eq.a", site.token(), b'{"description":"y"}')[0] == 204
