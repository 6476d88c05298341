"""The panel of details: what is known of a file, its description, its versions, and what can be done from there."""

import hashlib
from urllib.parse import quote

import pytest
from browser import app, quiet_console  # noqa: F401
from person import content, fresh, in_trash, paths, person, store  # noqa: F401
from selenium.webdriver import Keys

BODY = b"0123456789" * 1234


@pytest.fixture
def opened(fresh):
    """The panel of a file, which has this content and description."""

    def open_panel(path="Letters/letter.txt", body=BODY, **headers):
        store(fresh, path, body, **headers)
        folder, _, name = path.rpartition("/")
        fresh.go(folder)
        fresh.menu(name, "Details")
        return fresh.dialog(name)

    fresh.panel = open_panel
    return fresh


def facts(person):
    return person.run("""return Object.fromEntries(Array.from(document.querySelectorAll('dialog dt'), (term) =>
        [term.textContent, term.nextElementSibling.innerText.trim()]))""")


def description(person, path):
    return person.client.files(f"select=description&file_path=eq.{quote(path)}").json()[0]["description"]


def versions(person):
    """The sizes of the versions in the panel, from above."""
    return person.run("return Array.from(document.querySelectorAll('dialog li .hint'), (one) => one.textContent)")


def wait_for_versions(person, *sizes):
    person.wait(lambda: versions(person) == list(sizes), f"the versions {sizes}, there are {versions(person)}")


# What is known


def test_the_panel_says_what_is_known_of_a_file(opened):
    opened.panel(Content_Type="text/plain; charset=utf-8", Last_Modified="Mon, 05 Oct 2026 12:00:00 GMT")
    said = facts(opened)
    assert said["Path"] == "Letters/letter.txt"
    assert said["Size"] == "12.1 KiB (12,340 bytes)"
    assert said["Type"] == "text/plain; charset=utf-8"
    assert said["Changed"].startswith("Oct 5, 2026, ")
    assert said["Created"] and said["Created"] != said["Changed"]
    assert said["SHA-256"].split() == [hashlib.sha256(BODY).hexdigest()]


def test_the_digest_is_copied(opened):
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    opened.driver.execute_cdp_cmd("Browser.grantPermissions", {"origin": opened.url, "permissions": permissions})
    opened.panel()
    opened.press("Copy the SHA-256")
    opened.wait_for_message("Copied")
    read = "navigator.clipboard.readText().then(arguments[0])"
    assert opened.driver.execute_async_script(read) == hashlib.sha256(BODY).hexdigest()


def test_a_folder_has_a_number_of_files_and_their_size(fresh):
    for name in ("a.txt", "Old/b.txt"):
        store(fresh, f"Letters/{name}", b"x" * 700)
    fresh.go("")
    fresh.menu("Letters", "Details")
    fresh.dialog("Letters")
    assert facts(fresh) == {"Path": "Letters", "Contains": "2 files", "Size": "1.4 KiB (1,400 bytes)"}


def test_what_a_search_has_found_leads_to_its_folder(fresh):
    store(fresh, "Letters/Old/letter.txt")
    fresh.open("/#/search/letter.txt")
    fresh.driver.refresh()
    fresh.wait_for_files()
    fresh.press("Actions for letter.txt")
    fresh.find("menuitem", "Details").click()
    # The row behind it is a link of the same name.
    fresh.dialog("letter.txt")
    fresh.find("link", "Letters/Old/letter.txt").click()
    fresh.wait(lambda: fresh.address() == "/#/files/Letters/Old", "the folder")
    fresh.wait_for_no_dialog()
    fresh.wait_for_row("letter.txt")


# Description


def test_a_description_is_changed_in_place(opened):
    opened.panel(Description="Before")
    opened.press("Edit the description")
    opened.type("Description", "Two\nlines, and a \u202ehidden sign")
    opened.press("Save")
    opened.wait_for_message("Saved.")
    assert description(opened, "Letters/letter.txt") == "Two\nlines, and a \u202ehidden sign"
    shown = opened.run("return document.querySelector('dialog .prose').innerText")
    assert shown == "Two\nlines, and a ‹U+202E›hidden sign"
    opened.keys(Keys.ESCAPE)
    opened.wait_for_no_dialog()
    opened.wait(lambda: "Two" in opened.row("letter.txt").text, "the description in the list")


