"""What the page says of files that do not fit: before it sends them, and where the server says so first."""

import os
import secrets
import signal

import pytest
from browser import App, chromium, quiet_console  # noqa: F401
from instance import OwnInstance, children

PASSWORD = "a password of these tests"
LIMIT = 4_000_000
SENT = "return performance.getEntriesByType('resource').filter((one) => one.name.includes('store_file')).length"


@pytest.fixture(scope="module")
def limited():
    """An instance with an upload limit, whose quotas and connections these tests may break."""
    with OwnInstance(MAX_UPLOAD_BYTES=LIMIT, LOGIN_ADDRESS_FAILURES=100000) as instance:
        yield instance


@pytest.fixture(scope="module")
def app(limited, tmp_path_factory):
    downloads = tmp_path_factory.mktemp("downloads")
    driver = chromium(downloads)
    yield App(driver, limited["URL"], downloads)
    driver.quit()


@pytest.fixture
def person(app, limited):
    """Somebody new, logged in; `person(quota)` gives them a quota."""
    email = f"{secrets.token_hex(8)}@end-to-end.example"
    limited.sql(f"select internal.create_user('{email}', '{PASSWORD}', 'editor', null)")
    app.driver.delete_all_cookies()
    app.log_in(PASSWORD, email)
    app.wait_for_files()
    return lambda quota: limited.sql(f"update internal.users set quota_bytes = {quota} where email = '{email}'")


@pytest.fixture
def local(tmp_path):
    def local(size):
        path = tmp_path / f"{size}.bin"
        path.write_bytes(b"x" * size)
        return path

    return local


@pytest.fixture
def slow(app):
    """The browser's network sends 20 kB/s, so that a test is done before an upload; a call lets it go."""

    def emulate(rate):
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
        app.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)

    app.driver.execute_cdp_cmd("Network.enable", {})
    emulate(20_000)
    yield lambda: emulate(-1)
    emulate(-1)


def test_a_file_over_the_quota_is_refused_before_it_is_sent_with_both_figures(app, person, local):
    person(1_000_000)
    app.upload(local(600_000), "old")
    sent = app.driver.execute_script(SENT)
    app.choose(local(500_000), "new")
    app.wait_for_notice(
        "The file is too large for your quota: it has 488.3 KiB (500,000 bytes), "
        "and of 976.6 KiB (1,000,000 bytes) only 390.6 KiB (400,000 bytes) are free."
    )
    assert app.driver.execute_script(SENT) == sent
    assert app.find("start").is_enabled()
    assert app.row("new") is None


def test_what_is_replaced_is_kept_and_counts(app, person, local):
    person(1_000_000)
    app.upload(local(600_000), "file")
    app.choose(local(400_001), "file")
    app.wait_for_notice("it has 390.6 KiB (400,001 bytes), and of 976.6 KiB (1,000,000 bytes) only 390.6 KiB")
    assert not app.find("confirm").is_displayed()
    app.choose(local(400_000), "file")
    app.answer("yes")
    app.wait_for_notice("Uploaded")
    app.choose(local(1), "other")
    app.wait_for_notice("it has 1 byte, and of 976.6 KiB (1,000,000 bytes) only 0 bytes are free")


def test_a_file_over_the_upload_limit_is_refused_before_it_is_sent_with_both_figures(app, person, local):
    app.choose(local(LIMIT + 1), "large")
    app.wait_for_notice("it has 3.8 MiB (4,000,001 bytes), and an upload may have at most 3.8 MiB (4,000,000 bytes)")
    assert app.driver.execute_script(SENT) == 0
    app.upload(local(LIMIT), "just fits")


def test_what_the_server_refuses_is_shown_with_its_details(app, person, local, slow):
    app.choose(local(1_000_000), "file")
    app.wait(lambda: "bytes" in app.find("progress-text").text or "%" in app.find("progress-text").text, "bytes")
    person(999_999)
    slow()
    app.wait_for_notice(
        "The quota would be exceeded. 1000000 bytes would be used, 999999 are allowed; 0 of them are in the trash."
    )


def test_a_connection_that_breaks_is_followed_by_the_reason(app, person, local):
    app.upload(local(10), "file")
    app.choose(local(1_000), "file")
    app.wait(lambda: app.find("confirm").is_displayed(), "the question")
    # Meanwhile there is less room, and the bytes do not come to where they are refused.
    person(500)
    app.driver.execute_cdp_cmd("Network.enable", {})
    app.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*store_file*"]})
    try:
        app.answer("yes")
        app.wait_for_notice("it has 1,000 bytes, and of 500 bytes only 490 bytes are free.")
    finally:
        app.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def test_a_connection_that_breaks_without_a_reason_is_lost(app, person, local, limited, slow):
    app.choose(local(LIMIT), "file")
    app.wait(lambda: "%" in app.find("progress-text").text, "bytes to be sent")

    def is_reported():
        # Again and again, as Chromium sends once more what broke on a connection that had served before.
        break_connections(limited)
        return "The connection was lost during the upload." in app.find("notice").text

    app.wait(is_reported, "the notice")


def break_connections(instance):
    """nginx starts anew at once."""
    for worker in children(instance.pid("nginx")):
        os.kill(worker, signal.SIGKILL)
