"""With the Swift code out of the way: psql as the request roles sees and changes no more than the API allows."""

import re

import pytest


@pytest.fixture
def as_role(sql):
    """Runs a statement in a transaction with the role and the user, as the worker does, and rolls back."""

    def run(role, user_id, statement):
        # The claim's own result is not of interest.
        claim = f"select set_config('coffer.user_id', '{user_id or ''}', true) \\gset"
        return sql(f"begin;\n{claim}\nset local role {role};\n{statement};\nrollback;", check=False)

    return run


@pytest.fixture
def users(editor, stranger, admin):
    return {
        name: client.get("/rpc/whoami").json()["user_id"]
        for name, client in (("editor", editor), ("stranger", stranger), ("admin", admin))
    }


@pytest.fixture
def secret(editor, folder):
    return editor.store(f"{folder}/secret", b"for my eyes only").json()


def rows(done):
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line]


def assert_denied(done):
    assert done.returncode != 0, done.stdout
    assert re.search("permission denied|must be superuser", done.stderr), done.stderr


def test_an_editor_sees_own_files_and_a_stranger_none(as_role, users, secret):
    query = f"select id from api.files where id = '{secret}'"
    assert rows(as_role("coffer_editor", users["editor"], query)) == [secret]
    assert rows(as_role("coffer_editor", users["stranger"], query)) == []
    assert rows(as_role("coffer_editor", "", query)) == []
    assert rows(as_role("coffer_admin", users["admin"], query)) == [secret]


def test_a_user_cannot_change_or_delete_a_file_of_another(as_role, users, secret):
    for role, user in (("coffer_editor", "stranger"), ("coffer_admin", "admin")):
        for statement in (
            f"delete from api.files where id = '{secret}' returning id",
            f"update api.files set description = 'mine' where id = '{secret}' returning id",
        ):
            assert rows(as_role(role, users[user], statement)) == []
    assert rows(
        as_role("coffer_editor", users["editor"], f"delete from api.files where id = '{secret}' returning id")
    ) == [secret]


def test_only_the_owner_of_a_file_sees_its_blob(as_role, users, secret, folder):
    query = f"select count(*) from api.retrieve_file('{folder}/secret')"
    assert rows(as_role("coffer_editor", users["editor"], query)) == ["1"]
    assert rows(as_role("coffer_editor", users["stranger"], query)) == ["0"]
    assert rows(as_role("coffer_admin", users["admin"], query)) == ["0"]


def test_a_user_cannot_change_the_owner_of_a_file(as_role, users, secret):
    for user in ("editor", "stranger"):
        done = as_role(
            "coffer_editor", users[user], f"update api.files set user_id = '{users['stranger']}' where id = '{secret}'"
        )
        assert_denied(done)


@pytest.mark.parametrize(
    "role,user", [("coffer_anonymous", None), ("coffer_editor", "editor"), ("coffer_admin", "admin")]
)
@pytest.mark.parametrize(
    "statement",
    [
        "select * from internal.users",
        "select password_hash from internal.users",
        "select * from internal.jwt_keys",
        "select * from internal.sessions",
        "select blob from internal.files",
        "select * from internal.garbage",
        "select * from internal.verification_keys()",
        "select internal.rotate_key()",
        "insert into internal.audit_log (action) values ('forged')",
        "select internal.sign_token(gen_random_uuid(), gen_random_uuid(), 'admin', 0, 9999999999)",
        "select internal.create_user('a@b.example', 'a long password', 'admin', null)",
        "create table api.mine (a int)",
        "create temporary table mine (a int)",
        "create schema mine",
        "insert into api.files (file_path) values ('a')",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
        "select * from internal.live_sessions",
    ],
)
def test_no_request_role_reaches_what_is_internal(as_role, users, role, user, statement):
    assert_denied(as_role(role, users.get(user), statement))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from api.files",
        "select api.whoami()",
        "select * from api.retrieve_file('a')",
        "select api.begin_upload(repeat('0', 32), 'a', 1, null, false)",
        "select api.logout()",
    ],
)
def test_who_has_not_logged_in_can_only_do_that(as_role, statement):
    assert_denied(as_role("coffer_anonymous", None, statement))


def test_a_request_role_becomes_no_other(sql):
    members = """
        select member.rolname, role.rolname
        from pg_auth_members granted
            join pg_roles role on role.oid = granted.roleid
            join pg_roles member on member.oid = granted.member
        where member.rolname in ('coffer_authenticator', 'coffer_anonymous', 'coffer_editor', 'coffer_admin')
        order by 2"""
    assert sql(members) == [
        "coffer_authenticator|coffer_admin",
        "coffer_authenticator|coffer_anonymous",
        "coffer_authenticator|coffer_editor",
    ]
    powers = "rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication"
    assert sql(f"select rolname from pg_roles where rolname like 'coffer%' and ({powers})") == []


def test_every_table_forces_row_level_security(sql):
    open_tables = """
        select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('api', 'internal') and c.relkind in ('r', 'p')
            and not (c.relrowsecurity and c.relforcerowsecurity)"""
    assert sql(open_tables) == []
