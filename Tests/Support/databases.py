"""The ways in which workers can reach a database. Each is a context that changes the PostgreSQL of an instance, and
yields the options with which `OwnInstance.start` lets the workers use it.

Run by scripts/test-databases, with the name of a kind: runs the tests of the contract through it."""

import contextlib
import os
import pwd
import random
import subprocess
import sys
import time

from database_server import Server
from instance import OwnInstance
from pgbouncer import PgBouncer
from script import CHECKOUT, SCRIPTS

HOST = "db.example.org"
PASSWORD = "correct-horse-battery"

# What the HTTP contract says, as far as the database is concerned. They use the instance that is under test.
CONTRACT = """access audit copies counts ended_session files folders isolation_sql login names paths postgrest quota
    ranges retrieve_file rights routes searches sessions store_file tables tokens trash tus_protocol
    unconditional_changes users""".split()  # fmt: skip


def loopback_address():
    """One of the many, so that servers of several instances can have the same port."""
    return f"127.{random.randint(2, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"


class Authority:
    """A certificate authority of a test's own."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.certificate = folder, folder / "authority.pem"
        self.make("authority", "-subj", "/CN=authority")

    def make(self, name, *options):
        """A certificate and its key: files of this name."""
        files = ["-out", self.folder / f"{name}.pem", "-keyout", self.folder / f"{name}.key"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        subprocess.run([*command, "-days", "2", *files, *options], check=True, capture_output=True)
        files[1].chmod(0o644)

    def sign(self, name, host):
        issuer = ["-CA", self.certificate, "-CAkey", self.folder / "authority.key"]
        self.make(name, *issuer, "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
                  "-addext", "basicConstraints=critical,CA:FALSE")  # fmt: skip


@contextlib.contextmanager
def peer(own):
    """No password: the server asks the kernel who the other process is."""
    server = Server(own)
    user = pwd.getpwuid(os.stat(own["BLOBS"]).st_uid).pw_name
    with (server.data / "pg_ident.conf").open("a") as file:
        file.write(f"coffer {user} coffer_authenticator\n")
    server.let_in("local all coffer_authenticator peer map=coffer")
    yield {"DATABASE_URL": f"host={server.sockets} dbname=coffer user=coffer_authenticator"}


def password_for(server, *users):
    for user in users:
        server.sql(f"alter role {user} password '{PASSWORD}'")


def encrypted(address, authority, user="coffer_authenticator", host=HOST, **options):
    """A connection string for TLS, in which everything is compared."""
    options = {"sslmode": "verify-full", "sslrootcert": authority.certificate, "channel_binding": "require"} | options
    words = " ".join(f"{name}={value}" for name, value in options.items())
    return f"host={host} hostaddr={address} dbname=coffer user={user} password={PASSWORD} {words}"


@contextlib.contextmanager
def tls(own):
    """SCRAM over TLS, and nothing else for those who are not the superuser. Yields also its address and authority."""
    server, authority, address = Server(own), Authority(own.folder / "authority"), loopback_address()
    authority.sign("server", HOST)
    # The server refuses a key that others can read.
    key = server.data / "server.key"
    key.write_bytes((authority.folder / "server.key").read_bytes())
    own.own(key)
    key.chmod(0o600)
    password_for(server, "coffer_authenticator", "postgres")
    server.let_in("hostssl coffer all 127.0.0.0/8 scram-sha-256")
    server.set(
        ssl="on", ssl_cert_file=authority.folder / "server.pem", ssl_key_file=key, listen_addresses=address
    )  # fmt: skip
    yield {"DATABASE_URL": encrypted(address, authority)}, address, authority


@contextlib.contextmanager
def hosts(own):
    """Three servers are named: one that is down, a standby, and the one that takes changes. Yields also the standby."""
    server = Server(own)
    server.let_in("local coffer coffer_authenticator trust")
    with server.standby() as standby:
        names = f"{own.folder}/nonexistent,{standby.sockets},{server.sockets}"
        url = f"host={names} dbname=coffer user=coffer_authenticator target_session_attrs=read-write"
        yield {"DATABASE_URL": url}, standby


@contextlib.contextmanager
def pgbouncer(own, **settings):
    """Two connections to the server, which the workers share in turn. Yields also the pooler."""
    server = Server(own)
    password_for(server, "coffer_authenticator")
    server.let_in("local coffer coffer_authenticator scram-sha-256")
    # The workers authenticate to the pooler, and it to the server, by what the server has of the password.
    [secret] = server.sql("select rolpassword from pg_authid where rolname = 'coffer_authenticator'")
    settings = {"auth_type": "scram-sha-256", "default_pool_size": 2, "server_login_retry": 1, **settings}
    with PgBouncer(own, server.sockets, {"coffer_authenticator": secret}, **settings) as pooler:
        url = f"{pooler.url('coffer_authenticator', 'coffer')} password={PASSWORD}"
        yield {"DATABASE_URL": url, "PREPARED_STATEMENTS": "off"}, pooler


@contextlib.contextmanager
def version(own):
    """As scripts/run makes it."""
    yield {}


WAYS = {"peer": peer, "tls": tls, "hosts": hosts, "pgbouncer": pgbouncer}


def test(kind):
    """Runs all tests through one kind; whether none of them failed."""
    # Tests log in far more often than a person, and all from one address.
    options = {"LOGIN_RATE": "10r/s", "LOGINS_RATE": "50r/s", "LOGIN_ADDRESS_FAILURES": 100000}
    started = time.monotonic()
    with OwnInstance(**options) as own, WAYS.get(kind, version)(own) as way:
        own.start(**(way[0] if isinstance(way, tuple) else way))
        [number] = own.sql("show server_version")
        with (own.folder / "pgtap.log").open("w+") as log:
            # In a database of its own, so both can run at once.
            pgtap = begin("bash", "-c", f"source {SCRIPTS}/lib.sh && run_pgtap", own=own, stdout=log, stderr=log)
            files = [CHECKOUT / f"Tests/EndToEnd/test_{name}.py" for name in CONTRACT]
            pytest = begin(sys.executable, "-m", "pytest", "--color=no", "-q", "--durations=3", *files, own=own)
            outcomes = [pytest.wait(), pgtap.wait()]
            log.seek(0)
            print(log.read())
    print(f"{kind}: PostgreSQL {number}, {time.monotonic() - started:.0f} s", flush=True)
    return not any(outcomes)


def begin(*command, own, **more):
    return subprocess.Popen(command, env=os.environ | own.settings, cwd=CHECKOUT, **more)


if __name__ == "__main__":
    sys.exit(0 if test(sys.argv[1]) else 1)
