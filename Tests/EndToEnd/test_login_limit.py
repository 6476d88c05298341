"""nginx's limit of logins: it lets a class in, keeps bcrypt from taking all workers, and its refusal is true."""

import json
import select
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from apache import UNDER_TEST
from client import Client, assert_failure, read_to_end
from nginx import Nginx

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")
TEXT = "Too many logins at once, try again shortly"


@pytest.fixture
def site(instance):
    """With the limits that scripts/nginx-site gives who does not choose any."""
    with Nginx(instance) as nginx:
        yield Client(nginx.url)


def begin(site, account):
    """A login that is on its way; its connection."""
    body = json.dumps({"email": account.email, "password": account.password})
    head = f"POST /rpc/login HTTP/1.1\r\nHost: {site.host}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    connection = socket.create_connection((site.host, site.port), 300)
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return connection


def test_a_class_of_forty_logs_in_at_once_from_one_address_and_others_are_served_meanwhile(site, account):
    other = Client(site.url, account.log_in().token)
    logins = [begin(site, account) for _ in range(40)]
    assert other.get("/rpc/whoami").status == 200
    # Without a line in nginx the other would stand behind all the logins, and few of them would still be open.
    answered = select.select(logins, [], [], 0)[0]
    assert len(answered) < 20
    assert [read_to_end(login).split()[1] for login in logins] == [b"200"] * 40
    for login in logins:
        login.close()


def test_more_than_a_class_is_refused_with_the_reason(instance):
    """Their body is empty, so nothing of it is bcrypt's. Few more are let in while the test takes its time."""
    with Nginx(instance, options=["--login-rate", "1r/m"]) as nginx, ThreadPoolExecutor(40) as executor:
        answers = list(executor.map(lambda _: Client(nginx.url).post("/rpc/login"), range(120)))
    refused = [answer for answer in answers if answer.status == 429]
    assert 40 <= len(refused) <= 70
    for answer in refused:
        assert_failure(answer, 429, "KF040", TEXT)
        assert int(answer.header("Retry-After")) > 0
    assert {answer.status for answer in answers} == {400, 429}


def test_a_refusal_for_failed_logins_keeps_its_own_reason(site, account, sql):
    key = f"sha256(convert_to(lower('{account.email}'), 'UTF8'))"
    sql(f"insert into internal.login_failures (account, failed_at) select {key}, clock_timestamp() from generate_series(1, 10)")
    answer = site.post("/rpc/login", {"email": account.email, "password": account.password})
    assert_failure(answer, 429, "KF020")


@pytest.mark.parametrize("option", ["--login-rate", "--logins-rate"])
def test_an_invalid_rate_is_refused(instance, option):
    with pytest.raises(AssertionError, match=option):
        Nginx(instance, options=[option, "0r/s"])
