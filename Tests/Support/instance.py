"""An instance as its operator sees it: the command, SQL, the folders of its stores. Tests have three kinds of it:

- `Instance()`, the one that is running and that most tests share;
- `OwnInstance`, all of it once more by scripts/run, for tests that stop, starve and kill (some seconds to start);
- `Installation` (installation.py), without a web server, for tests of the operator's commands (one for each test).
"""

import hashlib
import os
import secrets
import shlex
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from client import Client, log_in
from processes import as_owner, children, wait_until  # noqa: F401
from script import SCRIPTS
from transports import FastCGI

# What must be empty when the totals of users and folders are those of their files.
WRONG_TOTALS = """
select 'user ' || l.user_id
from internal.ledgers l left join internal.files f on f.user_id = l.user_id
group by l.user_id
having (l.used_bytes, l.file_count) is distinct from (coalesce(sum(f.size_bytes), 0)::bigint, count(f.id));
select 'trash of ' || l.user_id
from internal.ledgers l left join internal.trash t on t.user_id = l.user_id
group by l.user_id
having (l.trash_bytes, l.version_bytes) is distinct from (coalesce(sum(t.size_bytes), 0)::bigint,
    coalesce(sum(t.size_bytes) filter (where t.reason = 'replaced'), 0)::bigint);
select 'folder ' || t.parent || '/' || t.name
from (select f.user_id, a.parent, a.name, sum(f.files) as files, sum(f.bytes) as bytes
    from (select user_id, internal.folder_of(file_path) as folder, count(*) as files, sum(size_bytes) as bytes
        from internal.files group by 1, 2) f, internal.folders_above(f.folder) a
    group by 1, 2, 3) t
full join internal.folders d using (user_id, parent, name)
where (coalesce(t.files, 0), coalesce(t.bytes, 0)) is distinct from (d.file_count, d.size_bytes)
    or d.file_count = 0 and not d.is_created;
"""


def settings(run_folder):
    """What the environment file of a run folder exports."""
    lines = Path(run_folder, "environment").read_text().splitlines()
    return dict(shlex.split(line)[1].split("=", 1) for line in lines)


