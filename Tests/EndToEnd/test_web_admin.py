"""The pages for admins in a real Chromium: everybody's metadata, people, the audit log, and the state of the system."""

import csv
import io
import secrets
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from browser import app, quiet_console, setting  # noqa: F401
from client import Client, assert_failure, log_in
from selenium.webdriver import Keys

PAGES = {"files": "All files", "people": "People", "audit": "Audit log", "state": "System"}


@pytest.fixture
def admin(app):
    """The app with the admin logged in."""
    app.desktop()
    if not app.run("return document.body.innerText.includes(arguments[0])", setting("COFFER_ADMIN_EMAIL")):
        app.driver.delete_all_cookies()
        app.open("/login")
        app.log_in(setting("COFFER_ADMIN_PASSWORD"), setting("COFFER_ADMIN_EMAIL"))
        app.wait_for_files()
    return app


@pytest.fixture
def owner(account):
    """An editor of this test alone, with a session and two files."""
    client = account.log_in()
    assert client.store("letters/spring.txt", b"x" * 3000, Description="Green").status == 200
    assert client.store("letters/a\u202eb.txt", b"y" * 10).status == 200
    user = client.get("/rpc/whoami").json()["user_id"]
    return SimpleNamespace(client=client, email=account.email, password=account.password, id=user)


def visit(app, page, of=None):
    """Opens a page by its address, which may name a user."""
    app.open(f"/#/admin/{page}" + (f"/{of.replace('@', '%40')}" if of else ""))
    app.driver.refresh()
    app.find("heading", PAGES[page])


def rows(app):
    """The words of each row that is in the document, cell by cell."""
    return app.run("""return Array.from(document.querySelectorAll('.grid-body [role=row]'), (row) =>
        Array.from(row.querySelectorAll('[role=gridcell]'), (cell) => cell.innerText.replace(/\\s+/g, ' ').trim()))""")


def wait_for_rows(app, condition, what):
    app.wait(lambda: condition(rows(app)), f"{what}, there is {rows(app)}")


def row_of(app, text):
    return next((row for row in rows(app) if text in row[0]), None)


def main_text(app):
    return app.run("return document.getElementById('main').innerText")


def choose(app, label, value):
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }))"
    app.run(script, app.field(label), value)


def act(app, user, item):
    """Chooses from the menu of a person's row."""
    app.press(f"Actions for {user.email}")
    app.find("menuitem", item).click()


def test_an_admin_reaches_each_page_by_its_link(admin):
    for name in PAGES.values():
        admin.find("link", name).click()
        admin.find("heading", name)
        assert admin.driver.title == f"{name} – Coffer"


# Everybody's files


def test_the_metadata_of_all_files_is_filtered_and_sorted_and_cannot_be_downloaded(admin, owner):
    visit(admin, "files")
    admin.type("Owner", owner.email)
    wait_for_rows(admin, lambda found: [row[1] for row in found] == [owner.email] * 2, "the files of one")
    by_path = {row[0]: row for row in rows(admin)}
    assert set(by_path) == {"letters/spring.txt", "letters/a‹U+202E›b.txt"}
    assert by_path["letters/spring.txt"][2] == "2.9 KiB" and by_path["letters/spring.txt"][4] == "Green"
    admin.press("Size")
    wait_for_rows(admin, lambda found: [row[2] for row in found] == ["10 bytes", "2.9 KiB"], "the smallest first")
    admin.press("Size")
    wait_for_rows(admin, lambda found: [row[2] for row in found] == ["2.9 KiB", "10 bytes"], "the largest first")
    admin.type("Path", "SPRING")
    wait_for_rows(admin, lambda found: [row[0] for row in found] == ["letters/spring.txt"], "one file")
    admin.wait_for_message("1 file")
    links = admin.run("return document.querySelectorAll('#main a, #main button[aria-label*=ownload]').length")
    assert links == 0 and admin.all("button", "Download") == []
    admin.type("Path", "100%_nothing")
    admin.wait(lambda: "Nothing found" in main_text(admin), "an empty list")


def test_rows_load_as_one_scrolls(admin, owner, sql):
    sql(f"insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob) select '{owner.id}', "
        "'many/' || lpad(n::text, 4, '0'), 'text/plain', n, sha256(''), md5('many' || n || now()) "
        "from generate_series(1, 1100) n")  # fmt: skip
    visit(admin, "files", owner.email)
    admin.wait_for_message("1,102 files")
    admin.press("Path")
    wait_for_rows(admin, lambda found: len(found) > 5 and found[2][0] == "many/0001", "the rows by their path")
    assert len(rows(admin)) < 100
    admin.run("document.querySelector('.grid-body [role=row]').focus()")

    def reaches_the_end():
        # Each time, this is the last of the rows that have come by then.
        admin.keys(Keys.END)
        return row_of(admin, "many/1100")

    admin.wait(reaches_the_end, "the end")
    wait_for_rows(admin, lambda found: found[-1][0] == "many/1100", "the last row")
    sql(f"delete from internal.files where user_id = '{owner.id}' and file_path like 'many/%'")


