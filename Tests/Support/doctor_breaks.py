"""What can be broken in an instance, one thing for each check of coffer doctor that finds it.

BREAKS has, by the id of the check, a context that breaks a `Site` and yields the options of the run, and the marks of
its test.
"""

import contextlib
import http.server
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from doctor_site import ADDRESS, NAME, Front
from installation import Installation
from instance import Instance, ahead, mount
from pgbouncer import PgBouncer
from processes import children, wait_until
from rewriter import Rewriter

BREAKS = {}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def breaks(check, *marks):
    def register(function):
        BREAKS[check] = (contextlib.contextmanager(function), marks)
        return function

    return register


def changed_by_sql(check, change, undo):
    """Breaks the instance by SQL. $DATABASE is the name of the database."""

    @breaks(check)
    def change_it(site):
        name = site.installation.name
        site.sql(change.replace("$DATABASE", name))
        try:
            yield {}
        finally:
            site.sql(undo.replace("$DATABASE", name))


def behind(check, settings="", location="", **more):
    """Breaks the way to the instance by settings of the proxy in front."""

    @breaks(check)
    def pass_through(site):
        with Front(site, site.nginx.url, settings, location, **more) as front:
            yield front.options()


# The configuration


@breaks("configuration.readable")
def no_configuration_file(site):
    yield {"environment": {"COFFER_CONFIG": "/nonexistent/coffer.conf"}}


@breaks("configuration.valid")
def unknown_option(site):
    with site.configured(COFFER_NONSENSE="1"):
        yield {}


@breaks("configuration.mode")
def configuration_that_all_can_write(site):
    site.installation.configuration.chmod(0o666)
    yield {}
    site.installation.configuration.chmod(0o644)


@breaks("configuration.owner-password")
def password_of_the_owner_in_the_file(site):
    url = site.installation["OWNER_DATABASE_URL"].replace("postgres@", "postgres:secret@")
    configuration = site.installation.configuration
    with site.configured(COFFER_OWNER_DATABASE_URL=url):
        site.installation.own(configuration)
        configuration.chmod(0o600)
        yield {"environment": {"COFFER_OWNER_DATABASE_URL": None}}
    configuration.chmod(0o644)


@breaks("configuration.silenced")
def silenced_check_that_does_not_exist(site):
    with site.configured(COFFER_DOCTOR_SILENCED="no.such: reason"):
        yield {}


# The database


@breaks("database.reachable")
def no_database(site):
    yield {"environment": {"COFFER_OWNER_DATABASE_URL": "host=/nonexistent dbname=coffer"}}


@breaks("database.owner")
def login_without_the_owners_rights(site):
    url = site.cluster.url("coffer_authenticator", site.installation.name)
    yield {"environment": {"COFFER_OWNER_DATABASE_URL": url}}


@breaks("database.version")
def old_postgresql(site):
    """The server's number is replaced on the way."""
    number = site.sql("show server_version_num")[0].encode()
    folder = Path(tempfile.mkdtemp(prefix="coffer-old."))
    folder.chmod(0o755)
    with Rewriter(folder / ".s.PGSQL.5432", site.cluster.folder / ".s.PGSQL.5432", [(number, b"140000")]):
        url = f"postgresql://postgres@/{site.installation.name}?host={folder}"
        yield {"environment": {"COFFER_OWNER_DATABASE_URL": url}}
    folder.rmdir()


@breaks("database.encoding")
def other_encoding(site):
    change = "update pg_database set encoding = pg_char_to_encoding('{}') where datname = '{}'"
    site.sql(change.format("SQL_ASCII", site.installation.name))
    yield {"--user": None}
    site.sql(change.format("UTF8", site.installation.name))


changed_by_sql(
    "database.writable", "alter database $DATABASE set default_transaction_read_only = on",
    "set default_transaction_read_only = off; alter database $DATABASE reset default_transaction_read_only",
)  # fmt: skip


