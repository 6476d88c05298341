"""Apache in the place of nginx, before an instance's workers or with workers of its own."""

import os
import shutil
import subprocess
from pathlib import Path

from script import CHECKOUT
from server import WebServerProcess

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


class Apache(WebServerProcess):
    """A site of one of the kinds.

    below: the path of a shared site within the domain. settings, modules: what else the server's configuration says,
    before the site, and loads. options: of scripts/apache-site, beside those for the instance.
    """

    name, program = "apache", "/usr/sbin/apache2"

    def __init__(self, kind, instance, below="", settings="", modules=(), options=()):
        super().__init__(instance)
        self.kind, self.below = kind, below
        self.settings, self.modules, self.options = settings, list(modules), list(options)

    def configure(self):
        site = self.pool_site() if self.kind == "pool" else self.shared_site()
        (self.folder / "httpd.conf").write_text(self.server() + self.settings + site)
        (self.folder / "run").mkdir()

    def words(self):
        return ["-f", self.folder / "httpd.conf", "-DFOREGROUND"]

    def server(self):
        """What a distribution's apache2.conf says, as far as it matters here."""
        lines = [
            f'ServerRoot "{self.folder}"', f'DefaultRuntimeDir "{self.folder}/run"', f'PidFile "{self.folder}/run/pid"',
            f"Listen 127.0.0.1:{self.port}", "ServerName 127.0.0.1", "ServerTokens Prod",
            'ErrorLog "|/bin/cat"', "LogLevel warn",
            "TypesConfig /etc/mime.types", "<Directory />", "Require all denied", "</Directory>",
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in COMMON + KINDS[self.kind] + self.modules),
            "AddOutputFilterByType DEFLATE text/html text/plain text/css text/javascript application/json",
            "AddDefaultCharset iso-8859-1",
        ]  # fmt: skip
        return "".join(line + "\n" for line in lines)

    def pool_site(self):
        values = {"socket": self.instance["SOCKET"], "web": CHECKOUT / "web", "blobs": self.instance["BLOBS"] or ""}
        self.write_site(*(word for name, value in values.items() for word in (f"--{name}", value)), *self.options)
        return f'Include "{self.folder}/coffer/coffer-pool.conf"\n'

    def write_site(self, *options):
        """As an operator does."""
        subprocess.run([CHECKOUT / "scripts/apache-site", *options, self.folder], check=True)

    def shared_site(self):
        """The folder as a customer would fill it, under what a host allows."""
        root = self.folder / "site"
        self.fill(Path(f"{root}{self.below}"))
        lines = [
            f'ScriptSock "{self.folder}/run/cgid"', f'DocumentRoot "{root}"',
            f'<Directory "{root}">', "Require all granted", "AllowOverride All", "</Directory>",
        ]  # fmt: skip
        if self.kind == "fcgid":
            lines += [f'FcgidIPCDir "{self.folder}/run"', f'FcgidProcessTableFile "{self.folder}/run/table"']
        return "".join(line + "\n" for line in lines)

    def fill(self, site):
        shutil.copytree(CHECKOUT / "web", site)
        self.write_site()
        shutil.copy(self.folder / "coffer/htaccess", site / ".htaccess")
        settings = f"COFFER_CONFIG='{self.instance['CONFIG']}' COFFER_BASE_PATH='{self.below}'"
        for name in ("coffer.cgi", "coffer.fcgi"):
            (site / name).write_text(f"#!/bin/sh\n{settings} exec '{self.instance['WORKER']}'\n")
            (site / name).chmod(0o755)
