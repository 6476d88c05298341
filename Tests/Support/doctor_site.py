"""A whole instance for the tests of coffer doctor: a pool, Coffer's nginx, and a proxy with TLS in front of that."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

from installation import EMAIL, Installation
from instance import Instance
from nginx import Nginx
from processes import children, free_port, wait_until

NAME = "files.example.org"
# An address that no other test uses, so that its port 80 is free.
ADDRESS = "127.0.0.57"


def certificate(folder, days):
    """The paths of a certificate for the site, and its key."""
    paths = [folder / f"certificate-{days}.pem", folder / f"key-{days}.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", days, "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run([*map(str, command), "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    for path in paths:
        path.chmod(0o644)
    return paths


class Front(Nginx):
    """A proxy with TLS before Coffer's nginx, as INSTALL.md says. settings: of its server, more of its location."""

    def __init__(self, site, to, settings="", location="", days=90, answer=None):
        super().__init__(site.settings, site=None)
        self.url = f"https://{NAME}"
        self.answers_at = f"{ADDRESS}:{self.port}"
        if days not in site.certificates:
            site.certificates[days] = certificate(site.installation.folder, days)
        public, key = site.certificates[days]
        self.certificate = public
        fields = {
            "Host": "$http_host",
            "X-Forwarded-For": "$proxy_add_x_forwarded_for",
            "X-Forwarded-Proto": "$scheme",
        }
        fields |= location if isinstance(location, dict) else {}
        lines = "".join(f'proxy_set_header {name} "{value}";\n' for name, value in fields.items())
        passes = f"proxy_pass {to};\n{lines}{location if isinstance(location, str) else ''}"
        plain = f"listen {ADDRESS}:@PLAIN@;"
        self.plain_port = free_port()
        self.http = f"""server {{
            listen {ADDRESS}:@PORT@ ssl;
            {plain.replace("@PLAIN@", str(self.plain_port))}
            ssl_certificate "{public}";
            ssl_certificate_key "{key}";
            client_max_body_size 0;
            {"" if "large_client_header_buffers" in settings else "large_client_header_buffers 4 32k;"}
            proxy_http_version 1.1;
            proxy_request_buffering off;
            {settings}
            location / {{ {answer or passes} }}
        }}"""

    def options(self):
        return {"--url": self.url, "--connect": self.answers_at, "--ca-file": self.certificate}


class Site:
    """The working instance. `doctor()` runs the command as the workers' user."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.installation = Installation(cluster, {"COFFER_WORKERS": "2"})
        self.folder = self.installation.folder
        self.socket = self.folder / "coffer.sock"
        self.installation.configure(COFFER_SOCKET=self.socket)
        self.installation.set_up()
        self.certificates = {}
        self.closing = contextlib.ExitStack()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.closing.close()
            raise

    def start(self):
        self.sql("""insert into internal.users (email, password_hash, role) values ('admin@a.example', '', 'admin');
            select internal.record_run(kind) from unnest('{backup,check,gc}'::text[]) as kind""")
        self.closing.callback(self.installation.close)
        self.pool = self.closing.enter_context(self.serving(self.socket))
        # A second store, so that the database knows the URLs of both.
        self.second = self.installation.new_store()
        self.installation.coffer("storage", "copy", "--to", self.second, "--quiet")
        self.settings = Instance({
            **self.installation.settings,
            "COFFER_SOCKET": str(self.socket),
            "COFFER_BLOBS": str(self.store),
        })  # fmt: skip
        self.nginx = self.closing.enter_context(self.coffer_nginx())
        self.front = self.closing.enter_context(Front(self, self.nginx.url))
        # The text is what the checks of downloads read.
        text = b"All work and no play. " * 100
        files = {"text.txt": text, "other.bin": os.urandom(50), "large.bin": os.urandom(200_000)}
        for path, content in files.items():
            assert self.installation.put(path, content, worker=self.installation.work()) == 200
        self.sql("update internal.files set content_type = 'image/png' where file_path like '%.bin'")
        return self

    def __exit__(self, *_):
        self.closing.close()
        self.installation.drop()

    @property
    def store(self):
        return self.installation.store()

    def sql(self, script):
        return self.installation.sql(script)

    def coffer_nginx(self, **more):
        options = ["--behind-proxy", "127.0.0.1", "--login-rate", "1000r/s", "--logins-rate", "1000r/s"]
        return Nginx(more.pop("settings", self.settings), options=[*options, *more.pop("options", [])], **more)

    @contextlib.contextmanager
    def serving(self, path, runner=None, program=None, words=(), **environment):
        """A pool on this socket."""
        program = program or self.installation["COMMAND"]
        runner = self.installation.as_owner(program) if runner is None else runner
        values = self.installation.environment | environment | {"COFFER_SOCKET": str(path)}
        worker = Path(program).with_name("coffer.fcgi")
        command = [*runner, program, "serve", "--worker", worker if worker.exists() else self.installation["WORKER"]]
        with open(self.folder / "pool.log", "a") as log:
            pool = subprocess.Popen([*command, *words], env=values, stdout=log, stderr=log, cwd="/")
        try:
            wait_until(lambda: path.exists() and len(children(pool.pid)) > 1, 60, "the pool")
            yield pool
        finally:
            pool.terminate()
            pool.wait(timeout=60)

    @contextlib.contextmanager
    def configured(self, **options):
        before = dict(self.installation.options)
        self.installation.configure(**options)
        yield
        self.installation.options = before
        self.installation.configure()

    def run(self, *words, before=(), environment=None, as_root=False, **options):
        options = {"--url": None, "--user": EMAIL} | self.front.options() | options
        named = [word for name, value in options.items() if value is not None for word in (name, str(value))]
        command = [self.installation["COMMAND"]] if as_root else self.installation.command()
        values = self.installation.environment | (environment or {})
        return subprocess.run(
            [*before, *command, "doctor", *named, *words], text=True, capture_output=True, cwd="/",
            env={name: str(value) for name, value in values.items() if value is not None}, timeout=120,
        )  # fmt: skip

    def doctor(self, **more):
        done = self.run("--json", **more)
        assert done.stdout, done.stderr
        report = json.loads(done.stdout)
        assert done.returncode == (1 if report["counts"]["error"] else 2 if report["counts"]["warning"] else 0)
        return {check["id"]: check for check in report["checks"]}
