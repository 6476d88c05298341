"""The web app in a real Chromium where nginx is not: behind Apache, in plain CGI, and below a path of a shared site."""

import hashlib
import os

import pytest
from browser import App, app, chromium, is_expected  # noqa: F401

from apache import Apache

# More than what goes in one request, so it is sent in pieces.
LARGE = 20 << 20


@pytest.fixture
def site(request, instance, tmp_path):
    kind, below = request.param
    with Apache(kind, instance, below=below) as apache:
        driver = chromium(tmp_path / "downloads")
        try:
            yield App(driver, apache.url + below, tmp_path / "downloads")
            noise = [entry["message"] for entry in driver.get_log("browser") if not is_expected(entry)]
            assert not noise
        finally:
            driver.quit()


@pytest.mark.parametrize(
    "site", [("pool", ""), ("cgi", "/my/files"), ("fcgid", "/my/files")], ids=["pool", "cgi", "fcgid"], indirect=True
)
def test_a_person_stores_finds_and_deletes_files(site, account, tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "small.txt").write_text("Hello")
    (tmp_path / "large.bin").write_bytes(os.urandom(LARGE))
    site.open("/#/files/Letters")
    site.wait_for_login()
    site.type("Email", account.email)
    site.type("Password", account.password)
    site.press("Log in")
    site.wait_for_files()
    assert site.address() == "/#/files/Letters"

    site.upload(tmp_path / "small.txt", "Letters/small.txt", description="a word")
    site.wait_for_row("small.txt")
    site.upload(tmp_path / "large.bin", "Letters/large.bin")
    site.wait_for_row("large.bin")
    saved = site.download("large.bin")
    assert digest(saved) == digest(tmp_path / "large.bin")

    site.find("link", "small.txt").click()
    preview = site.find("dialog", "small.txt")
    site.wait(lambda: "Hello" in preview.text, "the text of the preview")
    site.press("Close")
    site.menu("small.txt", "Delete")
    site.wait_for_no_row("small.txt")
    site.press("Undo")
    site.wait_for_row("small.txt")

    site.driver.refresh()
    site.wait_for_row("small.txt")
    site.find("link", "Trash").click()
    site.wait(lambda: site.address() == "/#/trash", "the trash")
    site.find("link", "Account").click()
    site.wait(lambda: "20.0 MiB" in site.run("return document.querySelector('main').innerText"), "the usage")
    site.press("Log out")
    site.wait_for_login()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
