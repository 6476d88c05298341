"""Pages of other origins: what they may read, and that they can change nothing by somebody's cookie."""

import json

import pytest

from client import assert_failure
from worker import ask

FRIEND = "https://friend.example"
OTHER = "http://localhost:3000"
LISTED = {"COFFER_CORS_ORIGINS": f"{FRIEND},{OTHER}"}
PREFLIGHT = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PATCH", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization, prefer"}

# Every route and method that changes something, with what it takes.
CHANGES = [
    ("POST", "/rpc/store_file", None, {"HTTP_FILE_PATH": "csrf", "CONTENT_TYPE": "text/plain"}),
    ("PATCH", "/files?file_path=eq.csrf", {"description": "x"}, {}),
    ("DELETE", "/files?file_path=eq.csrf", None, {}),
    ("POST", "/rpc/move_folder", {"p_from": "csrf", "p_to": "csrf-moved"}, {}),
    ("POST", "/rpc/copy", {"p_from": "csrf", "p_to": "csrf-copied"}, {}),
    ("POST", "/rpc/change_password", {"p_current_password": "x" * 10, "p_new_password": "y" * 10}, {}),
    ("PATCH", "/users?email=eq.nobody", {"quota_bytes": 1}, {}),
    ("POST", "/rpc/create_user", {"p_email": "a@b", "p_password": "x" * 10, "p_role": "admin"}, {}),
    ("POST", "/rpc/reset_password", {"p_user_id": "00000000-0000-4000-8000-000000000000", "p_new_password": "x" * 10}, {}),
    ("POST", "/rpc/delete_user", {"p_user_id": "00000000-0000-4000-8000-000000000000"}, {}),
    ("POST", "/rpc/logout", {}, {}),
]
# What reads, but by a method that could change.
READS = [("POST", "/rpc/whoami", {}, {}), ("POST", "/rpc/list_folder", {}, {})]


def cross_origin(answer):
    return {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}


def varies(answer):
    fields = [value for name, value in answer.headers.items() if name.lower() == "vary"]
    return {part.strip().lower() for field in fields for part in field.split(",")}


def test_it_is_off_by_default(editor):
    for headers in ({"HTTP_ORIGIN": FRIEND}, {"HTTP_ORIGIN": FRIEND, **PREFLIGHT}, {"HTTP_ORIGIN": "null"}):
        for method in ("GET", "OPTIONS"):
            answer = ask(method, "/files?limit=1", editor.token, **headers)
            assert answer.status == 200
            assert cross_origin(answer) == {} and "origin" not in varies(answer)


@pytest.mark.parametrize("target", ["/files", "/users", "/rpc/login", "/rpc/store_file", "/rpc/retrieve_file"])
@pytest.mark.parametrize("origin", [FRIEND, OTHER])
def test_a_preflight_is_answered_before_authentication(target, origin):
    answer = ask("OPTIONS", target, configuration=LISTED, HTTP_ORIGIN=origin, **PREFLIGHT)
    assert (answer.status, answer.body) == (200, b"")
    fields = cross_origin(answer)
    assert fields["access-control-allow-origin"] == origin
    assert fields["access-control-allow-credentials"] == "true"
    assert fields["access-control-allow-methods"] == "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
    allowed = fields["access-control-allow-headers"]
    assert allowed == "Authorization, authorization, prefer, Accept, Accept-Language, Content-Language"
    assert fields["access-control-max-age"] == "86400"
    assert "origin" in varies(answer)


def test_an_answer_can_be_read_by_a_listed_origin(editor):
    answer = ask("GET", "/files?limit=1", editor.token, configuration=LISTED, HTTP_ORIGIN=FRIEND)
    fields = cross_origin(answer)
    assert set(fields) == {
        "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers"
    }  # fmt: skip
    assert fields["access-control-allow-origin"] == FRIEND
    exposed = {name.strip() for name in fields["access-control-expose-headers"].split(",")}
    assert exposed >= {
        "Content-Encoding", "Content-Location", "Content-Range", "Content-Type", "Date", "Location", "Server",
        "Transfer-Encoding", "Range-Unit", "ETag", "Content-Disposition", "Repr-Digest",
    }  # fmt: skip
    assert varies(answer) == {"origin", "accept", "prefer", "range"}


