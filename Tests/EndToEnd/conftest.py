"""What the tests run against: a running instance, named by the variables of the run folder's environment file."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from types import SimpleNamespace

import pytest

from apache import UNDER_TEST, Apache
from bucket import bucket_site, hand_over, in_cgi, s3, server, store_whole  # noqa: F401 - fixtures
from client import Client, log_in
from installation import Cluster, Installation
from instance import Instance, OwnInstance, settings
from processes import wait_until

# Where pytest-xdist runs several processes, each has the instance of its name.
if process := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ.update(settings(f"{os.environ['COFFER_TEST_INSTANCES']}/{process}"))


# These are for scripts/test-install and scripts/test-hosts, as scripts/test has no time for them.
ALONE = {"COFFER_TEST_INSTALL": ["setup", "unit", "doctor_s3"], "COFFER_TEST_HOSTS": ["worker_hosts", "standby"]}
collect_ignore = [f"test_{name}.py" for switch, names in ALONE.items() if not os.environ.get(switch) for name in names]

# What takes longest begins first, so that the processes end together.
LONGEST = [
    "bucket", "test_kill_points", "test_schemathesis", "test_given_up", "test_hostile_apache", "test_two_minds",
    "test_kill", "test_tus_uploads", "test_archives", "test_copy_failures", "test_tus_gateways", "test_replay",
    "test_database_away", "test_databases", "test_web_uploads", "test_web_page", "test_web_files", "test_web_names",
    "test_trash", "test_long_uploads", "test_doctor", "test_rights", "test_full_disk", "test_tus_protocol",
    "test_documents",
]  # fmt: skip
# By what parameter tests of one file may run in several processes.
SPLIT_BY = {"test_kill_points": "upload", "test_schemathesis": "actor", "test_hostile_apache": "plain"}


def group_of(item):
    """Which tests run in one process, one after the other: those of a file, or of a server with a bucket."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if "server" in parameters:
        return f"bucket {parameters['server']}"
    file = item.path.stem
    return f"{file} {parameters[SPLIT_BY[file]]}" if SPLIT_BY.get(file) in parameters else file


def rank(item):
    name = group_of(item).partition(" ")[0]
    return LONGEST.index(name) if name in LONGEST else len(LONGEST), group_of(item)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids):
    """Ends the run if pytest-xdist does not group the tests, as tests of one file would meet in one account.

    It groups by what it adds to each name. This runs in the process that distributes the tests: an error of another
    process would be lost in an internal error of pytest-xdist.
    """
    if node.config.getoption("dist") == "loadgroup" and not all("@" in name.rpartition("]")[2] for name in ids):
        pytest.exit("pytest-xdist does not group the tests: it needs another version of pytest", returncode=2)


def setting(name):
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set: source the run folder's environment file first", returncode=2)
    return value


@pytest.fixture(scope="session")
def url():
    """Of the instance's nginx, or of an Apache of the kind that COFFER_TEST_APACHE names."""
    if not UNDER_TEST:
        yield setting("COFFER_URL").rstrip("/")
        return
    with Apache(UNDER_TEST, Instance()) as apache:
        yield apache.url


@pytest.fixture(scope="session")
def nobody(url):
    return Client(url)


@pytest.fixture(scope="session")
def instance(url):
    """The one that is running, behind the web server under test."""
    return Instance(Instance().settings | {"COFFER_URL": url})


@pytest.fixture(scope="session")
def editor(instance):
    return instance.log_in("EDITOR")


@pytest.fixture(scope="session")
def stranger(instance):
    return instance.log_in("EDITOR2")


@pytest.fixture(scope="session")
def admin(instance):
    return instance.log_in("ADMIN")


@pytest.fixture
def folder(editor, stranger, admin):
    """A folder of this test alone, empty for everybody afterwards."""
    name = f"end-to-end/{secrets.token_hex(8)}"
    yield name
    for client in (editor, stranger, admin):
        assert client.clear(name).status == 204


@pytest.fixture(scope="session")
def sql(instance):
    return instance.sql


@pytest.fixture
def account(url, sql):
    """An editor of this test alone: email, password, and `log_in()` for sessions."""
    email = f"{secrets.token_hex(8)}@end-to-end.example"
    password = secrets.token_urlsafe(24)
    sql(f"select internal.create_user('{email}', '{password}', 'editor', null)")
    yield SimpleNamespace(email=email, password=password, log_in=lambda: log_in(url, email, password))
    # A test may have deleted the account itself.
    sql(f"select internal.delete_user(email) from internal.users where email = '{email}'")


@pytest.fixture(scope="module")
def editor_of_file(url, sql):
    """An editor of one test file alone, without files at first: logged in."""
    email, password = f"{secrets.token_hex(8)}@end-to-end.example", secrets.token_urlsafe(24)
    sql(f"select internal.create_user('{email}', '{password}', 'editor', null)")
    yield log_in(url, email, password)
    sql(f"select internal.delete_user('{email}')")


@pytest.fixture(scope="session")
def cluster():
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def new_installation(cluster):
    """Makes installations of this test's own, each with its options."""
    made = []

    def make(**options):
        made.append(Installation(cluster, options))
        return made[-1]

    yield make
    for installation in made:
        installation.close()


@pytest.fixture
def installation(new_installation):
    return new_installation().set_up()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="session")
def sign(sql):
    """Signs tokens of any content with the key that the database signs with."""
    kid, secret = sql("select kid, encode(secret, 'hex') from internal.verification_keys() limit 1")[0].split("|")

    def token(claims, header=None, digest=hashlib.sha256):
        header = {"alg": "HS256", "typ": "JWT", "kid": kid} if header is None else header
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        message = f"{base64url(json.dumps(header).encode())}.{base64url(payload)}"
        return f"{message}.{base64url(hmac.digest(bytes.fromhex(secret), message.encode(), digest))}"

    token.kid = kid
    return token


@pytest.fixture(scope="session")
def blobs(instance):
    """The folder of the store."""
    return instance.store()


@pytest.fixture
def no_leftovers(instance):
    """Asserts that, after a moment, nothing is left of the test's uploads in flight."""
    # An earlier test may have left an upload with an unknown outcome, whose pending marker stays until gc runs.
    before = set(instance.in_flight())

    def check():
        wait_until(lambda: not set(instance.in_flight()) - before, 120, "the end of what was left in flight")

    return check


@pytest.fixture(scope="session")
def own():
    """An instance that tests may stop and starve; root has its store on a small file system at `own.mount`."""
    with OwnInstance(small_disk=True) as instance:
        yield instance