@breaks("database.durable")
def server_that_does_not_wait_for_its_disk(site):
    site.sql("alter system set full_page_writes = off")
    site.sql("select pg_reload_conf()")
    wait_until(lambda: site.sql("show full_page_writes") == ["off"], 30, "the setting")
    yield {}
    site.sql("alter system reset full_page_writes")
    site.sql("select pg_reload_conf()")
    wait_until(lambda: site.sql("show full_page_writes") == ["on"], 30, "the setting")


changed_by_sql(
    "database.commits", "alter database $DATABASE set synchronous_commit to off",
    "alter database $DATABASE reset synchronous_commit",
)  # fmt: skip


@breaks("database.clock")
def clock_ahead(site):
    yield {"before": ahead("+2m")}


changed_by_sql(
    "database.connections", "alter database $DATABASE connection limit 8",
    "alter database $DATABASE connection limit -1",
)  # fmt: skip
changed_by_sql(
    "database.schema", "update internal.code_files set checksum = checksum || 'x' where name ~ '^02'",
    "update internal.code_files set checksum = left(checksum, -1) where name ~ '^02'",
)  # fmt: skip
changed_by_sql(
    "database.extension", "alter extension pgcrypto set schema public",
    "alter extension pgcrypto set schema extensions",
)  # fmt: skip
changed_by_sql("database.roles", "alter role coffer_editor login", "alter role coffer_editor nologin")
changed_by_sql(
    "database.ownership", "alter function internal.record_run(text) owner to postgres",
    "alter function internal.record_run(text) owner to coffer_owner",
)  # fmt: skip
changed_by_sql(
    "database.row-security", "alter table internal.runs no force row level security",
    "alter table internal.runs force row level security",
)  # fmt: skip
changed_by_sql(
    "database.grants", "grant execute on function internal.record_run(text) to public",
    "revoke execute on function internal.record_run(text) from public",
)  # fmt: skip
changed_by_sql(
    "database.public", "grant temporary on database $DATABASE to public",
    "revoke temporary on database $DATABASE from public",
)  # fmt: skip


def with_login(check, user, database=None):
    @breaks(check)
    def other_login(site):
        url = site.cluster.url(user, database or site.installation.name)
        with site.configured(COFFER_DATABASE_URL=url):
            yield {}


with_login("database.login", "coffer_nobody")
with_login("database.login-role", "postgres")
with_login("database.same", "coffer_authenticator", "postgres")


@breaks("database.login-writable")
def workers_at_a_server_that_is_read_only(site):
    url = site.cluster.url("coffer_authenticator", site.installation.name)
    with site.configured(COFFER_DATABASE_URL=f"{url}&options=-c%20default_transaction_read_only%3Don"):
        yield {}


def with_pooler(check, user, options):
    """options: what a run gets, by the URL that leads through the pooler."""

    @breaks(check)
    def pooler(site):
        with PgBouncer(site.installation, site.cluster.folder, {user: ""}) as pgbouncer:
            with options(site, pgbouncer.url(user, site.installation.name)) as given:
                yield given


@contextlib.contextmanager
def of_the_workers(site, url):
    with site.configured(COFFER_DATABASE_URL=url):
        yield {}


@contextlib.contextmanager
def of_the_commands(_, url):
    yield {"environment": {"COFFER_OWNER_DATABASE_URL": url}}


with_pooler("database.pooler", "coffer_authenticator", of_the_workers)
with_pooler("database.owner-pooler", "postgres", of_the_commands)


# The store


@breaks("storage.open")
def store_that_is_not_mounted(site):
    with site.installation.unavailable():
        yield {}


@breaks("storage.registered")
def store_that_the_database_does_not_know(site):
    other = site.installation.new_store()
    shutil.copytree(site.store, site.installation.store(other), copy_function=os.link)
    own_all(site, site.installation.store(other))
    with site.configured(COFFER_STORAGE_URL=other):
        yield {}
    shutil.rmtree(site.installation.store(other))


