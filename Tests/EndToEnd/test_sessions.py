"""The operator's view of who is logged in, and the end of sessions by command, by time and by collection."""

import base64
import json
import uuid

import pytest

from client import assert_failure


@pytest.fixture
def listed(instance):
    def sessions(*arguments):
        return json.loads(instance.coffer("session", "list", "--json", *arguments))

    return sessions


def session_id(client):
    payload = client.token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))["sid"]


def assert_ended(client):
    assert_failure(client.get("/rpc/whoami"), 401, "KF011")
    assert_failure(client.store("a", b"x"), 401, "KF011")


def test_sessions_are_listed(account, editor, instance, listed):
    first, second = account.log_in(), account.log_in()
    rows = listed("--user", account.email.upper())
    assert {row["id"] for row in rows} == {session_id(first), session_id(second)}
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
    for row in rows:
        assert list(row) == ["id", "email", "role", "created_at", "expires_at"]
        assert (row["email"], row["role"]) == (account.email, "editor")
        assert row["created_at"].endswith("Z") and row["created_at"] < row["expires_at"]
    everybody = listed()
    assert {row["id"] for row in rows} < {row["id"] for row in everybody}
    table = instance.coffer("session", "list", "--user", account.email)
    assert table.splitlines()[0].split() == ["ID", "EMAIL", "ROLE", "CREATED", "EXPIRES"]
    assert len(table.splitlines()) == 3 and session_id(first) in table
    assert first.token.split(".")[2] not in table + json.dumps(everybody)


def test_a_user_without_sessions_has_an_empty_list(account, instance, listed):
    assert listed("--user", account.email) == []
    assert len(instance.coffer("session", "list", "--user", account.email).splitlines()) <= 1


def test_one_session_is_revoked(account, instance, listed):
    first, second = account.log_in(), account.log_in()
    instance.coffer("session", "revoke", session_id(first))
    assert_ended(first)
    assert second.get("/rpc/whoami").status == 200
    assert [row["id"] for row in listed("--user", account.email)] == [session_id(second)]
    done = instance.run("session", "revoke", session_id(first))
    assert done.returncode == 1 and session_id(first) in done.stderr


def test_all_sessions_of_a_user_are_revoked(account, editor, instance):
    clients = [account.log_in() for _ in range(3)]
    assert instance.coffer("session", "revoke", "--user", account.email.upper()) == "ended 3 sessions\n"
    for client in clients:
        assert_ended(client)
    assert editor.get("/rpc/whoami").status == 200
    assert instance.coffer("session", "revoke", "--user", account.email) == "ended 0 sessions\n"
    assert account.log_in().get("/rpc/whoami").status == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ["revoke"],
        ["revoke", str(uuid.uuid4()), "--user", "a@b"],
        ["revoke", str(uuid.uuid4())],
        ["revoke", "nonsense"],
        ["revoke", "' or true --"],
        ["revoke", "--user", "nobody@sessions.example"],
    ],
)
def test_what_cannot_be_revoked_is_an_error(arguments, editor, instance):
    done = instance.run("session", *arguments)
    assert done.returncode != 0 and done.stderr and "Fatal" not in done.stderr
    assert editor.get("/rpc/whoami").status == 200


def test_an_expired_session_is_refused_not_listed_and_collected(account, sql, instance, listed):
    old, living = account.log_in(), account.log_in()
    before = f"select count(*) from internal.sessions where id = '{session_id(old)}'"
    sql(f"update internal.sessions set created_at = now() - interval '10 days', expires_at = now() - interval '8 days' "
        f"where id = '{session_id(old)}'")  # fmt: skip
    assert_ended(old)
    assert [row["id"] for row in listed("--user", account.email)] == [session_id(living)]
    assert sql(before) == ["1"]
    report = instance.coffer("gc")
    assert "expired sessions" in report and " 0 expired" not in report
    assert sql(before) == ["0"]
    assert_ended(old)
    assert living.get("/rpc/whoami").status == 200


