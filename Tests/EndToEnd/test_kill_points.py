"""An upload that stops at each of its steps in turn: the worker is killed at every system call and round trip, and the
connection to the database is cut at every message. The old file or the new one is whole, an acknowledged one is the
new, and gc and a repeat leave one blob."""

import os
import random
import re
import secrets
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from instance import Instance, let_in
from script import SCRIPTS
from transports import Answer

IS_LONG = os.environ.get("COFFER_TEST_LONG") == "on"
DEBUG_WORKER = SCRIPTS.parent / ".build/debug/coffer.fcgi"
OLD = b"old " * 5000
# By way: a short body is read before anything is asked, a long one while it is written.
NEW = {"short": b"new " * 7000, "streaming": b"new " * 50000, "handoff": b"new " * 50000}
PATH = "points/a"


class Upload:
    """One user's uploads of one path by a debug worker in CGI mode, a process for each request."""

    def __init__(self, account, way):
        self.instance, self.way, self.email = Instance(), way, account.email
        self.client = account.log_in()
        self.new = NEW[way]

    def begin(self, is_overwrite):
        """The path as it is before: absent, or old."""
        self.before = OLD if is_overwrite else None
        if is_overwrite:
            assert self.client.store(PATH, OLD).status == 200
        else:
            self.client.delete(f"/files?file_path=eq.{PATH}")

    def folders(self):
        return [self.instance.store() / f"{number:02x}" for number in range(256)]

    def make_folders(self):
        for folder in self.folders():
            if not folder.exists():
                folder.mkdir(0o750)
                self.instance.own(folder)

    def remove_folders(self):
        """Those that hold nothing."""
        for folder in self.folders():
            try:
                folder.rmdir()
            except OSError:
                pass

    def ask(self, **environment):
        """The answer, None where there is none; and what the worker wrote to its log."""
        values = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "POST",
            "REQUEST_URI": "/rpc/store_file",
            "CONTENT_LENGTH": str(len(self.new)),
            "HTTP_AUTHORIZATION": f"Bearer {self.client.token}",
            "HTTP_FILE_PATH": PATH,
            "COFFER_CONFIG": self.instance["CONFIG"],
            # One process in sixteen would do a share of gc, too.
            "COFFER_WORKER_GC": "off",
            **environment,
        }
        body = self.instance.store() / "incoming" / secrets.token_hex(5)
        if self.way == "handoff":
            body.write_bytes(self.new)
            self.instance.own(body)
            values |= {"COFFER_BODY_HANDOFF": "on", "COFFER_BODY_FILE": str(body)}
        # From a file, as a pipe would come in other pieces each time.
        with tempfile.TemporaryFile() as body_input:
            body_input.write(self.new if self.way != "handoff" else b"")
            body_input.seek(0)
            command = [*self.instance.as_owner(DEBUG_WORKER), DEBUG_WORKER]
            done = subprocess.run(command, env=values, stdin=body_input, capture_output=True, timeout=300)
        if self.way == "handoff":
            assert body.read_bytes() == self.new, "the web server's file is as it was"
            body.unlink()
        return (Answer.of_gateway(done.stdout) if done.stdout else None), done.stderr.decode()

    def assert_whole(self, status):
        """Old or new, and new where it was acknowledged."""
        answer = self.client.retrieve(PATH)
        found = answer.body if answer.status == 200 else None
        assert found == self.new or status != 200 and found == self.before, (status, answer)

    def assert_mendable(self):
        """A repeat works, there is one file, and gc leaves one blob for each row of a file and of the trash."""
        assert self.client.store(PATH, self.new).status == 200
        assert self.client.retrieve(PATH).body == self.new
        self.instance.collect()
        files = "select count(*) from internal.files f join internal.users u on u.id = f.user_id where u.email = "
        assert self.instance.sql(f"{files}'{self.email}'") == ["1"]
        assert self.instance.blobs().keys() == self.instance.rows().keys()
        assert list((self.instance.store() / "stage").iterdir()) == []


@pytest.fixture(params=NEW)
def upload(request, account):
    assert DEBUG_WORKER.exists(), "swift build --product coffer.fcgi makes it"
    return Upload(account, request.param)


