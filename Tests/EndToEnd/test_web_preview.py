"""The preview: what is shown within the page, how one goes on to the next file, and what is only downloaded."""

from urllib.parse import urlsplit

import media
import pytest
from browser import app, quiet_console  # noqa: F401
from firefox import Firefox
from person import fresh, person, store  # noqa: F401
from pool import wait_until
from selenium.webdriver import Keys
from test_inline import greens

TEXT = "Grüße aus Köln: für immer, schöne Bäume"
MARKUP = "<h1>No markup</h1><script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\">"
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg'><script>document.title = 'run'</script></svg>"
PICTURE = "dialog .stage img"
SECONDS = 20
PLAYED = {
    "a.mp3": ("audio/mpeg", f"sine=duration={SECONDS}"),
    "a.ogg": ("audio/ogg", f"sine=duration={SECONDS}"),
    "a.mp4": ("video/mp4", f"testsrc=size=160x120:duration={SECONDS}:rate=10"),
    "a.webm": ("video/webm", f"testsrc=size=160x120:duration={SECONDS}:rate=10"),
}
PLAY = """
const [moment, done] = arguments;
const player = document.querySelector("dialog audio, dialog video");
player.muted = true;
player.addEventListener("error", () => done("error"));
player.addEventListener("seeked", async () => {
  await player.play();
  player.addEventListener("timeupdate", () => {
    if (player.currentTime > moment) done([player.duration, player.seekable.end(0), player.currentTime]);
  });
}, { once: true });
const seek = () => { player.currentTime = moment; };
if (player.readyState > 0) seek();
else player.addEventListener("loadedmetadata", seek);
"""


def open_preview(person, name, folder="Show"):
    person.go(folder)
    person.find("link", name, person.wait_for_row(name)).click()
    return person.dialog(name)


def stage(person):
    return person.run("return document.querySelector('dialog .stage')?.innerText ?? ''")


def in_stage(person):
    """The tags of what is shown."""
    return person.run("""const shown = 'dialog .stage :is(img, iframe, audio, video, pre)';
        return Array.from(document.querySelectorAll(shown), (one) => one.localName)""")


def wait_for_text(person, text):
    person.wait(lambda: text in stage(person), f"the text {text!r}, there is {stage(person)!r}")


def wait_for_picture(person):
    person.wait(lambda: person.run(f"return document.querySelector('{PICTURE}')?.naturalWidth === 64"), "the picture")


# What is shown


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp"])
def test_a_picture_is_shown(fresh, media_type):
    store(fresh, "Show/a", media.PICTURES[media_type](), Content_Type=media_type)
    open_preview(fresh, "a")
    wait_for_picture(fresh)
    assert fresh.run(f"return document.querySelector('{PICTURE}').alt") == "a"
    fresh.keys(Keys.ESCAPE)
    fresh.wait_for_no_dialog()


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (TEXT.encode(), "text/plain"), (TEXT.encode("latin-1"), "text/plain"), (TEXT.encode("utf-8-sig"), "text/plain"),
        (TEXT.encode("utf-16"), "text/plain"), (TEXT.encode("cp850"), "text/plain; charset=ibm866"),
        (TEXT.encode("latin-1"), "text/plain; charset=utf-8"), (TEXT.encode(), "text/plain; charset=latin1"),
    ],
)  # fmt: skip
def test_text_is_shown_in_its_charset(fresh, body, media_type):
    store(fresh, "Show/a.txt", body, Content_Type=media_type)
    open_preview(fresh, "a.txt")
    wait_for_text(fresh, body.decode("cp866") if "ibm866" in media_type else TEXT)


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "application/json"])
def test_markup_in_text_stays_text(fresh, media_type):
    store(fresh, "Show/a.txt", MARKUP.encode(), Content_Type=media_type)
    open_preview(fresh, "a.txt")
    wait_for_text(fresh, MARKUP)
    assert in_stage(fresh) == ["pre"]
    assert fresh.run("return document.title") != "run"


