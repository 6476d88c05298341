"""The programs that people would use instead of Coffer, each with a folder and accounts of its own.

All run on a free port of the loopback address, with a password for each request. Passwords are checked in the cheapest
way that each program offers, which is in its favour, or, in a variant, as its documentation says. A durable variant
must flush the disk for each upload, which is checked when it starts.
"""

import base64
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from client import Client
from processes import free_port, wait_until
from programs import Programs

ACCOUNTS = 8
FOLDERS = 100
HERE = Path(__file__).resolve().parent
MODULES = Path("/usr/lib/apache2/modules")
PROGRAMS = Path(os.environ["COFFER_BENCH_PROGRAMS"])

NGINX = """
worker_processes auto;
daemon off;
pid "{folder}/nginx.pid";
error_log "{folder}/nginx.log" warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path "{folder}/files/.bodies";
    fastcgi_temp_path "{folder}/temporary";
    proxy_temp_path "{folder}/temporary";
    scgi_temp_path "{folder}/temporary";
    uwsgi_temp_path "{folder}/temporary";
    include /etc/nginx/mime.types;
    sendfile on;
    tcp_nopush on;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{ {location} }}
    }}
}}
"""
SABREDAV = """
include /etc/nginx/fastcgi_params;
fastcgi_param SCRIPT_FILENAME "{script}";
fastcgi_param BENCH_FILES "{folder}/files";
fastcgi_param BENCH_ACCOUNTS "{folder}/accounts.php";
fastcgi_param BENCH_FSYNC {fsync};
fastcgi_pass "unix:{folder}/fpm.sock";
"""
FPM = """
[global]
error_log = {folder}/fpm.log
[bench]
listen = {folder}/fpm.sock
pm = static
pm.max_children = 8
"""
APACHE = """
ServerRoot "{folder}"
PidFile "{folder}/apache.pid"
ErrorLog "{folder}/apache.log"
Listen 127.0.0.1:{port}
ServerName 127.0.0.1
{modules}
# Debian's settings.
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadsPerChild 25
MaxRequestWorkers 150
DavLockDB "{folder}/locks"
DocumentRoot "{folder}/files"
<Directory "{folder}/files">
    Dav on
    AuthType Basic
    AuthName bench
    AuthUserFile "{folder}/htpasswd"
    Require valid-user
</Directory>
"""
APACHE_MODULES = (
    "mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "dav", "dav_fs",
)  # fmt: skip