@pytest.mark.parametrize("is_overwrite", [False, True], ids=["new", "overwrite"])
def test_a_worker_killed_at_each_step_leaves_the_old_file_or_the_new(upload, is_overwrite):
    def attempt(number):
        upload.begin(is_overwrite)
        # Whether the blob's folder is there already makes some steps more or less.
        upload.make_folders() if is_overwrite else upload.remove_folders()
        answer, log = upload.ask(COFFER_KILL_AT=str(number))
        return answer, re.findall(r"^point \d+: (.*)$", log, re.M)

    # What other tests have left of garbage would fill every folder.
    upload.instance.collect()
    while True:
        answer, points = attempt(0)
        assert answer.status == 200
        if is_overwrite or "mkdir" in points:
            break
    # Before the question for the keys the worker has done nothing but read its configuration.
    passed = points[points.index("before keys") :]
    # Every second one, from a random one on: a run takes half as long, and several runs see all.
    first, every = (0, 1) if IS_LONG else (random.randrange(2), 2)
    for number, expected in list(enumerate(points, 1))[-len(passed) :][first::every]:
        for _ in range(5):
            answer, point = attempt(number)
            upload.assert_whole(answer.status if answer else None)
            upload.assert_mendable()
            if point == [expected]:
                break
        assert point == [expected], "the same steps each time"
    assert len(passed) > 15
    upload.instance.collect()
    assert upload.instance.wrongs() == []
    # Every kind of step was there.
    wanted = {"fsync", "link", "unlink", "before the response", "finished"}
    asked = ["begin_upload", "store_file", "disk"] if upload.way == "streaming" else ["store_file", "disk"]
    wanted |= {f"{when} {statement}" for statement in asked for when in ("before", "sent", "after")}
    assert wanted <= set(passed), passed
    assert passed.count("fsync") >= 2
    # Only what is on the disk is answered, and only then does a pending marker go.
    on_disk = passed.index("after disk")
    assert passed.index("before the response") > on_disk
    if upload.way != "streaming":
        assert "unlink" in passed[on_disk:] and "unlink" not in passed[:on_disk]
    print(f"{len(passed)} points: {', '.join(passed)}")


def test_a_release_has_no_kill_points():
    assert b"COFFER_KILL_AT" in DEBUG_WORKER.read_bytes()
    assert b"COFFER_KILL_AT" not in Path(Instance()["WORKER"]).read_bytes()


class Cutter:
    """A proxy before the database's socket that breaks the connection after so many bytes from one side."""

    def __init__(self, folder, target, side, limit):
        self.target, self.side, self.left = target, side, limit
        self.seen = {"client": 0, "server": 0}
        self.path = folder / ".s.PGSQL.5432"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o777)
        self.listener.listen(16)
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            for side, source, sink in (("client", client, server), ("server", server, client)):
                thread = threading.Thread(target=self.pass_on, args=(side, source, sink), daemon=True)
                thread.start()

    def pass_on(self, side, source, sink):
        try:
            while data := source.recv(65536):
                if side == self.side and self.left is not None:
                    data, self.left = data[: self.left], self.left - len(data[: self.left])
                self.seen[side] += len(data)
                sink.sendall(data)
                if side == self.side and self.left == 0:
                    self.left = None  # a second connection is left alone
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.path.unlink()


@pytest.fixture
def cut(tmp_path):
    """Runs an upload whose worker's connection breaks; the answer, and how many bytes passed."""
    folder = tmp_path
    let_in(folder)

    def run(upload, side, limit):
        target = f"{Path(upload.instance['SOCKET']).parent}/.s.PGSQL.5432"
        cutter = Cutter(folder, target, side, limit)
        url = f"host={folder} dbname=coffer user=coffer_authenticator"
        try:
            return upload.ask(COFFER_DATABASE_URL=url)[0], cutter.seen
        finally:
            cutter.close()

    return run


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_connection_cut_anywhere_is_honest_and_leaves_a_whole_file(upload, side, cut):
    upload.begin(True)
    answer, seen = cut(upload, side, None)
    assert answer.status == 200
    total, statuses = seen[side], []
    # Close to the end, where the commit is, byte by byte but for a few; before that, in larger steps.
    limits = [*range(1, total - 700, total // 8), *range(max(1, total - 700), total + 1, 43), total - 1, total]
    for limit in limits:
        upload.begin(True)
        answer, _ = cut(upload, side, limit)
        statuses.append(answer.status)
        assert answer.status in (200, 503), (limit, answer)
        if answer.status == 503:
            assert answer.header("Retry-After")
        upload.assert_whole(answer.status)
    print(f"{len(statuses)} cuts, {statuses.count(503)} answered with 503")
    assert 503 in statuses, "some cut must have hit the commit"
    upload.assert_mendable()
    assert upload.instance.wrongs() == []