def test_a_session_ends_with_its_account(account, sql, admin, listed):
    client = account.log_in()
    user = client.get("/rpc/whoami").json()["user_id"]
    assert admin.post("/rpc/delete_user", {"p_user_id": user}).status == 204
    assert_ended(client)
    assert sql(f"select count(*) from internal.sessions where user_id = '{user}'") == ["0"]
    assert listed("--user", account.email) == []


# What users see and end themselves.

REPRESENTATION = {"Prefer": "return=representation"}


def own(client, query="order=created_at"):
    return client.get(f"/sessions?{query}").json()


def test_a_user_sees_their_own_sessions(account, editor, sql):
    first, second = account.log_in(), account.log_in()
    rows = own(second)
    assert [row["is_current"] for row in rows] == [False, True]
    assert own(first, "is_current=is.true&select=id") == [{"id": rows[0]["id"]}]
    for row in rows:
        assert list(row) == ["id", "user_id", "created_at", "expires_at", "is_current"]
        assert row["user_id"] == first.get("/rpc/whoami").json()["user_id"]
        assert row["created_at"] < row["expires_at"]
    # A key of signatures and the id of a session make a token, so nothing shows the id.
    answers = json.dumps(rows)
    assert session_id(first) not in answers and session_id(second) not in answers
    assert not {row["id"] for row in rows} & {row["id"] for row in own(editor)}
    sql(f"update internal.sessions set expires_at = now() where id = '{session_id(first)}'")
    assert [row["id"] for row in own(second)] == [rows[1]["id"]]


def test_a_user_ends_one_session_and_all_others(account, editor, sql):
    first, second, third = (account.log_in() for _ in range(3))
    rows = own(third)
    assert third.delete(f"/sessions?id=eq.{rows[0]['id']}").status == 204
    assert_ended(first)
    assert second.get("/rpc/whoami").status == 200
    answer = third.delete("/sessions?is_current=is.false", **REPRESENTATION)
    assert [row["id"] for row in answer.json()] == [rows[1]["id"]]
    assert_ended(second)
    assert third.get("/rpc/whoami").status == editor.get("/rpc/whoami").status == 200
    user = rows[0]["user_id"]
    recorded = "select action, actor_id = user_id, subject from internal.audit_log where action = 'session_revoke'"
    assert sql(f"{recorded} and user_id = '{user}'") == [f"session_revoke|t|{account.email}"] * 2
    assert third.delete("/sessions?is_current=is.true").status == 204
    assert_ended(third)


def test_a_user_cannot_end_another_users_session(account, editor, listed):
    client = account.log_in()
    user = client.get("/rpc/whoami").json()["user_id"]
    (row,) = own(client)
    for query in (f"id=eq.{row['id']}", f"user_id=eq.{user}", f"id=eq.{session_id(client)}"):
        assert editor.delete(f"/sessions?{query}", **REPRESENTATION).json() == []
    assert client.get("/rpc/whoami").status == 200


def test_an_admin_sees_and_ends_a_users_sessions(account, admin, sql):
    clients = [account.log_in() for _ in range(2)]
    user = clients[0].get("/rpc/whoami").json()["user_id"]
    rows = own(admin, f"user_id=eq.{user}")
    assert [(row["owner_email"], row["is_current"]) for row in rows] == [(account.email, False)] * 2
    assert len(admin.delete(f"/sessions?user_id=eq.{user}", **REPRESENTATION).json()) == 2
    for client in clients:
        assert_ended(client)
    (actor,) = sql(f"select actor_id from internal.audit_log where action = 'session_revoke' and user_id = '{user}'")
    assert actor == admin.get("/rpc/whoami").json()["user_id"]


@pytest.mark.parametrize("query", ["", "?id=not.is.null"])
def test_sessions_are_not_ended_without_a_filter(account, query):
    client = account.log_in()
    assert_failure(client.delete(f"/sessions{query}"), 400)
    assert client.get("/rpc/whoami").status == 200
