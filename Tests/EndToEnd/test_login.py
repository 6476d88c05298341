"""Logging in and out, the token's life, and the session as a cookie."""

import base64
import json
import time

import pytest

from client import SINGULAR, assert_failure, within_limit
from worker import ask


def attempt(client, email, password, **headers):
    return within_limit(lambda: client.post("/rpc/login", {"email": email, "password": password}, **headers))


def test_a_login_gives_a_token_in_an_array(nobody, account):
    answer = attempt(nobody, account.email, account.password)
    assert answer.status == 200
    assert answer.header("Content-Type").startswith("application/json")
    assert answer.header("Set-Cookie") is None
    assert answer.header("X-Request-Id")
    assert "no-store" in answer.header("Cache-Control")
    (only,) = answer.json()
    assert list(only) == ["token"]


def test_a_login_gives_the_bare_object_on_request(nobody, account):
    answer = attempt(nobody, account.email, account.password, Accept=SINGULAR)
    assert answer.header("Content-Type").startswith(SINGULAR)
    assert list(answer.json()) == ["token"]


def test_the_email_has_no_case(nobody, account):
    assert attempt(nobody, account.email.upper(), account.password).status == 200


def test_every_refused_login_looks_the_same(nobody, account, sql):
    wrong = attempt(nobody, account.email, "not the password")
    assert_failure(wrong, 400, "KF001", "Invalid email or password")
    unknown = attempt(nobody, "nobody@end-to-end.example", "not the password")
    sql(f"select internal.set_disabled('{account.email}', true)")
    disabled = attempt(nobody, account.email, account.password)
    assert unknown.status == disabled.status == 400
    assert unknown.body == disabled.body == wrong.body


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"email":1,"password":2}',
        '{"email":"a@b.example"}',
        '{"email":null,"password":null}',
        '{"email":"a\\u0000b","password":"c"}',
    ],
)
def test_a_login_that_is_not_understood_is_400(nobody, body):
    fields = {"Content-Type": "application/json"}
    assert_failure(within_limit(lambda: nobody.request("POST", "/rpc/login", fields, body)), 400)


def test_whoami_shows_the_account_and_its_usage(account):
    client = account.log_in()
    before = client.post("/rpc/whoami").json()
    assert before["email"] == account.email
    assert before["role"] == "editor"
    assert before["quota_bytes"] is None
    assert (before["file_count"], before["used_bytes"]) == (0, 0)
    assert client.store("a", b"12345").status == 200
    after = client.get("/rpc/whoami").json()
    assert (after["file_count"], after["used_bytes"]) == (1, 5)


@pytest.mark.parametrize(("option", "reported"), [("0", None), ("1000", 1000), ("9223372036854775807", 2**63 - 1)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoami_shows_the_largest_upload(account, method, option, reported):
    token = account.log_in().token
    answer = ask(method, "/rpc/whoami", token, configuration={"COFFER_MAX_UPLOAD_BYTES": option})
    assert (answer.status, answer.json()["max_upload_bytes"]) == (200, reported)
    assert answer.json()["email"] == account.email


def test_whoami_without_a_token_is_401(nobody):
    answer = nobody.get("/rpc/whoami")
    assert_failure(answer, 401, "PGRST302")
    assert answer.header("WWW-Authenticate") == "Bearer"


def test_a_logout_ends_the_session_and_no_other(account):
    one, other = account.log_in(), account.log_in()
    answer = one.post("/rpc/logout")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("X-Request-Id")
    refused = one.get("/rpc/whoami")
    assert_failure(refused, 401, "KF011")
    assert 'error="invalid_token"' in refused.header("WWW-Authenticate")
    assert other.get("/rpc/whoami").status == 200


@pytest.mark.parametrize(
    "change",
    [
        "set_disabled('{}', true)",
        "set_role('{}', 'admin')",
        "delete_user('{}')",
        "set_password('{}', 'an entirely new one')",
    ],
)
def test_what_the_operator_does_ends_sessions_at_once(account, sql, change):
    client = account.log_in()
    sql(f"select internal.{change.format(account.email)}")
    assert_failure(client.get("/files"), 401, "KF011")


def cookie_of(answer):
    name_and_value, *attributes = answer.header("Set-Cookie").split(";")
    name, _, value = name_and_value.partition("=")
    return name, value, {attribute.strip().lower() for attribute in attributes}


@pytest.fixture
def cookie(nobody, account):
    answer = attempt(nobody, account.email, account.password, Prefer="session=cookie", Sec_Fetch_Site="same-origin")
    assert (answer.status, answer.body) == (204, b"")
    name, value, attributes = cookie_of(answer)
    # Plain HTTP on loopback: the other name, and not Secure.
    assert name == "coffer"
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert "secure" not in attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)
    return f"{name}={value}"


def test_the_cookie_serves_as_the_token(nobody, account, cookie):
    answer = nobody.get("/rpc/whoami", Cookie=f"theme=dark; {cookie}")
    assert answer.json()["email"] == account.email


def test_the_header_wins_over_the_cookie(editor, nobody, account, cookie):
    assert editor.get("/rpc/whoami", Cookie=cookie).json()["email"] != account.email
    assert nobody.get("/rpc/whoami", Cookie=cookie, Authorization="Bearer nonsense").status == 401


SAME_ORIGIN = [
    {"Sec_Fetch_Site": "same-origin"},
    {"Origin": "{url}"},
    {"Sec_Fetch_Site": "same-origin", "Origin": "{url}"},
]
OTHER_ORIGIN = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "{url}.evil.example"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "{url}"},
    {},
]


def origin_fields(headers, url):
    return {name: value.format(url=url) for name, value in headers.items()}


@pytest.mark.parametrize("headers", SAME_ORIGIN)
def test_a_change_by_cookie_is_taken_from_the_same_origin(nobody, url, cookie, headers):
    assert nobody.store("a", b"x", Cookie=cookie, **origin_fields(headers, url)).status == 200
    assert nobody.delete("/files?file_path=eq.a", Cookie=cookie, **origin_fields(headers, url)).status == 204


@pytest.mark.parametrize("headers", OTHER_ORIGIN)
def test_a_change_by_cookie_is_refused_from_elsewhere(nobody, url, cookie, headers):
    headers = origin_fields(headers, url)
    assert_failure(nobody.store("a", b"x", Cookie=cookie, **headers), 403, "KF012")
    assert_failure(nobody.delete("/files?file_path=eq.a", Cookie=cookie, **headers), 403, "KF012")
    assert_failure(nobody.post("/rpc/logout", Cookie=cookie, **headers), 403, "KF012")
    assert nobody.get("/files", Cookie=cookie, **headers).json() == []


def test_a_token_in_the_header_may_come_from_any_origin(account):
    client = account.log_in()
    assert client.store("a", b"x", Origin="https://elsewhere.example", Sec_Fetch_Site="cross-site").status == 200


def test_a_logout_clears_the_cookie(nobody, cookie):
    answer = nobody.post("/rpc/logout", Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert answer.status == 204
    name, value, attributes = cookie_of(answer)
    assert (name, value) == ("coffer", "")
    assert "max-age=0" in attributes
    assert nobody.get("/rpc/whoami", Cookie=cookie).status == 401


def test_the_token_says_what_the_contract_says(account):
    header, payload, _ = account.log_in().token.split(".")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload))
    assert header["alg"] == "HS256" and header["kid"]
    assert claims["role"] == "editor" and claims["sub"] == claims["user_id"] and claims["sid"]
    assert claims["iat"] <= time.time() + 1 and claims["exp"] > time.time()
