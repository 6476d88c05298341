"""An instance of one test's own without a web server: a database, stores, workers, accounts, in less than a second."""

import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from client import Client
from instance import Instance, postgres_program
from processes import children, state, wait_until
from transports import FastCGI
from worker_process import WorkerProcess

PASSWORD = "correct horse battery"
EMAIL = "owner@installation.example"


class Cluster:
    """A PostgreSQL of these tests' own: what it holds need not outlive a crash, so databases come and go quickly.

    options: settings instead of `fsync=off`. language: of its messages, if Debian's package has them.
    """

    # Words before each command.
    before = ()

    def __init__(self, *options, language="en"):
        self.instance = Instance()
        # gettext ignores it for the locale C, and heeds it for C.UTF-8.
        self.environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "LANGUAGE": language}
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-cluster-"))
        self.instance.own(self.folder)
        self.make()
        options = ["listen_addresses=''", f"unix_socket_directories='{self.folder}'", "max_connections=200"] + [
            *(options or ["fsync=off"])
        ]
        words = " ".join(f"-c {option}" for option in options)
        self.run("pg_ctl", "--wait", f"--log={self.folder}/log", f"--options={words}", "start")

    def make(self):
        self.run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")

    def run(self, name, *words):
        program = postgres_program(name)
        command = [*self.before, *self.instance.as_owner(program), program, f"--pgdata={self.folder}/data", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=self.environment, cwd="/")

    def url(self, user, database):
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder), safe='')}"

    def close(self):
        self.run("pg_ctl", "--mode=immediate", "stop")
        shutil.rmtree(self.folder)


