"""Uploads by the web app: the dialog, folders, the queue, and how they survive a cut line, a reload or a new login."""

import hashlib
import os
import random
import re
import secrets
import signal
from contextlib import contextmanager
from datetime import datetime

import pytest
from browser import TIMEOUT_SECONDS, App, chromium, quiet_console  # noqa: F401
from client import log_in
from firefox import Firefox
from instance import OwnInstance
from processes import wait_until
from selenium.webdriver.common.by import By

PASSWORD = "a password of these tests"
LIMIT = 250_000_000
# What the browser keeps of unfinished uploads.
RECORDS = "return Object.entries(localStorage).filter(([key]) => key.startsWith('coffer-upload/')).flat()"
# Requests that sent bytes of files, and those that announced a long one.
REQUESTS = "return performance.getEntriesByType('resource').filter(({ name }) => %s.test(name)).length"
SENT = REQUESTS % "/store_file|[/]uploads([/]|$)/"
ANNOUNCED = REQUESTS % "/[/]uploads$/"
PANEL = "section[aria-label=Uploads]"
PROBLEM = "return document.querySelector(`dialog ${arguments[0]}`).validationMessage"
# The session of all tabs becomes another one.
LOG_IN = """
const [email, password] = arguments;
const headers = { "Content-Type": "application/json", "Prefer": "session=cookie" };
fetch("rpc/login", { method: "POST", headers, body: JSON.stringify({ email, password }) });
"""
# How much of the one long file has been sent.
PROGRESS = "return document.querySelector('section[aria-label=Uploads] li progress')?.value ?? 0"


@pytest.fixture(scope="module")
def server():
    """An instance with an upload limit, whose quotas, sessions and workers these tests may break."""
    with OwnInstance(MAX_UPLOAD_BYTES=LIMIT, LOGIN_ADDRESS_FAILURES=100000) as instance:
        yield instance


@pytest.fixture(scope="module")
def app(server, tmp_path_factory):
    downloads = tmp_path_factory.mktemp("downloads")
    driver = chromium(downloads)
    yield App(driver, server["URL"], downloads)
    driver.quit()


class Person:
    """Somebody new, with an account of their own."""

    def __init__(self, server):
        self.server = server
        self.email = f"{secrets.token_hex(8)}@end-to-end.example"
        server.sql(f"select internal.create_user('{self.email}', '{PASSWORD}', 'editor', null)")
        self.id = server.sql(f"select id from internal.users where email = '{self.email}'")[0]

    def set_quota(self, quota):
        self.server.sql(f"update internal.users set quota_bytes = {quota} where id = '{self.id}'")

    def end_sessions(self):
        self.server.sql(f"delete from internal.sessions where user_id = '{self.id}'")

    def files(self):
        """Size, digest, description and time of change by path."""
        # psql would show a line break in its own way.
        description = "replace(coalesce(description, ''), E'\\n', ' ')"
        columns = f"file_path, size_bytes, encode(sha256, 'hex'), {description}, extract(epoch from modified_at)"
        rows = self.server.sql(f"select {columns} from internal.files where user_id = '{self.id}'")
        return {path: tuple(values) for path, *values in (row.split("|") for row in rows)}

    def digest(self, path):
        return self.files()[path][1]

    def client(self):
        return log_in(self.server["URL"], self.email, PASSWORD)

    def reserved(self):
        """How many bytes unfinished uploads reserve in the quota."""
        return int(self.server.sql(f"select internal.reserved_bytes('{self.id}')")[0])


@pytest.fixture
def person(app, server):
    person = Person(server)
    app.open("/login")
    app.run("localStorage.clear()")
    app.driver.delete_all_cookies()
    app.log_in(PASSWORD, person.email)
    app.wait_for_files()
    return person


@pytest.fixture
def local(tmp_path):
    """Makes a file of random bytes, or of the given ones."""

    def local(name, size=10, content=None):
        path = tmp_path / name
        path.write_bytes(random.randbytes(size) if content is None else content)
        return path

    return local


