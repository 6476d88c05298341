"""What admins do with accounts, and what users do with their own password."""

import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Client, assert_failure, log_in
from processes import wait_until

PASSWORD = "correct horse battery"


@pytest.fixture
def email():
    return f"{secrets.token_hex(8)}@users.example"


@pytest.fixture(autouse=True)
def no_account_remains(sql):
    yield
    sql("select internal.delete_user(email) from internal.users where email like '%@users.example'")


def create(admin, email, role="editor", password=PASSWORD, **more):
    return admin.post("/rpc/create_user", {"p_email": email, "p_password": password, "p_role": role, **more})


def patch(client, user, value, **headers):
    fields = {"Content-Type": "application/json", **headers}
    return client.request("PATCH", f"/users?id=eq.{user}", fields, json.dumps(value))


def row(admin, user):
    (only,) = admin.get(f"/users?id=eq.{user}").json()
    return only


def test_a_created_user_can_log_in(admin, url, email):
    answer = create(admin, email, p_quota_bytes=1000)
    assert answer.status == 200, answer
    user = answer.json()
    client = log_in(url, email, PASSWORD)
    assert client.get("/rpc/whoami").json()["user_id"] == user
    seen = row(admin, user)
    assert list(seen) == [
        "id", "email", "role", "quota_bytes", "used_bytes", "file_count", "disabled_at", "created_at", "trash_bytes",
        "version_bytes",
    ]  # fmt: skip
    assert (seen["email"], seen["role"], seen["quota_bytes"], seen["disabled_at"]) == (email, "editor", 1000, None)


@pytest.mark.parametrize(
    "change,status,code",
    [
        ({"p_password": "too short"}, 400, "KF017"),
        ({"p_password": "x" * 73}, 400, "KF017"),
        ({"p_role": "owner"}, 400, "KF014"),
        ({"p_email": "no address"}, 400, "KF014"),
        ({"p_quota_bytes": -1}, 400, "KF014"),
        ({"p_quota_bytes": "many"}, 400, "KF014"),
        ({"p_email": None}, 400, "KF014"),
        ({"p_name": "x"}, 400, "KF014"),
    ],
)
def test_a_user_that_cannot_be_is_refused(admin, email, change, status, code):
    value = {"p_email": email, "p_password": PASSWORD, "p_role": "editor", **change}
    assert_failure(admin.post("/rpc/create_user", value), status, code)


def test_the_email_must_not_be_the_password(admin, email):
    assert_failure(create(admin, email, password=email.upper()), 400, "KF017")


def test_an_email_is_taken_once(admin, email):
    assert create(admin, email).status == 200
    assert_failure(create(admin, email.upper()), 409, "23505")


def test_a_changed_role_or_state_ends_sessions(admin, url, email):
    user = create(admin, email).json()
    client = log_in(url, email, PASSWORD)
    assert patch(admin, user, {"role": "admin"}).status == 204
    assert_failure(client.get("/files"), 401, "KF011")
    client = log_in(url, email, PASSWORD)
    assert client.get("/rpc/whoami").json()["role"] == "admin"
    answer = patch(admin, user, {"disabled": True}, Prefer="return=representation")
    assert answer.json()[0]["disabled_at"]
    assert_failure(client.get("/files"), 401, "KF011")
    assert_failure(Client(url).post("/rpc/login", {"email": email, "password": PASSWORD}), 400, "KF001")
    assert patch(admin, user, {"disabled": False, "role": "editor"}).status == 204
    assert log_in(url, email, PASSWORD).get("/rpc/whoami").json()["role"] == "editor"


def test_a_quota_ends_no_session_and_is_lifted_by_null(admin, url, email):
    user = create(admin, email).json()
    client = log_in(url, email, PASSWORD)
    assert patch(admin, user, {"quota_bytes": 3}).status == 204
    refused = client.store("a", b"four")
    failure = assert_failure(refused, 413, "KF006")
    assert "4" in failure["details"] and "3" in failure["details"]
    assert patch(admin, user, {"quota_bytes": None}).status == 204
    assert client.store("a", b"four").status == 200


@pytest.mark.parametrize(
    "value,status,code",
    [
        ({"email": "other@users.example"}, 403, "42501"),
        ({"used_bytes": 0}, 403, "42501"),
        ({"password_hash": "x"}, 400, "PGRST204"),
        ({"role": "owner"}, 400, "23514"),
        ({"role": None}, 400, "23502"),
        ({"quota_bytes": -1}, 400, "23514"),
        ({"quota_bytes": 1.5}, 400, "22P02"),
        ({"disabled": "yes"}, 400, "22P02"),
        ([], 400, "PGRST102"),
    ],
)
def test_a_change_that_cannot_be_is_refused(admin, email, value, status, code):
    user = create(admin, email).json()
    assert_failure(patch(admin, user, value), status, code)


def test_a_deleted_user_leaves_no_file_and_no_session(admin, url, email, sql):
    user = create(admin, email).json()
    client = log_in(url, email, PASSWORD)
    assert client.store("a/b", b"bytes").status == 200
    (blob,) = sql(f"select blob from internal.files where user_id = '{user}'")
    assert admin.post("/rpc/delete_user", {"p_user_id": user}).status == 204
    assert_failure(client.get("/files"), 401, "KF011")
    assert admin.files(f"user_id=eq.{user}").json() == []
    assert admin.get(f"/users?id=eq.{user}").json() == []
    assert sql(f"select reason from internal.garbage where blob = '{blob}'") == ["deleted"]
    assert_failure(admin.post("/rpc/delete_user", {"p_user_id": user}), 400, "KF027")


