"""nginx's limit of logins: it lets a class in, keeps bcrypt from taking all workers, and its refusal is true."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apache import UNDER_TEST
from client import Client, assert_failure
from nginx import Nginx

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")
TEXT = "Too many logins at once, try again shortly"


@pytest.fixture
def site(instance):
    """With the limits that scripts/nginx-site gives who does not choose any."""
    with Nginx(instance) as nginx:
        yield Client(nginx.url)


def attempts(site, number, account, password=None):
    body = {"email": account.email, "password": password or account.password}
    with ThreadPoolExecutor(number) as executor:
        return list(executor.map(lambda _: site.post("/rpc/login", body), range(number)))


def test_a_class_of_forty_logs_in_at_once_from_one_address_and_others_are_served_meanwhile(site, account):
    other = Client(site.url, account.log_in().token)
    longest, over = 0, threading.Event()

    def watch():
        nonlocal longest
        while not over.wait(0.1):
            started = time.monotonic()
            assert other.get("/rpc/whoami").status == 200
            longest = max(longest, time.monotonic() - started)

    with ThreadPoolExecutor(1) as executor:
        watching = executor.submit(watch)
        started = time.monotonic()
        answers = attempts(site, 40, account)
        together = time.monotonic() - started
        over.set()
        watching.result()
    assert [answer.status for answer in answers] == [200] * 40
    # Without a line in nginx the others stand behind all the logins.
    assert longest < together / 2


def test_more_than_a_class_is_refused_with_the_reason(site, account):
    """Their body is empty, so nothing of it is bcrypt's."""
    with ThreadPoolExecutor(40) as executor:
        answers = list(executor.map(lambda _: site.post("/rpc/login"), range(120)))
    refused = [answer for answer in answers if answer.status == 429]
    assert 40 <= len(refused) <= 70
    for answer in refused:
        assert_failure(answer, 429, "KF040", TEXT)
        assert int(answer.header("Retry-After")) > 0
    assert {answer.status for answer in answers} == {400, 429}


def test_a_refusal_for_failed_logins_keeps_its_own_reason(site, account, sql):
    key = f"sha256(convert_to(lower('{account.email}'), 'UTF8'))"
    sql(f"insert into internal.login_failures (account, failed_at) select {key}, clock_timestamp() from generate_series(1, 10)")
    assert_failure(attempts(site, 1, account)[0], 429, "KF020")


@pytest.mark.parametrize("option", ["--login-rate", "--logins-rate"])
def test_a_rate_that_is_none_is_refused(instance, option):
    with pytest.raises(AssertionError, match=option):
        Nginx(instance, options=[option, "0r/s"])