@pytest.fixture
def network(app):
    """Says how fast the browser's network sends, so that something can happen in the middle of an upload."""

    def emulate(rate=-1, offline=False):
        conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
        app.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)

    app.driver.execute_cdp_cmd("Network.enable", {})
    yield emulate
    emulate()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stored(person):
    return {path: values[1] for path, values in person.files().items()}


def heading(app):
    return app.run(f"return document.querySelector('{PANEL} h2')?.textContent ?? ''")


def listed(app):
    return app.run(f"return document.querySelector('{PANEL}').innerText")


def wait_for_heading(app, text):
    app.wait(lambda: heading(app) == text, f"the uploads to say {text!r}, they say {app.message()!r}")


@contextmanager
def in_the_middle(app, network, file, size):
    """Something happens while a long file is sent, of which some pieces are at the server."""
    network(15_000_000)
    app.choose(file)
    app.press("Upload")
    app.wait(lambda: app.run(PROGRESS) > 20_000_000, "20 MB to be sent")
    assert app.run(PROGRESS) < size
    yield
    network()


def finished(app, count=1):
    wait_for_heading(app, f"{count} file{'s' * (count > 1)} uploaded")
    assert app.run(RECORDS) == []


# The dialog


def test_a_chosen_file_gets_the_path_and_the_description_that_were_entered(app, person, local):
    file = local("letter.txt", content="Grüße".encode())
    os.utime(file, (1_500_000_000, 1_500_000_000))
    app.go("inbox")
    app.choose(file)
    assert app.field("File path").get_attribute("value") == "inbox/letter.txt"
    assert app.field("File path") == app.driver.switch_to.active_element
    app.type("File path", "inbox/2026/ä 'b'.txt")
    app.type("Description", "Zwei\nZeilen")
    app.press("Upload")
    app.wait_for_row("2026")
    app.wait_for_message("Uploaded “ä 'b'.txt”.")
    described = ("7", digest(file), "Zwei Zeilen", "1500000000.000000")
    assert person.files() == {"inbox/2026/ä 'b'.txt": described}


def test_a_path_or_a_description_that_is_not_allowed_is_not_sent(app, person, local):
    app.choose(local("file"))
    app.type("File path", "a//b")
    app.press("Upload")
    assert app.run(PROBLEM, "input") == "The path has an empty folder name (two slashes in a row)."
    app.type("File path", "‮gpj.exe")
    field = "document.querySelector('dialog textarea')"
    assert "It will be called “‹U+202E›gpj.exe”." in app.dialog("Upload a file").text
    # ChromeDriver types no emoji.
    app.run(f"{field}.value = '😀'.repeat(2001); {field}.dispatchEvent(new Event('input'))")
    app.press("Upload")
    assert app.run(PROBLEM, "textarea") == "At most 2,000 characters."
    app.press("Cancel")
    assert app.run(SENT) == 0


def test_several_files_go_to_the_folder_that_was_entered(app, person, local):
    files = [local(f"{number}.bin", 1000 * number) for number in range(4)]
    app.go("here")
    app.choose(*files)
    assert "4 files, 5.9 KiB in all" in app.dialog("Upload 4 files").text
    assert app.field("File path").get_attribute("value") == "here"
    app.type("File path", "here/there/")
    app.press("Upload")
    finished(app, 4)
    app.wait_for_row("there")
    assert stored(person) == {f"here/there/{file.name}": digest(file) for file in files}


# Dropped and pasted