def test_refusals_can_be_read_too():
    for target in ("/files", "/nothing"):
        answer = ask("GET", target, configuration=LISTED, HTTP_ORIGIN=FRIEND)
        assert answer.status in (401, 404)
        assert cross_origin(answer)["access-control-allow-origin"] == FRIEND


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://friend.example.evil.example",
        "https://friend.example:8443",
        "http://friend.example",
        "HTTPS://FRIEND.EXAMPLE",
        "null",
        "*",
        f"{FRIEND},{OTHER}",
        None,
    ],
)
def test_a_foreign_origin_is_served_and_may_not_read(editor, origin):
    answer = ask("GET", "/files?limit=1", editor.token, configuration=LISTED, HTTP_ORIGIN=origin)
    assert (answer.status, cross_origin(answer)) == (200, {})
    assert "origin" in varies(answer), "a cache must not give it to a friend"
    answer = ask("OPTIONS", "/files", configuration=LISTED, HTTP_ORIGIN=origin, **PREFLIGHT)
    assert (answer.status, cross_origin(answer)) == (200, {})


@pytest.mark.parametrize("value", ["*", "friend.example", "https://friend.example/", "https://friend.example/path", "null"])
def test_a_list_that_would_not_work_is_an_error_at_start(value, instance):
    done = instance.run("config", COFFER_CORS_ORIGINS=value)
    assert done.returncode == 1 and "COFFER_CORS_ORIGINS" in done.stderr


# Forged requests


def by_cookie(account_token, method, target, value, parameters, **headers):
    body = b"x" if value is None and method == "POST" else json.dumps(value).encode() if value is not None else b""
    return ask(
        method, target, body=body, HTTP_COOKIE=f"coffer={account_token}", HTTP_HOST="127.0.0.1:8080",
        REMOTE_ADDR="127.0.0.1", **{**parameters, **headers},
    )  # fmt: skip


@pytest.mark.parametrize("method,target,value,parameters", CHANGES + READS, ids=lambda part: str(part)[:24])
def test_no_change_by_cookie_from_elsewhere(account, sql, method, target, value, parameters):
    client = account.log_in()
    assert client.store("csrf", b"mine").status == 200
    for headers in (
        {},
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_ORIGIN": "http://127.0.0.1:8080"},
        {"HTTP_SEC_FETCH_SITE": "none"},
        # Who may read may not forge.
        {"HTTP_ORIGIN": FRIEND, "configuration": LISTED},
    ):
        answer = by_cookie(client.token, method, target, value, parameters, **headers)
        assert answer.status == 403 and json.loads(answer.body)["code"] == "KF012", (headers, answer)
    assert client.retrieve("csrf").body == b"mine"
    assert client.files("select=file_path,description").json() == [{"file_path": "csrf", "description": None}]
    answer = by_cookie(client.token, method, target, value, parameters, HTTP_SEC_FETCH_SITE="same-origin")
    if answer.status == 403:
        assert json.loads(answer.body)["code"] == "42501", "an editor may not, but the cookie was taken"


def test_reading_by_cookie_needs_no_origin(account):
    client = account.log_in()
    client.store("csrf", b"mine")
    for method, target in (
        ("GET", "/files"),
        ("HEAD", "/files"),
        ("GET", "/rpc/whoami"),
        ("GET", "/rpc/list_folder"),
        ("GET", "/rpc/retrieve_file?p_file_path=csrf"),
        ("GET", "/rpc/download_folder?p_path=csrf"),
        ("GET", "/audit_log"),
        ("GET", "/users"),
    ):
        answer = by_cookie(client.token, method, target, None, {}, HTTP_SEC_FETCH_SITE="cross-site")
        assert answer.status == 200, (target, answer)


def test_the_table_of_changes_has_every_route(nobody):
    """What a route allows besides reading is in the table above; a login has no session to abuse."""
    tested = {(method, target.partition("?")[0]) for method, target, *_ in CHANGES + READS}
    for target in (
        "/files", "/users", "/audit_log", "/rpc/whoami", "/rpc/store_file", "/rpc/retrieve_file", "/rpc/list_folder",
        "/rpc/move_folder", "/rpc/download_folder", "/rpc/copy", "/rpc/change_password", "/rpc/create_user",
        "/rpc/reset_password", "/rpc/delete_user", "/rpc/logout", "/openapi.json", "/health/live", "/health/ready",
    ):  # fmt: skip
        allowed = set(nobody.request("OPTIONS", target).header("Allow").split(","))
        for method in allowed - {"OPTIONS", "GET", "HEAD"}:
            assert (method, target) in tested
    assert_failure(nobody.post("/rpc/logout"), 401, "PGRST302")
