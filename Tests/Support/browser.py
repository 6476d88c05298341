"""The web app as a person sees it in a real Chromium, for the tests that import these fixtures.

The editor's account comes from the environment file of the run folder (COFFER_EDITOR_EMAIL, COFFER_EDITOR_PASSWORD).
"""

import os
import re

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

TIMEOUT_SECONDS = 300


def setting(name):
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: source the run folder's environment file first")
    return value


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
        WebDriverWait(self.driver, TIMEOUT_SECONDS).until(lambda _: condition(), f"waited in vain for: {what}")

    def address(self):
        return self.driver.current_url.removeprefix(self.url)

    def type(self, identifier, text):
        self.find(identifier).clear()
        self.find(identifier).send_keys(text)

    def log_in(self, password, email=None):
        self.open("/login")
        self.type("email", email or setting("COFFER_EDITOR_EMAIL"))
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

    def wait_for_row(self, path):
        self.wait(lambda: self.row(path), f"the row of {path}")
        return self.row(path)

    def download(self, path):
        """Clicks the link, waits for the file, and returns where it was saved."""
        for old in self.downloads.iterdir():
            old.unlink()
        self.wait_for_row(path).find_element(By.LINK_TEXT, "Download").click()
        self.wait(self.finished_download, f"the download of {path}")
        return self.finished_download()

    def finished_download(self):
        """The one file in the download folder, or None while Chromium keeps it under a temporary name."""
        saved = list(self.downloads.iterdir())
        if len(saved) != 1 or saved[0].name.startswith(".") or saved[0].suffix in {".crdownload", ".tmp"}:
            return None
        return saved[0]

    def delete(self, path):
        self.wait_for_row(path).find_element(By.TAG_NAME, "button").click()
        self.answer("yes")
        self.wait_for_notice(f"Deleted “{path}”.")


def chromium(downloads, **preferences):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--disable-dev-shm-usage", "--window-size=1200,900",
                     "--no-proxy-server", "--lang=en-US"]:
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads), **preferences})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # In an ASCII locale Chromium would save downloads under mangled names.
    service = Service("/usr/bin/chromedriver", env={**os.environ, "LC_ALL": "C.UTF-8"})
    driver = webdriver.Chrome(service=service, options=options)
    driver.set_script_timeout(TIMEOUT_SECONDS)
    return driver


@pytest.fixture(scope="module")
def app(tmp_path_factory, url):
    downloads = tmp_path_factory.mktemp("downloads")
    driver = chromium(downloads)
    yield App(driver, url, downloads)
    driver.quit()


@pytest.fixture
def logged_in(app):
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
    """Chromium also logs each answer with a failure and each broken connection, which these tests provoke."""
    provoked = r"status of (400|401|413|416|503)|/rpc/\w+\S* - Failed to load resource: net::ERR_"
    return entry["source"] == "network" and re.search(provoked, entry["message"])
