"""A whole installation of one test's own beside the instance: database, stores, workers, accounts."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote

import worker as single

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "bench.d"))
from fastcgi import Worker  # noqa: E402

OWNER = "COFFER_OWNER_DATABASE_URL"
PASSWORD = "correct horse battery"
EMAIL = "owner@installation.example"


class Cluster:
    """A PostgreSQL of these tests' own: what it holds need not outlive a crash, so databases come and go quickly."""

    def __init__(self):
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-cluster-"))
        Installation.own(self.folder)
        self.run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off -c max_connections=200"
        self.run("pg_ctl", "--wait", f"--log={self.folder}/log", f"--options={options}", "start")

    def run(self, program, *words):
        command = [*single.as_owner("/usr/bin/env"), self.programs / program, f"--pgdata={self.folder}/data", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={"PATH": os.defpath, "LANG": "C.UTF-8"}, cwd="/")

    def url(self, user, database):
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder), safe='')}"

    def close(self):
        self.run("pg_ctl", "--mode=immediate", "stop")
        shutil.rmtree(self.folder)


class Installation:
    """Everything lies in one folder, which belongs to the user that the instance's workers run as."""

    def __init__(self, cluster, configuration=None):
        self.name = f"coffer_{secrets.token_hex(4)}"
        self.cluster = cluster
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-installation-"))
        self.own(self.folder)
        self.owner_url = cluster.url("postgres", self.name)
        self.options = {
            "COFFER_DATABASE_URL": cluster.url("coffer_authenticator", self.name),
            "COFFER_STORAGE_URL": self.new_store(),
            "COFFER_WORKER_GC": "off",
            **(configuration or {}),
        }
        self.configuration = self.folder / "coffer.conf"
        self.configure()
        self.workers = []
        self.tokens = {}

    @staticmethod
    def own(path):
        owner = os.stat(os.environ["COFFER_BLOBS"])
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)

    def configure(self, **options):
        self.options.update(options)
        self.configuration.write_text("".join(f'{name}="{value}"\n' for name, value in self.options.items()))

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
        self.sql(f"create database {self.name}", self.cluster.url("postgres", "postgres"))
        return self

    def add(self, email):
        """An account. What a password is worth is not tested here."""
        self.sql(
            "insert into internal.users (email, password_hash, role) values "
            f"('{email}', extensions.crypt('{PASSWORD}', extensions.gen_salt('bf', 4)), 'editor')"
        )

    def close(self):
        for worker in self.workers:
            worker.stop()
        shutil.rmtree(self.folder)

    # The operator

    def command(self, *words):
        return [*single.as_owner(os.environ["COFFER_COMMAND"]), os.environ["COFFER_COMMAND"], *map(str, words)]

    @property
    def environment(self):
        return {"PATH": os.defpath, "LANG": "C.UTF-8", "COFFER_CONFIG": str(self.configuration), OWNER: self.owner_url}

    def coffer(self, *words, stdin="", status=0):
        done = subprocess.run(
            self.command(*words), input=stdin, capture_output=True, text=True, timeout=120, env=self.environment, cwd="/"
        )
        assert done.returncode == status, (words, done)
        return done.stdout

    def start(self, *words):
        return subprocess.Popen(
            self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment, cwd="/"
        )

    def sql(self, script, url=None):
        command = ["psql", "-XAtq", "--set=ON_ERROR_STOP=1", url or self.owner_url]
        done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    # The stores

    def store(self, url=None):
        return Path((url or self.options["COFFER_STORAGE_URL"]).removeprefix("file://"))

    def blobs(self, url=None):
        """Name and path of each blob."""
        return {path.name: path for path in self.store(url).glob("??/*")}

    def blob(self, path):
        """The name of a file's blob."""
        return self.sql(f"select blob from internal.files where file_path = '{path}'")[0]

    # People

    def work(self):
        """A worker that runs until the end of the test."""
        worker = Worker(
            os.environ["COFFER_WORKER"], self.configuration, self.folder / f"socket-{len(self.workers)}",
            single.as_owner(os.environ["COFFER_WORKER"]),
        )
        self.workers.append(worker)
        return worker

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