def test_of_a_long_text_only_the_first_part_is_fetched(fresh):
    body = ("ü" * 60 + "\n").encode() * 20_000
    store(fresh, "Show/long.txt", body, Content_Type="text/plain")
    open_preview(fresh, "long.txt")
    wait_for_text(fresh, "This is the first MiB of 2.3 MiB.")
    text = fresh.run("return document.querySelector('dialog pre').textContent")
    # The last character is cut in two.
    assert body[: 1024 * 1024].decode(errors="ignore") == text
    fetched = """return performance.getEntriesByType('resource').filter(({ name }) => name.includes('long.txt'))
        .map((one) => one.encodedBodySize)"""
    assert fresh.run(fetched) == [1024 * 1024]


@pytest.mark.parametrize("name", PLAYED)
def test_sounds_and_films_are_played_from_any_moment(fresh, name):
    media_type, source = PLAYED[name]
    store(fresh, f"Show/{name}", media.made(source, name, *(["-pix_fmt", "yuv420p"] if "video" in media_type else [])),
          Content_Type=media_type)  # fmt: skip
    open_preview(fresh, name)
    fresh.wait(lambda: in_stage(fresh) == [media_type.split("/")[0]], "the player")
    fresh.driver.set_script_timeout(60)
    duration, end, now = fresh.driver.execute_async_script(PLAY, 15)
    assert duration == pytest.approx(SECONDS, abs=0.5) and end == pytest.approx(SECONDS, abs=0.5) and now > 15
    fresh.keys(Keys.ESCAPE)
    fresh.wait_for_no_dialog()


def test_a_pdf_is_shown_in_chromium(fresh):
    store(fresh, "Show/plan.pdf", media.pdf("Hello"), Content_Type="application/pdf")
    open_preview(fresh, "plan.pdf")
    wait_until(lambda: greens(fresh.driver) > 5000, 60, "the green page")
    assert in_stage(fresh) == ["iframe"]


@pytest.fixture(scope="module")
def firefox():
    with Firefox() as driver:
        yield driver


def test_a_pdf_and_a_film_are_shown_in_firefox(fresh, firefox):
    store(fresh, "Show/plan.pdf", media.pdf("Hello"), Content_Type="application/pdf")
    store(fresh, "Show/film.webm", media.film("a.webm"), Content_Type="video/webm")
    firefox.get(f"{fresh.url}/login")
    host = urlsplit(fresh.url).hostname
    firefox.add_cookie({"name": "coffer", "value": fresh.client.token, "path": "/", "domain": host})
    firefox.get(f"{fresh.url}/#/files/Show")
    firefox.get(f"{fresh.url}/?again#/files/Show")
    entry = "Array.from(document.querySelectorAll('a.entry')).find((one) => one.textContent === 'plan.pdf')"
    wait_until(lambda: firefox.execute_script(f"return Boolean({entry})"), 60, "the list")
    firefox.execute_script(f"{entry}.click()")
    wait_until(lambda: greens(firefox) > 5000, 60, "the green page")
    firefox.execute_script("document.querySelector('dialog .previous').click()")
    player = "document.querySelector('dialog video')"
    wait_until(lambda: firefox.execute_script(f"return ({player}?.readyState ?? 0) >= 2"), 60, "the film")


# What is not shown


@pytest.mark.parametrize(
    ("name", "body", "media_type"),
    [
        ("drawing.svg", DRAWING, "image/svg+xml"), ("page.html", MARKUP.encode(), "text/html"),
        ("page.xhtml", MARKUP.encode(), "application/xhtml+xml"), ("data.bin", b"\0\1", "application/octet-stream"),
    ],
)  # fmt: skip
def test_what_could_do_harm_is_only_offered_as_a_download(fresh, name, body, media_type):
    store(fresh, f"Show/{name}", body, Content_Type=media_type)
    open_preview(fresh, name)
    wait_for_text(fresh, "There is no preview of this type")
    assert media_type in stage(fresh) and in_stage(fresh) == []
    saved = fresh.saved(lambda: fresh.press("Download", fresh.run("return document.querySelector('dialog .stage')")))
    assert saved.name == name and saved.read_bytes() == body
    assert fresh.run("return document.title") != "run"


