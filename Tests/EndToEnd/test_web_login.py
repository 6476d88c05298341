"""The login page in a real Chromium: what goes wrong in words, the way back to where one came from, both languages."""

import secrets

import pytest
from browser import app, quiet_console  # noqa: F401


@pytest.fixture
def login(app):
    """The login page, without a session."""
    app.desktop()
    app.driver.delete_all_cookies()
    app.open("/login")
    app.button("Log in")
    return app


def fill(app, email, password):
    app.type("Email", email)
    app.type("Password", password)
    app.press("Log in")


def test_a_wrong_password_is_said_beside_the_form_and_the_address_stays(login, account):
    fill(login, account.email, "not the password")
    login.wait_for_message("Invalid email or password")
    assert login.address() == "/login"
    assert login.field("Email").get_property("value") == account.email
    assert login.run("return document.activeElement.id") == "password"
    fill(login, f"{secrets.token_hex(4)}@end-to-end.example", account.password)
    login.wait_for_message("Invalid email or password")
    login.type("Email", account.email)
    login.type("Password", account.password)
    login.press("Log in")
    login.wait_for_files()


def test_password_managers_find_the_fields(login):
    assert login.field("Email").get_attribute("autocomplete") == "username"
    assert login.field("Password").get_attribute("autocomplete") == "current-password"
    for name in ("Email", "Password"):
        assert login.run("return arguments[0].closest('form').id", login.field(name)) == "login"
    assert login.field("Email").get_attribute("name") == "email"
    assert login.run("return document.activeElement.id") == "email"


def test_the_password_can_be_shown(login):
    login.type("Password", "a secret")
    assert login.field("Password").get_attribute("type") == "password"
    button = login.button("Show password")
    button.click()
    assert (login.field("Password").get_attribute("type"), button.get_attribute("aria-pressed")) == ("text", "true")
    button.click()
    assert login.field("Password").get_attribute("type") == "password"
    assert button.get_attribute("aria-pressed") == "false"
    assert login.field("Password").get_property("value") == "a secret"


def test_the_waiting_time_after_many_failures_counts_down(login, account, sql):
    sql("insert into internal.login_failures (account, failed_at) select internal.login_account("
        f"'{account.email}'), clock_timestamp() - interval '870 seconds' from generate_series(1, 10)")  # fmt: skip
    fill(login, account.email, account.password)
    login.wait_for_message("Too many failed logins. You can try again in ")
    time = "return Number.parseInt(document.querySelector('[role=alert] [role=timer]')?.textContent ?? '0')"
    first = login.run(time)
    assert 0 < first <= 30
    login.wait(lambda: 0 < login.run(time) < first, "the seconds to go on")
    sql(f"delete from internal.login_failures where account = internal.login_account('{account.email}')")
    login.press("Log in")
    login.wait_for_files()


def test_one_gets_back_to_where_one_came_from(login, account):
    login.open("/#/account")
    login.wait_for_login()
    assert login.address() == "/login#/account"
    fill(login, account.email, account.password)
    login.wait_for_files()
    assert login.address() == "/#/account"
    login.find("heading", "Account")


def test_who_is_logged_in_already_goes_on(login, account):
    fill(login, account.email, account.password)
    login.wait_for_files()
    login.open("/login#/trash")
    login.wait_for_files()
    assert login.address() == "/#/trash"


def test_an_ended_session_says_so_and_leads_back(login, account, sql):
    fill(login, account.email, account.password)
    login.wait_for_files()
    sql("delete from internal.sessions s using internal.users u "
        f"where u.id = s.user_id and u.email = '{account.email}'")  # fmt: skip
    login.find("link", "Account").click()
    login.wait_for_login()
    assert login.address() == "/login?ended#/account"
    login.wait_for_message("Your session has ended. Please log in again.")
    fill(login, account.email, account.password)
    login.wait_for_files()
    assert login.address() == "/#/account"


def test_the_page_fits_a_phone(login, account):
    login.phone()
    assert login.run("return document.documentElement.scrollWidth") == 390
    for role, name in (("field", "Email"), ("field", "Password"), ("button", "Log in"), ("button", "Show password")):
        assert login.find(role, name).size["height"] >= 44, name
    fill(login, account.email, account.password)
    login.wait_for_files()


def test_the_page_speaks_the_language_of_the_browser(login, account):
    agent = login.run("return navigator.userAgent")
    try:
        login.driver.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": "de-AT,de"})
        login.open("/login")
        login.type("E-Mail", account.email)
        login.type("Passwort", "falsch")
        login.press("Anmelden")
        login.wait_for_message("E-Mail oder Passwort ist falsch.")
        assert login.run("return document.documentElement.lang") == "de"
        assert login.driver.title == "Anmelden – Coffer"
    finally:
        login.driver.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": "en-US"})
