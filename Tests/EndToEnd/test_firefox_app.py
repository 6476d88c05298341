"""The web app in Firefox, where it is not Chromium's twin: cookies that are blocked, names, a download."""

import json
import secrets
from pathlib import Path

import pytest
from browser import TIMEOUT_SECONDS, setting
from firefox import Firefox
from pool import wait_until
from test_web_cookies import WORDS

NOTICE = "return document.getElementById('notice')?.textContent ?? ''"
LOG_IN = """
document.getElementById("notice").textContent = "";
document.getElementById("email").value = {};
document.getElementById("password").value = {};
document.getElementById("submit").click();
"""
NAMES = "return Array.from(document.querySelectorAll('[role=grid] a.entry'), (one) => one.textContent)"
ERRORS = "return document.querySelector('.messages [role=alert]')?.textContent ?? ''"
DOWNLOAD = "document.querySelector('[role=grid] button[aria-label^=\"Download \"]').click()"


@pytest.fixture
def firefox():
    """Starts it with preferences, which are put where Firefox itself would have kept them."""
    running = []

    def start(**preferences):
        made = Firefox()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
        (made.profile / "prefs.js").write_text("".join(lines))
        running.append(made.__enter__())
        return made

    yield start
    for made in running:
        made.__exit__()


def wait_for(firefox, script, text):
    # Between two pages there is no answer.
    wait_until(lambda: text in (firefox.execute_script(script) or ""), TIMEOUT_SECONDS, text)


def log_in(firefox):
    account = (setting("COFFER_EDITOR_EMAIL"), setting("COFFER_EDITOR_PASSWORD"))
    firefox.execute_script(LOG_IN.format(*map(json.dumps, account)))


def test_the_login_page_says_that_no_cookie_is_kept(firefox, url):
    browser = firefox(**{"network.cookie.cookieBehavior": 2})
    browser.get(f"{url}/login")
    wait_for(browser, NOTICE, WORDS)
    log_in(browser)
    wait_for(browser, NOTICE, WORDS)
    assert browser.execute_script("return location.pathname") == "/login"


def test_names_are_shown_as_they_are_and_downloads_start_or_say_why_not(firefox, url, editor, tmp_path):
    tmp_path.chmod(0o777)
    browser = firefox(**{"browser.download.folderList": 2, "browser.download.dir": str(tmp_path)})
    folder = f"!firefox-{secrets.token_hex(4)}"
    assert editor.store(f"{folder}/a\u202eb.bin", b"x" * 1000).status == 200
    browser.get(f"{url}/login#/files/{folder}")
    wait_until(lambda: browser.execute_script("return document.getElementById('submit') !== null"), TIMEOUT_SECONDS, "")
    log_in(browser)
    wait_for(browser, NAMES, "a‹U+202E›b.bin")
    browser.execute_script(DOWNLOAD)
    wait_until(lambda: saved(tmp_path) == [1000], TIMEOUT_SECONDS, "the download")
    assert editor.clear(folder).status == 204
    browser.execute_script(DOWNLOAD)
    wait_for(browser, ERRORS, "File not found")
    assert saved(tmp_path) == [1000]


def saved(folder):
    return [path.stat().st_size for path in Path(folder).iterdir()]
