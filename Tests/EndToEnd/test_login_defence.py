"""Failed logins are counted per account and per address; too many block both for a while."""

import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import assert_failure
from worker import ask

LIMIT = 10
WINDOW_SECONDS = 15 * 60


def address():
    """An address that no other test uses."""
    return "10." + ".".join(str(secrets.randbelow(256)) for _ in range(3))


def guess(email, password, source, **configuration):
    body = json.dumps({"email": email, "password": password}).encode()
    settings = {"COFFER_LOGIN_ADDRESS_FAILURES": str(LIMIT), **configuration}
    return ask("POST", "/rpc/login", body=body, configuration=settings, REMOTE_ADDR=source)[0]


def assert_blocked(answer, seconds=WINDOW_SECONDS):
    assert_failure(answer, 429, "KF020")
    assert 1 <= int(answer.header("Retry-After")) <= seconds


def test_an_account_is_blocked_after_ten_failures_even_for_the_right_password(account, sql):
    for _ in range(LIMIT):
        assert_failure(guess(account.email, "wrong", address()), 400, "KF001")
    assert_blocked(guess(account.email, "wrong", address()))
    assert_blocked(guess(account.email.upper(), account.password, address()))
    (user,) = sql(f"select id from internal.users where email = '{account.email}'")
    told = sql(f"select action, count(*) from internal.audit_log where user_id = '{user}' group by 1 order by 1")
    assert told == ["login_blocked|1", "login_failed|10", "user_create|1"]


def test_the_block_ends_with_the_window(account, sql):
    for _ in range(LIMIT):
        guess(account.email, "wrong", address())
    assert_blocked(guess(account.email, account.password, address()))
    key = f"sha256(convert_to(lower('{account.email}'), 'UTF8'))"
    sql(f"update internal.login_failures set failed_at = failed_at - interval '15 minutes' where account = {key}")
    assert guess(account.email, account.password, address()).status == 200


def test_an_unknown_account_is_blocked_alike():
    email = f"{secrets.token_hex(8)}@nobody.example"
    for _ in range(LIMIT):
        assert_failure(guess(email, "wrong", address()), 400, "KF001")
    assert_blocked(guess(email, "wrong", address()))


def test_a_success_forgives_the_account(account):
    for _ in range(2):
        for _ in range(LIMIT - 1):
            assert_failure(guess(account.email, "wrong", address()), 400, "KF001")
        assert guess(account.email, account.password, address()).status == 200


def test_an_address_is_blocked_after_ten_failures_whatever_the_account(account):
    source = address()
    for number in range(LIMIT):
        assert_failure(guess(f"{number}-{account.email}", "wrong", source), 400, "KF001")
    assert_blocked(guess(account.email, account.password, source))
    assert guess(account.email, account.password, address()).status == 200


def test_an_address_of_ipv6_is_its_network(account):
    network = f"2001:db8:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}"
    for number in range(LIMIT):
        guess(f"{number}-{account.email}", "wrong", f"{network}::{number + 1}")
    assert_blocked(guess(account.email, account.password, f"{network}::ffff"))


def test_without_an_address_only_the_account_counts(account):
    for number in range(LIMIT + 1):
        assert_failure(guess(f"{number}-{account.email}", "wrong", None), 400, "KF001")
    assert guess(account.email, account.password, None).status == 200


def test_thirty_guesses_at_once_are_told_no_more_than_ten(account):
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda _: guess(account.email, "wrong", address()), range(3 * LIMIT)))
    assert sorted(answer.status for answer in answers) == [400] * LIMIT + [429] * 2 * LIMIT


def test_guesses_at_the_current_password_count_too(account):
    client = account.log_in()
    value = {"p_current_password": "wrong", "p_new_password": "a new password"}
    for _ in range(LIMIT):
        assert_failure(client.post("/rpc/change_password", value), 400, "KF028")
    blocked = client.post("/rpc/change_password", value | {"p_current_password": account.password})
    assert_blocked(blocked)
    assert_blocked(guess(account.email, account.password, address()))
    assert client.get("/files").status == 200


def test_gc_forgets_what_counts_no_more(account, sql, instance):
    guess(account.email, "wrong", address())
    key = f"sha256(convert_to(lower('{account.email}'), 'UTF8'))"
    sql(f"update internal.login_failures set failed_at = failed_at - interval '20 minutes' where account = {key}")
    instance.coffer("gc")
    assert sql(f"select count(*) from internal.login_failures where account = {key}") == ["0"]


@pytest.mark.parametrize("kind", ["unknown", "wrong", "disabled"])
def test_every_refusal_takes_a_bcrypt(account, sql, kind):
    """Not a timed bar: each kind is only compared with the time that one bcrypt takes here, just before or just after."""
    if kind == "disabled":
        sql(f"select internal.set_disabled('{account.email}', true)")

    def bcrypt():
        started = time.monotonic()
        sql("select extensions.crypt('x', extensions.gen_salt('bf', 12))")
        return time.monotonic() - started

    before = bcrypt()
    email = f"x{account.email}" if kind == "unknown" else account.email
    password = account.password if kind == "disabled" else "wrong"
    body = json.dumps({"email": email, "password": password}).encode()
    answer, seconds = ask("POST", "/rpc/login", body=body, REMOTE_ADDR=address())
    assert_failure(answer, 400, "KF001")
    assert seconds > min(before, bcrypt()) / 2
