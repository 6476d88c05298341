"""The pool: replaces workers without losing a request, restarts what dies, and stays small."""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from client import Client
from instance import Instance
from nginx import Nginx
from pool import peak_memory, pool, wait_for_workers, wait_until, workers
from transports import WebServer


class Load:
    """Requests without pause, from several threads, until the block ends. Keeps what was not as it should be."""

    def __init__(self, request, threads=6):
        self.request, self.count, self.failures, self.stop = request, 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        while not self.stop.is_set():
            try:
                answer = self.request()
                if answer.status != 200:
                    self.failures.append(repr(answer))
            except OSError as error:
                self.failures.append(repr(error))
            self.count += 1

    def go_on(self, count):
        """Waits for so many more requests to be answered."""
        wanted = self.count + count
        wait_until(lambda: self.count >= wanted, 120, f"{count} requests")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_a_hangup_replaces_every_worker_and_loses_no_request(editor, folder):
    editor.store(f"{folder}/a", b"hello")
    numbers = iter(range(1 << 30))

    def request():
        # One in four changes something, which the web server would not repeat.
        number = next(numbers)
        return editor.retrieve(f"{folder}/a") if number % 4 else editor.store(f"{folder}/{number}", b"x")

    before, leader = workers(), pool()
    with Load(request) as load:
        load.go_on(25)
        os.kill(leader, signal.SIGHUP)
        wait_for_workers(len(before), without=before)
        load.go_on(25)
    assert load.failures == []
    assert pool() == leader


def test_a_worker_that_is_killed_is_replaced_and_reads_are_repeated(editor, folder):
    editor.store(f"{folder}/a", b"hello")
    before = workers()
    with Load(lambda: editor.retrieve(f"{folder}/a")) as load:
        load.go_on(15)
        os.kill(min(before), signal.SIGKILL)
        wait_for_workers(len(before), without={min(before)})
        load.go_on(15)
    assert load.failures == []


@contextmanager
def workers_that_die(instance):
    """An instance whose workers read each request and die, and the list of what they have read."""
    folder = Path(tempfile.mkdtemp(prefix="coffer-dying."))
    instance.own(folder)
    read = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        instance.own(folder / "socket")
        listener.listen(16)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    read.append(connection.recv(65536))
                    connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield Instance({**instance.settings, "COFFER_SOCKET": str(folder / "socket")}), read
        listener.shutdown(socket.SHUT_RDWR)
    shutil.rmtree(folder)


def test_a_request_whose_worker_dies_is_repeated_only_if_it_changes_nothing(instance):
    with workers_that_die(instance) as (dying, read), Nginx(dying) as nginx:
        client = Client(WebServer(nginx.url))
        for method, times in [("GET", 8), ("HEAD", 8), ("DELETE", 1), ("POST", 1), ("PATCH", 1), ("PUT", 1)]:
            read.clear()
            answer = client.request(method, "/files?file_path=eq.a")
            assert (answer.status, len(read)) == (503, times), method
            assert method == "HEAD" or answer.json()["code"] == "KF021"