def waiting(statement):
    """A query that has rows while a connection waits for a lock in a statement."""
    return f"select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ '{statement}'"


def test_a_deletion_takes_along_what_was_stored_while_it_waited(admin, url, email, instance, sql):
    user = create(admin, email).json()
    client = log_in(url, email, PASSWORD)
    with ThreadPoolExecutor(2) as executor:
        # The upload has its row of files by then.
        with instance.holding(f"begin; select from internal.ledgers where user_id = '{user}' for update"):
            storing = executor.submit(client.store, "a", b"a")
            wait_until(lambda: sql(waiting("store_file")), 120, "the upload to wait")
            deleting = executor.submit(admin.post, "/rpc/delete_user", {"p_user_id": user})
            wait_until(lambda: sql(waiting("delete_user")), 120, "the deletion to wait")
        assert storing.result().status == 200 and deleting.result().status == 204
    assert sql(f"select 1 from internal.files where user_id = '{user}'") == []


def test_an_upload_that_waited_for_the_deletion_of_its_user_is_refused(admin, url, email, instance, sql):
    user = create(admin, email).json()
    client = log_in(url, email, PASSWORD)
    with ThreadPoolExecutor(1) as executor:
        with instance.holding(f"begin; select internal.delete_user('{email}')", "commit;"):
            storing = executor.submit(client.store, "a", b"a")
            wait_until(lambda: sql(waiting("store_file")), 120, "the upload to wait")
        assert_failure(storing.result(), 401, "KF011")
    assert sql(f"select 1 from internal.files where user_id = '{user}'") == []


def test_a_reset_password_ends_sessions(admin, url, email):
    user = create(admin, email).json()
    client = log_in(url, email, PASSWORD)
    another = "another password"
    assert admin.post("/rpc/reset_password", {"p_user_id": user, "p_new_password": another}).status == 204
    assert_failure(client.get("/files"), 401, "KF011")
    assert_failure(Client(url).post("/rpc/login", {"email": email, "password": PASSWORD}), 400, "KF001")
    assert log_in(url, email, another).get("/files").status == 200
    nobody = "00000000-0000-4000-8000-000000000000"
    assert_failure(admin.post("/rpc/reset_password", {"p_user_id": nobody, "p_new_password": another}), 400, "KF027")
    assert_failure(admin.post("/rpc/reset_password", {"p_user_id": "x", "p_new_password": another}), 400, "KF014")


def test_ones_own_password_ends_the_other_sessions(account, url):
    one, other = account.log_in(), account.log_in()

    def change(current, new):
        return one.post("/rpc/change_password", {"p_current_password": current, "p_new_password": new})

    assert_failure(change("not it", PASSWORD), 400, "KF028")
    assert_failure(change(account.password, "short"), 400, "KF017")
    assert_failure(change(account.password, account.email), 400, "KF017")
    assert other.get("/files").status == 200
    assert change(account.password, PASSWORD).status == 204
    assert one.get("/files").status == 200
    assert_failure(other.get("/files"), 401, "KF011")
    assert log_in(url, account.email, PASSWORD).get("/files").status == 200


@pytest.fixture
def two_admins(admin, url, sql, email):
    """The only two enabled admins, as pairs of id and client. The instance's own is out of the way for a moment."""

    def set_state(value):
        # Without the triggers, which would end its session.
        own = os.environ["COFFER_ADMIN_EMAIL"]
        update = f"update internal.users set disabled_at = {value} where email = '{own}'"
        sql(f"begin; set local session_replication_role = replica; {update}; commit")

    names = [f"{name}-{email}" for name in ("one", "two")]
    ids = [create(admin, name, "admin").json() for name in names]
    pairs = [(user, log_in(url, name, PASSWORD)) for user, name in zip(ids, names)]
    set_state("now()")
    yield pairs
    set_state("null")


def test_the_last_enabled_admin_stays(two_admins):
    (one, client), (two, _) = two_admins
    assert patch(client, two, {"disabled": True}).status == 204
    for refused in (
        patch(client, one, {"disabled": True}),
        patch(client, one, {"role": "editor"}),
        client.post("/rpc/delete_user", {"p_user_id": one}),
        client.request("PATCH", "/users?role=eq.admin", {"Content-Type": "application/json"}, '{"role":"editor"}'),
    ):
        assert_failure(refused, 409, "KF018")
    assert client.get("/rpc/whoami").json()["role"] == "admin"


def test_two_admins_who_disable_each_other_leave_one(two_admins, sql):
    (one, first), (two, second) = two_admins
    with ThreadPoolExecutor(2) as executor:
        answers = list(
            executor.map(lambda pair: patch(pair[0], pair[1], {"disabled": True}), ((first, two), (second, one)))
        )
    assert sorted(answer.status for answer in answers) in ([204, 401], [204, 409], [204, 403]), answers
    assert sql("select count(*) from internal.users where role = 'admin' and disabled_at is null") == ["1"]


def test_the_list_of_users_is_a_table_like_any_other(admin, email):
    user = create(admin, email).json()
    answer = admin.get(f"/users?select=mail:email,quota_bytes::text&id=eq.{user}", Prefer="count=exact")
    assert answer.json() == [{"mail": email, "quota_bytes": None}]
    assert answer.header("Content-Range") == "0-0/1"
    assert_failure(admin.get("/users?select=password_hash"), 400, "42703")
    assert_failure(admin.request("POST", "/users", {"Content-Type": "application/json"}, "{}"), 405, "PGRST117")
    assert_failure(admin.delete(f"/users?id=eq.{user}"), 405, "PGRST117")