# People


def test_a_user_is_created_by_the_rules(admin, account, url, sql):
    email, password = f"{secrets.token_hex(8)}@end-to-end.example", secrets.token_urlsafe(16)
    visit(admin, "people")
    admin.press("New user")
    admin.dialog("New user")
    admin.type("Email", account.email)
    admin.type("New password", "short")
    admin.press("Create")
    admin.wait_for_message("The new password needs at least 10 characters.")
    admin.type("New password", password)
    admin.press("Create")
    admin.wait_for_message("There is already an account with this email address.")
    admin.type("Email", email)
    admin.type("Quota in GiB", "1.5")
    admin.press("Create")
    admin.wait_for_no_dialog()
    admin.wait_for_message(f"Created the account of {email}.")
    admin.type("Email", email)
    wait_for_rows(admin, lambda found: len(found) == 1, "one person")
    assert rows(admin)[0][1:4] == ["Editor", "0 bytes of 1.5 GiB", "0 files"]
    assert log_in(url, email, password).get("/rpc/whoami").json()["quota_bytes"] == 3 * 2**29
    sql(f"select internal.delete_user('{email}')")


def test_a_user_is_changed_disabled_enabled_and_deleted(admin, owner, url, sql):
    visit(admin, "people")
    admin.type("Email", owner.email)
    wait_for_rows(admin, lambda found: len(found) == 1, "one person")

    act(admin, owner, "Change quota")
    admin.type("Quota in GiB", "2")
    admin.press("Save")
    wait_for_rows(admin, lambda found: found and found[0][2] == "2.9 KiB of 2.0 GiB", "the quota")

    act(admin, owner, "Change role")
    choose(admin, "Role", "admin")
    admin.press("Save")
    wait_for_rows(admin, lambda found: found and found[0][1] == "Admin", "the role")
    assert_failure(owner.client.get("/rpc/whoami"), 401, "KF011")

    act(admin, owner, "Disable")
    admin.dialog(f"Disable {owner.email}?")
    admin.press("Disable")
    wait_for_rows(admin, lambda found: found and found[0][0].endswith("Disabled"), "that the account is disabled")
    assert_failure(log_in_fails(url, owner.email, owner.password), 400, "KF001")
    act(admin, owner, "Enable")
    wait_for_rows(admin, lambda found: found and not found[0][0].endswith("Disabled"), "that it is enabled")

    act(admin, owner, "Reset password")
    admin.press("Make a password")
    made = admin.field("New password").get_property("value")
    assert len(made) == 23 and admin.field("New password").get_attribute("type") == "text"
    admin.press("Reset password")
    admin.wait_for_message(f"{owner.email} has a new password.")
    assert log_in(url, owner.email, made).get("/rpc/whoami").json()["role"] == "admin"

    act(admin, owner, "Delete user")
    question = admin.dialog(f"Delete {owner.email}?").text
    assert "2 files (2.9 KiB)" in question and "cannot be undone" in question
    admin.press("Cancel")
    admin.wait_for_no_dialog()
    assert row_of(admin, owner.email)
    act(admin, owner, "Delete user")
    admin.press("Delete user")
    admin.wait_for_message(f"Deleted the account of {owner.email}.")
    admin.wait(lambda: not row_of(admin, owner.email), "the person to go")
    assert sql(f"select count(*) from internal.users where id = '{owner.id}'") == ["0"]


def log_in_fails(url, email, password):
    return Client(url).post("/rpc/login", {"email": email, "password": password})


def test_the_last_enabled_admin_must_remain(admin, sql):
    assert sql("select count(*) from internal.users where role = 'admin' and disabled_at is null") == ["1"]
    me = SimpleNamespace(email=setting("COFFER_ADMIN_EMAIL"))
    visit(admin, "people")
    admin.type("Email", me.email)
    wait_for_rows(admin, lambda found: len(found) == 1 and found[0][0].endswith("You"), "oneself")
    act(admin, me, "Change role")
    choose(admin, "Role", "editor")
    admin.press("Save")
    admin.wait_for_message("The last enabled admin must remain. Make someone else an admin first.")
    admin.press("Cancel")
    act(admin, me, "Disable")
    admin.press("Disable")
    admin.wait_for_message("The last enabled admin must remain. Make someone else an admin first.")
    assert sql("select count(*) from internal.users where role = 'admin' and disabled_at is null") == ["1"]