def test_editing_ends_by_escape_without_a_change_and_the_panel_stays(opened):
    opened.panel(Description="Before")
    opened.press("Edit the description")
    opened.type("Description", "After")
    opened.keys(Keys.ESCAPE)
    assert opened.run("return document.querySelector('dialog .prose').checkVisibility()")
    assert opened.run("return document.querySelector('dialog .prose').textContent") == "Before"
    assert description(opened, "Letters/letter.txt") == "Before"
    opened.press("Edit the description")
    opened.field("Description").send_keys(Keys.CONTROL + "a", Keys.DELETE)
    opened.field("Description").send_keys(Keys.CONTROL + Keys.ENTER)
    opened.wait_for_message("Saved.")
    assert not description(opened, "Letters/letter.txt")


def test_a_description_that_the_server_refuses_says_why_and_is_not_lost(opened):
    opened.panel()
    opened.press("Edit the description")
    opened.run("arguments[0].value = 'x'.repeat(60000)", opened.field("Description"))
    opened.press("Save")
    opened.wait_for_message("escription")
    assert len(opened.field("Description").get_attribute("value")) == 60000


# Versions


def test_a_version_is_restored_and_that_can_be_undone(opened):
    for body in (b"1", b"22"):
        store(opened, "Letters/letter.txt", body)
    opened.panel(body=b"333")
    wait_for_versions(opened, "2 bytes", "1 byte")
    opened.run("document.querySelectorAll('dialog li button')[2].click()")
    opened.wait_for_message("The version is the content again.")
    assert content(opened, "Letters/letter.txt") == b"1"
    wait_for_versions(opened, "3 bytes", "2 bytes")
    assert facts(opened)["Size"] == "1 byte"
    opened.press("Undo")
    wait_for_versions(opened, "1 byte", "2 bytes")
    assert content(opened, "Letters/letter.txt") == b"333"


def test_a_version_is_downloaded(opened):
    store(opened, "Letters/letter.txt", b"the old content")
    opened.panel()
    wait_for_versions(opened, "15 bytes")
    saved = opened.saved(lambda: opened.run("document.querySelectorAll('dialog li button')[1].click()"))
    assert saved.name == "letter.txt" and saved.read_bytes() == b"the old content"


def test_a_file_without_versions_says_when_there_will_be_some(opened):
    panel = opened.panel()
    opened.wait(lambda: "the old one is kept here for 30 days" in panel.text, "the hint")


# What can be done


def test_renaming_keeps_the_panel_open(opened):
    opened.panel()
    opened.press("Rename")
    opened.type("New name", "answer.txt")
    opened.press("Rename", opened.dialog("Rename"))
    opened.dialog("answer.txt")
    opened.wait(lambda: facts(opened)["Path"] == "Letters/answer.txt", "the path")
    assert paths(opened) == ["Letters/answer.txt"]


def test_deleting_closes_the_panel_and_can_be_undone(opened):
    opened.panel()
    opened.press("Delete")
    opened.wait_for_no_dialog()
    opened.wait_for_no_row("letter.txt")
    assert in_trash(opened) == ["Letters/letter.txt"]
    opened.press("Undo")
    opened.wait_for_row("letter.txt")


def test_the_file_is_copied_and_downloaded_from_the_panel(opened):
    opened.panel()
    opened.press("Copy")
    opened.press("Copy here")
    opened.wait_for_message("Copied “letter.txt”")
    opened.wait(lambda: paths(opened) == ["Letters/letter (2).txt", "Letters/letter.txt"], "the copy")
    saved = opened.saved(lambda: opened.press("Download"))
    assert saved.read_bytes() == BODY


def test_a_file_that_is_gone_meanwhile_closes_the_panel(opened):
    opened.panel()
    opened.client.delete("/files?created_at=lt.2100-01-01")
    opened.press("Edit the description")
    opened.keys(Keys.ESCAPE)
    opened.press("Copy")
    opened.press("Copy here")
    opened.wait_for_message("not found")
    opened.keys(Keys.ESCAPE)
    opened.wait_for_no_dialog()
    opened.wait_for_no_row("letter.txt")


@pytest.mark.parametrize("name", ["<b onclick=alert(1)>.txt", "a\u202etxt.exe", "x" * 200])
def test_on_a_phone_the_panel_is_as_wide_as_the_page_whatever_the_name(opened, name):
    store(opened, f"Letters/{name}", b"1")
    opened.phone()
    opened.go("Letters")
    shown = name.replace("\u202e", "‹U+202E›")
    opened.menu(shown, "Details")
    opened.dialog(shown)
    assert facts(opened)["Path"] == f"Letters/{shown}"
    box = opened.run("return document.querySelector('dialog').getBoundingClientRect().toJSON()")
    assert (box["left"], box["width"]) == (0, 390)
    assert opened.run("return document.querySelector('dialog').scrollWidth") <= 390