# A page cannot make a DataTransfer with folders, so what the browser would find in it is put in its place: entries of
# the File and Directory Entries API, which give at most 100 children at a time, as in Chromium.
DROP = """
const [tree, target] = arguments;
function entry(name, node) {
  const file = () => new File([node], name, { lastModified: 1.5e12 });
  if (typeof node === "string") return { name, isFile: true, file: (found) => found(file()) };
  return { name, isDirectory: true, createReader() {
    const children = Object.entries(node).map(([name, child]) => entry(name, child));
    return { readEntries: (found) => found(children.splice(0, 100)) };
  } };
}
const entries = Object.entries(tree).map(([name, node]) => entry(name, node));
const transfer = new DataTransfer();
for (const { name } of entries) transfer.items.add(new File([], name));
const original = DataTransferItem.prototype.webkitGetAsEntry;
DataTransferItem.prototype.webkitGetAsEntry = () => entries.shift();
target.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
DataTransferItem.prototype.webkitGetAsEntry = original;
"""


def drop(app, tree):
    app.run(DROP, tree, app.driver.find_element(By.CSS_SELECTOR, "main section"))


def test_a_dropped_folder_of_500_files_comes_with_its_folders(app, person):
    app.go("target")
    tree = {f"{number}.txt": f"content {number}" for number in range(250)}
    tree["inner"] = {f"{number}.txt": f"inner {number}" for number in range(250)}
    tree |= {"empty": {}, "bad\\name": "x"}
    drop(app, {"dropped": tree, "alone.txt": "alone"})
    wait_for_heading(app, "1 upload failed")
    app.wait_for_row("dropped")
    assert "Use / and not \\ between folders." in listed(app)
    expected = {f"target/dropped/{number}.txt": f"content {number}" for number in range(250)}
    expected |= {f"target/dropped/inner/{number}.txt": f"inner {number}" for number in range(250)}
    expected["target/alone.txt"] = "alone"
    found = {path: (values[1], values[3]) for path, values in person.files().items()}
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in expected.items()}
    assert found == {path: (digest, "1500000000.000000") for path, digest in digests.items()}
    app.go("target/dropped")
    assert app.row("empty")


def test_a_pasted_image_is_named_by_the_time(app, person):
    before = datetime.now().replace(microsecond=0)
    app.run("""
        const transfer = new DataTransfer();
        transfer.items.add(new File(["picture"], "image.png", { type: "image/png" }));
        const paste = { clipboardData: transfer, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new ClipboardEvent("paste", paste));
    """)
    finished(app)
    [path] = person.files()
    assert before <= datetime.strptime(path, "Image %Y-%m-%d %H.%M.%S.png") <= datetime.now()


# Paths that are taken


def test_paths_that_are_taken_are_asked_for_once_for_all(app, person, local):
    old = [local(name) for name in ("a.txt", "b.txt")]
    app.choose(*old)
    app.press("Upload")
    finished(app, 2)
    before = {file.name: digest(file) for file in old}

    def again(answer, *names):
        files = [local(name) for name in names]
        app.choose(*files)
        app.press("Upload")
        asked = app.dialog("2 of the files exist already").text
        assert "a.txt" in asked and "kept as an older version for 30 days" in asked
        app.press(answer)
        app.wait_for_no_dialog()
        return {file.name: digest(file) for file in files}

    def wait_for(expected):
        app.wait(lambda: stored(person) == expected, f"{expected}, there are {stored(person)}")

    skipped = again("Skip", "a.txt", "b.txt", "c.txt")
    wait_for(before | {"c.txt": skipped["c.txt"]})
    kept = again("Keep both", "a.txt", "b.txt")
    both = before | {"c.txt": skipped["c.txt"], "a (2).txt": kept["a.txt"], "b (2).txt": kept["b.txt"]}
    wait_for(both)
    replaced = again("Replace", "a.txt", "b.txt")
    wait_for(both | replaced)
    finished(app, 2)
    app.choose(local("a.txt"))
    app.press("Upload")
    app.dialog("“a.txt” exists already")
    app.press("Close")
    app.wait_for_no_dialog()
    assert stored(person) == both | replaced


