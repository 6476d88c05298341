"""The sheet of keyboard shortcuts: each of them does what it says there."""

import pytest
from browser import app, quiet_console  # noqa: F401
from person import fresh, in_trash, person, store  # noqa: F401
from selenium.webdriver import ActionChains, Keys

CHOSEN = "return document.activeElement.closest('.grid-row')?.querySelector('a.entry').textContent ?? null"
SELECTED = """return Array.from(document.querySelectorAll('.grid-body [aria-selected=true] a.entry'),
    (one) => one.textContent)"""


@pytest.fixture
def letters(fresh):
    for name in ("a.txt", "b.txt", "c.txt"):
        store(fresh, f"Letters/{name}", name.encode(), Content_Type="text/plain")
    fresh.go("Letters")
    return fresh


@pytest.fixture
def on_b(letters):
    """With the focus on the row of b.txt."""
    letters.keys(Keys.ARROW_DOWN)
    letters.keys(Keys.ARROW_DOWN)
    assert letters.run(CHOSEN) == "b.txt"
    return letters


def chord(app, *keys):
    actions = ActionChains(app.driver)
    for key in keys[:-1]:
        actions.key_down(key)
    actions.send_keys(keys[-1])
    for key in keys[:-1]:
        actions.key_up(key)
    actions.perform()


def test_the_sheet_opens_by_its_key_and_by_its_button(letters):
    letters.keys("?")
    sheet = letters.dialog("Keyboard shortcuts")
    for text in ("Everywhere", "Search files", "Parent folder", "Extend the selection", "Previous or next file"):
        assert text in sheet.text
    letters.keys(Keys.ESCAPE)
    letters.wait_for_no_dialog()
    letters.press("Keyboard shortcuts")
    letters.dialog("Keyboard shortcuts")
    letters.press("Close")
    letters.wait_for_no_dialog()


def test_keys_that_work_everywhere(letters):
    letters.keys("/")
    assert letters.run("return document.activeElement === document.querySelector('[role=search] input')")
    # In a field they are text.
    letters.keys("n?u")
    assert letters.field("Search files").get_attribute("value") == "n?u"
    letters.run("document.activeElement.blur()")
    letters.run("HTMLInputElement.prototype.click = function () { window.chosen = this.type; }")
    letters.keys("u")
    assert letters.run("return window.chosen") == "file"
    letters.keys("n")
    letters.dialog("New folder")
    letters.keys(Keys.ESCAPE)
    letters.wait_for_no_dialog()
    letters.keys(Keys.BACKSPACE)
    letters.wait(lambda: letters.address() == "/#/files", "the folder above")


def test_keys_that_go_through_the_list(on_b):
    on_b.keys(Keys.ARROW_UP)
    assert on_b.run(CHOSEN) == "a.txt"
    on_b.keys(Keys.END)
    assert on_b.run(CHOSEN) == "c.txt"
    on_b.keys(Keys.HOME)
    assert on_b.run(CHOSEN) == "a.txt"
    on_b.keys(Keys.ENTER)
    on_b.dialog("a.txt")
    on_b.keys(Keys.ARROW_RIGHT)
    on_b.dialog("b.txt")
    on_b.keys(Keys.ARROW_LEFT)
    on_b.dialog("a.txt")
    on_b.keys(Keys.ESCAPE)
    on_b.wait_for_no_dialog()
    assert on_b.run(CHOSEN) == "a.txt"


def test_keys_that_select(on_b):
    on_b.keys(Keys.SPACE)
    assert on_b.run(SELECTED) == ["b.txt"]
    on_b.keys(Keys.SPACE)
    assert on_b.run(SELECTED) == []
    chord(on_b, Keys.SHIFT, Keys.ARROW_DOWN)
    assert on_b.run(SELECTED) == ["b.txt", "c.txt"]
    chord(on_b, Keys.CONTROL, "a")
    assert on_b.run(SELECTED) == ["a.txt", "b.txt", "c.txt"]
    on_b.keys(Keys.ESCAPE)
    assert on_b.run(SELECTED) == []


@pytest.mark.parametrize(
    ("keys", "title"),
    [((Keys.F2,), "Rename"), (("m",), "Move to"), (("c",), "Copy to"), (("i",), "b.txt")],
)
def test_keys_that_open_a_dialog_for_the_file(on_b, keys, title):
    chord(on_b, *keys)
    on_b.dialog(title)
    on_b.keys(Keys.ESCAPE)
    on_b.wait_for_no_dialog()
    assert on_b.run(CHOSEN) == "b.txt"


def test_keys_that_download_delete_and_go_up_from_the_file(on_b):
    saved = on_b.saved(lambda: on_b.keys("d"))
    assert saved.read_bytes() == b"b.txt"
    chord(on_b, Keys.SHIFT, Keys.F10)
    assert on_b.find("menuitem", "Preview").is_displayed()
    on_b.keys(Keys.ESCAPE)
    assert on_b.run(CHOSEN) == "b.txt"
    on_b.keys(Keys.DELETE)
    on_b.wait_for_no_row("b.txt")
    assert in_trash(on_b) == ["Letters/b.txt"]
    # It goes up, and does not delete.
    on_b.keys(Keys.BACKSPACE)
    on_b.wait(lambda: on_b.address() == "/#/files", "the folder above")
    assert in_trash(on_b) == ["Letters/b.txt"]


def test_the_focus_stays_on_its_row_when_the_window_changes_its_size(on_b):
    on_b.resize(1200, 700)
    on_b.resize(1000, 800)
    on_b.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert on_b.run(CHOSEN) == "b.txt"
