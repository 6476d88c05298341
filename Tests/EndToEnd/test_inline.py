"""What `p_disposition=inline` shows: each type of the list in Chromium and in Firefox, and no other type."""

import base64
import json
import subprocess
from urllib.parse import urlsplit

import browser as browser_module
import pytest

from browser import TIMEOUT_SECONDS
from client import retrieve_target
from firefox import Firefox
from media import FILMS, PICTURES, SOUNDS, pdf
from pool import wait_until

LOCKED = "sandbox; default-src 'none'"
PLAYING = "sandbox allow-same-origin; default-src 'none'; media-src 'self'"
TEXT = "Grüße aus 東京, für immer"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory, url, editor):
    driver = browser_module.chromium(tmp_path_factory.mktemp("downloads"))
    log_in(driver, url, editor)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def firefox(url, editor):
    with Firefox() as driver:
        log_in(driver, url, editor)
        yield driver


def log_in(driver, url, editor):
    """By the session's cookie, and once: the page would go on from there at the next time, and take no cookie then."""
    driver.get(f"{url}/login")
    driver.add_cookie({"name": "coffer", "value": editor.token, "path": "/", "domain": urlsplit(url).hostname})


@pytest.fixture(params=["chromium", "firefox"])
def browser(request):
    return request.getfixturevalue(request.param)


def show(browser, url, editor, path, media_type, body):
    assert editor.store(path, body, Content_Type=media_type).status == 200
    browser.get(url + retrieve_target(path, "inline"))


def shows(browser, script):
    wait_until(lambda: browser.execute_script(f"return {script}"), TIMEOUT_SECONDS, script)


def shows_text(browser, text):
    """Firefox says that a page of text is there before it has filled it."""
    shows(browser, f"document.body !== null && document.body.innerText.trim() === {json.dumps(text)}")


@pytest.mark.parametrize("media_type", PICTURES)
def test_a_picture_is_shown(browser, url, editor, folder, media_type):
    show(browser, url, editor, f"{folder}/a", media_type, PICTURES[media_type]())
    shows(browser, "document.images.length === 1 && document.images[0].naturalWidth === 64")


@pytest.mark.parametrize("media_type", SOUNDS | FILMS)
def test_sounds_and_films_are_played(browser, url, editor, folder, media_type):
    """An error, such as of a policy, keeps the player from having a moment to show."""
    show(browser, url, editor, f"{folder}/a", media_type, (SOUNDS | FILMS)[media_type]())
    player = "document.querySelector('audio, video')"
    shows(browser, f"{player} !== null && {player}.readyState >= 2 && {player}.duration >= 0.9")
    assert browser.execute_script(f"return {player}.error") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_shown_as_it_was_written(browser, url, editor, folder, encoding):
    show(browser, url, editor, f"{folder}/a", "text/plain", TEXT.encode(encoding))
    shows_text(browser, TEXT)


def test_text_that_is_not_utf_8_is_left_to_the_browser(browser, url, editor, folder):
    text = "Grüße für immer, schöne Bäume"
    show(browser, url, editor, f"{folder}/a", "text/plain", text.encode("latin-1"))
    shows_text(browser, text)


def test_a_pdf_is_shown(browser, url, editor, folder):
    """Green is the page's own color: the viewers let no script look into them."""
    show(browser, url, editor, f"{folder}/a", "application/pdf", pdf("Hello"))
    wait_until(lambda: greens(browser) > 5000, TIMEOUT_SECONDS, "the green page")


def greens(browser):
    """How many pixels of what the browser shows are green."""
    command = ["ffmpeg", "-loglevel", "error", "-f", "png_pipe", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    shot = base64.b64decode(browser.get_screenshot_as_base64())
    raw = subprocess.run(command, input=shot, capture_output=True, check=True, timeout=300).stdout
    return sum(1 for at in range(0, len(raw), 3) if raw[at] < 40 and raw[at + 1] > 200 and raw[at + 2] < 40)


@pytest.mark.parametrize("media_type", [*PICTURES, "application/pdf", "text/plain", "TEXT/Plain; charset=koi8-r"])
def test_what_is_only_looked_at_may_do_nothing(editor, folder, media_type):
    editor.store(f"{folder}/a", b"x", Content_Type=media_type)
    answer = editor.retrieve(f"{folder}/a", "inline")
    assert answer.header("Content-Disposition").startswith("inline;")
    assert answer.header("Content-Security-Policy") == LOCKED


@pytest.mark.parametrize("media_type", [*SOUNDS, *FILMS, "Video/MP4; codecs=avc1"])
def test_what_is_played_may_fetch_itself_and_run_no_script(editor, folder, media_type):
    editor.store(f"{folder}/a", b"x", Content_Type=media_type)
    answer = editor.retrieve(f"{folder}/a", "inline")
    assert answer.header("Content-Disposition").startswith("inline;")
    assert answer.header("Content-Security-Policy") == PLAYING
    assert editor.retrieve(f"{folder}/a").header("Content-Security-Policy") == LOCKED


@pytest.mark.parametrize(
    "media_type",
    [
        "image/svg+xml", "image/svg", "IMAGE/SVG", "image/svg-xml", "image/svg+xml; charset=utf-8", "image/svgz",
        "image/xml", "image/x-svg", "image/vnd.adobe.svg", "image/tiff", "image/heic", "image/jxl", "image/unknown",
        "audio/wav", "audio/x-unknown", "audio/mpegurl", "audio/x-mpegurl", "audio/svg+xml", "video/quicktime", "video/x-msvideo",
        "video/svg", "text/html", "text/xml", "text/css", "text/javascript", "text/markdown", "text/csv", "text/plain+html",
        "application/xhtml+xml", "application/xml", "application/json", "application/octet-stream",
        "application/pdf+xml", "application/x-pdf", "message/rfc822", "image/*",
    ],
)  # fmt: skip
def test_any_other_type_is_saved(editor, folder, media_type):
    editor.store(f"{folder}/a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", Content_Type=media_type)
    answer = editor.retrieve(f"{folder}/a", "inline")
    assert answer.header("Content-Disposition").startswith("attachment;")
    assert answer.header("Content-Security-Policy") == LOCKED
    assert answer.header("X-Content-Type-Options") == "nosniff"
