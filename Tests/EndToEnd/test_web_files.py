"""The file manager in a real Chromium, as a person uses it: everything is found by its role and its name.

Files are kept below one folder of their own, so that the tests can run against an account that has other files.
"""

import hashlib
import secrets
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from browser import app, quiet_console, setting  # noqa: F401
from browser import logged_in as editor  # noqa: F401
from client import log_in
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import Select

FOLDER = f"!web-{secrets.token_hex(4)}"


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@contextmanager
def slow_line(app, milliseconds):
    slow = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    app.driver.execute_cdp_cmd("Network.enable", {})
    app.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    try:
        yield
    finally:
        app.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow | {"latency": 0})


@pytest.fixture(scope="module")
def account_of_editor(url):
    client = log_in(url, setting("COFFER_EDITOR_EMAIL"), setting("COFFER_EDITOR_PASSWORD"))
    yield client
    # A folder that was created stays without its files.
    assert client.post("/rpc/delete_folder", {"p_folder": FOLDER}).status == 200
    assert client.clear(FOLDER).status in (200, 204)


@pytest.fixture
def folder(editor, account_of_editor, request):
    """A folder of this test alone, open, with these files: `folder("a.txt", "b/c.txt")`."""
    path = f"{FOLDER}/{secrets.token_hex(3)}"

    def fill(*names, body=b"Hello"):
        for name in names:
            stored = account_of_editor.store(f"UTF-8''{quote(f'{path}/{name}', safe='')}", body)
            assert stored.status == 200, stored
        editor.desktop()
        editor.go(path)
        return path

    return fill


def paths(client, folder):
    found = client.get(f"/files?select=file_path&file_path=like.{quote(folder)}/*&order=file_path").json()
    return [row["file_path"].removeprefix(f"{folder}/") for row in found]


# Who is logged in


def test_without_a_session_the_login_comes_first_and_then_the_place_one_wanted(app):
    app.driver.delete_all_cookies()
    app.open("/#/files/some%20folder")
    app.wait_for_login()
    assert app.address() == "/login#/files/some%20folder"
    app.type("Email", setting("COFFER_EDITOR_EMAIL"))
    app.type("Password", setting("COFFER_EDITOR_PASSWORD"))
    app.press("Log in")
    app.wait_for_files()
    assert app.address() == "/#/files/some%20folder"


def test_the_session_is_hidden_from_scripts(editor):
    assert any(cookie["httpOnly"] and cookie["name"].endswith("coffer") for cookie in editor.driver.get_cookies())
    assert editor.run("return document.cookie") == ""
    assert editor.run("return localStorage.length + sessionStorage.length") == 0
    assert setting("COFFER_EDITOR_EMAIL") in editor.run("return document.querySelector('header').textContent")


# Folders


def test_folders_are_opened_by_links_breadcrumbs_addresses_and_the_buttons_of_the_browser(editor, folder):
    path = folder("letters/2026/spring.txt", "letters/old.txt", "top.txt")
    assert editor.names() == ["letters", "top.txt"]
    editor.find("link", "letters").click()
    editor.wait_for_row("2026")
    editor.find("link", "2026").click()
    editor.wait_for_row("spring.txt")
    deep = editor.address()
    assert unquote(deep) == f"/#/files/{path}/letters/2026"
    editor.find("link", "letters").click()
    editor.wait_for_row("old.txt")
    editor.driver.back()
    editor.wait_for_row("spring.txt")
    editor.driver.forward()
    editor.wait_for_row("old.txt")
    editor.open(deep)
    editor.driver.refresh()
    editor.wait_for_row("spring.txt")
    assert editor.find("heading", "2026").get_attribute("aria-current") == "page"
    assert editor.driver.title == "2026 – Coffer"


def test_an_address_of_no_folder_says_that_nothing_is_there(editor):
    editor.open(f"/#/files/{FOLDER}-never/%")
    editor.driver.refresh()
    editor.wait_for_files()
    editor.wait(lambda: "empty" in editor.driver.find_element("id", "main").text, "the words")


