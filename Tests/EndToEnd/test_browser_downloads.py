"""Downloads that fail: the page stays and says why, and nothing is saved."""

import secrets

import pytest
from browser import app, logged_in, quiet_console, setting  # noqa: F401
from selenium.webdriver.common.by import By

FOLDER = f"!downloads-{secrets.token_hex(4)}"
FETCHED = """
return performance.getEntriesByType("resource").filter((one) => one.name.includes("retrieve_file"))
  .map((one) => one.encodedBodySize);
"""


@pytest.fixture
def listed(logged_in, editor):
    """Stores a file and shows the list; its path."""
    path = f"{FOLDER}/{secrets.token_hex(4)}"
    assert editor.store(path, b"x" * 3_000_000).status == 200
    logged_in.open("/")
    logged_in.wait_for_files()
    for old in logged_in.downloads.iterdir():
        old.unlink()
    yield path
    assert editor.clear(FOLDER).status == 204


def click(app, path):
    app.row(path).find_element(By.LINK_TEXT, "Download").click()


def assert_nothing_saved(app):
    assert app.address() == "/"
    assert list(app.downloads.iterdir()) == []


def test_a_download_is_no_part_of_the_page(logged_in, listed):
    """The page asks for one byte; the browser saves the rest from the address."""
    saved = logged_in.download(listed)
    assert saved.stat().st_size == 3_000_000
    logged_in.wait_for_notice(f"The download of “{listed}” has started.")
    (size,) = logged_in.driver.execute_script(FETCHED)
    assert size <= 1


def test_an_empty_file_is_saved(logged_in, listed, editor):
    assert editor.store(listed, b"").status == 200
    # Once as it was listed, with its old size, and once as it is.
    for _ in range(2):
        assert logged_in.download(listed).stat().st_size == 0
        logged_in.open("/")
        logged_in.wait_for_files()


def test_bytes_that_are_unavailable_are_reported(logged_in, listed, instance, sql):
    blob = instance.blobs()[sql(f"select blob from internal.files where file_path = '{listed}'")[0]]
    hidden = blob.rename(blob.with_suffix(".hidden"))
    try:
        click(logged_in, listed)
        logged_in.wait_for_notice("The storage is not available")
        assert_nothing_saved(logged_in)
    finally:
        hidden.rename(blob)
    assert logged_in.download(listed).stat().st_size == 3_000_000
    assert "error" not in logged_in.find("notice").get_attribute("class")


def test_a_file_that_is_gone_is_reported_and_leaves_the_list(logged_in, listed, editor):
    assert editor.clear(FOLDER).status == 204
    click(logged_in, listed)
    logged_in.wait_for_notice("File not found")
    assert logged_in.row(listed) is None
    assert_nothing_saved(logged_in)


def test_a_server_out_of_reach_is_reported(logged_in, listed):
    conditions = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    logged_in.driver.execute_cdp_cmd("Network.enable", {})
    logged_in.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)
    try:
        click(logged_in, listed)
        logged_in.wait_for_notice("The server cannot be reached")
    finally:
        logged_in.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions | {"offline": False})
    assert_nothing_saved(logged_in)


def test_a_session_that_has_ended_leads_to_the_login_with_a_word_of_why(logged_in, listed, sql):
    # Sessions of the browser alone, the newest of this account; those of other tests go on.
    sql(f"""delete from internal.sessions where id = (select s.id from internal.sessions s
        join internal.users u on u.id = s.user_id where u.email = '{setting("COFFER_EDITOR_EMAIL")}'
        order by s.created_at desc limit 1)""")
    click(logged_in, listed)
    logged_in.wait_for_login()
    logged_in.wait_for_notice("Your session has ended")
    assert list(logged_in.downloads.iterdir()) == []