def test_an_admin_ends_a_session_of_a_user(admin, owner, account):
    second = account.log_in()
    visit(admin, "people")
    admin.type("Email", owner.email)
    wait_for_rows(admin, lambda found: len(found) == 1, "one person")
    act(admin, owner, "Sessions")
    admin.dialog(f"Sessions of {owner.email}")
    count = "return document.querySelectorAll('dialog .sessions li').length"
    admin.wait(lambda: admin.run(count) == 2, "two sessions")
    admin.run("document.querySelector('dialog .sessions li button').click()")
    admin.wait(lambda: admin.run(count) == 1, "the newest to go")
    assert_failure(second.get("/rpc/whoami"), 401, "KF011")
    assert owner.client.get("/rpc/whoami").status == 200
    admin.press("Close")
    admin.wait_for_no_dialog()


# The audit log


def test_the_audit_log_is_filtered_and_saved_as_csv(admin, owner, sql):
    sql("insert into internal.audit_log (occurred_at, user_id, action, chain, position, hash) "
        f"select now() - interval '3 days', '{owner.id}', 'logout', gen_random_uuid(), 1, ''")  # fmt: skip
    visit(admin, "audit")
    admin.type("Person", owner.email)
    admin.wait_for_message("5 items")
    wait_for_rows(admin, lambda found: len(found) == 5, "five entries")
    assert [row[2] for row in rows(admin)] == ["Logged out", "Stored", "Stored", "Logged in", "User created"]
    assert rows(admin)[1][1] == owner.email and rows(admin)[1][3] == "letters/a‹U+202E›b.txt"
    assert rows(admin)[0][1] == f"{owner.email} by the operator"
    choose(admin, "From", (datetime.now() - timedelta(days=1)).strftime("%Y-%m-%d"))
    wait_for_rows(admin, lambda found: len(found) == 4, "those of today")
    choose(admin, "From", "")
    choose(admin, "To", (datetime.now() - timedelta(days=2)).strftime("%Y-%m-%d"))
    wait_for_rows(admin, lambda found: len(found) == 1, "the old one")
    choose(admin, "To", "")
    choose(admin, "Action", "store")
    wait_for_rows(admin, lambda found: len(found) == 2, "what was stored")
    saved = admin.saved(lambda: admin.press("Save as CSV"))
    assert saved.name.startswith("audit-log-") and saved.suffix == ".csv"
    found = list(csv.DictReader(io.StringIO(saved.read_text())))
    assert [row["subject"] for row in found] == ["letters/a\u202eb.txt", "letters/spring.txt"]
    assert {row["action"] for row in found} == {"store"} and {row["user_id"] for row in found} == {owner.id}


def test_a_long_audit_log_is_saved_whole(admin, owner, sql):
    """The server limits the rows of one answer."""
    sql("insert into internal.audit_log (occurred_at, user_id, action, subject, chain, position, hash) "
        f"select now(), '{owner.id}', 'retrieve', 'a, \"b\"/' || n, gen_random_uuid(), 1, '' "
        "from generate_series(1, 2500) n")  # fmt: skip
    visit(admin, "audit", owner.email)
    admin.wait_for_message("2,504 items")
    text = admin.saved(lambda: admin.press("Save as CSV")).read_text()
    found = list(csv.DictReader(io.StringIO(text)))
    assert len(found) == len({row["id"] for row in found}) == 2504
    assert {row["subject"] for row in found} >= {f'a, "b"/{n}' for n in range(1, 2501)}


# The system


def test_the_state_of_the_system_is_shown(admin, owner, sql):
    visit(admin, "state")
    words = main_text(admin).replace("\n", " ")
    assert "Everything works" in words
    users, files = sql("select count(*) from internal.users; select count(*) from internal.files")
    sessions = sql("select count(*) from internal.sessions where expires_at > now()")[0]
    for name, count in (("People", users), ("Files", files), ("Open sessions", sessions)):
        assert f"{name} {int(count):,}" in words
    version = version_of(admin)
    assert f"Version {version}" in words


def version_of(app):
    script = "fetch('/openapi.json').then((answer) => answer.json()).then((found) => arguments[0](found.info.version))"
    return app.driver.execute_async_script(script)


def test_each_page_fits_a_phone(admin, owner):
    admin.phone()
    for page in PAGES:
        visit(admin, page)
        assert admin.run("return document.documentElement.scrollWidth") == 390, page
    visit(admin, "people")
    admin.type("Email", owner.email)
    wait_for_rows(admin, lambda found: len(found) == 1, "one person")
    assert admin.button(f"Actions for {owner.email}").size["height"] >= 44
    act(admin, owner, "Show files")
    admin.find("heading", "All files")
    wait_for_rows(admin, lambda found: len(found) == 2, "the files of one")
    assert admin.field("Owner").get_property("value") == owner.email
    choose_order = "arguments[0].value = 'size'; arguments[0].dispatchEvent(new Event('change'))"
    admin.run(choose_order, admin.field("Sort by"))
    wait_for_rows(admin, lambda found: found and found[0][2] == "10 bytes", "the smallest first")