def test_a_path_that_is_taken_meanwhile_is_asked_for_then(app, person, local, network):
    file = local("file", 100_000)
    network(20_000)
    app.choose(file)
    app.press("Upload")
    app.wait(lambda: app.run(PROGRESS) > 0, "bytes to be sent")
    # By another device of the same person.
    assert person.client().store("file", b"theirs").status == 200
    network()
    app.dialog("“file” exists already")
    app.press("Keep both")
    finished(app)
    assert stored(person)["file (2)"] == digest(file)


# Room


def test_a_file_over_the_quota_is_refused_before_it_is_sent_with_both_figures(app, person, local):
    person.set_quota(1_000_000)
    app.upload(local("old", 600_000), "old")
    finished(app)
    sent = app.run(SENT)
    app.choose(local("new", 500_000))
    app.press("Upload")
    app.wait_for_message(
        "The file is too large for your quota: it has 488.3 KiB (500,000 bytes), "
        "and of 976.6 KiB (1,000,000 bytes) only 390.6 KiB (400,000 bytes) are free."
    )
    app.press("Cancel")
    app.choose(local("one", 300_000), local("two", 300_000))
    app.press("Upload")
    app.wait_for_message("The 2 files are too large for your quota: they have 585.9 KiB (600,000 bytes) in all, and of")
    app.press("Cancel")
    assert app.run(SENT) == sent
    assert stored(person).keys() == {"old"}


def test_what_is_replaced_is_kept_and_counts(app, person, local):
    person.set_quota(1_000_000)
    app.upload(local("file", 600_000), "file")
    finished(app)
    app.choose(local("file", 400_001))
    app.press("Upload")
    app.wait_for_message("it has 390.6 KiB (400,001 bytes), and of 976.6 KiB (1,000,000 bytes) only 390.6 KiB")
    app.press("Cancel")
    app.choose(local("file", 400_000))
    app.press("Upload")
    app.press("Replace")
    # The heading of the first upload is still there.
    app.wait(lambda: person.files()["file"][0] == "400000", "the new content")
    finished(app)
    app.choose(local("other", 1))
    app.press("Upload")
    app.wait_for_message("only 0 bytes are free. The trash holds 585.9 KiB (600,000 bytes).")
    app.press("Cancel")


def test_a_file_over_the_limit_is_refused_before_it_is_sent_with_both_figures(app, person, local, tmp_path):
    with (tmp_path / "large").open("wb") as large:
        large.truncate(LIMIT + 1)
    reason = "it has 238.4 MiB (250,000,001 bytes), and an upload may have at most 238.4 MiB (250,000,000 bytes)."
    app.choose(tmp_path / "large")
    app.press("Upload")
    app.wait_for_message(reason)
    app.press("Cancel")
    assert app.run(SENT) == 0
    app.choose(tmp_path / "large", local("small"))
    app.press("Upload")
    app.wait_for_row("small")
    wait_for_heading(app, "1 upload failed")
    assert reason in listed(app)
    assert app.all("button", "Try large again") == []


def test_what_the_server_refuses_in_the_middle_is_shown_with_both_figures(app, person, local, network):
    network(200_000)
    app.choose(local("file", 1_000_000))
    app.press("Upload")
    app.wait(lambda: app.run(PROGRESS) > 0, "bytes to be sent")
    person.set_quota(999_999)
    network()
    app.wait_for_message(
        "it has 976.6 KiB (1,000,000 bytes), and of 976.6 KiB (999,999 bytes) only 976.6 KiB (999,999 bytes) are free."
    )
    person.set_quota("null")
    app.press("Try file again")
    finished(app)


def test_a_connection_that_breaks_is_followed_by_the_reason(app, person, local):
    app.choose(local("file", 1000))
    # Meanwhile there is less room, and the bytes do not come to where they are refused.
    app.driver.execute_cdp_cmd("Network.enable", {})
    app.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*store_file*"]})
    try:
        app.press("Upload")
        app.wait_for_message("The connection was lost. It will be tried again.")
        person.set_quota(500)
        app.wait_for_message("it has 1,000 bytes, and of 500 bytes only 500 bytes are free.")
    finally:
        app.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