def test_a_new_folder_stays_empty_until_something_is_in_it(editor, folder, account_of_editor):
    path = folder("a.txt")
    editor.press("New folder")
    editor.type("Folder name", "a/b")
    editor.press("Create")
    assert editor.dialog("New folder").is_displayed()
    editor.type("Folder name", "Grüße 2026")
    editor.press("Create")
    editor.wait_for_message("Created the folder “Grüße 2026”.")
    editor.wait_for_row("Grüße 2026").find_element("link text", "Grüße 2026").click()
    editor.wait(lambda: "This folder is empty" in editor.driver.find_element("id", "main").text, "the empty folder")
    listed = account_of_editor.get(f"/rpc/list_folder?p_folder={quote(path)}").json()
    assert [(row["name"], row["file_count"]) for row in listed if row["is_folder"]] == [("Grüße 2026", 0)]


def test_a_folder_that_is_there_already_is_refused_in_the_dialog(editor, folder):
    folder("a/b.txt")
    editor.press("New folder")
    editor.type("Folder name", "a")
    editor.press("Create")
    editor.wait_for_message("already")
    editor.press("Cancel")


# Changes


def test_rename_selects_the_name_without_its_extension(editor, folder, account_of_editor):
    path = folder("draft.txt")
    editor.menu("draft.txt", "Rename")
    editor.dialog("Rename")
    editor.keys("final")
    editor.press("Rename")
    editor.wait_for_row("final.txt")
    assert paths(account_of_editor, path) == ["final.txt"]


def test_a_name_that_is_taken_is_refused_in_the_dialog_and_nothing_changes(editor, folder, account_of_editor):
    path = folder("one.txt", "two.txt")
    editor.menu("one.txt", "Rename")
    editor.type("New name", "two.txt")
    editor.press("Rename")
    editor.wait_for_message("already in use")
    editor.press("Cancel")
    assert paths(account_of_editor, path) == ["one.txt", "two.txt"]


def test_several_are_moved_into_a_folder_and_back(editor, folder, account_of_editor):
    path = folder("one.txt", "two.txt", "there/three.txt", "deep/four.txt")
    editor.select("one.txt", "two.txt", "deep")
    editor.wait_for_message("3 selected")
    editor.press("Move")
    editor.press("there")
    editor.press("Move here")
    editor.wait_for_message("Moved 3 items")
    moved = ["there/deep/four.txt", "there/one.txt", "there/three.txt", "there/two.txt"]
    assert paths(account_of_editor, path) == moved
    editor.wait_for_no_row("one.txt")
    editor.press("Undo")
    editor.wait_for_row("one.txt")
    put_back = ["deep/four.txt", "one.txt", "there/three.txt", "two.txt"]
    editor.wait(lambda: paths(account_of_editor, path) == put_back, "undo")


def test_who_does_not_wait_for_the_chosen_folder_moves_into_it_nevertheless(editor, folder, account_of_editor):
    path = folder("one.txt", "there/two.txt")
    editor.menu("one.txt", "Move")
    editor.button("there")
    with slow_line(editor, 1500):
        editor.press("there")
        editor.press("Move here")
        editor.wait_for_message("Moved “one.txt”")
    assert paths(account_of_editor, path) == ["there/one.txt", "there/two.txt"]


def test_a_copy_in_the_same_folder_gets_a_number(editor, folder, account_of_editor):
    path = folder("one.txt", "deep/two.txt")
    for name in ("one.txt", "deep"):
        editor.menu(name, "Copy")
        editor.press("Copy here")
        editor.wait_for_message(f"Copied “{name}”")
    editor.wait_for_row("deep (2)")
    assert paths(account_of_editor, path) == ["deep (2)/two.txt", "deep/two.txt", "one (2).txt", "one.txt"]


