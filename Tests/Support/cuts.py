"""Uploads by tus during which something breaks at random moments: the client, a worker, the web server, the database,
an S3 server. After each cut a client continues, and in the end each file is right."""

import hashlib
import os
import random
import signal
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import tus
from apache import Apache
from bucket import objects, uploads
from client import Client
from instance import WRONG_TOTALS
from processes import children

GATEWAYS = ["nginx", "apache", "cgi"]
SIZES = [1, 1000, 65_536, 1 << 20, 8 << 20, (8 << 20) + 1, 20_000_000, 100_000_000]
# For how long processes are frozen, in seconds.
FROZEN = 1.0


@contextmanager
def gateway(name, instance):
    """The URL, and the process id of the web server: nginx, Apache with the pool, or Apache that runs a CGI program for
    each request."""
    if name == "nginx":
        run = Path(instance["CONFIG"]).parent
        yield instance["URL"], int((run / "nginx/nginx.pid").read_text())
    else:
        with Apache("pool" if name == "apache" else "cgi", instance) as apache:
            yield apache.url, apache.process.pid


def descendants(pid):
    found = children(pid)
    return found + [other for child in found for other in descendants(child)]


def send_signal(processes, number):
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


class Cuts:
    """The uploads of one user through one gateway. server: the S3 server of the store, if it has one."""

    def __init__(self, instance, token, address, chance, folder, server=None, sizes=SIZES):
        self.instance, self.random, self.folder, self.server, self.sizes = instance, chance, folder, server, sizes
        url, self.web_server = address
        self.client = Client(url, token)
        self.kinds = [self.cut_client, self.kill_worker, self.kill_web_server, self.end_database_sessions]
        self.kinds += [self.freeze_database] + [self.kill_store, self.freeze_store] * (server is not None)
        self.seen = []

    def file(self, number, cuts):
        """Uploads one file with at most so many cuts.

        Returns how many there were.
        """
        body = self.random.randbytes(self.random.choice(self.sizes))
        path = f"{self.folder}/{number % 7}"
        upload = self.until(lambda: tus.create(self.client, path, len(body)), 201).header("Location")
        done = 0
        for kind in self.random.choices(self.kinds, k=self.random.randint(1, min(cuts, 5))):
            at = self.offset(upload)
            if at is None:
                break
            self.seen.append(kind.__name__)
            self.piece(upload, at, body, kind)
            done += 1
        while (at := self.offset(upload)) is not None:
            with suppress(OSError, HTTPException):
                tus.proceed(self.client, upload, at, body[at:])
        self.assert_stored(path, body, (number, len(body), self.seen))
        return done

    def assert_stored(self, path, body, what):
        wanted = hashlib.sha256(body).hexdigest()
        answer = self.until(lambda: self.client.files(f"file_path=eq.{path}"), 200)
        assert [row["sha256"] for row in answer.json()] == [wanted], (what, answer)
        got = self.until(lambda: self.client.retrieve(path), 200)
        assert hashlib.sha256(got.body).hexdigest() == wanted, what

    def piece(self, upload, at, body, cut):
        """Sends what is missing, and lets something break on the way."""
        rest = body[at:]
        place = self.random.randint(0, len(rest))
        with suppress(OSError, HTTPException):
            sending = tus.Sending(self.client, upload, at, len(rest))
            sending.connection.sock.settimeout(60)
            with suppress(ConnectionError):
                sending.send(rest[:place])
                time.sleep(self.random.choice([0, 0, 0.01, 0.1]))
                cut(sending)
                sending.send(rest[place:])
            sending.answer()

    def offset(self, upload):
        """None if the upload is a file."""
        answer = self.until(lambda: tus.head(self.client, upload), 200, 404)
        return None if answer.status == 404 else int(answer.header("Upload-Offset"))

    @staticmethod
    def until(ask, *statuses):
        """Asks until what was broken works again."""
        answer = None
        for _ in range(1200):
            with suppress(OSError, HTTPException):
                answer = ask()
                if answer.status in statuses:
                    return answer
            time.sleep(0.1)
        raise AssertionError(f"no answer with {statuses} in two minutes: {answer}")

    # What breaks

    def cut_client(self, sending):
        sending.cut()
        raise ConnectionError

    def kill_worker(self, _):
        """One of the pool, and the programs that Apache has started."""
        pool = children(int((Path(self.instance["CONFIG"]).parent / "pids/pool").read_text()))
        send_signal([self.random.choice(pool), *self.programs()], signal.SIGKILL)

    def programs(self):
        for process in descendants(self.web_server):
            with suppress(OSError):
                if os.path.samefile(f"/proc/{process}/exe", self.instance["WORKER"]):
                    yield process

    def kill_web_server(self, _):
        """Its processes end at once, and its main process makes others."""
        send_signal(children(self.web_server), signal.SIGKILL)

    def end_database_sessions(self, _):
        self.instance.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'coffer'")

    def freeze_database(self, _):
        sessions = self.instance.sql("select pid from pg_stat_activity where application_name = 'coffer'")
        self.freeze([int(session) for session in sessions])

    def kill_store(self, _):
        self.server.stop(signal.SIGKILL)
        self.server.start()

    def freeze_store(self, _):
        self.freeze([self.server.process.pid])

    def freeze(self, processes):
        """The client goes on sending meanwhile."""
        send_signal(processes, signal.SIGSTOP)
        threading.Timer(FROZEN, send_signal, (processes, signal.SIGCONT)).start()


def unfinished(server):
    """The blobs of which the bucket has a tail or parts."""
    tails = [key.partition("/unfinished/")[2] for key in objects(server) if "/unfinished/" in key]
    return {name[:32] for name in tails} | {key.rsplit("/", 1)[1] for key in uploads(server)}


def assert_nothing_left(instance, client, folder, server=None, before=None):
    """After expiry and gc there is no upload, nothing of one in the store, and nothing reserved.

    before: what was unfinished in a bucket of other tests, too. They leave files without blobs, which `check` reports.
    """
    files = instance.rows().keys()
    assert client.delete(f"/files?file_path=like.{folder}/*").status == 204
    assert client.delete(f"/trash?file_path=like.{folder}/*").status == 204
    instance.sql("update internal.uploads set expires_at = now()")
    assert instance.sql("select sum(internal.reserved_bytes(id)) from internal.users") == ["0"]
    if server is None:
        instance.collect()
        assert [name for name in os.listdir(instance.store() / "stage") if name.startswith("+")] == []
    else:
        instance.coffer("gc", "--grace", "0")
        left = unfinished(server) - (before or set())
        # A worker that is killed after the commit leaves these, and a sweep removes them after a day.
        assert left <= files, left
    assert instance.sql("select count(*) from internal.uploads") == ["0"]
    assert instance.sql(WRONG_TOTALS) == []
    if before is None:
        done = instance.run("check", "--digest")
        assert done.returncode == 0, done.stdout