# Pause and cancel


def test_an_upload_can_be_paused_resumed_and_cancelled(app, person, local, network):
    file = local("long.bin", 60_000_000)
    with in_the_middle(app, network, file, 60_000_000):
        app.press("Pause long.bin")
        wait_for_heading(app, "1 upload is paused")
        # WebDriver answers the browser's question itself, so this asks what the page answers.
        assert app.run("return window.dispatchEvent(new Event('beforeunload', { cancelable: true }))") is False
        app.press("Resume long.bin")
        wait_for_heading(app, "Uploading 1 of 1")
        assert person.reserved() == 60_000_000
        app.press("Cancel long.bin")
        app.wait(lambda: person.reserved() == 0, "the upload to end")
    app.wait(lambda: heading(app) == "", "the panel to close")
    assert app.run(RECORDS) == []
    assert person.files() == {}
    assert app.run("return window.dispatchEvent(new Event('beforeunload', { cancelable: true }))") is True


def test_two_clicks_on_cancel_end_one_upload(app, person, local, network):
    with in_the_middle(app, network, local("long.bin", 60_000_000), 60_000_000):
        app.choose(local("other.bin", 60_000_000))
        app.press("Upload")
        app.button("Cancel other.bin")
        app.run("arguments[0].click(); arguments[0].click()", app.button("Cancel long.bin"))
        app.wait(lambda: person.reserved() == 60_000_000, "one upload to end")
        app.wait(lambda: "long.bin" not in listed(app), "the row to go")
        assert "other.bin" in listed(app)
        app.press("Cancel other.bin")
        app.wait(lambda: person.reserved() == 0, "the other one to end")


def test_logging_out_asks_first_and_leaves_nothing_behind(app, person, local, network):
    with in_the_middle(app, network, local("long.bin", 60_000_000), 60_000_000):
        assert "long.bin" in app.run(RECORDS)[1]
        app.press("Log out")
        app.dialog("Log out during an upload?")
        app.press("Log out")
        app.wait_for_login()
    assert app.run(RECORDS) == []
    assert person.reserved() == 0


# What goes on


def test_200_megabytes_arrive_as_they_are_although_the_line_is_cut(app, person, local, network):
    file = local("long.bin", 200_000_000)
    with in_the_middle(app, network, file, 200_000_000):
        network(offline=True)
        app.wait_for_message("You are offline. The upload goes on when the connection is back.")
    finished(app)
    assert app.run(ANNOUNCED) == 1
    assert person.digest("long.bin") == digest(file)
    app.wait_for_row("long.bin")


def test_an_upload_survives_a_restart_of_the_server(app, person, local, network, server):
    file = local("long.bin", 60_000_000)
    with in_the_middle(app, network, file, 60_000_000):
        for pid in (server.pid("pool"), *server.workers()):
            os.kill(pid, signal.SIGKILL)
        app.wait_for_message("It will be tried again.")
        server.start()
    finished(app)
    assert app.run(ANNOUNCED) == 1
    assert person.digest("long.bin") == digest(file)


def test_an_upload_goes_on_after_a_reload_when_its_file_is_chosen_again(app, person, local, network):
    file = local("long.bin", 60_000_000)
    with in_the_middle(app, network, file, 60_000_000):
        app.driver.refresh()
        wait_for_heading(app, "1 upload was interrupted")
        assert re.search(r"Stopped at (1[5-9]|[2-5]\d)\.\d MiB of 57\.2 MiB", listed(app))
        app.button("Choose the files again to go on")
        app.field("Files of interrupted uploads").send_keys(str(local("other.bin")))
        app.wait_for_message("These are not the files of the interrupted uploads.")
        app.field("Files of interrupted uploads").send_keys(str(file))
    finished(app)
    assert app.run(ANNOUNCED) == 0
    assert person.digest("long.bin") == digest(file)