@breaks("storage.mark")
def store_of_another_database(site):
    mark = site.store / "coffer-store"
    text = mark.read_text()
    mark.write_text("00000000-0000-4000-8000-000000000000\n")
    yield {}
    mark.write_text(text)


@breaks("storage.others")
def second_store_that_is_not_mounted(site):
    with site.installation.unavailable(site.second):
        yield {}


def own_all(site, folder):
    for path in (folder, *folder.rglob("*")):
        site.installation.own(path)


@contextlib.contextmanager
def with_mode(path, mode):
    before = path.stat().st_mode
    path.chmod(mode)
    yield
    path.chmod(before)


def blob_of(site, path):
    return site.installation.blobs()[site.installation.blob(path)]


@breaks("storage.owner")
def directory_that_the_owner_cannot_change(site):
    with with_mode(blob_of(site, "other.bin").parent, 0o500):
        yield {}


@breaks("storage.private")
def store_that_all_can_enter(site):
    with with_mode(site.store, 0o755):
        yield {}


@breaks("storage.writable")
def blob_that_the_owner_cannot_read(site):
    with with_mode(blob_of(site, "other.bin"), 0o000):
        yield {}


@contextlib.contextmanager
def mounted(site, folder, options):
    """Another file system in place of a directory of the store, with the same contents."""
    place = Path(tempfile.mkdtemp(prefix="coffer-mount."))
    if not mount("-t", "tmpfs", "-o", options, "tmpfs", place):
        place.rmdir()
        pytest.skip("cannot mount")
    try:
        shutil.copytree(folder, place, dirs_exist_ok=True)
        own_all(site, place)
        place.chmod(0o750)
        assert mount("--bind", place, folder)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)
        subprocess.run(["umount", place], check=True)
        place.rmdir()


@breaks("storage.hand-off", needs_root)
def hand_off_from_another_file_system(site):
    with mounted(site, site.store / "incoming", "size=64m"):
        yield {}


@breaks("storage.space", needs_root)
def full_disk(site):
    with mounted(site, site.store, "size=40m"):
        yield {}


@breaks("storage.inodes", needs_root)
def few_inodes(site):
    with mounted(site, site.store, "size=200m,nr_inodes=900"):
        yield {}


@breaks("storage.remains")
def old_remains_of_an_upload(site):
    path = site.store / "stage" / f"-{secrets.token_hex(16)}"
    path.write_bytes(b"x")
    os.utime(path, (0, time.time() - 2 * 86_400))
    yield {}
    path.unlink()


# Keys, accounts and logins


@breaks("keys.usable")
def no_key(site):
    rows = site.sql("select kid, encode(secret, 'hex') from internal.jwt_keys where retired_at is null")
    site.sql("update internal.jwt_keys set secret = null, retired_at = now() where retired_at is null")
    yield {}
    for kid, secret in (row.split("|") for row in rows):
        restore = f"secret = decode('{secret}', 'hex'), retired_at = null where kid = '{kid}'"
        site.sql(f"update internal.jwt_keys set {restore}")


changed_by_sql(
    "keys.age", "update internal.jwt_keys set created_at = created_at - interval '400 days'",
    "update internal.jwt_keys set created_at = created_at + interval '400 days'",
)  # fmt: skip


@breaks("keys.old")
def old_key_that_is_not_retired(site):
    new = site.installation.coffer("key", "rotate").strip()
    site.sql(f"update internal.jwt_keys set created_at = now() - interval '1 day' where kid = '{new}'")
    yield {}
    site.sql(f"delete from internal.jwt_keys where kid = '{new}'")


