"""The trash in the web app: undo, restore, other names, removal for good, and folders brought back to a time."""

import time
from datetime import datetime

import pytest
from browser import app, quiet_console  # noqa: F401
from person import content, fresh, in_trash, paths, person, store  # noqa: F401
from selenium.webdriver import Keys

HOSTILE = "a\u202etxt.exe"
SHOWN = "a‹U+202E›txt.exe"


def remove(person, *names):
    for name in names:
        assert person.client.post("/rpc/delete_folder", {"p_folder": name}).status == 200


def remove_file(person, path):
    assert person.client.delete(f"/files?file_path=eq.{path}").status == 204


def open_trash(person, route="trash"):
    person.open(f"/#/{route}")
    person.driver.refresh()
    person.wait_for_files()
    person.wait(lambda: person.run("return document.querySelector('.content').childElementCount"), "the trash")


def rows(person):
    """The name, size, and dates of each row that is in the document."""
    script = """return Array.from(document.querySelectorAll('.grid-body [role=row]'), (row) =>
        Array.from(row.querySelectorAll('[role=gridcell]'), (cell) => cell.innerText).slice(1, 5))"""
    return person.run(script)


def names(person):
    return [row[0] for row in rows(person)]


def wait_for_names(person, *wanted):
    person.wait(lambda: names(person) == list(wanted), f"the rows {wanted}, there are {names(person)}")


def status(person):
    return person.run("return document.querySelector('.count').textContent")


# Undo


def test_what_was_just_deleted_comes_back_by_undo(fresh):
    for path in ("Post/a.txt", "Post/Old/b.txt", "Post/Old/c.txt"):
        store(fresh, path)
    fresh.go("Post")
    fresh.menu("a.txt", "Delete")
    fresh.wait_for_no_row("a.txt")
    fresh.wait_for_message("Moved “a.txt” to the trash.")
    fresh.press("Undo")
    fresh.wait_for_row("a.txt")
    fresh.menu("Old", "Delete")
    fresh.wait_for_no_row("Old")
    assert in_trash(fresh) == ["Post/Old/b.txt", "Post/Old/c.txt"]
    fresh.press("Undo")
    fresh.wait_for_row("Old")
    assert paths(fresh) == ["Post/Old/b.txt", "Post/Old/c.txt", "Post/a.txt"]
    assert in_trash(fresh) == []


# The list


def test_a_folder_that_was_deleted_is_one_row_and_versions_are_in_another_list(fresh):
    for path in ("Trip/a.txt", "Trip/Photos/b.jpg", "Trip/Photos/c.jpg"):
        store(fresh, path, b"x" * 1000)
    store(fresh, "letter.txt", b"one")
    store(fresh, "letter.txt", b"two")
    remove_file(fresh, "letter.txt")
    remove(fresh, "Trip")
    open_trash(fresh)
    wait_for_names(fresh, "Trip", "letter.txt")
    trip, letter = rows(fresh)
    assert trip[1].replace("\n", "") == "2.9 KiB · 3 files" and letter[1] == "3 bytes"
    assert trip[2].startswith("Today, ")
    expires = fresh.client.get("/trash?select=expires_at&limit=1").json()[0]["expires_at"]
    day = datetime.fromisoformat(expires).astimezone()
    assert f"{day:%b} {day.day}, {day.year}" in trip[3]
    assert status(fresh) == "2 items, 2.9 KiB"
    fresh.find("link", "Old versions").click()
    wait_for_names(fresh, "letter.txt")
    assert status(fresh) == "1 item, 3 bytes"


def test_an_empty_trash_says_how_long_things_stay(fresh):
    open_trash(fresh)
    text = fresh.run("return document.querySelector('.placeholder').innerText")
    assert text == "The trash is empty\n\nWhat you delete stays here for 30 days."
    assert fresh.all("button", "Empty trash") == fresh.all("button", "Restore all") == []