def test_an_upload_goes_on_after_a_new_login(app, person, local, network):
    file = local("long.bin", 60_000_000)
    with in_the_middle(app, network, file, 60_000_000):
        person.end_sessions()
        app.dialog("Your session has ended")
        app.type("Password", "another password")
        app.press("Log in")
        app.wait_for_message("Invalid email or password")
        app.type("Password", PASSWORD)
        app.press("Log in")
        app.wait_for_no_dialog()
    finished(app)
    assert app.run(ANNOUNCED) == 1
    assert person.digest("long.bin") == digest(file)


def test_what_was_chosen_is_kept_where_the_session_has_ended_before(app, person, local):
    app.choose(local("short.bin"))
    person.end_sessions()
    app.press("Upload")
    app.dialog("Your session has ended")
    app.type("Password", PASSWORD)
    app.press("Log in")
    finished(app)
    assert stored(person).keys() == {"short.bin"}


def test_nothing_goes_to_somebody_else_who_logs_in_in_another_tab(app, person, local, network, server):
    other = Person(server)
    with in_the_middle(app, network, local("long.bin", 60_000_000), 60_000_000):
        app.run(LOG_IN, other.email, PASSWORD)
        app.wait_for_message("Somebody else has logged in in this browser. Reload the page.")
    assert other.files() == {}
    assert other.reserved() == 0
    assert person.reserved() == 60_000_000


def test_two_tabs_upload_at_once_and_leave_each_other_alone(app, person, local, network):
    one, other = local("one.bin", 60_000_000), local("other.bin", 30_000_000)
    first = app.driver.current_window_handle
    with in_the_middle(app, network, one, 60_000_000):
        app.driver.switch_to.new_window("tab")
        try:
            app.open("/")
            app.wait_for_files()
            app.choose(other)
            app.press("Upload")
            # What the first tab sends is not offered here as interrupted.
            wait_for_heading(app, "1 file uploaded")
        finally:
            app.driver.close()
            app.driver.switch_to.window(first)
    finished(app)
    assert stored(person) == {"one.bin": digest(one), "other.bin": digest(other)}


# Firefox, which has no driver that finds elements by their names

PRESS = """
const place = Array.from(document.querySelectorAll("dialog[open]")).at(-1) ?? document;
Array.from(place.querySelectorAll("button")).find((one) => one.textContent === "{}").click();
"""


def test_firefox_uploads_long_and_short_files(server, local):
    person = Person(server)
    files = [local("long.bin", 30_000_000), local("short.bin", 1000)]
    with Firefox() as firefox:
        run = firefox.execute_script

        def wait(script, what):
            wait_until(lambda: run(f"return {script}"), TIMEOUT_SECONDS, what)

        def send(selector, text):
            found = firefox.command("WebDriver:FindElement", using="css selector", value=selector)["value"]
            firefox.command("WebDriver:ElementSendKeys", id=next(iter(found.values())), text=text)

        def choose_and_upload():
            send("#chooser", "\n".join(map(str, files)))
            wait("document.querySelector('dialog textarea') !== null", "the dialog")
            run(PRESS.format("Upload"))

        firefox.get(f"{server['URL']}/login")
        send("input[type=email]", person.email)
        send("input[type=password]", PASSWORD)
        run(PRESS.format("Log in"))
        wait("document.body?.classList.contains('ready')", "the file manager")
        choose_and_upload()
        finished = f"document.querySelector('{PANEL} h2')?.textContent === '2 files uploaded'"
        wait(finished, "the upload")
        assert stored(person) == {file.name: digest(file) for file in files}
        choose_and_upload()
        wait("document.querySelectorAll('dialog').length === 2", "the question")
        run(PRESS.format("Keep both"))
        names = {"long.bin", "short.bin", "long (2).bin", "short (2).bin"}
        wait_until(lambda: stored(person).keys() == names, TIMEOUT_SECONDS, "the second upload")
