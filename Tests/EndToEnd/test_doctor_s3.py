"""coffer doctor where the store is a bucket: for each check of it one thing is broken that it alone finds."""

import contextlib
import json
import secrets

import pytest

from s3 import FaultProxy, give_credentials


@pytest.fixture
def proxy(server):
    proxy = FaultProxy(server)
    yield proxy
    proxy.close()


@pytest.fixture
def in_bucket(server, proxy, new_installation):
    """An installation without a pool whose store is in the bucket, behind a proxy that can do harm."""
    installation = new_installation(
        COFFER_STORAGE_URL=server.storage_url(f"doctor/{secrets.token_hex(4)}", proxy.endpoint),
        COFFER_DOCTOR_SILENCED="socket.exists: this test has no pool; accounts.admin: nor an admin; "
        "database.durable: nor anything to keep",
    )
    give_credentials(installation, server.access_key, server.secret_key)
    return installation.set_up()


def doctor(installation):
    done = installation.run("doctor", "--json")
    assert done.stdout, done.stderr
    return {check["id"]: check for check in json.loads(done.stdout)["checks"]}


def assert_only(checks, failed=None):
    wrong = {id: check for id, check in checks.items() if check["state"] in ("error", "warning")}
    assert set(wrong) == ({failed} if failed else set()), wrong
    causes = {check["because"] for check in checks.values() if check["state"] == "skipped"}
    assert causes <= {failed, "socket.exists", "url.known"}


@contextlib.contextmanager
def fault(proxy, when, **harm):
    proxy.add(1000, when, **harm)
    yield
    proxy.clear()


def test_nothing_is_wrong_with_a_bucket_that_works(in_bucket):
    checks = doctor(in_bucket)
    assert_only(checks)
    of_bucket = {id: check["state"] for id, check in checks.items() if id.startswith("s3.")}
    names = ("reachable", "clock", "credentials", "writable", "multipart")
    assert of_bucket == {f"s3.{name}": "ok" for name in names}
    assert checks["storage.mark"]["state"] == "ok" and checks["storage.space"]["state"] == "inapplicable"


def test_a_server_that_does_not_answer(in_bucket, proxy):
    in_bucket.configure(COFFER_STORAGE_URL=in_bucket.storage_url.replace(proxy.endpoint, "http://127.0.0.1:9"))
    assert_only(doctor(in_bucket), "s3.reachable")


def test_a_clock_that_differs(in_bucket, proxy):
    with fault(proxy, lambda method, path: path == "/", headers={"date": "Tue, 01 Jan 2030 00:00:00 GMT"}):
        assert_only(doctor(in_bucket), "s3.clock")


def test_credentials_that_are_refused(in_bucket, server):
    give_credentials(in_bucket, server.access_key, "wrong")
    assert_only(doctor(in_bucket), "s3.credentials")


def test_a_bucket_that_takes_no_objects(in_bucket, proxy):
    with fault(proxy, lambda method, path: method == "PUT", status=403, code="AccessDenied"):
        assert_only(doctor(in_bucket), "s3.writable")


def test_many_uploads_that_were_never_completed(in_bucket, server):
    prefix = in_bucket.storage_url.split("?")[0].removeprefix("s3://")
    for _ in range(100):
        name = secrets.token_hex(16)
        status, _, body = server.request("POST", f"/{prefix}/{name[:2]}/{name}", {"uploads": ""})
        assert status == 200, body
    assert_only(doctor(in_bucket), "s3.multipart")
