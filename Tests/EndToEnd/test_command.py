"""The operator's command against a real database: migrations, accounts, keys, garbage, and what it refuses."""

import json
import os
import secrets

import pytest

from client import assert_failure, log_in


@pytest.fixture
def empty_database(instance):
    """The instance with an empty database of this test's own."""
    with instance.other_database() as other:
        yield other


def applied(instance):
    return instance.sql(
        "select name || ' ' || checksum || ' ' || applied_at from internal.migrations union all "
        "select name || ' ' || checksum || ' ' || applied_at from internal.code_files order by 1"
    )


def test_migrations_at_once_are_applied_once(empty_database):
    runs = [empty_database.launch("migrate", "--skip-storage") for _ in range(3)]
    outputs = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], outputs
    names = [line.split()[0] for line in applied(empty_database)]
    assert names == sorted(os.listdir("sql/migrations") + os.listdir("sql/code"))
    before = applied(empty_database)
    empty_database.coffer("migrate", "--skip-storage")
    assert applied(empty_database) == before


def test_a_dry_run_says_what_a_migration_would_do_and_changes_nothing(empty_database):
    files = sorted(os.listdir("sql/migrations")) + [f"code/{name}" for name in sorted(os.listdir("sql/code"))]
    would = [f"would apply {name}" for name in files]
    assert empty_database.coffer("migrate", "--dry-run", "--skip-storage").splitlines() == would
    assert empty_database.sql("select count(*) from pg_namespace where nspname in ('api', 'internal')") == ["0"]
    assert empty_database.coffer("migrate", "--dry-run").splitlines() == [*would, "would mark the store"]
    empty_database.coffer("migrate", "--skip-storage")
    assert empty_database.coffer("migrate", "--dry-run", "--skip-storage") == "nothing to apply\n"
    assert empty_database.coffer("migrate", "--dry-run") == "would mark the store\n"
    empty_database.sql("delete from internal.code_files where name like '12%'")
    assert empty_database.coffer("migrate", "--dry-run", "--skip-storage") == "would apply code/12-uploads.sql\n"
    # Another store than the one that the database knows.
    empty_database.sql("update internal.stores set identity = gen_random_uuid()")
    done = empty_database.run("migrate", "--dry-run")
    assert done.returncode == 1 and "another store" in done.stderr


def test_a_changed_migration_is_an_error(empty_database):
    empty_database.coffer("migrate", "--skip-storage")
    empty_database.sql("update internal.migrations set checksum = repeat('0', 64) where name = '0001-schema.sql'")
    done = empty_database.run("migrate", "--skip-storage")
    assert done.returncode == 1
    assert "0001-schema.sql" in done.stderr and len(done.stderr.splitlines()) == 1


def test_an_account_from_its_making_to_its_end(url, instance):
    email, password, other = f"{secrets.token_hex(6)}@command.example", "long enough 1", "long enough 2"

    def listed():
        return [user for user in json.loads(instance.coffer("user", "list", "--json")) if user["email"] == email]

    instance.coffer("user", "add", email, "--role", "editor", "--quota", "1000", stdin=password + "\n")
    try:
        assert (listed()[0]["role"], listed()[0]["quota_bytes"], listed()[0]["state"]) == ("editor", 1000, "enabled")
        session = log_in(url, email, password)
        assert session.store("a", b"12345").status == 200
        assert (listed()[0]["file_count"], listed()[0]["used_bytes"]) == (1, 5)
        instance.coffer("user", "set-quota", email)
        assert listed()[0]["quota_bytes"] is None

        instance.coffer("user", "set-password", email, stdin=other + "\n")
        assert_failure(session.get("/rpc/whoami"), 401, "KF011")
        session = log_in(url, email, other)
        instance.coffer("user", "set-role", email, "admin")
        assert_failure(session.get("/rpc/whoami"), 401, "KF011")
        session = log_in(url, email, other)
        instance.coffer("user", "disable", email)
        assert_failure(session.get("/rpc/whoami"), 401, "KF011")
        assert listed()[0]["state"] == "disabled"
        instance.coffer("user", "enable", email)
        assert log_in(url, email, other).get("/rpc/whoami").status == 200
    finally:
        instance.coffer("user", "delete", email)
    assert listed() == []
    assert instance.run("user", "delete", email).returncode == 1


@pytest.mark.parametrize("password, word", [("short", "10"), ("x" * 73, "72"), ("", "")])
def test_a_password_that_breaks_a_rule_is_refused(password, word, instance):
    done = instance.run("user", "add", "rule@command.example", "--role", "editor", stdin=password + "\n")
    assert done.returncode != 0 and word in done.stderr
    assert not password or password not in done.stderr


def test_an_older_key_verifies_until_it_is_retired(url, account, instance):
    session = account.log_in()
    newest = instance.coffer("key", "rotate").split()[-1]
    keys = {key["kid"]: key["state"] for key in json.loads(instance.coffer("key", "list", "--json"))}
    assert keys[newest] == "signs"
    assert session.get("/rpc/whoami").status == 200, "the older key still verifies"
    assert account.log_in().get("/rpc/whoami").status == 200, "a key that was just made is fetched at once"
    assert instance.run("key", "retire", newest).returncode == 1, "the signing key stays"


def test_the_configuration_hides_secrets(instance):
    shown = instance.coffer("config", COFFER_DATABASE_URL="postgresql://worker:hunter2@db/coffer")
    assert "hunter2" not in shown
    assert "COFFER_DATABASE_URL" in shown and "environment" in shown


def test_an_option_that_cannot_be_used_is_named(instance):
    done = instance.run("config", COFFER_WORKERS="many")
    assert done.returncode == 1
    assert "COFFER_WORKERS" in done.stderr and len(done.stderr.splitlines()) == 1
