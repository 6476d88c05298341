"""Failed logins are counted per account and per address; too many block both for a while."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import assert_failure
from installation import EMAIL, PASSWORD
from processes import wait_until
from worker import ask

LIMIT = 10
WINDOW_SECONDS = 15 * 60


def address():
    """An address that no other test uses."""
    return "10." + ".".join(str(secrets.randbelow(256)) for _ in range(3))


def guess(email, password, source, **configuration):
    body = json.dumps({"email": email, "password": password}).encode()
    settings = {"COFFER_LOGIN_ADDRESS_FAILURES": str(LIMIT), **configuration}
    return ask("POST", "/rpc/login", body=body, configuration=settings, REMOTE_ADDR=source)


def assert_blocked(answer, seconds=WINDOW_SECONDS):
    assert_failure(answer, 429, "KF020")
    assert 1 <= int(answer.header("Retry-After")) <= seconds


def test_an_account_is_blocked_after_ten_failures_even_for_the_right_password(account, sql):
    for _ in range(LIMIT):
        assert_failure(guess(account.email, "wrong", address()), 400, "KF001")
    assert_blocked(guess(account.email, "wrong", address()))
    assert_blocked(guess(account.email.upper(), account.password, address()))
    (user,) = sql(f"select id from internal.users where email = '{account.email}'")
    recorded = sql(f"select action, count(*) from internal.audit_log where user_id = '{user}' group by 1 order by 1")
    assert recorded == ["login_blocked|1", "login_failed|10", "user_create|1"]


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


def test_of_thirty_guesses_at_once_ten_are_answered(account):
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
def test_every_refusal_takes_one_bcrypt(new_installation, kind):
    """As PostgreSQL counts the calls, so the time of an answer shows nothing of the account."""
    site = new_installation().make_empty()
    # Of a database, it holds for connections that begin later.
    site.sql(f"alter database {site.name} set track_functions = 'all'")
    site.coffer("migrate")
    site.add(EMAIL)
    if kind == "disabled":
        site.sql(f"select internal.set_disabled('{EMAIL}', true)")
    email = f"x{EMAIL}" if kind == "unknown" else EMAIL
    body = json.dumps({"email": email, "password": PASSWORD if kind == "disabled" else "wrong"}).encode()
    worker = site.work()
    assert worker.ask("POST", "/rpc/login", body=body)[0] == 400
    # A backend that ends reports what it has counted.
    site.workers.remove(worker)
    worker.stop()
    calls = "select coalesce(sum(calls), 0) from pg_stat_user_functions where funcname = 'crypt'"
    backends = "select 1 from pg_stat_activity where usename = 'coffer_authenticator' and datname = current_database()"
    wait_until(lambda: not site.sql(backends), 120, "the end of the worker's connection")
    # The account was added with one.
    wait_until(lambda: site.sql(calls) == ["2"], 60, "one more call of crypt to be counted")


def test_the_hash_of_no_account_costs_as_much_as_one_of_an_account(account, sql):
    in_functions = r"select distinct m[1] from pg_proc, regexp_matches(prosrc, '\$2\w\$\d\d\$', 'g') m"
    of_account = f"select left(password_hash, 7) from internal.users where email = '{account.email}'"
    assert sql(in_functions) == sql(of_account)