def test_a_list_that_cannot_be_loaded_says_why_and_is_tried_again(fresh):
    store(fresh, "a.txt")
    remove_file(fresh, "a.txt")
    fresh.go("")
    fresh.driver.execute_cdp_cmd("Network.enable", {})
    fresh.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/trash?*"]})
    try:
        fresh.find("link", "Trash").click()
        fresh.wait(lambda: fresh.all("button", "Try again"), "the failure")
        assert "The server cannot be reached." in fresh.run("return document.querySelector('.placeholder').innerText")
    finally:
        fresh.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        fresh.driver.get_log("browser")
    fresh.press("Try again")
    wait_for_names(fresh, "a.txt")


def test_a_long_trash_is_loaded_as_one_scrolls_and_a_big_folder_is_one_row(fresh, sql):
    store(fresh, "Many/0")
    for number in range(8):
        copied = fresh.client.post("/rpc/copy", {"p_from": "Many", "p_to": f"Half{number}"})
        assert copied.status == 200
        moved = {"p_from": f"Half{number}", "p_to": f"Many/{number + 1}"}
        assert fresh.client.post("/rpc/move_folder", moved).status == 200
    assert len(paths(fresh)) == 256
    assert fresh.client.post("/rpc/copy", {"p_from": "Many", "p_to": "Whole"}).json() == 256
    owner = fresh.client.get("/rpc/whoami").json()["user_id"]
    # Each is an entry of its own, all with the same time.
    sql(f"""do $$ declare one uuid; begin
        for one in select id from internal.files where user_id = '{owner}' and file_path like 'Many/%'
        loop delete from internal.files where id = one; end loop; end $$""")
    remove(fresh, "Whole")
    open_trash(fresh)
    fresh.wait(lambda: names(fresh)[:1] == ["Whole"], "the folder")
    assert rows(fresh)[0][1].replace("\n", "") == "1.3 KiB · 256 files"
    fresh.run("document.querySelector('.grid-body [role=row]').focus()")

    def has_all():
        # Each time, this goes to the last of the rows that have come by then.
        fresh.keys(Keys.END)
        return status(fresh) == "257 items, 2.5 KiB"

    fresh.wait(has_all, "all of it")
    fresh.keys(Keys.END)
    last = fresh.run("return document.activeElement.getAttribute('aria-rowindex')")
    assert last == "258"


# Restore


def test_a_folder_comes_back_as_a_whole(fresh):
    for path in ("Trip/a.txt", "Trip/Photos/b.jpg"):
        store(fresh, path, path.encode())
    remove(fresh, "Trip")
    open_trash(fresh)
    fresh.press("Restore Trip")
    fresh.wait_for_message("Restored “Trip”.")
    fresh.wait(lambda: fresh.all("button", "Restore Trip") == [], "the row to go")
    assert paths(fresh) == ["Trip/Photos/b.jpg", "Trip/a.txt"]
    assert content(fresh, "Trip/a.txt") == b"Trip/a.txt"
    fresh.press("Show in folder")
    fresh.wait_for_row("Photos")


def test_a_path_that_is_taken_asks_for_another(fresh):
    store(fresh, "letter.txt", b"old")
    remove_file(fresh, "letter.txt")
    store(fresh, "letter.txt", b"new")
    store(fresh, "letter (2).txt", b"other")
    open_trash(fresh)
    fresh.press("Restore letter.txt")
    fresh.dialog("Restore under another path")
    assert fresh.field("File path").get_attribute("value") == "letter (3).txt"
    fresh.type("File path", "letter (2).txt")
    fresh.press("Restore")
    fresh.wait_for_message("already exists")
    fresh.type("File path", "old/letter.txt")
    fresh.press("Restore")
    fresh.wait_for_message("Restored “old/letter.txt”.")
    assert [content(fresh, path) for path in paths(fresh)] == [b"other", b"new", b"old"]
    assert in_trash(fresh) == []