class Instance:
    """A running instance by the settings of its environment file; without any, the one that the tests run against."""

    def __init__(self, settings=None):
        named = {name: text for name, text in os.environ.items() if name.startswith("COFFER_")}
        self.settings = named if settings is None else settings

    def __getitem__(self, name):
        return self.settings[f"COFFER_{name}"]

    def log_in(self, account="EDITOR"):
        return log_in(self["URL"], self[f"{account}_EMAIL"], self[f"{account}_PASSWORD"])

    def sql(self, script, check=True, url=None):
        """Runs a superuser's script; its rows as lines, columns separated by |. Unchecked: whatever came of it."""
        command = psql(url or self["OWNER_DATABASE_URL"])
        done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.splitlines() if check else done

    @contextmanager
    def holding(self, script, end=""):
        """Another session that has run a script, and goes on holding what that took; what it does in the end."""
        command = psql(self["OWNER_DATABASE_URL"])
        session = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            session.stdin.write(f"{script};\n\\echo held\n")
            session.stdin.flush()
            while session.stdout.readline().strip() != "held":
                assert session.poll() is None
            yield
        finally:
            session.communicate(end, timeout=300)

    @contextmanager
    def other_database(self, template="template1"):
        """The same instance with a database of the test's own beside its own one."""
        name = f"coffer_{secrets.token_hex(4)}"
        self.sql(f"create database {name} template {template}")
        url = self["OWNER_DATABASE_URL"].replace("/coffer?", f"/{name}?")
        try:
            yield Instance(self.settings | {"COFFER_OWNER_DATABASE_URL": url})
        finally:
            self.sql(f"drop database {name} with (force)")

    @property
    def database(self):
        """The name of the database."""
        return urlsplit(self["OWNER_DATABASE_URL"]).path.removeprefix("/")

    # The operator's command

    def as_owner(self, program):
        """Words before a command that make root the user that the servers run as."""
        return [*as_owner(str(program), self["BLOBS"])]

    def own(self, path):
        """Gives root's file or folder to that user."""
        if os.geteuid() == 0:
            os.chown(path, *os.stat(self["BLOBS"])[4:6])

    def command(self, *words):
        return [*self.as_owner(self["COMMAND"]), self["COMMAND"], *map(str, words)]

    @property
    def environment(self):
        # A backup runs the programs of the server's version.
        return {"PATH": f"{postgres_program('pg_dump').parent}:{os.defpath}", "LANG": "C.UTF-8", **self.settings}

    def run(self, *words, stdin="", before=(), **environment):
        """Whatever came of the command."""
        return subprocess.run(
            [*before, *self.command(*words)], input=stdin, env=self.environment | environment,
            cwd="/", capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def coffer(self, *words, status=0, **more):
        """What the command prints when it ends as it should."""
        done = self.run(*words, **more)
        assert done.returncode == status, (words, done)
        return done.stdout

    def launch(self, *words):
        """The running command."""
        return subprocess.Popen(
            self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.environment, cwd="/",
        )  # fmt: skip

    # What rows and stores hold

    @property
    def storage_url(self):
        return f"file://{self['BLOBS']}"

    def store(self, url=None):
        """The folder of a store; of the one in use, unless another is named."""
        return Path((url or self.storage_url).removeprefix("file://"))

    def blobs(self, url=None):
        """Name and path of each blob in a store."""
        return {path.name: path for path in self.store(url).glob("??/*")}

    def in_flight(self):
        """The files of uploads that have not come to their end."""
        return [path for name in ("stage", "incoming") for path in (self.store() / name).rglob("*") if path.is_file()]

    @contextmanager
    def begun(self, number=1):
        """Waits in the end until so many more uploads are in flight than when the block began."""
        before = set(self.in_flight())
        yield
        wait_until(lambda: len(set(self.in_flight()) - before) >= number, 120, "uploads to begin")

    def listed(self):
        """The blobs that gc knows of."""
        return set(self.sql("select blob from internal.garbage"))

    def rows(self, user=None):
        """By blob: size and digest of the files, of all users or of one."""
        of_user = f"where user_id = (select id from internal.users where email = '{user}')" if user else ""
        lines = self.sql(f"select blob, size_bytes, encode(sha256, 'hex') from internal.kept_blobs {of_user}")
        return {blob: (int(size), digest) for blob, size, digest in (line.split("|") for line in lines)}

    def leave_pending_marker(self, blob):
        """What a worker leaves that was killed before the commit; the marker and the blob."""
        marker, path = self.store() / "stage" / blob, self.store() / blob[:2] / blob
        path.parent.mkdir(mode=0o750, exist_ok=True)
        marker.write_bytes(b"pending")
        os.link(marker, path)
        for each in (path.parent, marker):
            self.own(each)
        return marker, path

    def collect(self):
        """Runs gc as if all that lies about had been lying there for longer than any grace."""
        # Twice, because the first run only lists the blobs with pending markers.
        for _ in range(2):
            self.sql("""update internal.garbage set listed_at = listed_at - interval '9 days';
                update internal.uploads set expires_at = expires_at - interval '9 days'""")
            self.coffer("gc", "--grace", "0", before=ahead("+9d"))

    def wrongs(self):
        """Whatever rows, bytes and totals do not agree on. After `collect`, and with nobody at work."""
        stored, rows = self.blobs(), self.rows()
        found = [f"a row without its blob {blob}" for blob in rows.keys() - stored.keys()]
        found += [f"a blob without a row {blob}" for blob in stored.keys() - rows.keys()]
        for blob in rows.keys() & stored.keys():
            content = stored[blob].read_bytes()
            if (len(content), hashlib.sha256(content).hexdigest()) != rows[blob]:
                found.append(f"other bytes in {blob}")
        found += [f"still listed {blob}" for blob in self.listed()]
        found += [f"wrong totals: {line}" for line in self.sql(WRONG_TOTALS)]
        found += [f"left behind: {path}" for path in self.in_flight()]
        for words in (("audit", "verify"), ("check", "--digest")):
            done = self.run(*words)
            found += [f"{words}: {done.stdout}{done.stderr}"] * (done.returncode != 0)
        return found


class OwnInstance(Instance):
    """An instance of one test's own, in a new folder and on a free port; `with` stops it and removes the folder.

    options: those of scripts/run, without COFFER_. environment: what else it gets. below: where the folder is made.
    """

    def __init__(self, small_disk=False, environment=None, below=None, **options):
        super().__init__({})
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-instance.", dir=below))
        self.folder.chmod(0o755)
        # With `small_disk` a file system of its own for the store, where that can be had.
        self.mount = self.folder / "disk"
        self.mount.mkdir()
        self.is_mounted = small_disk and mount("-t", "tmpfs", "-o", "size=96m,mode=755", "tmpfs", self.mount)
        options.setdefault("STORAGE_URL", f"file://{self.mount}/blobs")
        names = ("PATH", "HOME", "LANG", "COFFER_POSTGRES")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        self.script_environment = {
            **kept,
            "COFFER_RUN_DIR": str(self.folder / "run"),
            "COFFER_PROGRAMS": str(SCRIPTS.parent / ".build/release"),
            "COFFER_LOGIN_RATE": "10r/s",
            # Less than nginx waits for a worker, and more than a statement takes on a busy machine.
            "COFFER_DATABASE_TIMEOUT_SECONDS": "50",
            **(environment or {}),
        }
        self.set_options(options)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        if self.is_mounted:
            subprocess.run(["umount", self.mount], check=True)
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def set_options(self, options):
        self.script_environment.update({f"COFFER_{name}": str(value) for name, value in options.items()})

    def script(self, name):
        return subprocess.run(
            [SCRIPTS / name], env=self.script_environment, capture_output=True, text=True, timeout=900
        )

    def start(self, **options):
        """As an operator would, who tries again when a server is still going down. Options stay for later starts."""
        self.set_options(options)
        # A server that has crashed syncs its whole folder before it answers.
        deadline = time.monotonic() + 300
        while (done := self.script("run")).returncode != 0 and time.monotonic() < deadline:
            time.sleep(1)
            # As PostgreSQL asks for when a process of a server that was killed is still there.
            for orphan in self.orphans():
                os.kill(orphan, signal.SIGKILL)
        assert done.returncode == 0, done.stderr
        self.settings = settings(self.folder / "run")
        # Clients and the web server's address stay as they are.
        self.set_options({"PORT": Client(self["URL"]).port})

    def stop(self):
        done = self.script("stop")
        assert done.returncode == 0, done.stderr
        for orphan in self.orphans():
            os.kill(orphan, signal.SIGKILL)

    def orphans(self):
        """Process ids of servers in the database's folder that no server process looks after any more."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = folder.joinpath("stat").read_text().rpartition(")")[2].split()[1]
                if parent == "1" and os.readlink(folder / "cwd") == str(self.folder / "run/postgres"):
                    found.append(int(folder.name))
            except OSError:
                continue  # gone
        return found if self.pid("postgres") not in found else []

    def workers(self):
        return set(children(self.pid("pool")))

    def stream(self, client, path, body, **headers):
        """The answer to an upload whose body the worker reads."""
        return Client(FastCGI(self["SOCKET"]), client.token).store(path, body, **headers)

    def pid(self, name):
        """Of the pool, nginx or PostgreSQL; None when its file is not there."""
        path = {"pool": "pids/pool", "nginx": "nginx/nginx.pid", "postgres": "postgres/postmaster.pid"}[name]
        try:
            return int((self.folder / "run" / path).read_text().split()[0])
        except (OSError, IndexError):
            return None


def ahead(by):
    """Words before a command that put its clock ahead, +2m or +9d; the kernel's times of files are as they are."""
    # faketime fails on what an earlier process of its own id has left, killed as many are here.
    for left in Path("/dev/shm").glob("*faketime_s*_*"):
        if not Path("/proc", left.name.rpartition("_")[2]).exists():
            with suppress(OSError):
                left.unlink()
    return ["env", "NO_FAKE_STAT=1", "faketime", "-f", by]


def worker_ahead(by):
    """The same for what runs until a signal ends it, which faketime's own program would not pass on."""
    ahead(by)
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return ["env", "NO_FAKE_STAT=1", f"LD_PRELOAD={library}", f"FAKETIME={by}"]


def let_in(path):
    """Lets every user of the machine reach what a test of root's made, as servers and workers are others."""
    for each in (path, *path.parents):
        mode = each.stat().st_mode
        if mode & 0o055 != 0o055:
            each.chmod(mode | 0o055)


def mount(*arguments):
    """Whether mount(8) could do it."""
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def psql(url):
    """Not by its name, which is Debian's wrapper in Perl, six times as slow; tests run it thousands of times."""
    return [postgres_program("psql"), "-XAtq", "--set=ON_ERROR_STOP=1", url]


@cache
def postgres_program(name):
    """Where the PostgreSQL of the instance has a program of its own; without one, the newest."""
    if folder := os.environ.get("COFFER_POSTGRES"):
        return Path(folder) / name
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)) / name
