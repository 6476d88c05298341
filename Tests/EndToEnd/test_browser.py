"""The web app in a real Chromium: log in, upload, list, download, overwrite, delete, log out.

The server and an editor's account come from the environment file of the run folder (COFFER_URL,
COFFER_EDITOR_EMAIL, COFFER_EDITOR_PASSWORD). Files are kept below one folder of their own, so
that the tests can run against an account that has other files.
"""

import hashlib
import os
import secrets
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE_SECONDS = 30
# The sign sorts first: the files are on the first page of the list, whatever else the account holds.
FOLDER = f"!browser-{secrets.token_hex(4)}"


def setting(name):
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: source the run folder's environment file first")
    return value


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class App:
    """The web app as a person sees it: fields by their ids, rows by their file paths."""

    def __init__(self, driver, url, downloads):
        self.driver = driver
        self.url = url
        self.downloads = downloads

    def open(self, path):
        self.driver.get(self.url + path)

    def find(self, identifier):
        return self.driver.find_element(By.ID, identifier)

    def wait(self, condition, what):
        WebDriverWait(self.driver, PATIENCE_SECONDS).until(lambda _: condition(), f"waited in vain for: {what}")

    def address(self):
        return self.driver.current_url.removeprefix(self.url)

    def type(self, identifier, text):
        self.find(identifier).clear()
        self.find(identifier).send_keys(text)

    def log_in(self, password):
        self.open("/login")
        self.type("email", setting("COFFER_EDITOR_EMAIL"))
        self.type("password", password)
        self.find("submit").click()

    def wait_for_files(self):
        self.wait(lambda: self.address() == "/" and self.find("content").is_displayed(), "the file manager")

    def wait_for_login(self):
        self.wait(lambda: self.address().startswith("/login"), "the login page")

    def wait_for_notice(self, text):
        self.wait(lambda: text in self.find("notice").text, f"the notice {text!r}")

    def choose(self, file, path, description=""):
        self.find("file").send_keys(str(file))
        self.type("file-path", path)
        self.type("description", description)
        self.find("start").click()

    def upload(self, file, path, description=""):
        self.choose(file, path, description)
        self.wait_for_notice(f"Uploaded “{path}”.")

    def answer(self, value):
        self.wait(lambda: self.find("confirm").is_displayed(), "the question")
        self.find("confirm").find_element(By.CSS_SELECTOR, f"button[value={value}]").click()
        self.wait(lambda: not self.find("confirm").is_displayed(), "the question to close")

    def row(self, path):
        rows = self.driver.find_elements(By.CSS_SELECTOR, "#rows tr")
        return next((row for row in rows if row.find_element(By.CLASS_NAME, "path").text == path), None)

    def download(self, path):
        """Clicks the link, waits for the file, and returns where it was saved."""
        for old in self.downloads.iterdir():
            old.unlink()
        self.row(path).find_element(By.LINK_TEXT, "Download").click()
        self.wait(self.finished_download, f"the download of {path}")
        return self.finished_download()

    def finished_download(self):
        """The one file in the download folder, or None while Chromium keeps it under a temporary name."""
        saved = list(self.downloads.iterdir())
        if len(saved) != 1 or saved[0].name.startswith(".") or saved[0].suffix in {".crdownload", ".tmp"}:
            return None
        return saved[0]

    def delete(self, path):
        self.row(path).find_element(By.TAG_NAME, "button").click()
        self.answer("yes")
        self.wait_for_notice(f"Deleted “{path}”.")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    url = setting("COFFER_URL").rstrip("/")
    downloads = tmp_path_factory.mktemp("downloads")
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--disable-dev-shm-usage", "--window-size=1200,900",
                     "--no-proxy-server", "--lang=en-US"]:
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # In an ASCII locale Chromium would save downloads under mangled names.
    service = Service("/usr/bin/chromedriver", env={**os.environ, "LC_ALL": "C.UTF-8"})
    driver = webdriver.Chrome(service=service, options=options)
    yield App(driver, url, downloads)
    driver.quit()


@pytest.fixture
def editor(app):
    """The app with the editor logged in; one session serves the tests, as logins are rate limited."""
    if app.address() != "/":
        app.log_in(setting("COFFER_EDITOR_PASSWORD"))
    app.wait_for_files()
    return app


@pytest.fixture(autouse=True)
def quiet_console(app):
    """No test may leave a script error or a policy violation in the browser's log."""
    app.driver.get_log("browser")
    yield
    assert [entry for entry in app.driver.get_log("browser") if not is_expected(entry)] == []


def is_expected(entry):
    """Chromium also logs each answer with status 400 or 401, which these tests provoke."""
    return entry["source"] == "network" and ("status of 400" in entry["message"] or "status of 401" in entry["message"])


@pytest.fixture
def random_file(tmp_path):
    path = tmp_path / "random.bin"
    path.write_bytes(secrets.token_bytes(3 * 1024 * 1024))
    return path


def test_the_file_manager_leads_to_the_login_without_a_session(app):
    app.open("/")
    app.wait_for_login()


def test_a_wrong_password_is_told(app):
    app.log_in("not the password")
    app.wait_for_notice("Invalid email or password")
    assert app.address() == "/login"
    assert app.find("submit").is_enabled()