class Installation(Instance):
    """Everything lies in one folder, which belongs to the user that the instance's workers run as."""

    def __init__(self, cluster, configuration=None):
        self.name = f"coffer_{secrets.token_hex(4)}"
        self.cluster = cluster
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-installation-"))
        self.configuration = self.folder / "coffer.conf"
        shared = {f"COFFER_{name}": os.environ[f"COFFER_{name}"] for name in ("COMMAND", "WORKER", "BLOBS")}
        super().__init__({
            **shared,
            "COFFER_CONFIG": str(self.configuration),
            "COFFER_OWNER_DATABASE_URL": cluster.url("postgres", self.name),
        })  # fmt: skip
        self.own(self.folder)
        self.options = {}
        self.configure(**{
            "COFFER_DATABASE_URL": cluster.url("coffer_authenticator", self.name),
            "COFFER_STORAGE_URL": self.new_store(),
            "COFFER_WORKER_GC": "off",
            # What is deleted or replaced is garbage at once, unless a test is about the trash.
            "COFFER_TRASH_DAYS": "0",
            "COFFER_VERSION_DAYS": "0",
            **(configuration or {}),
        })  # fmt: skip
        self.workers = []
        self.tokens = {}

    def configure(self, **options):
        self.options.update(options)
        self.configuration.write_text("".join(f'{name}="{value}"\n' for name, value in self.options.items()))

    @property
    def storage_url(self):
        return self.options["COFFER_STORAGE_URL"]

    def new_store(self):
        """The URL of a store that nobody has made yet."""
        return f"file://{self.folder}/store-{secrets.token_hex(4)}"

    def set_up(self):
        """Migrated, with one account."""
        self.make_empty()
        self.coffer("migrate")
        self.add(EMAIL)
        return self

    def make_empty(self):
        """A database without anything."""
        self.sql(f"create database {self.name}", url=self.cluster.url("postgres", "postgres"))
        return self

    def drop(self):
        self.sql(f"drop database {self.name} with (force)", url=self.cluster.url("postgres", "postgres"))

    def add(self, email):
        """An account. What a password is worth is not tested here."""
        self.sql(
            "insert into internal.users (email, password_hash, role) values "
            f"('{email}', extensions.crypt('{PASSWORD}', extensions.gen_salt('bf', 4)), 'editor')"
        )

    def place(self, name, content, url=None):
        """Puts a blob of this name into a store, past everybody; its path."""
        path = self.store(url) / name[:2] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        for each in (path.parent, path):
            self.own(each)
        return path

    def begin_upload(self, path, name, content):
        """The first steps of an upload, and the statement of its last one."""
        identity = f"select set_config('coffer.user_id', id::text, false) from internal.users where email = '{EMAIL}'"
        self.sql(f"{identity}; select api.begin_upload('{name}', '{path}', {len(content)}, null, false)")
        self.place(name, content)
        digest = hashlib.sha256(content).hexdigest()
        return f"""{identity};
            select api.store_file('{name}', '{path}', null, null, {len(content)}, '\\x{digest}', null, false)"""

    def move_to(self, url):
        """All files into another store; what the old one has becomes garbage."""
        self.coffer("storage", "copy", "--to", url)
        self.coffer("storage", "switch", "--to", url)

    @contextmanager
    def unavailable(self, url=None):
        """Makes a store unavailable while the block runs."""
        store = self.store(url)
        hidden = store.rename(store.with_suffix(".away"))
        try:
            yield
        finally:
            hidden.rename(store)

    def close(self):
        for worker in self.workers:
            worker.stop()
        shutil.rmtree(self.folder)

    def blob(self, path):
        """The name of a file's blob."""
        return self.sql(f"select blob from internal.files where file_path = '{path}'")[0]

    # People

    def work(self, before=()):
        """A worker that runs until the end of the test.

        before: words before its command.
        """
        socket = self.folder / f"socket-{len(self.workers)}"
        runner = [*self.as_owner(self["WORKER"]), *before]
        worker = WorkerProcess(self["WORKER"], self.configuration, socket, runner)
        self.workers.append(worker)
        return worker

    @contextmanager
    def serve(self, workers=2, socket=None, **environment):
        """A pool while the block runs; what answers on its socket, and its process.

        socket: address:port instead of a path.
        """
        self.settings["COFFER_SOCKET"] = socket = socket or str(self.folder / "pool.sock")
        self.configure(COFFER_SOCKET=socket, COFFER_WORKERS=workers)
        with (self.folder / "pool.log").open("ab") as log:
            process = subprocess.Popen(
                self.command("serve"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env=self.environment | environment,
            )  # fmt: skip
        try:
            wait_until(lambda: len(children(process.pid)) == workers, 120, "the workers")
            yield Client(FastCGI(socket, {"CONTENT_TYPE": "application/json"})), process
        finally:
            process.terminate()
            assert process.wait(120) == 0

    @property
    def worker(self):
        return self.workers[0] if self.workers else self.work()

    def token(self, email=EMAIL):
        if email not in self.tokens:
            self.tokens[email] = self.sql(
                f"select s.token from internal.users u, internal.open_session(u.id, u.role) s where u.email = '{email}'"
            )[0]
        return self.tokens[email]

    def put(self, path, body, email=EMAIL, worker=None):
        """Uploads; returns the status."""
        field = f"UTF-8''{quote(path, safe='')}"
        return (worker or self.worker).ask(
            "POST", "/rpc/store_file", self.token(email), body, HTTP_FILE_PATH=field, CONTENT_TYPE="text/plain"
        )[0]

    def get(self, path, email=EMAIL, worker=None, **parameters):
        """Status and bytes of a download."""
        return (worker or self.worker).ask(
            "GET", f"/rpc/retrieve_file?p_file_path={quote(path, safe='')}", self.token(email), **parameters
        )

    def fill(self, count, size=100, folder="files"):
        """So many small files; their contents by path."""
        contents = {f"{folder}/{number:04}": os.urandom(size) for number in range(count)}
        for path, content in contents.items():
            assert self.put(path, content) == 200
        return contents


@contextmanager
def stopped(command, when, what):
    """Stops a running command at a moment when a condition holds, and continues it afterwards.

    However slow the machine is, the command is no further than that while the block runs.
    """

    def is_stopped_in_time():
        assert command.poll() is None, f"the command ended before {what}"
        command.send_signal(signal.SIGSTOP)
        is_in_time = False
        try:
            wait_until(lambda: state(command.pid) in ("T", "Z", None), 120, "the command to stop")
            is_in_time = when()
        finally:
            if not is_in_time:
                command.send_signal(signal.SIGCONT)
        return is_in_time

    wait_until(is_stopped_in_time, 120, what)
    try:
        yield
    finally:
        command.send_signal(signal.SIGCONT)


def stopped_while_reading(command, installation):
    """The same with one of the store's blobs open."""
    store = f"{installation.store()}/"

    def is_open(descriptor):
        try:
            return re.match(r"[0-9a-f]{2}/", os.readlink(descriptor).removeprefix(store))
        except OSError:
            return False  # closed meanwhile

    descriptors = Path(f"/proc/{command.pid}/fd")
    return stopped(command, lambda: any(map(is_open, descriptors.iterdir())), "a blob is read")


class Load:
    """Somebody who uploads, overwrites, reads and deletes all the time, and remembers what must be there."""

    def __init__(self, installation, folder="load", before_put=None):
        self.installation = installation
        self.folder = folder
        self.worker = installation.work()
        installation.token()
        self.contents = {}
        self.failures = []
        self.rounds = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def go_on(self, rounds):
        """Waits for this number of further rounds."""
        wanted = self.rounds + rounds
        wait_until(lambda: self.rounds >= wanted or self.failures, 300, f"{rounds} rounds")
        assert self.failures == []

    def run(self):
        try:
            while not self.stopping.is_set():
                self.round(self.rounds)
                self.rounds += 1
        except Exception as error:  # noqa: BLE001 - told by the test, not lost with the thread
            self.failures.append(repr(error))

    def round(self, number):
        path = f"{self.folder}/{number % 20:02}"
        content = os.urandom(1000)
        status = self.installation.put(path, content, worker=self.worker)
        if status != 200:
            self.failures.append(f"put {path}: {status}")
        self.contents[path] = content
        for path, content in list(self.contents.items())[:: max(1, len(self.contents) // 5)]:
            status, body = self.installation.get(path, worker=self.worker)
            if (status, body) != (200, content):
                self.failures.append(f"get {path}: {status} {len(body)} bytes")
        if number % 7 == 6:
            path = next(iter(self.contents))
            status, _ = self.worker.ask("DELETE", f"/files?file_path=eq.{path}", self.installation.token())
            if status != 204:
                self.failures.append(f"delete {path}: {status}")
            del self.contents[path]