def test_what_is_deleted_comes_back_by_undo(editor, folder, account_of_editor):
    if account_of_editor.get("/rpc/whoami").json()["trash_days"] == 0:
        pytest.skip("this instance keeps no trash")
    path = folder("one.txt", "two.txt", "deep/three.txt", "deep/er/four.txt")
    before = paths(account_of_editor, path)
    editor.select("one.txt", "deep")
    editor.press("Delete")
    editor.wait_for_message("Moved 2 items to the trash.")
    editor.wait_for_no_row("deep")
    assert paths(account_of_editor, path) == ["two.txt"]
    editor.press("Undo")
    editor.wait_for_row("deep")
    editor.wait(lambda: paths(account_of_editor, path) == before, "the files")


def test_an_empty_folder_comes_back_without_what_was_deleted_from_it_before(editor, folder, account_of_editor):
    path = folder("stays.txt")
    assert account_of_editor.post("/rpc/create_folder", {"p_folder": f"{path}/empty"}).status == 204
    assert account_of_editor.store(f"{path}/empty/older.txt", b"x").status == 200
    assert account_of_editor.delete(f"/files?file_path=eq.{path}/empty/older.txt").status == 204
    editor.go(path)
    editor.menu("empty", "Delete")
    editor.wait_for_no_row("empty")
    editor.press("Undo")
    editor.wait_for_row("empty")
    assert paths(account_of_editor, path) == ["stays.txt"]


def test_a_row_is_dragged_onto_a_folder(editor, folder, account_of_editor):
    path = folder("one.txt", "there/two.txt")
    row, there = editor.wait_for_row("one.txt"), editor.wait_for_row("there")
    ActionChains(editor.driver).drag_and_drop(row, there).perform()
    editor.wait_for_no_row("one.txt")
    editor.wait(lambda: paths(account_of_editor, path) == ["there/one.txt", "there/two.txt"], "the move")


# Order and search


def test_the_order_can_be_chosen_before_the_list_has_come(editor, folder):
    folder("small/b.txt", "small/a.txt")
    editor.phone()
    with slow_line(editor, 1000):
        editor.run("location.hash = arguments[0]", f"#/files/{editor_folder(editor)}/small")
        editor.wait(lambda: editor.all("heading", "small"), "the folder")
        Select(editor.field("Sort by")).select_by_visible_text("Name, Z to A")
        editor.wait_for_row("a.txt")
        assert editor.names() == ["b.txt", "a.txt"]
    Select(editor.field("Sort by")).select_by_visible_text("Name, A to Z")
    editor.desktop()


def test_the_list_is_sorted_by_its_heads(editor, folder, account_of_editor):
    folder("b10.txt", "b9.txt", "A.txt", "z/a.txt")
    account_of_editor.store(f"{editor_folder(editor)}/c.txt", b"x" * 5000)
    editor.driver.refresh()
    editor.wait_for_row("c.txt")
    assert editor.names() == ["z", "A.txt", "b9.txt", "b10.txt", "c.txt"]
    editor.press("Name")
    assert editor.names() == ["z", "c.txt", "b10.txt", "b9.txt", "A.txt"]
    editor.press("Size")
    assert editor.names()[:2] == ["z", "c.txt"]
    head = editor.driver.find_element("css selector", "[role=columnheader][aria-sort]")
    assert (head.text, head.get_attribute("aria-sort")) == ("Size", "descending")
    editor.press("Name")
    editor.press("Name") if editor.names()[1] != "A.txt" else None
    assert editor.names()[1] == "A.txt"


def editor_folder(app):
    return unquote(app.address().removeprefix("/#/files/"))


def test_a_search_finds_names_in_all_folders_as_they_are_written(editor, folder):
    folder("deep/er/100%_Sure*.txt", "100 Sure.txt")
    field = editor.field("Search files")
    field.send_keys("100%_sURE*", Keys.ENTER)
    editor.wait(lambda: any(name.endswith("deep/er/100%_Sure*.txt") for name in editor.names()), "what is found")
    assert len(editor.names()) == 1
    editor.field("Search files").clear()
    editor.field("Search files").send_keys("never-there-at-all", Keys.ENTER)
    editor.wait(lambda: "Nothing found" in editor.driver.find_element("id", "main").text, "the words")


