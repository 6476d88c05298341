"""The account page in a real Chromium: usage, password, sessions, language, and the way out."""

import secrets

import pytest
from browser import app, quiet_console  # noqa: F401
from client import assert_failure, log_in


@pytest.fixture
def page(app, account):
    """The account page of a user of this test alone; `page.client` is another session of theirs."""
    app.client = account.log_in()
    app.desktop()
    app.driver.delete_all_cookies()
    app.open("/login")
    app.log_in(account.password, account.email)
    app.wait_for_files()
    visit(app)
    return app


def visit(app):
    app.open("/#/account")
    app.driver.refresh()
    app.find("heading", "Account")


def card(app, title):
    """The words of a part of the page."""
    return app.run("return arguments[0].closest('section').innerText", app.find("heading", title))


def sessions(app):
    return app.run("return document.querySelectorAll('.sessions li').length")


def test_one_sees_who_one_is_and_what_one_uses(page, account):
    client = page.client
    assert client.store("a.bin", b"x" * 3000).status == client.store("b.bin", b"y" * 500).status == 200
    assert client.store("a.bin", b"z" * 2048).status == 200
    assert client.delete("/files?file_path=eq.b.bin").status == 204
    user = client.get("/rpc/whoami").json()
    visit(page)
    assert account.email in card(page, "Profile") and "Editor" in card(page, "Profile")
    words = card(page, "Storage").replace("\n", " ")
    assert user["used_bytes"] == 2048 and f"Files {shown(2048)}" in words
    assert f"Trash {shown(user['trash_bytes'] - user['version_bytes'])}" in words
    assert f"Versions {shown(user['version_bytes'])}" in words
    assert "There is no limit" in words


def shown(size):
    return f"{size / 1024:.1f} KiB ({size:,} bytes)" if size >= 1024 else f"{size} bytes"


def test_a_quota_shows_what_is_free(page, account, sql):
    assert page.client.store("a.bin", bytes(4096)).status == 200
    sql(f"update internal.users set quota_bytes = 10240 where email = '{account.email}'")
    visit(page)
    words = card(page, "Storage").replace("\n", " ")
    assert "4.0 KiB of 10.0 KiB used" in words and "Free 6.0 KiB (6,144 bytes)" in words
    width = "return document.querySelector(arguments[0]).offsetWidth"
    assert abs(page.run(width, ".usage-bar .files") / page.run(width, ".usage-bar") - 0.4) < 0.02


def test_the_password_is_changed_by_its_rules_and_ends_the_other_sessions(page, account, url):
    def change(current, new):
        page.type("Current password", current)
        page.type("New password", new)
        page.press("Change password")

    assert "You stay logged in here. All your other sessions end." in card(page, "Password")
    change(account.password, "too short")
    page.wait_for_message("The new password needs at least 10 characters.")
    change(account.password, account.email.upper())
    page.wait_for_message("The password must not be the email address.")
    change("not the password", "a new passphrase")
    page.wait_for_message("The current password is wrong.")
    assert page.client.get("/rpc/whoami").status == 200
    new = secrets.token_urlsafe(16)
    change(account.password, new)
    page.wait_for_message("Your password has been changed.")
    page.wait(lambda: sessions(page) == 1, "the other session to go from the list")
    assert page.field("New password").get_property("value") == ""
    assert_failure(page.client.get("/rpc/whoami"), 401, "KF011")
    assert log_in(url, account.email, new).get("/rpc/whoami").status == 200
    visit(page)


def test_a_session_is_ended_and_then_all_others(page, account):
    second = account.log_in()
    third = account.log_in()
    visit(page)
    page.wait(lambda: sessions(page) == 4, "four sessions")
    # The newest comes after the session of the page itself, which has no button.
    first_button = page.run("return document.querySelector('.sessions li button')")
    assert first_button.accessible_name.startswith("End the session of ")
    first_button.click()
    page.wait_for_message("Ended the session.")
    page.wait(lambda: sessions(page) == 3, "the session to go")
    assert_failure(third.get("/rpc/whoami"), 401, "KF011")
    assert second.get("/rpc/whoami").status == 200
    page.press("End all others")
    page.wait_for_message("Ended 2 sessions.")
    page.wait(lambda: sessions(page) == 1, "the others to go")
    for client in (second, page.client):
        assert_failure(client.get("/rpc/whoami"), 401, "KF011")
    assert "This session" in card(page, "Sessions")
    assert page.all("button", "End all others") == []
    visit(page)


def test_the_language_is_chosen_and_stays(page):
    def choose(label, value):
        field = page.field(label)
        page.run("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))", field, value)

    choose("Language", "de")
    page.find("heading", "Konto")
    assert page.run("return document.documentElement.lang") == "de"
    assert page.driver.title == "Konto – Coffer"
    page.find("link", "Papierkorb").click()
    page.find("heading", "Papierkorb")
    page.driver.refresh()
    page.find("heading", "Papierkorb")
    page.find("link", "Konto").click()
    choose("Sprache", "")
    page.find("heading", "Account")
    assert page.run("return localStorage.length") == 0


def test_on_a_phone_one_logs_out_here_and_going_back_shows_nothing(page, account):
    page.phone()
    visit(page)
    assert page.run("return document.documentElement.scrollWidth") == 390
    buttons = page.all("button", "Log out", page.run("return document.getElementById('main')"))
    assert buttons[0].size["height"] >= 44
    buttons[0].click()
    page.wait_for_login()
    assert page.address() == "/login"
    for _ in range(2):
        page.driver.back()
    page.wait(lambda: page.address().startswith("/login") or page.address().startswith("data"), "no page of the app")
    assert account.email not in page.run("return document.body.textContent")
    assert page.driver.execute_async_script("fetch('/rpc/whoami').then((answer) => arguments[0](answer.status))") == 401


def test_a_user_without_the_role_has_no_pages_for_admins(page):
    for name in ("All files", "People", "Audit log", "System"):
        assert page.all("link", name) == []
    for address in ("/#/admin/people", "/#/admin/audit", "/#/admin/files", "/#/admin/state"):
        page.open(address)
        page.driver.refresh()
        page.find("heading", "Files")
