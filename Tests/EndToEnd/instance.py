"""An instance as its operator sees it: started and stopped by the scripts, looked into by SQL and by a walk of its
store. What the tests of crashes and outages share."""

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from client import Client, log_in

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.append(str(SCRIPTS / "bench.d"))
import fastcgi  # noqa: E402

# What must be empty when the totals of users and folders are those of their files.
WRONG_TOTALS = """
select 'user ' || u.email
from internal.users u left join internal.files f on f.user_id = u.id
group by u.id
having (u.used_bytes, u.file_count) is distinct from (coalesce(sum(f.size_bytes), 0)::bigint, count(f.id));
select 'folder ' || t.parent || '/' || t.name
from (select f.user_id, a.parent, a.name, sum(f.files) as files, sum(f.bytes) as bytes
    from (select user_id, internal.folder_of(file_path) as folder, count(*) as files, sum(size_bytes) as bytes
        from internal.files group by 1, 2) f, internal.folders_above(f.folder) a
    group by 1, 2, 3) t
full join internal.folders d using (user_id, parent, name)
where t.files is distinct from d.file_count or t.bytes is distinct from d.size_bytes;
"""


class Instance:
    """A running instance by the settings of its environment file; without any, the one that the tests run against."""

    def __init__(self, settings=None):
        self.settings = settings or {name: text for name, text in os.environ.items() if name.startswith("COFFER_")}

    def __getitem__(self, name):
        return self.settings[f"COFFER_{name}"]

    @property
    def blobs(self):
        return Path(self["BLOBS"])

    def log_in(self, account="EDITOR"):
        return log_in(self["URL"], self[f"{account}_EMAIL"], self[f"{account}_PASSWORD"])

    def sql(self, script):
        """The rows of a superuser's script as lines, columns separated by |."""
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        done = subprocess.run(
            ["psql", *options, self["OWNER_DATABASE_URL"]], input=script, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def as_owner(self):
        """Words before a command that make root the store's owner, who may read whatever lies in root's folders."""
        if os.geteuid() != 0:
            return []
        owner = os.stat(self.blobs)
        reaching = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        return ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", *reaching]

    def command(self, *arguments, before=()):
        """Runs the operator's command; what came of it."""
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", **self.settings}
        return subprocess.run(
            [*self.as_owner(), *before, self["COMMAND"], *arguments],
            env=environment, cwd="/", capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def collect(self):
        """Runs gc as if all that lies about had been lying there for longer than any grace."""
        self.sql("update internal.discarded_blobs set discarded_at = discarded_at - interval '9 days'")
        # The kernel's times are as they are; the command's clock is ahead of them.
        done = self.command("gc", "--grace", "0", before=["env", "NO_FAKE_STAT=1", "faketime", "-f", "+9d"])
        assert done.returncode == 0, done.stderr

    def stored(self):
        """The blobs in the store, with their paths."""
        return {path.name: path for path in self.blobs.glob("??/*")}

    def listed(self):
        """The blobs that gc knows of."""
        return set(self.sql("select blob from internal.discarded_blobs"))

    def rows(self, user=None):
        """By blob: size and digest of the files, of all users or of one."""
        of_user = f"where user_id = (select id from internal.users where email = '{user}')" if user else ""
        lines = self.sql(f"select blob, size_bytes, encode(sha256, 'hex') from internal.files {of_user}")
        return {blob: (int(size), digest) for blob, size, digest in (line.split("|") for line in lines)}

    def wrongs(self):
        """Whatever rows, bytes and totals do not agree on. After `collect`, and with nobody at work."""
        stored, rows = self.stored(), self.rows()
        found = [f"a row without its blob {blob}" for blob in rows.keys() - stored.keys()]
        found += [f"a blob without a row {blob}" for blob in stored.keys() - rows.keys()]
        for blob in rows.keys() & stored.keys():
            content = stored[blob].read_bytes()
            if (len(content), hashlib.sha256(content).hexdigest()) != rows[blob]:
                found.append(f"other bytes in {blob}")
        found += [f"still listed {blob}" for blob in self.listed()]
        found += [f"wrong totals: {line}" for line in self.sql(WRONG_TOTALS)]
        found += [f"left behind: {path}" for name in ("stage", "incoming") for path in (self.blobs / name).iterdir()]
        audit = self.command("audit", "verify")
        found += [f"audit verify: {audit.stdout}{audit.stderr}"] * (audit.returncode != 0)
        if "coffer check" in self.command("check", "--help").stdout:
            check = self.command("check", "--digest")
            found += [f"check: {check.stdout}{check.stderr}"] * (check.returncode != 0)
        return found


def mount(*arguments):
    """Whether mount(8) could do it."""
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


class OwnInstance(Instance):
    """An instance of one test's own, in a new folder and on a free port; `with` stops it and removes the folder.

    options: those of scripts/run, without COFFER_.
    """

    def __init__(self, small_disk=False, **options):
        super().__init__({"unset": ""})
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-instance."))
        self.folder.chmod(0o755)
        # With `small_disk` a file system of its own for the store, where that can be had.
        self.mount = self.folder / "disk"
        self.mount.mkdir()
        self.is_mounted = small_disk and mount("-t", "tmpfs", "-o", "size=96m,mode=755", "tmpfs", self.mount)
        options.setdefault("STORAGE_URL", f"file://{self.mount}/blobs")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "COFFER_RUN_DIR": str(self.folder / "run"),
            "COFFER_PROGRAMS": str(SCRIPTS.parent / ".build/release"),
            "COFFER_LOGIN_RATE": "10r/s",
            **{f"COFFER_{name}": str(value) for name, value in options.items()},
        }

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

    def script(self, name, **options):
        environment = {**self.environment, **{f"COFFER_{key}": str(value) for key, value in options.items()}}
        return subprocess.run([SCRIPTS / name], env=environment, capture_output=True, text=True, timeout=900)

    def start(self, **options):
        """As an operator would, who tries again when a server is still going down. Options stay for later starts."""
        self.environment.update({f"COFFER_{key}": str(value) for key, value in options.items()})
        # A server that has crashed syncs its whole folder before it answers.
        deadline = time.monotonic() + 90
        while (done := self.script("run")).returncode != 0 and time.monotonic() < deadline:
            time.sleep(1)
            # As PostgreSQL asks for when a process of a server that was killed is still there.
            for orphan in self.orphans():
                os.kill(orphan, signal.SIGKILL)
        assert done.returncode == 0, done.stderr
        lines = (self.folder / "run/environment").read_text().splitlines()
        self.settings = dict(shlex.split(line)[1].split("=", 1) for line in lines)
        # Clients and the web server's address stay as they are.
        self.environment["COFFER_PORT"] = str(Client(self["URL"]).port)

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

    def stream(self, client, path, body, patience=60):
        """An upload whose body the worker reads; status and body of the answer."""
        return fastcgi.ask(
            self["SOCKET"], "POST", "/rpc/store_file", client.token, body, patience, HTTP_FILE_PATH=path
        )

    def pid(self, name):
        """Of the pool, nginx or PostgreSQL; None when its file is not there."""
        path = {"pool": "pids/pool", "nginx": "nginx/nginx.pid", "postgres": "postgres/postmaster.pid"}[name]
        try:
            return int((self.folder / "run" / path).read_text().split()[0])
        except (OSError, IndexError):
            return None


def children(pid):
    """Process ids of a process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