# Keyboard and selection


def test_everything_in_the_list_is_done_by_keyboard(editor, folder, account_of_editor):
    path = folder("a.txt", "b.txt", "c.txt", "deep/d.txt")
    editor.wait_for_row("a.txt")
    editor.run("document.activeElement.blur()")
    editor.keys(Keys.ARROW_DOWN)
    assert editor.run("return document.activeElement.querySelector('a.entry').textContent") == "deep"
    editor.keys(Keys.ARROW_DOWN, Keys.SPACE, Keys.ARROW_DOWN)
    editor.wait_for_message("1 selected")
    ActionChains(editor.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_DOWN).key_up(Keys.SHIFT).perform()
    editor.wait_for_message("2 selected")
    editor.keys(Keys.ESCAPE, Keys.F2)
    editor.dialog("Rename")
    editor.keys("z", Keys.ENTER)
    editor.wait_for_row("z.txt")
    assert paths(account_of_editor, path) == ["a.txt", "b.txt", "deep/d.txt", "z.txt"]
    editor.wait_for_no_dialog()
    editor.keys(Keys.HOME, Keys.ENTER)
    editor.wait_for_row("d.txt")
    editor.keys(Keys.BACKSPACE)
    editor.wait_for_row("a.txt")


def test_all_are_selected_and_counted(editor, folder):
    folder(*(f"{number}.txt" for number in range(7)))
    editor.field("Select all").click()
    editor.wait_for_message("7 selected")
    editor.press("Clear selection")
    editor.button("Upload files")


def test_the_menu_opens_by_keyboard_at_its_row_and_closes_by_escape(editor, folder):
    folder("a.txt")
    editor.wait_for_row("a.txt")
    editor.run("document.activeElement.blur()")
    editor.keys(Keys.ARROW_DOWN)
    ActionChains(editor.driver).key_down(Keys.SHIFT).send_keys(Keys.F10).key_up(Keys.SHIFT).perform()
    assert editor.find("menuitem", "Preview") == editor.driver.switch_to.active_element
    editor.keys(Keys.END)
    assert editor.driver.switch_to.active_element.text == "Delete"
    editor.keys(Keys.ESCAPE)
    assert editor.all("menuitem", "Delete") == []
    assert editor.driver.switch_to.active_element.get_attribute("role") == "row"


# Others


def test_what_another_window_changes_is_seen_and_what_is_gone_is_said(editor, folder, account_of_editor):
    path = folder("gone.txt", "stays.txt")
    assert account_of_editor.clear(path).status in (200, 204)
    editor.menu("gone.txt", "Download")
    editor.wait_for_message("File not found")


def test_a_second_user_sees_nothing_of_it(editor, folder, account, app):
    folder("mine.txt")
    stranger = account.log_in()
    assert stranger.get("/rpc/list_folder?p_folder=").json() == []


def test_logging_out_ends_the_session_and_the_page(editor):
    cookies = editor.driver.get_cookies()
    editor.desktop()
    editor.press("Log out")
    editor.wait_for_login()
    editor.driver.back()
    # The old cookie must not work either: the session itself is revoked.
    for cookie in cookies:
        editor.driver.add_cookie(cookie)
    editor.open("/")
    editor.wait_for_login()
    editor.driver.delete_all_cookies()


def test_a_session_that_ends_midway_leads_to_the_login_and_back_to_the_place(editor, folder):
    folder("a.txt")
    place = editor.address()
    editor.driver.delete_all_cookies()
    editor.menu("a.txt", "Download")
    editor.wait_for_login()
    editor.wait_for_message("Your session has ended")
    editor.type("Email", setting("COFFER_EDITOR_EMAIL"))
    editor.type("Password", setting("COFFER_EDITOR_PASSWORD"))
    editor.press("Log in")
    editor.wait_for_files()
    assert editor.address() == place
