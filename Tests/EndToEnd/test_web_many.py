"""A folder of very many files: few rows are in the document, and it stays smooth. COFFER_TEST_LONG=on lists 100,000."""

import os
import secrets

import pytest
from browser import app, quiet_console  # noqa: F401
from client import log_in
from selenium.webdriver import Keys

COUNT = 100_000 if os.environ.get("COFFER_TEST_LONG") == "on" else 1_500

# Scrolls through the whole list in 60 steps. Gives the longest time between two frames, and what rows there were.
SCROLL = """
const done = arguments[0];
const body = document.querySelector(".grid-body");
let step = 0, last = performance.now(), longest = 0, most = 0;
const next = (now) => {
  longest = Math.max(longest, now - last);
  last = now;
  most = Math.max(most, body.querySelectorAll(".grid-row").length);
  step += 1;
  body.scrollTop = body.scrollHeight * step / 60;
  if (step < 60) requestAnimationFrame(next);
  else done({ longest, most });
};
requestAnimationFrame(next);
"""

# Notes when the first row of a new page is drawn.
WATCH = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".grid-row a.entry")) return;
  observer.disconnect();
  requestAnimationFrame(() => { window.drawn = performance.now(); });
}).observe(document, { childList: true, subtree: true });
"""
# How long the first answer of a folder took, and how long it took from the request until its rows were drawn.
FIRST = """
const [answer] = performance.getEntriesByType("resource").filter((one) => one.name.includes("rpc/list_folder"));
return [answer.responseEnd - answer.startTime, window.drawn - answer.startTime];
"""


@pytest.fixture(scope="module")
def crowded(app, url, sql):
    """Somebody with very many files in one folder, by SQL: nothing reads their blobs."""
    email, password = f"{secrets.token_hex(8)}@end-to-end.example", secrets.token_urlsafe(24)
    user = sql(f"select internal.create_user('{email}', '{password}', 'editor', null)")[0]
    sql(f"""insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
        select '{user}', 'many/file ' || n || '.txt', 'text/plain', n, sha256(''), md5('{email}' || n)
        from generate_series(1, {COUNT}) n""")
    log_in(url, email, password)
    app.desktop()
    app.log_in(password, email)
    app.wait_for_files()
    app.go("many")
    yield app
    sql(f"select internal.delete_user('{email}')")
    sql(f"delete from internal.garbage where blob in (select md5('{email}' || n) from generate_series(1, {COUNT}) n)")


def test_the_first_rows_come_before_the_others(crowded):
    assert 10 < len(crowded.names()) < 100
    assert "more as you scroll" in crowded.message()
    crowded.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    crowded.go("many")
    answer, drawn = crowded.run(FIRST)
    print(f"the answer took {answer:.1f} ms, the rows were drawn after {drawn:.1f} ms")
    assert 0 < answer < drawn


def test_it_is_sorted_and_scrolled_as_a_whole_with_few_rows_in_the_document(crowded):
    crowded.press("Size")
    crowded.wait(lambda: crowded.names()[0] == f"file {COUNT}.txt", "the largest")
    assert crowded.driver.find_element("css selector", "[role=grid]").get_attribute("aria-rowcount") == str(COUNT + 1)
    seen = crowded.driver.execute_async_script(SCROLL)
    print(f"{COUNT} rows: at most {seen['longest']:.0f} ms between two frames, {seen['most']} rows in the document")
    assert seen["most"] < 100
    crowded.wait(lambda: crowded.names()[-1] == "file 1.txt", "the smallest, at the end")


def test_the_last_row_is_reached_by_keyboard(crowded):
    crowded.press("Name")
    crowded.wait(lambda: crowded.names()[0] == "file 1.txt", "the first")
    crowded.driver.find_element("css selector", ".grid-body .grid-row").send_keys(Keys.END)
    script = "return document.activeElement.getAttribute('aria-rowindex')"
    crowded.wait(lambda: crowded.run(script) == str(COUNT + 1), "the last row to have the focus")


def test_one_of_them_is_found(crowded):
    crowded.field("Search files").send_keys(f"ILE {COUNT - 1}.", Keys.ENTER)
    crowded.wait(lambda: crowded.names() == [f"many/file {COUNT - 1}.txt"], "it")
