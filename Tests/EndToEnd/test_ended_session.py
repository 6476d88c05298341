"""A session that has ended: 401, whatever else is wrong with a request."""

import pytest

from client import assert_failure

JSON = {"Content-Type": "application/json"}
REQUESTS = [
    ("PATCH", "/files?id=is.null", JSON, "{}"), ("PATCH", "/users?id=is.null", JSON, "{}"), ("PATCH", "/files", JSON, "{}"),
    ("PATCH", "/files?id=eq.x", JSON, "{}"), ("PATCH", "/files?file_path=eq.a", JSON, "nonsense"),
    ("PATCH", "/files?file_path=eq.a", {"Content-Type": "text/csv"}, "a"), ("PATCH", "/files?file_path=eq.a", JSON, '{"id":1}'),
    ("PATCH", "/files?file_path=eq.a", JSON, '{"file_path":"/"}'), ("DELETE", "/files", {}, None),
    ("DELETE", "/files?nonsense=eq.1", {}, None), ("DELETE", "/files?id=not.in.()", {}, None),
    ("GET", "/files?order=nonsense", {}, None), ("GET", "/files?limit=-1", {}, None), ("GET", "/files?id=eq.1", {}, None),
    ("GET", "/files", {"Accept": "image/png"}, None), ("GET", "/files", {"Prefer": "handling=strict, x=y"}, None),
    ("GET", "/files", {"Range": "9-1"}, None), ("HEAD", "/files?id=eq.1", {}, None), ("GET", "/users?x=eq.1", {}, None),
    ("GET", "/audit_log?x=eq.1", {}, None), ("GET", "/rpc/whoami?x=1", {}, None), ("POST", "/rpc/whoami", JSON, "[1]"),
    ("GET", "/rpc/list_folder?p_folder=/", {}, None), ("GET", "/rpc/list_folder?limit=0", {}, None),
    ("GET", "/rpc/list_folder", {"Accept": "image/png"}, None), ("GET", "/rpc/retrieve_file", {}, None),
    ("GET", "/rpc/retrieve_file?p_file_path=/", {}, None), ("GET", "/rpc/retrieve_file?p_file_path=absent", {}, None),
    ("GET", "/rpc/download_folder", {}, None), ("GET", "/rpc/download_folder?p_folder=absent", {}, None),
    ("GET", "/rpc/download_folder?p_path=absent", {}, None), ("HEAD", "/rpc/download_folder?p_path=/", {}, None),
    ("POST", "/rpc/store_file", {}, "x"), ("POST", "/rpc/store_file", {"File-Path": "/"}, "x"),
    ("POST", "/rpc/store_file", {"File-Path": "a", "If-Match": "x"}, "x"), ("POST", "/rpc/store_file", {"File-Path": "/"}, "x" * 99999),
    ("POST", "/rpc/move_folder", JSON, "{}"), ("POST", "/rpc/move_folder", JSON, '{"p_from":"a","p_to":"a/b"}'),
    ("POST", "/rpc/copy", JSON, "{}"), ("POST", "/rpc/copy", JSON, '{"p_from":"a","p_to":"a/b"}'),
    ("POST", "/rpc/create_user", JSON, "{}"), ("POST", "/rpc/create_user", JSON, '{"p_email":"a","p_password":"b","p_role":"c"}'),
    ("POST", "/rpc/reset_password", JSON, "{}"), ("POST", "/rpc/delete_user", JSON, '{"p_user_id":"x"}'),
    ("POST", "/rpc/change_password", JSON, "{}"), ("POST", "/rpc/logout", {}, None), ("POST", "/rpc/logout", JSON, "[[["),
]  # fmt: skip


@pytest.fixture(scope="module")
def ended(instance):
    client = instance.log_in()
    assert client.post("/rpc/logout").status == 204
    return client


@pytest.mark.parametrize("method, target, headers, body", REQUESTS)
def test_an_ended_session_is_reported_first(ended, method, target, headers, body):
    answer = ended.request(method, target, headers, body)
    if method == "HEAD":
        assert answer.status == 401
    else:
        assert_failure(answer, 401, "KF011")
    assert answer.header("WWW-Authenticate").startswith('Bearer error="invalid_token"')


@pytest.mark.parametrize("target", ["/health/live", "/openapi.json"])
def test_what_needs_no_session_does_not_ask_for_one(ended, target):
    assert ended.get(target).status == 200
