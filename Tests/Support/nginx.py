"""An nginx of a test's own around the shipped site, before an instance's workers."""

import subprocess

from processes import free_port  # noqa: F401
from script import CHECKOUT, SCRIPTS
from server import WebServerProcess

CONFIGURATION = """
{main}
worker_processes 1;
pid "{folder}/pid";
error_log "{folder}/error.log" warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path "{folder}/temporary";
    fastcgi_temp_path "{folder}/temporary";
    proxy_temp_path "{folder}/temporary";
    scgi_temp_path "{folder}/temporary";
    uwsgi_temp_path "{folder}/temporary";
    {http}
}}
"""


class Nginx(WebServerProcess):
    """The shipped site before an instance's workers.

    http, main: what else the http block says, before the site's file, and what stands outside of it. site: the file of
    those that scripts/nginx-site writes, None for none. options: those of scripts/nginx-site. answers_at: host and port
    where those make it listen.
    """

    name, program = "nginx", "/usr/sbin/nginx"

    def __init__(self, instance, http="", main="", site="loopback", options=(), answers_at=None):
        super().__init__(instance)
        self.main = main
        self.answers_at = answers_at or self.answers_at
        if site:
            # Which modules there are is for the script to know.
            (self.folder / "nginx.conf").write_text(main)
            self.write_site(options)
            http += f"\n    include coffer/coffer-{site}.conf;"
        self.http = http

    def write_site(self, options):
        names = {"socket": self.instance["SOCKET"], "blobs": self.instance["BLOBS"], "web": CHECKOUT / "web"}
        command = [SCRIPTS / "nginx-site", "--logs", self.folder, "--port", str(self.port)]
        for name, value in names.items():
            command += [f"--{name}", value] if value else []
        done = subprocess.run([*command, *map(str, options), self.folder], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def configure(self):
        text = CONFIGURATION.format(folder=self.folder, main=self.main, http=self.http)
        (self.folder / "nginx.conf").write_text(text.replace("@PORT@", str(self.port)))

    def words(self):
        return ["-e", self.folder / "error.log", "-c", self.folder / "nginx.conf", "-g", "daemon off;"]