def test_a_folder_whose_path_is_taken_comes_back_to_another_folder(fresh):
    for name in ("a.txt", "Photos/b.jpg"):
        store(fresh, f"Trip/{name}", b"old")
    remove(fresh, "Trip")
    store(fresh, "Trip/a.txt", b"new")
    open_trash(fresh)
    fresh.press("Restore Trip")
    assert fresh.field("Folder path").get_attribute("value") == "Trip (2)"
    fresh.press("Restore")
    fresh.wait_for_message("Restored “Trip (2)”.")
    assert paths(fresh) == ["Trip (2)/Photos/b.jpg", "Trip (2)/a.txt", "Trip/a.txt"]
    assert content(fresh, "Trip/a.txt") == b"new"


def test_a_selection_and_all_of_it_are_restored(fresh):
    for path in ("a.txt", "b.txt", "c.txt", "d.txt"):
        store(fresh, path)
        remove_file(fresh, path)
    store(fresh, "d.txt", b"new")
    open_trash(fresh)
    wait_for_names(fresh, "d.txt", "c.txt", "b.txt", "a.txt")
    for name in ("a.txt", "b.txt"):
        fresh.field(f"Select {name}").click()
    fresh.press("Restore", fresh.run("return document.querySelector('[role=toolbar]')"))
    fresh.wait_for_message("Restored 2 files.")
    wait_for_names(fresh, "d.txt", "c.txt")
    fresh.press("Restore all")
    fresh.press("Restore all", fresh.dialog("Restore all"))
    fresh.wait_for_message("Restored 1 file. There is something at the path of 1 other already")
    wait_for_names(fresh, "d.txt")
    assert paths(fresh) == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert content(fresh, "d.txt") == b"new"


def test_a_version_becomes_the_content_again(fresh):
    store(fresh, "letter.txt", b"one")
    store(fresh, "letter.txt", b"two")
    open_trash(fresh, "trash/versions")
    fresh.press("Restore letter.txt")
    fresh.wait_for_message("Restored “letter.txt”.")
    assert content(fresh, "letter.txt") == b"one"


# Removal for good


def test_what_is_deleted_for_good_is_asked_for_and_the_rest_stays(fresh):
    for path in ("a.txt", "b.txt"):
        store(fresh, path, b"x" * 2048)
        remove_file(fresh, path)
    open_trash(fresh)
    wait_for_names(fresh, "b.txt", "a.txt")
    fresh.run("document.querySelector('.grid-body [role=row]').focus()")
    fresh.keys(Keys.DELETE)
    dialog = fresh.dialog("Delete for good")
    assert "“b.txt” (2.0 KiB)" in dialog.text and "cannot be undone" in dialog.text
    fresh.press("Cancel")
    fresh.wait_for_no_dialog()
    assert in_trash(fresh) == ["b.txt", "a.txt"]
    fresh.press("Actions for b.txt")
    fresh.find("menuitem", "Delete for good").click()
    fresh.press("Delete for good", fresh.dialog("Delete for good"))
    fresh.wait_for_message("Deleted “b.txt” for good.")
    wait_for_names(fresh, "a.txt")
    assert in_trash(fresh) == ["a.txt"]


def test_emptying_says_how_much_and_leaves_what_came_meanwhile_and_versions(fresh):
    store(fresh, "v.txt", b"1")
    store(fresh, "v.txt", b"2")
    for path in ("a.txt", "b.txt"):
        store(fresh, path, b"x" * 2048)
        remove_file(fresh, path)
    open_trash(fresh)
    fresh.press("Empty trash")
    dialog = fresh.dialog("Empty trash")
    assert "frees 4.0 KiB" in dialog.text
    store(fresh, "late.txt")
    remove_file(fresh, "late.txt")
    fresh.press("Empty trash", dialog)
    fresh.wait_for_message("All of it was deleted for good.")
    wait_for_names(fresh, "late.txt")
    assert in_trash(fresh) == ["late.txt"] and in_trash(fresh, "replaced") == ["v.txt"]


