"""The archive for shared hosting: a customer without rights unpacks and installs it, below the top of a domain."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from apache import Apache
from client import Client
from package import build
from transports import WebServer

EMAIL, PASSWORD = "me@hosting.example", "correct horse battery"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return build(tmp_path_factory.mktemp("archive"), "--archive")


class Site(Apache):
    """Apache with a site's folder that the customer has filled."""

    def __init__(self, kind, instance, fill, **options):
        super().__init__(kind, instance, **options)
        self.fill = fill


class Below(WebServer):
    """The same server, with a prefix before each path."""

    def __init__(self, url, prefix):
        super().__init__(url)
        self.prefix = prefix

    def exchange(self, method, target, headers, body=None):
        return super().exchange(method, self.prefix + target, headers, body)


class Customer:
    """Somebody with a home, a database of which they are the owner, and the roles that the provider has made."""

    def __init__(self, installation, archive):
        self.installation = installation.make_empty()
        self.home = installation.folder / "home"
        self.home.mkdir(mode=0o711)
        installation.own(self.home)
        copy = self.home / archive.name
        copy.write_bytes(archive.read_bytes())
        copy.chmod(0o644)
        self.run("tar", "--extract", "--gzip", "--file", copy)
        (self.folder,) = self.home.glob("coffer-*/")
        name = installation.name
        self.role = f"me_{name}"
        installation.sql(f"create role {self.role} login; alter database {name} owner to {self.role}")
        installation.sql((self.folder / "roles.sql").read_text())
        installation.sql(f"grant coffer_owner to {self.role}")
        worker = installation.cluster.url("coffer_authenticator", name)
        lines = f'COFFER_DATABASE_URL="{worker}"\nCOFFER_STORAGE_URL=file://{self.home}/blobs\n'
        (self.folder / "coffer.conf").write_text(lines)

    def run(self, *words, stdin="", check=True):
        owner = os.stat(self.installation.folder)
        before = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]
        url = self.installation.cluster.url(getattr(self, "role", ""), self.installation.name)
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "COFFER_OWNER_DATABASE_URL": url}
        done = subprocess.run(
            [*(before if os.geteuid() == 0 else []), *map(str, words)], cwd=self.home, env=environment, input=stdin,
            capture_output=True, text=True, timeout=300)  # fmt: skip
        assert done.returncode == 0 or not check, done
        return done

    def coffer(self, *words, **more):
        return self.run(self.folder / "coffer", *words, **more)

    def close(self):
        self.installation.drop()
        self.installation.sql(
            f"drop role {self.role}", url=self.installation.cluster.url("postgres", "postgres"))


@pytest.fixture
def customer(new_installation, archive):
    made = Customer(new_installation(), archive)
    yield made
    made.close()


@pytest.mark.parametrize(("kind", "path"), [("fcgid", "/my/files"), ("cgi", "/my/files"), ("cgi", "")])
def test_a_customer_without_rights_installs_it_and_the_whole_flow_works(customer, instance, kind, path):
    customer.coffer("migrate")
    customer.coffer("user", "add", EMAIL, "--role", "editor", stdin=PASSWORD + "\n")
    assert (customer.folder / "coffer.conf").stat().st_mode & 0o777 == 0o600

    def fill(site):
        site.mkdir(parents=True)
        for each in (site, *site.parents):
            if each.is_relative_to(apache.folder):
                customer.installation.own(each)
        words = ["--path", path] if path else []
        # A second time, as after an upgrade.
        for _ in range(2):
            customer.run(customer.folder / "install-site", *words, site)

    apache = Site(kind, instance, fill, below=path)
    with apache:
        server = Below(apache.url, path)
        assert Client(server).get("/health/ready").status == 200
        answer = Client(server).post("/rpc/login", {"email": EMAIL, "password": PASSWORD})
        me = Client(server, answer.json()[0]["token"])
        for size in (0, 1000, 3_000_000):
            body = os.urandom(size)
            assert me.store(f"sizes/{size}", body).status == 200
            assert me.retrieve(f"sizes/{size}").body == body
        assert me.get("/").status == 200 and b"<html" in me.get("/").body
        assert me.delete("/files?file_path=eq.sizes/0").status == 204
        assert len(me.files("select=file_path").json()) == 2
        for name in ("coffer.conf", "lib/coffer.fcgi", "coffer.cgi", ".htaccess"):
            assert b"COFFER_" not in Client(server).get(f"/{name}").body
    assert "removed" in customer.coffer("gc", "--grace", "0").stdout
    customer.coffer("check", "--digest")


def test_the_programs_are_not_installed_into_a_site(customer):
    done = customer.run(customer.folder / "install-site", customer.home, check=False)
    assert done.returncode == 1 and "must not be below" in done.stderr
    assert not (customer.home / "index.html").exists()


def test_the_archive_needs_the_c_library_that_the_document_names(customer, archive):
    text = "".join(
        subprocess.run(["objdump", "-T", customer.folder / "lib" / name], capture_output=True, text=True, check=True).stdout
        for name in ("coffer", "coffer.fcgi"))  # fmt: skip
    newest = max((tuple(map(int, found)) for found in re.findall(r"GLIBC_(\d+)\.(\d+)", text)))
    document = (Path(__file__).resolve().parents[2] / "docs/INSTALL.md").read_text()
    assert f"glibc {newest[0]}.{newest[1]} or later" in document
    assert archive.stat().st_size < 25_000_000


def test_with_the_libraries_of_the_archive_the_programs_need_none_of_the_host(customer):
    """scripts/test-package runs them on an older Debian."""
    bundled = customer.folder / "lib/bundled"
    start = [bundled / "loader", "--library-path", bundled]
    assert customer.run(*start, customer.folder / "lib/coffer", "--version").stdout.strip()
    # libcurl is loaded for a bucket.
    for file in ("../coffer", "../coffer.fcgi", "libcurl.so.4"):
        listed = customer.run(bundled / "loader", "--list", "--library-path", bundled, bundled / file).stdout
        paths = re.findall(r" => (\S+)", listed)
        assert len(paths) > 5 and all(path.startswith(f"{bundled}/") for path in paths), listed
    licences = {path.name for path in (bundled / "licences").iterdir()}
    named = re.findall(r"^(\S+)\t", (bundled / "licences/README").read_text(), re.MULTILINE)
    assert {name.partition(":")[0] for name in named} | {"README"} == licences and len(named) > 10


def test_on_another_kind_of_machine_it_says_so(customer):
    (customer.folder / "lib/machine").write_text("Linux sparc64\n")
    done = customer.coffer("--version", check=False)
    assert done.returncode == 1 and done.stderr.startswith("This archive is for Linux sparc64, and this host is Linux")
    done = customer.run(customer.folder / "install-site", customer.home / "site", check=False)
    assert done.returncode == 1 and "Linux sparc64" in done.stderr and not (customer.home / "site/.htaccess").exists()
