"""Downloads by the web app: of a file, of a folder and a selection as ZIP, and those that fail, which say why."""

import io
import zipfile

import pytest
from browser import app, quiet_console  # noqa: F401
from person import be, fresh, person, store  # noqa: F401

SIZE = 3_000_000
PATH = "Post/letter.txt"
FETCHED = """
return performance.getEntriesByType("resource").filter((one) => one.name.includes("retrieve_file"))
  .map((one) => one.encodedBodySize);
"""


@pytest.fixture
def listed(fresh):
    """Stores a file and shows its folder."""
    store(fresh, PATH, b"x" * SIZE)
    store(fresh, "Post/Old/été.txt", b"1")
    store(fresh, "Post/Old/Older/b.txt", b"22")
    fresh.go("Post")
    fresh.wait_for_row("letter.txt")
    for old in fresh.downloads.iterdir():
        old.unlink()
    return fresh


def press_download(listed, name="letter.txt"):
    """The button of a row, which is to be seen when the pointer is over the row."""
    row = listed.wait_for_row(name)
    listed.run("arguments[0].focus()", row)
    listed.press(f"Download {name}", row)


def members(saved):
    with zipfile.ZipFile(io.BytesIO(saved.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def assert_nothing_saved(app):
    assert app.address() == "/#/files/Post"
    assert list(app.downloads.iterdir()) == []


def test_the_button_of_a_row_saves_the_file_without_the_page(listed):
    """The page asks for one byte; the browser saves the rest from the address."""
    saved = listed.saved(lambda: press_download(listed))
    assert saved.name == "letter.txt" and saved.stat().st_size == SIZE
    listed.wait_for_message("The download of letter.txt has started.")
    (size,) = listed.run(FETCHED)
    assert size <= 1


def test_a_folder_is_saved_as_one_archive(listed):
    saved = listed.saved(lambda: press_download(listed, "Old"))
    assert saved.suffix == ".zip"
    found = members(saved)
    assert sorted(found.values()) == [b"1", b"22"]
    assert any(name.endswith("été.txt") for name in found)


def test_a_selection_is_saved_as_one_archive_by_its_button_and_by_a_key(listed):
    listed.select("Old", "letter.txt")
    toolbar = listed.run("return document.querySelector('[role=toolbar]')")
    for start in (lambda: listed.press("Download", toolbar), lambda: focus_row_and_press(listed, "d")):
        found = members(listed.saved(start))
        assert sorted(map(len, found.values())) == [1, 2, SIZE]


def focus_row_and_press(app, key):
    app.run("arguments[0].focus()", app.row("letter.txt"))
    app.keys(key)


def test_an_empty_file_is_saved(listed):
    store(listed, PATH, b"")
    # Once as it was listed, with its old size, and once as it is.
    for _ in range(2):
        assert listed.saved(lambda: press_download(listed)).stat().st_size == 0
        listed.go("Post")


def test_bytes_that_are_unavailable_are_reported(listed, instance, sql):
    owner = listed.client.get("/rpc/whoami").json()["user_id"]
    (blob,) = sql(f"select blob from internal.files where file_path = '{PATH}' and user_id = '{owner}'")
    file = instance.blobs()[blob]
    hidden = file.rename(file.with_suffix(".hidden"))
    try:
        press_download(listed)
        listed.wait_for_message("The storage is not available")
        assert_nothing_saved(listed)
    finally:
        hidden.rename(file)
    assert listed.saved(lambda: press_download(listed)).stat().st_size == SIZE
    listed.wait_for_message("has started")
    assert "The storage is not available" not in listed.message()


def test_a_file_that_is_gone_is_reported(listed):
    listed.client.delete("/files?created_at=lt.2100-01-01")
    press_download(listed)
    listed.wait_for_message("File not found")
    assert_nothing_saved(listed)


def test_a_server_out_of_reach_is_reported(listed):
    listed.driver.execute_cdp_cmd("Network.enable", {})
    listed.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/rpc/*"]})
    try:
        press_download(listed)
        listed.wait_for_message("The server cannot be reached")
    finally:
        listed.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    assert_nothing_saved(listed)


def test_a_session_that_has_ended_leads_to_the_login_with_a_word_of_why_and_back(listed, account):
    store(listed, PATH)
    be(listed, account.log_in())
    store(listed, PATH)
    listed.go("Post")
    listed.client.post("/rpc/logout")
    press_download(listed)
    listed.wait_for_login()
    listed.wait_for_message("Your session has ended")
    assert list(listed.downloads.iterdir()) == []
    listed.type("Email", account.email)
    listed.type("Password", account.password)
    listed.press("Log in")
    listed.wait_for_row("letter.txt")
    assert listed.address() == "/#/files/Post"