changed_by_sql(
    "accounts.admin", "set session_replication_role = replica; update internal.users set role = 'editor'",
    "update internal.users set role = 'admin' where email = 'admin@a.example'",
)  # fmt: skip
changed_by_sql(
    "logins.accounts",
    "insert into internal.login_failures (account) select sha256('x') from generate_series(1, 10)",
    "delete from internal.login_failures",
)
changed_by_sql(
    "logins.addresses",
    "insert into internal.login_failures (address) select '192.0.2.1' from generate_series(1, 10)",
    "delete from internal.login_failures",
)
changed_by_sql(
    "logins.origin",
    """insert into internal.audit_log (action, remote_address, chain, position, hash)
        select 'login', '127.0.0.1', gen_random_uuid(), 1, '' from generate_series(1, 5)""",
    "delete from internal.audit_log where action = 'login'",
)

# What must run from time to time


def long_ago(kind, days):
    changed_by_sql(
        f"runs.{kind}",
        f"update internal.runs set succeeded_at = now() - interval '{days} days' where kind = '{kind}'",
        f"select internal.record_run('{kind}')",
    )


long_ago("backup", 8)
long_ago("check", 32)
long_ago("gc", 2)
changed_by_sql(
    "runs.garbage",
    "insert into internal.garbage (blob, reason, listed_at) values (md5('x'), 'deleted', now() - interval '3 days')",
    "delete from internal.garbage where blob = md5('x')",
)
changed_by_sql(
    "runs.trash",
    """set session_replication_role = replica;
        insert into internal.trash (user_id, entry_id, file_id, file_path, reason, content_type, size_bytes, sha256,
            blob, store, created_at, modified_at, stored_at, expires_at)
        select u.id, gen_random_uuid(), gen_random_uuid(), 'gone', 'deleted', 'text/plain', 1, sha256('x'), md5('x'), 1,
            now(), now(), now(), now() - interval '3 days'
        from internal.users u limit 1""",
    "set session_replication_role = replica; delete from internal.trash",
)
changed_by_sql(
    "runs.uploads",
    """insert into internal.uploads (user_id, blob, store, file_path, content_type, metadata, if_none_match, length,
            expires_at)
        select u.id, md5('x'), 1, 'open', 'text/plain', '', false, 1, now() - interval '3 days'
        from internal.users u limit 1""",
    "delete from internal.uploads",
)

# The socket and the pool


@contextlib.contextmanager
def moved(path):
    hidden = path.rename(f"{path}.away")
    yield
    hidden.rename(path)


@breaks("socket.exists")
def no_socket(site):
    with moved(site.socket):
        yield {}


@breaks("socket.mode")
def socket_with_another_mode(site):
    with with_mode(site.socket, 0o600):
        yield {}


@breaks("socket.listening")
def socket_of_a_pool_that_has_ended(site):
    with moved(site.socket):
        with socket.socket(socket.AF_UNIX) as ended:
            ended.bind(str(site.socket))
        site.socket.chmod(0o660)
        site.installation.own(site.socket)
        yield {}
        site.socket.unlink()


@breaks("pool.answers")
def workers_that_do_not_answer(site):
    workers = children(site.pool.pid)
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    yield {}
    for worker in workers:
        os.kill(worker, signal.SIGCONT)


@contextlib.contextmanager
def other_pool(site, **more):
    """The configuration names the socket of another pool."""
    path = site.folder / f"{secrets.token_hex(4)}.sock"
    with site.serving(path, **more), site.configured(COFFER_SOCKET=path):
        yield path


@breaks("pool.user", needs_root)
def pool_of_root(site):
    with other_pool(site, runner=()) as path:
        os.chown(path, *os.stat(site.folder)[4:6])
        yield {}


@breaks("pool.program")
def replaced_program(site):
    folder = Path(tempfile.mkdtemp(prefix="coffer-programs."))
    folder.chmod(0o755)
    for name in ("COMMAND", "WORKER"):
        program = Path(site.installation[name])
        shutil.copy(program, folder / ("coffer" if name == "COMMAND" else "coffer.fcgi"))
    with other_pool(site, program=folder / "coffer"):
        (folder / "coffer").unlink()
        yield {}
    shutil.rmtree(folder)


