"""One account for one address and one password for one text, however a keyboard writes them; and accounts from before."""

import json
import unicodedata

import pytest

PC = unicodedata.normalize("NFC", "Zürich-2026")
MAC = unicodedata.normalize("NFD", "Zürich-2026")
COMPOSED = unicodedata.normalize("NFC", "jürgen@unicode.example")
DECOMPOSED = unicodedata.normalize("NFD", "jürgen@unicode.example")


def log_in(installation, email, password):
    body = json.dumps({"email": email, "password": password}).encode()
    return installation.worker.ask("POST", "/rpc/login", body=body)[0]


@pytest.mark.parametrize("typed", [PC, MAC])
@pytest.mark.parametrize("address", [COMPOSED, DECOMPOSED, DECOMPOSED.upper()])
def test_an_account_added_on_one_system_logs_in_from_another(installation, address, typed):
    installation.coffer("user", "add", DECOMPOSED, "--role", "editor", stdin=MAC + "\n")
    assert log_in(installation, address, typed) == 200
    assert log_in(installation, address, "Zurich-2026") == 400


def test_every_command_finds_an_account_by_any_form_of_its_address(installation):
    installation.coffer("user", "add", DECOMPOSED, "--role", "editor", stdin=MAC + "\n")
    assert COMPOSED in installation.coffer("user", "list")
    refused = installation.run("user", "add", COMPOSED, "--role", "editor", stdin=PC + "\n")
    assert refused.returncode == 1 and "already" in refused.stderr
    assert log_in(installation, COMPOSED, PC) == 200
    for address in (COMPOSED, DECOMPOSED, DECOMPOSED.upper()):
        assert COMPOSED in installation.coffer("session", "list", "--user", address)
        installation.coffer("user", "set-quota", address, "1000")
        installation.coffer("user", "disable", address)
        installation.coffer("user", "enable", address)
        installation.coffer("export", address, installation.folder / "tree")
        installation.coffer("user", "set-password", address, stdin=f"{MAC} {address}\n")
        assert log_in(installation, COMPOSED, f"{PC} {address}") == 200
    installation.coffer("session", "revoke", "--user", DECOMPOSED)
    installation.coffer("user", "delete", DECOMPOSED)


def test_a_hash_from_before_works_as_it_was_typed_and_then_in_every_form(installation):
    installation.coffer("user", "add", COMPOSED, "--role", "editor", stdin=PC + "\n")
    installation.sql(
        f"update internal.users set password_hash = extensions.crypt('{MAC}', extensions.gen_salt('bf', 4)) "
        f"where email = '{COMPOSED}'"
    )
    assert log_in(installation, COMPOSED, MAC) == 200
    assert log_in(installation, COMPOSED, PC) == 200
    # Its sessions go on, and the audit log knows of one change, the test's own.
    assert installation.sql("select count(*) from internal.sessions") == ["2"]
    assert installation.sql("select count(*) from internal.audit_log where action = 'user_password'") == ["1"]


def test_two_accounts_with_one_address_in_two_forms_stay_apart_and_no_third_one_can_join(installation):
    for email, password in ((DECOMPOSED, "the one on a Mac"), (COMPOSED, "the one on a PC")):
        installation.sql(
            "insert into internal.users (email, password_hash, role) "
            f"values ('{email}', extensions.crypt('{password}', extensions.gen_salt('bf', 4)), 'editor')"
        )
    assert log_in(installation, DECOMPOSED, "the one on a Mac") == 200
    assert log_in(installation, COMPOSED, "the one on a PC") == 200
    assert log_in(installation, COMPOSED, "the one on a Mac") == 400
    third = installation.run("user", "add", DECOMPOSED, "--role", "editor", stdin=PC + "\n")
    assert third.returncode == 1 and "already" in third.stderr


def test_an_account_can_be_created_after_an_editor_has_read_the_table(installation):
    """On one connection, which remembers the index of the addresses as the first reader could see it."""
    installation.add("admin@installation.example")
    installation.sql("update internal.users set role = 'admin' where email like 'admin@%'")
    body = json.dumps({"p_email": "new@installation.example", "p_password": "long enough 1", "p_role": "editor"}).encode()
    worker = installation.worker
    assert worker.ask("GET", "/users", installation.token())[0] == 200
    status, answer = worker.ask("POST", "/rpc/create_user", installation.token("admin@installation.example"), body)
    assert status == 200, answer
    assert worker.ask("POST", "/rpc/create_user", installation.token("admin@installation.example"), body)[0] == 409