class Peer:
    """A running peer. `with` starts and ends it.

    kind: one of PEERS. flags: "durable" for the variant that flushes each upload, "bcrypt" or "md5" for such passwords.
    """

    def __init__(self, kind, work, runner, *flags):
        self.kind, self.flags = kind, flags
        self.name = ", ".join((PEERS[kind].name, *(PHRASES[kind, flag] for flag in flags)))
        self.folder = work / "-".join(("peer", kind, *flags))
        self.files = self.folder / "files"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.passwords = {f"bench{number}": secrets.token_hex(12) for number in range(ACCOUNTS)}
        self.authorizations = [basic(name, password) for name, password in self.passwords.items()]
        self.programs = Programs(self.name, self.folder, runner)

    def __enter__(self):
        self.make_folders()
        commands = PEERS[self.kind].configure(self)
        run("chown", "-R", "--reference", os.environ["COFFER_BLOBS"], self.folder)
        if "durable" in self.flags and self.kind != "php":
            # Every write, and every change of a directory below, then waits for the disk. Directories and files
            # that are made later inherit this.
            run("chattr", "-R", "+S", self.files)
        try:
            for command in commands:
                self.programs.start(command)
            self.programs.await_port(self.port)
            # nginx may be there before PHP.
            wait_until(lambda: Client(self.url).request("GET", "/").status != 502, 60, self.name)
            self.check()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.programs.stop()
        # Without the attribute, as each removal would wait for the disk.
        subprocess.run(["chattr", "-R", "-S", self.files], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_folders(self):
        """The folders into which all accounts upload. No program makes them itself, as WebDAV demands."""
        for account in range(ACCOUNTS):
            for number in range(FOLDERS):
                (self.files / f"u{account}/{number}").mkdir(parents=True)
        (self.folder / "temporary").mkdir()

    def check(self):
        """Whether it refuses a wrong password, returns what it has stored, and flushes what it says it flushes."""
        body = os.urandom(4096)
        if self.kind != "nginx":
            self.expect(401, "GET", "/u0/", {"Authorization": basic("bench0", "wrong")})
        before = flushes(self.files)
        for number in range(10):
            self.expect((200, 201, 204), "PUT", f"/u0/0/check{number}", self.headers, body)
        flushed = flushes(self.files) - before
        if self.expect(200, "GET", "/u0/0/check9", self.headers).body != body:
            sys.exit(f"bench: {self.name} returns other bytes than it got")
        if "durable" in self.flags and flushed < 10:
            sys.exit(f"bench: {self.name} flushed the disk {flushed} times for 10 uploads")

    @property
    def headers(self):
        return {"Authorization": self.authorizations[0]}

    def expect(self, statuses, method, path, headers, body=None):
        answer = Client(self.url).request(method, path, headers, body)
        if answer.status not in (statuses if isinstance(statuses, tuple) else (statuses,)):
            sys.exit(f"bench: {self.name} answered {method} {path} by {answer.status}: {answer.body[:500]!r}")
        return answer


def run(*words):
    subprocess.run(words, check=True)


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def flushes(path):
    """How often the disk of that path was asked to write its cache to the medium."""
    device = os.stat(path).st_dev
    fields = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat").read_text().split()
    return int(fields[15])


# How each is configured. These return the commands to run in the foreground.


def nginx(peer, location=None):
    location = location or f'root "{peer.files}"; dav_methods PUT;'
    (peer.folder / "nginx.conf").write_text(NGINX.format(folder=peer.folder, port=peer.port, location=location))
    return [["/usr/sbin/nginx", "-e", peer.folder / "nginx.log", "-c", peer.folder / "nginx.conf"]]


def php(peer):
    digests = {name: hashlib.sha256(password.encode()).hexdigest() for name, password in peer.passwords.items()}
    table = ", ".join(f"'{name}' => '{digest}'" for name, digest in digests.items())
    (peer.folder / "accounts.php").write_text(f"<?php return [{table}];\n")
    (peer.folder / "fpm.conf").write_text(FPM.format(folder=peer.folder))
    fsync = "yes" if "durable" in peer.flags else "no"
    location = SABREDAV.format(script=HERE / "webdav.php", folder=peer.folder, fsync=fsync)
    fpm = max(Path("/usr/sbin").glob("php-fpm*"))
    settings = {"opcache.lockfile_path": peer.folder, "upload_tmp_dir": peer.folder / "temporary"}
    options = [word for name, value in settings.items() for word in ("-d", f"{name}={value}")]
    return [[fpm, "--nodaemonize", "--fpm-config", peer.folder / "fpm.conf", *options], *nginx(peer, location)]


def htpasswd(peer):
    """SHA-1 without a salt is the cheapest that Apache and rclone accept."""
    if "bcrypt" in peer.flags or "md5" in peer.flags:
        option = "-nbB" if "bcrypt" in peer.flags else "-nbm"
        lines = [output("htpasswd", option, *account).strip() for account in peer.passwords.items()]
    else:
        digests = {name: hashlib.sha1(password.encode()).digest() for name, password in peer.passwords.items()}
        lines = [f"{name}:{{SHA}}{base64.b64encode(digest).decode()}" for name, digest in digests.items()]
    (peer.folder / "htpasswd").write_text("\n".join(lines) + "\n")
    return peer.folder / "htpasswd"


def output(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def apache(peer):
    htpasswd(peer)
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in APACHE_MODULES)
    text = APACHE.format(folder=peer.folder, port=peer.port, modules=modules)
    (peer.folder / "httpd.conf").write_text(text)
    return [["/usr/sbin/apache2", "-f", peer.folder / "httpd.conf", "-DFOREGROUND"]]


def rclone(peer):
    address = ["--addr", f"127.0.0.1:{peer.port}", "--htpasswd", htpasswd(peer)]
    return [[PROGRAMS / "rclone", "serve", "webdav", peer.files, *address, "--config", "", "--quiet"]]


def copyparty(peer):
    accounts = [word for account in peer.passwords.items() for word in ("-a", ":".join(account))]
    volume = ["-v", f"{peer.files}::rwmd,{','.join(peer.passwords)}"]
    return [[PROGRAMS / "copyparty", "-q", "-i", "127.0.0.1", "-p", peer.port, *accounts, *volume]]


def wsgidav(peer):
    users = {name: {"password": password} for name, password in peer.passwords.items()}
    settings = {
        "host": "127.0.0.1",
        "port": peer.port,
        "server": "cheroot",
        "provider_mapping": {"/": str(peer.files)},
        "simple_dc": {"user_mapping": {"*": users}},
        "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
        "verbose": 0,
    }
    (peer.folder / "wsgidav.json").write_text(json.dumps(settings))
    return [[PROGRAMS / "wsgidav", "--config", peer.folder / "wsgidav.json"]]


@dataclass
class Kind:
    name: str
    configure: Callable


PEERS = {
    "php": Kind("nginx + php-fpm + SabreDAV", php),
    "rclone": Kind("rclone serve webdav", rclone),
    "copyparty": Kind("copyparty", copyparty),
    "apache": Kind("Apache mod_dav", apache),
    "wsgidav": Kind("wsgidav", wsgidav),
    "nginx": Kind("nginx, no password", nginx),
}

# How the names of variants end.
PHRASES = {
    **{(kind, "durable"): "chattr +S" for kind in PEERS},
    ("php", "durable"): "fsync",
    ("apache", "bcrypt"): "bcrypt",
    ("rclone", "md5"): "MD5-crypt",
}