def test_a_picture_that_is_none_is_said_to_be_damaged(fresh):
    store(fresh, "Show/a.png", b"no picture", Content_Type="image/png")
    open_preview(fresh, "a.png")
    wait_for_text(fresh, "This file cannot be shown")
    wait_for_text(fresh, "It may be damaged.")


@pytest.mark.parametrize(
    ("name", "media_type"), [("a.png", "image/png"), ("a.txt", "text/plain"), ("a.mp3", "audio/mpeg")]
)
def test_a_file_that_cannot_be_read_says_why(fresh, name, media_type, sql, instance):
    store(fresh, f"Show/{name}", b"x" * 1000, Content_Type=media_type)
    owner = fresh.client.get("/rpc/whoami").json()["user_id"]
    (blob,) = sql(f"select blob from internal.files where file_path = 'Show/{name}' and user_id = '{owner}'")
    file = instance.blobs()[blob]
    hidden = file.rename(file.with_suffix(".hidden"))
    try:
        open_preview(fresh, name)
        wait_for_text(fresh, "The storage is not available")
    finally:
        hidden.rename(file)


def test_an_empty_file_is_called_empty(fresh):
    store(fresh, "Show/a.txt", b"", Content_Type="text/plain")
    open_preview(fresh, "a.txt")
    wait_for_text(fresh, "This file is empty")


# From file to file


@pytest.fixture
def three(fresh):
    for name in ("1.txt", "2.txt", "3.txt"):
        store(fresh, f"Show/{name}", f"text {name}".encode(), Content_Type="text/plain")
    store(fresh, "Show/Folder/x.txt")
    return fresh


def test_arrow_keys_and_buttons_go_to_the_next_and_the_previous_file(three):
    open_preview(three, "1.txt")
    wait_for_text(three, "text 1.txt")
    assert "1 of 3" in three.dialog("1.txt").text
    assert three.all("button", "Previous file") == []
    three.keys(Keys.ARROW_LEFT, Keys.ARROW_RIGHT)
    wait_for_text(three, "text 2.txt")
    three.press("Next file")
    wait_for_text(three, "text 3.txt")
    # The button that had the focus is disabled now.
    three.keys(Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    wait_for_text(three, "text 2.txt")
    three.keys(Keys.ESCAPE)
    three.wait_for_no_dialog()
    assert three.run("return document.activeElement.textContent").startswith("1.txt")


def test_a_file_that_is_deleted_in_its_details_gives_way_to_the_next(three):
    open_preview(three, "2.txt")
    three.press("Details")
    three.press("Delete")
    wait_for_text(three, "text 3.txt")
    assert "2 of 2" in three.dialog("3.txt").text
    three.press("Undo")
    three.wait_for_message("Restored “2.txt”.")


def test_on_a_phone_a_swipe_goes_on(three):
    three.phone()
    three.go("Show")
    three.menu("1.txt", "Preview")
    wait_for_text(three, "text 1.txt")
    box = three.run("return document.querySelector('dialog').getBoundingClientRect().toJSON()")
    assert [box[side] for side in ("left", "top", "width", "height")] == [0, 0, 390, 844]

    def touch(kind, *points):
        points = [{"x": x, "y": 300} for x in points]
        three.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 300)
    touch("touchMove", 180)
    touch("touchEnd")
    wait_for_text(three, "text 2.txt")


@pytest.mark.parametrize("name", ["a\u202egnp.exe", "<img src=x onerror=alert(1)>", "50% + ? # & ü.txt"])
def test_names_are_shown_and_asked_for_as_they_are(fresh, name):
    store(fresh, f"Show/{name}", TEXT.encode(), Content_Type="text/plain")
    open_preview(fresh, name.replace("\u202e", "‹U+202E›"))
    wait_for_text(fresh, TEXT)
