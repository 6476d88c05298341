"""What holds on every page of the web app: nothing that axe-core finds, little to load, nothing from another host."""

import secrets
from pathlib import Path

import axe_core_python
import pytest
from browser import app, quiet_console, setting  # noqa: F401
from client import log_in

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
CHECK = """
const done = arguments[0];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
axe.run(document, { runOnly: tags, resultTypes: ["violations"] }).then(({ violations }) => done(violations.map((one) =>
  `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`)));
"""
FOLDER = f"!page-{secrets.token_hex(4)}"
FIRST_VIEW_BYTES, FIRST_VIEW_REQUESTS, SCRIPT_BYTES = 80_000, 15, 150_000


@pytest.fixture(scope="module")
def someone(url, sql):
    """Somebody with a folder, files, versions and a trash."""
    email, password = f"{secrets.token_hex(8)}@end-to-end.example", secrets.token_urlsafe(24)
    sql(f"select internal.create_user('{email}', '{password}', 'editor', 1000000000)")
    client = log_in(url, email, password)
    for name, body in {"deep/a.txt": b"a", "note.txt": b"one", "picture.png": b"", "long " * 30: b"x"}.items():
        assert client.store(f"{FOLDER}/{name.strip()}", body, Description="What it is").status == 200
    assert client.store(f"{FOLDER}/note.txt", b"two").status == 200
    assert client.store(f"{FOLDER}/gone.txt", b"gone").status == 200
    assert client.delete(f"/files?file_path=eq.{FOLDER}/gone.txt").status == 204
    yield email, password
    sql(f"select internal.delete_user('{email}')")


@pytest.fixture
def person(app, someone):
    """The page, with them logged in."""
    if not app.is_ready() or someone[0] not in app.run("return document.querySelector('header')?.textContent ?? ''"):
        app.driver.delete_all_cookies()
        app.log_in(someone[1], someone[0])
        app.wait_for_files()
    return app


def opened(app, view):
    """Opens a view of the page; its name says which, and after a slash what is opened in it."""
    place, _, what = view.partition(": ")
    app.open({"files": f"/#/files/{FOLDER}", "search": "/#/search/note", "nothing": "/#/search/never-there",
              "empty": f"/#/files/{FOLDER}/never"}.get(place, f"/#/{place}"))
    app.driver.refresh()
    app.wait_for_files()
    app.wait(lambda: app.run("return document.querySelector('#main h1') && !document.querySelector('.skeleton')"), view)
    if place == "files":
        app.wait_for_row("note.txt")
    if what in ("Rename", "Move", "Details", "Preview"):
        app.menu("note.txt", what)
        app.wait(lambda: app.run("return document.querySelector('dialog[open]')"), view)
    elif what == "menu":
        app.press("Actions for note.txt")
    elif what == "selection":
        app.select("note.txt")
    elif what == "help":
        app.run("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }))")
        app.wait(lambda: app.run("return document.querySelector('dialog[open]')"), view)
    elif what:
        app.press(what)
        app.wait(lambda: app.run("return document.querySelector('dialog[open]')"), view)


VIEWS = [
    "files", "files: menu", "files: selection", "files: New folder", "files: Rename", "files: Move", "files: Details",
    "files: Preview", "files: help", "search", "nothing", "empty", "trash", "account",
]  # fmt: skip
FOR_ADMINS = ["admin/files", "admin/people", "admin/audit", "admin/state"]


def violations(app):
    """Of the page as it is, in both colour schemes."""
    app.run(AXE)
    found = []
    for scheme in ("light", "dark"):
        app.scheme(scheme)
        found += [f"{scheme}: {one}" for one in app.driver.execute_async_script(CHECK)]
    return found


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_axe_finds_nothing(person, width):
    getattr(person, width)()
    found = {}
    for view in VIEWS:
        opened(person, view)
        found[view] = violations(person)
    assert {view: some for view, some in found.items() if some} == {}


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_axe_finds_nothing_on_the_pages_of_admins_and_of_the_login(app, width):
    getattr(app, width)()
    app.driver.delete_all_cookies()
    app.open("/login?ended")
    app.button("Log in")
    found = {"login": violations(app)}
    app.log_in(setting("COFFER_ADMIN_PASSWORD"), setting("COFFER_ADMIN_EMAIL"))
    app.wait_for_files()
    for view in FOR_ADMINS:
        opened(app, view)
        found[view] = violations(app)
    app.driver.delete_all_cookies()
    assert {view: some for view, some in found.items() if some} == {}


def test_the_first_view_is_small_and_comes_from_here_alone(person):
    person.desktop()
    person.open(f"/#/files/{FOLDER}")
    person.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    person.driver.execute_cdp_cmd("Page.reload", {"ignoreCache": True})
    person.wait_for_row("note.txt")
    loaded = person.run("""return [
        ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
    ].map(({ name, transferSize, decodedBodySize }) => ({ name, transferSize, decodedBodySize }))""")
    assert all(one["name"].startswith(f"{person.url}/") for one in loaded), loaded
    # A part of a document is no request of its own.
    assert len({one["name"].partition("#")[0] for one in loaded}) <= FIRST_VIEW_REQUESTS, loaded
    assert sum(one["transferSize"] for one in loaded) < FIRST_VIEW_BYTES, loaded
    assert sum(one["decodedBodySize"] for one in loaded if one["name"].endswith(".js")) < SCRIPT_BYTES


def test_the_page_can_be_zoomed_to_four_times_its_size(person):
    """At 400 % of 1280 pixels, 320 are left (WCAG 1.4.10): nothing has to be scrolled sideways."""
    for width in (320, 640):
        person.resize(width, 256 if width == 320 else 512)
        opened(person, "files")
        assert person.run("return document.documentElement.scrollWidth <= innerWidth")
        assert person.button("Upload files").is_displayed()
    person.desktop()