def test_logging_in_shows_who_is_logged_in_and_hides_the_session_from_scripts(editor):
    assert editor.find("who").text == setting("COFFER_EDITOR_EMAIL")
    assert any(cookie["httpOnly"] and cookie["name"].endswith("coffer") for cookie in editor.driver.get_cookies())
    assert editor.driver.execute_script("return document.cookie") == ""
    assert editor.driver.execute_script("return localStorage.length + sessionStorage.length") == 0


def test_an_uploaded_file_is_listed_and_comes_back_byte_for_byte(editor, random_file):
    path = f"{FOLDER}/random.bin"
    editor.upload(random_file, path, "Three mebibytes")
    row = editor.row(path)
    assert "3.0 MiB" in row.text
    assert "Three mebibytes" in row.text
    assert digest(editor.download(path)) == digest(random_file)


def test_the_path_is_filled_from_the_chosen_file(editor, random_file):
    editor.find("file-path").clear()
    editor.find("file").send_keys(str(random_file))
    assert editor.find("file-path").get_property("value") == "random.bin"
    editor.driver.refresh()


def test_names_and_descriptions_in_any_script_survive(editor, tmp_path):
    local = tmp_path / "local.txt"
    local.write_text("Grüße aus 東京\n", encoding="utf-8")
    path = f"{FOLDER}/Grüße/Ünïcode – 文件.txt"
    editor.upload(local, path, "日本語 & ‘quotes’")
    assert "日本語 & ‘quotes’" in editor.row(path).text
    saved = editor.download(path)
    assert saved.name == "Ünïcode – 文件.txt"
    assert digest(saved) == digest(local)


def test_signs_with_a_meaning_elsewhere_are_only_text(editor, tmp_path):
    local = tmp_path / "empty"
    local.touch()
    path = f"{FOLDER}/50% + \"a\" & (b), 'c'?#=eq.*;<img src=x onerror=alert(1)>"
    description = "UTF-8''not%20decoded <b>"
    editor.upload(local, path, description)
    assert description in editor.row(path).text
    assert digest(editor.download(path)) == digest(local)
    editor.delete(path)


def test_replacing_a_file_is_asked_first(editor, random_file, tmp_path):
    path = f"{FOLDER}/replaced.bin"
    editor.upload(random_file, path, "Stays")
    newer = tmp_path / "newer.bin"
    newer.write_bytes(b"newer")
    editor.choose(newer, path)
    editor.answer("no")
    editor.wait_for_notice("cancelled")
    assert digest(editor.download(path)) == digest(random_file)
    editor.choose(newer, path)
    editor.answer("yes")
    editor.wait_for_notice(f"Uploaded “{path}”.")
    assert "5 bytes" in editor.row(path).text and "Stays" in editor.row(path).text
    assert digest(editor.download(path)) == digest(newer)


def test_a_path_that_breaks_a_rule_is_refused_before_anything_is_sent(editor, random_file):
    editor.choose(random_file, "a/../b")
    assert not editor.driver.execute_script("return document.getElementById('upload').checkValidity()")
    assert editor.find("start").is_enabled()
    editor.driver.refresh()


def test_the_app_judges_paths_and_shows_sizes_as_the_server_means_them(editor):
    call = "const [module, name, value, done] = arguments; import(module).then((m) => done(m[name](value)));"

    def result(module, name, value):
        return editor.driver.execute_async_script(call, f"{editor.url}/assets/{module}.js", name, value)

    for path in ["a", "a/b c", "...", "é" * 127, "/".join(["d" * 255] * 4)]:
        assert result("path", "problemWith", path) == "", path
    for path in ["", "/a", "a/", "a//b", ".", "a/..", "a\\b", "a\nb", "é" * 128, "/".join(["d" * 255] * 4) + "/e"]:
        assert result("path", "problemWith", path) != "", path
    sizes = {1: "1 byte", 1023: "1,023 bytes", 1024: "1.0 KiB", 1048575: "1.0 MiB", 15 * 2**30: "15.0 GiB"}
    assert {size: result("format", "shortSize", size) for size in sizes} == sizes


def test_a_deleted_file_is_gone(editor):
    for path in [f"{FOLDER}/random.bin", f"{FOLDER}/replaced.bin", f"{FOLDER}/Grüße/Ünïcode – 文件.txt"]:
        editor.delete(path)
        assert editor.row(path) is None
    editor.driver.refresh()
    editor.wait_for_files()
    assert FOLDER not in editor.find("content").text


def test_logging_out_ends_the_session(editor):
    cookies = editor.driver.get_cookies()
    editor.find("logout").click()
    editor.wait_for_login()
    # The old cookie must not work either: the session itself is revoked.
    for cookie in cookies:
        editor.driver.add_cookie(cookie)
    editor.open("/")
    editor.wait_for_login()
    editor.driver.delete_all_cookies()


def test_a_session_that_ends_midway_leads_to_the_login_with_a_word_of_why(editor, random_file):
    editor.driver.delete_all_cookies()
    editor.choose(random_file, f"{FOLDER}/never.bin")
    editor.wait_for_login()
    editor.wait_for_notice("Your session has ended")
