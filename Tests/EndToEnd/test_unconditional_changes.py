"""A change of whatever there is: refused, whether a filter is missing or holds for every row by its form."""

import json
from urllib.parse import quote

import pytest

from client import assert_failure

JSON = {"Content-Type": "application/json"}
NO_CONDITION = [
    "", "?", "?limit=1", "?offset=1", "?select=id", "?order=id", "?columns=description", "?on_conflict=id",
    "?id=not.in.()", "?id=not.eq(any).{}", "?id=eq(all).{}", "?description=not.in.()", "?not.and=(id.in.())",
    "?or=(id.not.in.(),file_path.eq.a)", "?id=not.is.null", "?id=is.not_null", "?or=(id.is.null,id.not.is.null)",
    "?file_path=like.*", "?file_path=ilike.%25", "?file_path=match.", "?file_path=match..*", "?file_path=match.^",
    f"?file_path=match.{quote('^.+$')}", "?file_path=gte.", "?file_path=neq.", "?size_bytes=gte.0",
    "?or=(file_path.lt.m,file_path.gte.m)", "?or=(file_path.neq.a,file_path.neq.b)", "?id=not.in.()&limit=1&file_path=like.*",
]  # fmt: skip


@pytest.fixture
def three(editor_of_file):
    """The owner of three files."""
    for name in "abc":
        assert editor_of_file.store(name, name.encode()).status == 200
    return editor_of_file


def listing(client):
    return client.files("select=file_path,description&order=file_path").json()


@pytest.mark.parametrize("query", NO_CONDITION)
@pytest.mark.parametrize("headers", [{}, {"Prefer": "return=representation"}], ids=["", "representation"])
def test_files_are_not_changed_without_a_condition(three, query, headers):
    before = listing(three)
    assert_failure(three.request("DELETE", f"/files{query}", headers), 400, "KF013", "DELETE requires a filter")
    for body in ({"description": "x"}, {"file_path": "z"}, {}):
        answer = three.request("PATCH", f"/files{query}", JSON | headers, json.dumps(body))
        assert_failure(answer, 400, "KF013", "PATCH requires a filter")
    assert listing(three) == before


@pytest.mark.parametrize("query", [query for query in NO_CONDITION if "file_path" not in query and "size" not in query
                                   and "description" not in query] + ["?email=like.*", "?role=neq.", "?used_bytes=gte.0"])  # fmt: skip
def test_accounts_are_not_changed_without_a_condition(admin, sql, query):
    before = sql("select id, role, quota_bytes, disabled_at from internal.users order by id")
    for body in ({"quota_bytes": 0}, {"disabled": True}, {"role": "editor"}):
        assert_failure(admin.request("PATCH", f"/users{query}", JSON, json.dumps(body)), 400, "KF013")
    assert sql("select id, role, quota_bytes, disabled_at from internal.users order by id") == before


@pytest.mark.parametrize("query, left", [
    ("file_path=not.in.(a)", "a"), ("file_path=neq.a", "a"), ("id=in.()", "abc"), ("id=eq(any).{}", "abc"),
    ("or=(file_path.eq.a,file_path.eq.b)", "c"), ("file_path=not.like.b*", "b"), ("size_bytes=gt.1", "abc"),
    ("description=is.null", ""),
])  # fmt: skip
def test_a_condition_that_a_row_can_fail_changes_what_it_finds(three, query, left):
    assert three.delete(f"/files?{query}").status == 204
    assert "".join(row["file_path"] for row in listing(three)) == left


def test_all_of_ones_own_files_can_be_named(three):
    user = three.get("/rpc/whoami").json()["user_id"]
    assert three.delete(f"/files?user_id=eq.{user}").status == 204
    assert listing(three) == []