@breaks("pool.workers")
def other_number_of_workers(site):
    with site.configured(COFFER_WORKERS="3"):
        yield {}


@breaks("pool.ready")
def pool_with_an_old_configuration(site):
    with other_pool(site, COFFER_DATABASE_URL="host=/nonexistent dbname=coffer"):
        yield {}


# The site


@breaks("url.https")
def plain_http(site):
    place = f"{ADDRESS}:{site.front.plain_port}"
    yield {"--url": f"http://{NAME}", "--connect": place}


@breaks("url.reachable")
def no_web_server(site):
    yield {"--connect": f"{ADDRESS}:1"}


@breaks("url.certificate")
def certificate_of_nobody(site):
    yield {"--ca-file": None}


behind("url.certificate-age", days=5)
behind("url.application", answer='return 200 "hello";')


@breaks("url.ready")
def nginx_with_another_store(site):
    with site.coffer_nginx(options=["--blobs", site.installation.store(site.second)]) as nginx:
        with Front(site, nginx.url) as front:
            yield front.options()


class Plain(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@breaks("url.redirect", needs_root)
def port_80_without_a_redirect(site):
    with http.server.ThreadingHTTPServer((ADDRESS, 80), Plain) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {}
        server.shutdown()


behind("url.authorization", location={"Authorization": ""})


@breaks("url.instance")
def url_of_another_instance(site):
    other = Installation(site.cluster).set_up()
    worker = other.work()
    settings = Instance({**other.settings, "COFFER_SOCKET": worker.path, "COFFER_BLOBS": str(other.store())})
    with site.coffer_nginx(settings=settings) as nginx, Front(site, nginx.url) as front:
        yield front.options()
    other.close()
    other.drop()


behind("url.methods", "if ($request_method = DELETE) { return 405; }")
behind("url.long-headers", "large_client_header_buffers 4 4k;")
behind("url.chunked", "if ($http_transfer_encoding) { return 411; }")
behind("url.cookie", location={"X-Forwarded-Proto": ""})
behind("url.host", location={"Host": "backend.example"})
behind("url.upload-limit", location="client_max_body_size 10m;")
behind("url.streaming", location="proxy_request_buffering on;")
behind("url.hsts", location="proxy_hide_header Strict-Transport-Security;")
behind("url.request-id", location="proxy_hide_header X-Request-Id;")
behind("url.headers", location="proxy_hide_header Content-Security-Policy;")
behind("url.cache", location="expires 1h;")


@breaks("url.internal")
def open_location(site):
    nginx = site.coffer_nginx()
    snippet = nginx.folder / "coffer/snippets/blobs.conf"
    snippet.write_text(snippet.read_text().replace("internal;", "", 1))
    with nginx, Front(site, nginx.url) as front:
        yield front.options()


@breaks("url.web-app")
def nginx_without_the_web_app(site):
    with site.coffer_nginx(options=["--web", "/nonexistent"]) as nginx, Front(site, nginx.url) as front:
        yield front.options()


@breaks("url.sendfile")
def nginx_that_sends_no_files(site):
    nginx = site.coffer_nginx()
    snippet = nginx.folder / "coffer/snippets/http.conf"
    snippet.write_text(snippet.read_text().replace('"x-accel-redirect:/_coffer/blobs/ /_coffer/blobs/part/"', '""'))
    with nginx, Front(site, nginx.url) as front:
        yield front.options()


@breaks("url.session")
def account_that_does_not_exist(site):
    yield {"--user": "nobody@a.example"}


behind("url.upload", location={"Repr-Digest": ""})


@breaks("url.download")
def altered_blob(site):
    path = blob_of(site, "text.txt")
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    yield {}
    path.write_bytes(content)


behind("url.range", location={"Range": ""})
behind("url.compression", location="gzip on; gzip_types text/plain; gzip_proxied any; gzip_min_length 20;")
