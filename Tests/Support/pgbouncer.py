"""A pgbouncer of a test's own, which pools transactions, on a Unix socket."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from processes import wait_until

PROGRAM = "/usr/sbin/pgbouncer"
PORT = 6432


class PgBouncer:
    """Between clients and a PostgreSQL server while the `with` block runs.

    instance: of whose user its process is. sockets: the folder of the server's socket. users: what its auth_file has
    for each user. settings: more of its configuration.
    """

    def __init__(self, instance, sockets, users, **settings):
        self.instance = instance
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-pgbouncer."))
        settings = {
            "pool_mode": "transaction", "auth_type": "trust", "auth_file": self.folder / "users", "listen_addr": "",
            "listen_port": PORT, "unix_socket_dir": self.folder, "pidfile": self.folder / "pid", **settings,
        }  # fmt: skip
        lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
        (self.folder / "ini").write_text(f"[databases]\n* = host={sockets}\n[pgbouncer]\n{lines}\n")
        (self.folder / "users").write_text("".join(f'"{user}" "{secret}"\n' for user, secret in users.items()))

    def __enter__(self):
        self.log = (self.folder / "log").open("w")
        for path in (self.folder, *self.folder.iterdir()):
            self.instance.own(path)
        command = [*self.instance.as_owner(PROGRAM), PROGRAM, "-q", self.folder / "ini"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_until((self.folder / f".s.PGSQL.{PORT}").exists, 60, "pgbouncer")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)

    def url(self, user, database):
        return f"host={self.folder} port={PORT} dbname={database} user={user}"