def test_requests_one_after_the_other_are_all_served_by_one_worker(editor):
    """The one whose code and data are in the processor's caches."""

    def switches():
        """How often each worker has begun to wait."""
        lines = {pid: Path(f"/proc/{pid}/status").read_text() for pid in workers()}
        return {pid: int(text.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for pid, text in lines.items()}

    before = switches()
    for _ in range(100):
        assert editor.get("/rpc/whoami").status == 200
    *others, most = sorted(count - before[pid] for pid, count in switches().items())
    assert most >= 100 and sum(others) < most / 4


def test_all_workers_killed_come_back(editor):
    before = workers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for_workers(len(before), without=before)
    wait_until(lambda: editor.files("limit=1").status == 200, 120, "an answer")


def test_sigterm_is_a_normal_stop_after_the_request_in_hand(editor, folder):
    editor.store(f"{folder}/a", b"hello")
    before = workers()
    with Load(lambda: editor.retrieve(f"{folder}/a")) as load:
        load.go_on(15)
        for pid in before:
            os.kill(pid, signal.SIGTERM)
        wait_for_workers(len(before), without=before)
        load.go_on(15)
    assert load.failures == []


@pytest.fixture
def patient(instance, editor):
    """The editor at a site that gives up a client after an hour, but a worker after a minute, as the shipped one."""
    nginx = Nginx(instance)
    site = nginx.folder / "coffer/snippets/site.conf"
    text = site.read_text()
    for name in ("client_body_timeout", "send_timeout"):
        assert f"{name} 60s;" in text
        text = text.replace(f"{name} 60s;", f"{name} 1h;")
    site.write_text(text)
    with nginx:
        yield Client(nginx.url, editor.token)


def test_a_client_that_reads_slowly_or_not_at_all_does_not_stop_the_others(patient, folder):
    patient.store(f"{folder}/big", bytes(32 << 20))
    connections = [patient.send("GET", f"/rpc/retrieve_file?p_file_path={folder}/big")[0] for _ in range(12)]
    try:
        for _ in range(10):
            assert patient.files("limit=1").status == 200
    finally:
        for connection in connections:
            connection.close()


def test_slow_uploads_do_not_hold_every_worker(patient, instance, folder):
    """More uploads that never end than there are workers: with the hand-off they wait in the web server."""
    connections = []
    try:
        number = len(workers()) + 2
        with instance.begun(number):
            for each in range(number):
                connection = socket.create_connection((patient.host, patient.port))
                connections.append(connection)
                head = f"POST /rpc/store_file HTTP/1.1\r\nHost: {patient.host}\r\nFile-Path: {folder}/{each}\r\n"
                head += f"Authorization: Bearer {patient.token}\r\nContent-Length: 10000000\r\n\r\n"
                # More than the web server keeps in memory.
                connection.sendall(head.encode() + bytes(2_000_000))
        assert patient.files("limit=1").status == 200
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_fifty_at_once_on_one_path_leave_one_of_them_whole(editor, folder, no_leftovers, size):
    bodies = [number.to_bytes(1, "big") * size for number in range(50)]
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda body: editor.store(f"{folder}/same", body), bodies))
    assert [answer.status for answer in answers] == [200] * 50, answers
    assert len({answer.json() for answer in answers}) == 1, "one file has one id"
    assert editor.retrieve(f"{folder}/same").body in bodies
    assert len(editor.files(f"file_path=like.{folder}/*").json()) == 1
    no_leftovers()


def test_of_fifty_that_create_one_wins(editor, folder):
    bodies = [f"body {number}".encode() for number in range(50)]
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda body: editor.store(f"{folder}/same", body, If_None_Match="*"), bodies))
    won = [body for body, answer in zip(bodies, answers, strict=True) if answer.status == 200]
    assert len(won) == 1, answers
    assert {answer.status for answer in answers} == {200, 412}
    assert editor.retrieve(f"{folder}/same").body == won[0]


def test_storing_and_deleting_at_once_agree_in_the_end(editor, folder, sql):
    def turn(number):
        if number % 2:
            return editor.store(f"{folder}/same", f"{number}".encode()).status
        return editor.delete(f"/files?file_path=eq.{folder}/same").status

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(turn, range(200))) <= {200, 204}
    rows = editor.files(f"select=sha256&file_path=eq.{folder}/same").json()
    answer = editor.retrieve(f"{folder}/same")
    assert answer.status == (200 if rows else 400)
    # No file's blob is on the list of what may be removed.
    assert sql("select count(*) from internal.files join internal.garbage using (blob)") == ["0"]


def test_no_worker_ever_took_more_than_32_mib():
    assert {pid: peak for pid in workers() if (peak := peak_memory(pid)) > 32 << 20} == {}