# Folders of a time


def type_time(field, moment):
    """As Chromium's field takes it in English: its parts one after the other."""
    field.send_keys(f"{moment:%m%d%Y%I%M%S%p}")
    # The value has no seconds if they are zero.
    assert datetime.fromisoformat(field.get_attribute("value")) == moment


def test_a_folder_is_brought_back_to_a_time(fresh):
    for name in ("kept", "overwritten", "deleted"):
        store(fresh, f"Work/{name}.txt", b"good")
    store(fresh, "Other/x.txt", b"good")
    time.sleep(1.1)
    moment = datetime.now().replace(microsecond=0)
    time.sleep(1.1)
    store(fresh, "Work/overwritten.txt", b"encrypted")
    store(fresh, "Work/ransom.txt", b"pay")
    store(fresh, "Other/x.txt", b"later")
    remove_file(fresh, "Work/deleted.txt")
    open_trash(fresh)
    fresh.press("Bring a folder back")
    fresh.press("Choose a folder")
    fresh.press("Work")
    fresh.wait(lambda: not fresh.all("button", "Other"), "the folder")
    fresh.press("Choose")
    type_time(fresh.field("As it was at"), moment)
    fresh.press("Bring a folder back", fresh.dialog("Bring a folder back"))
    fresh.wait_for_message("Restored 2 files, moved 2 files to the trash, left 1 as they were.")
    assert paths(fresh) == ["Other/x.txt", "Work/deleted.txt", "Work/kept.txt", "Work/overwritten.txt"]
    assert content(fresh, "Work/overwritten.txt") == b"good" and content(fresh, "Other/x.txt") == b"later"
    assert sorted(in_trash(fresh)) == ["Work/overwritten.txt", "Work/ransom.txt"]


def test_the_details_of_a_folder_bring_it_back_too(fresh):
    store(fresh, "Work/a.txt", b"good")
    time.sleep(1.1)
    moment = datetime.now().replace(microsecond=0)
    time.sleep(1.1)
    store(fresh, "Work/a.txt", b"bad")
    fresh.go("")
    fresh.menu("Work", "Details")
    fresh.press("Bring this folder back to a time…")
    assert "Work" in fresh.dialog("Bring a folder back").text
    type_time(fresh.field("As it was at"), moment)
    fresh.press("Bring a folder back", fresh.dialog("Bring a folder back"))
    fresh.wait_for_message("Restored 1 file,")
    assert content(fresh, "Work/a.txt") == b"good"


# Phones and names


def test_on_a_phone_a_tap_opens_the_actions(fresh):
    store(fresh, "Trip/a.txt")
    remove_file(fresh, "Trip/a.txt")
    fresh.phone()
    open_trash(fresh)
    wait_for_names(fresh, "Trip/a.txt")
    assert fresh.run("return document.documentElement.scrollWidth") <= 390
    fresh.press("Actions for Trip/a.txt")
    fresh.find("menuitem", "Restore").click()
    fresh.wait_for_message("Restored “Trip/a.txt”.")
    assert paths(fresh) == ["Trip/a.txt"]


@pytest.mark.parametrize("name", [HOSTILE, "<img src=x onerror=alert(1)>", "a\u200bb  c "])
def test_names_are_shown_as_they_are_and_come_back_as_they_were(fresh, name):
    store(fresh, name)
    assert fresh.client.delete("/files?created_at=lt.2100-01-01").status == 204
    open_trash(fresh)
    fresh.wait(lambda: names(fresh), "the row")
    if name == HOSTILE:
        assert names(fresh) == [SHOWN]
    assert fresh.run("return document.querySelector('main img')") is None
    fresh.run("document.querySelector('.grid-body [role=row]').focus()")
    fresh.keys("r")
    fresh.wait_for_message("Restored “")
    assert paths(fresh) == [name]
