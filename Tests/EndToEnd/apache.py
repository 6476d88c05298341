"""Apache in the place of nginx, before an instance's workers or with workers of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from pool import wait_until
from script import replay

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = Path("/usr/lib/apache2/modules")
COMMON = ["mpm_event", "authz_core", "deflate", "dir", "env", "filter", "headers", "mime", "rewrite", "setenvif"]
# By kind: the modules of a site.
KINDS = {
    "pool": ["proxy", "proxy_fcgi", "xsendfile"],
    "fcgid": ["cgid", "fcgid"],
    "cgi": ["cgid"],
}
# What the tests run behind; None is nginx.
UNDER_TEST = os.environ.get("COFFER_TEST_APACHE")


class Apache:
    """`with` starts it on a free port, as the user that the workers run as, and ends it.

    below: the path of a shared site within the domain. settings, modules: what else the server's configuration says,
    before the site, and loads.
    """

    def __init__(self, kind, instance, below="", settings="", modules=()):
        self.kind, self.instance, self.below = kind, instance, below
        self.settings, self.modules = settings, list(modules)
        self.folder = Path(tempfile.mkdtemp(prefix="coffer-apache."))
        self.folder.chmod(0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        site = self.pool_site() if self.kind == "pool" else self.shared_site()
        (self.folder / "httpd.conf").write_text(self.server() + self.settings + site)
        (self.folder / "run").mkdir()
        sockets = os.path.dirname(self.instance["SOCKET"])
        if os.geteuid() == 0:
            os.chown(self.folder / "run", *os.stat(sockets)[4:6])
        program = "/usr/sbin/apache2"
        command = [*replay.as_owner(program, sockets), program, "-f", str(self.folder / "httpd.conf")]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "-DFOREGROUND"], stdout=log, stderr=log, env={"PATH": os.defpath, "LANG": "C.UTF-8"}
            )
        try:
            wait_until(lambda: self.answers() or self.process.poll() is not None, 20, "Apache")
            assert self.process.poll() is None, (self.folder / "log").read_text()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder)

    def answers(self):
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def server(self):
        """What a distribution's apache2.conf says, as far as it matters here."""
        lines = [
            f'ServerRoot "{self.folder}"', f'DefaultRuntimeDir "{self.folder}/run"', f'PidFile "{self.folder}/run/pid"',
            f"Listen 127.0.0.1:{self.port}", "ServerName 127.0.0.1", "ServerTokens Prod", 'ErrorLog "|/bin/cat"', "LogLevel warn",
            "TypesConfig /etc/mime.types", "<Directory />", "Require all denied", "</Directory>",
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in COMMON + KINDS[self.kind] + self.modules),
            "AddOutputFilterByType DEFLATE text/html text/plain text/css text/javascript application/json",
            "AddDefaultCharset iso-8859-1",
        ]  # fmt: skip
        return "".join(line + "\n" for line in lines)

    def pool_site(self):
        names = {"SOCKET": self.instance["SOCKET"], "WEB": CHECKOUT / "web", "BLOBS": self.instance["BLOBS"]}
        defines = "".join(f'Define COFFER_{name} "{value}"\n' for name, value in names.items() if value)
        return f'{defines}Include "{CHECKOUT}/apache/coffer-pool.conf"\n'

    def shared_site(self):
        """The folder as a customer would fill it, under what a host allows."""
        root = self.folder / "site"
        site = Path(f"{root}{self.below}")
        shutil.copytree(CHECKOUT / "web", site)
        shutil.copy(CHECKOUT / "apache/htaccess", site / ".htaccess")
        settings = f"COFFER_CONFIG='{self.instance['CONFIG']}' COFFER_BASE_PATH='{self.below}'"
        for name in ("coffer.cgi", "coffer.fcgi"):
            (site / name).write_text(f"#!/bin/sh\n{settings} exec '{self.instance['WORKER']}'\n")
            (site / name).chmod(0o755)
        lines = [
            f'ScriptSock "{self.folder}/run/cgid"', f'DocumentRoot "{root}"',
            f'<Directory "{root}">', "Require all granted", "AllowOverride All", "</Directory>",
        ]  # fmt: skip
        if self.kind == "fcgid":
            lines += [f'FcgidIPCDir "{self.folder}/run"', f'FcgidProcessTableFile "{self.folder}/run/table"']
        return "".join(line + "\n" for line in lines)
