"""The web app as a person sees it in a real Chromium, for the tests that import these fixtures.

The editor's account comes from the environment file of the run folder (COFFER_EDITOR_EMAIL, COFFER_EDITOR_PASSWORD).
"""

import os
import re
from urllib.parse import quote

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

TIMEOUT_SECONDS = 300


def setting(name):
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: source the run folder's environment file first")
    return value


ROLES = {
    "button": "button, [role=button]",
    "link": "a[href]",
    "field": "input, textarea, select",
    "menuitem": "[role=menuitem]",
    "row": "[role=row]",
    "dialog": "dialog[open], [role=dialog]",
    "heading": "h1, h2, h3",
    "grid": "[role=grid]",
    "tab": "[role=tab]",
}

# Those that are to be seen, the topmost dialog first. `accessible_name` of Selenium decides, but asking for each
# element of a page would take seconds: so the script first keeps those whose texts can make the name.
CANDIDATES = """
const [selector, name, root] = arguments;
const texts = (one) => [
  one.getAttribute("aria-label"), one.textContent, ...Array.from(one.labels ?? [], (label) => label.textContent),
  ...(one.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent),
];
const plain = (text) => (text ?? "").replace(/\\s+/g, " ").trim();
const dialogs = selector.startsWith("dialog") ? [] : Array.from(document.querySelectorAll("dialog[open]"));
const place = root ?? dialogs.at(-1) ?? document;
return Array.from(place.querySelectorAll(selector)).filter((one) =>
  (one.type === "file" || one.checkVisibility({ visibilityProperty: true }))
    && texts(one).some((text) => plain(text) === plain(name)));
"""


class App:
    """The web app as a person sees it: what is on the page is found by its role and its name."""

    def __init__(self, driver, url, downloads):
        self.driver = driver
        self.url = url
        self.downloads = downloads

    def open(self, path):
        self.driver.get(self.url + path)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition, what):
        # An element may be replaced between the moment when it is found and when it is asked.
        waiting = WebDriverWait(self.driver, TIMEOUT_SECONDS, 0.1, [StaleElementReferenceException])
        waiting.until(lambda _: condition(), f"waited in vain for: {what}")

    def address(self):
        return self.driver.current_url.removeprefix(self.url)

    # Finding

    def all(self, role, name, within=None):
        """What has this role and this name, in the dialog on top if there is one."""
        found = self.run(CANDIDATES, ROLES[role], name, within)
        return [one for one in found if one.accessible_name.strip() == name]

    def find(self, role, name, within=None):
        """Waits for the one thing that has this role and this name."""
        found = []

        def is_there():
            found[:] = self.all(role, name, within)[:1]
            return found

        self.wait(is_there, f"the {role} {name!r}")
        return found[0]

    def button(self, name, within=None):
        return self.find("button", name, within)

    def field(self, name, within=None):
        return self.find("field", name, within)

    def press(self, name, within=None):
        self.wait(lambda: self.button(name, within).click() is None, f"a press of {name!r}")

    def type(self, name, text):
        self.field(name).clear()
        self.field(name).send_keys(text)

    def keys(self, *keys):
        """Sends keys to what has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def dialog(self, title):
        return self.find("dialog", title)

    def wait_for_no_dialog(self):
        self.wait(lambda: not self.run("return document.querySelector('dialog[open]')"), "the dialog to close")

    # Messages

    def message(self):
        """What the page reports: to all, in the dialog, or on the login page."""
        selector = "[role=status], [role=alert]"
        script = f"return Array.from(document.querySelectorAll('{selector}'), (one) => one.textContent).join('\\n')"
        return self.run(script)

    def wait_for_message(self, text):
        self.wait(lambda: text in self.message(), f"the message {text!r}, there is {self.message()!r}")

    # The session

    def log_in(self, password, email=None):
        self.open("/login")
        self.type("Email", email or setting("COFFER_EDITOR_EMAIL"))
        self.type("Password", password)
        self.press("Log in")

    def is_ready(self):
        return self.run("return document.body?.classList.contains('ready') ?? false")

    def wait_for_files(self):
        self.wait(lambda: not self.address().startswith("/login") and self.is_ready(), "the file manager")

    def wait_for_login(self):
        self.wait(lambda: self.address().startswith("/login"), "the login page")

    # Files

    def go(self, folder):
        """Opens a folder by its address, as a link from elsewhere does, with what the server has now."""
        self.open("/#/files/" + "/".join(map(quote_name, folder.split("/"))))
        self.driver.refresh()
        self.wait_for_files()
        self.wait(lambda: self.run("return !document.querySelector('.skeleton')"), "the list")
        # The rows are made anew when the window has its size.
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def names(self):
        """The names in the list that are in the document, from above."""
        return self.run("return Array.from(document.querySelectorAll('[role=grid] a.entry'), (one) => one.textContent)")

    def row(self, name):
        """The row of a file or folder, or None."""
        script = """return Array.from(document.querySelectorAll('[role=row]')).find((row) =>
            row.querySelector('a.entry')?.textContent === arguments[0]) ?? null"""
        return self.run(script, name)

    def wait_for_row(self, name):
        self.wait(lambda: self.row(name), f"the row of {name!r}, there are {self.names()}")
        return self.row(name)

    def wait_for_no_row(self, name):
        self.wait(lambda: self.row(name) is None, f"the row of {name!r} to go")

    def menu(self, name, item):
        """Chooses from the menu of actions of a file or folder."""
        self.wait_for_row(name)
        self.press(f"Actions for {name}")
        self.find("menuitem", item).click()

    def select(self, *names):
        """Selects by the boxes of rows."""
        for name in names:
            self.wait_for_row(name)
            self.field(f"Select {name}").click()

    def choose(self, *files):
        """Chooses files to upload in the open folder; the dialog asks for their path then."""
        self.run("document.getElementById('chooser').webkitdirectory = false")
        self.field("Files to upload").send_keys("\n".join(map(str, files)))
        self.wait(lambda: self.all("button", "Upload"), "the dialog of the upload")

    def upload(self, file, path, description=""):
        self.choose(file)
        self.type("File path", path)
        if description:
            self.type("Description", description)
        self.press("Upload")
        self.wait_for_no_dialog()

    # Downloads

    def download(self, name):
        """Downloads a file of the list, and returns where it was saved."""
        return self.saved(lambda: self.menu(name, "Download"))

    def saved(self, start):
        for old in self.downloads.iterdir():
            old.unlink()
        start()
        self.wait(self.finished_download, "a download")
        return self.finished_download()

    def finished_download(self):
        """The one file in the download folder, or None while Chromium keeps it under a temporary name."""
        saved = list(self.downloads.iterdir())
        if len(saved) != 1 or saved[0].name.startswith(".") or saved[0].suffix in {".crdownload", ".tmp"}:
            return None
        return saved[0]

    # Sizes of the window

    def resize(self, width, height, is_phone=False):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": is_phone})

    def phone(self):
        self.resize(390, 844, is_phone=True)

    def desktop(self):
        self.resize(1440, 900)

    def scheme(self, name):
        feature = {"name": "prefers-color-scheme", "value": name}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def quote_name(name):
    return quote(name, safe="")


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
    if not app.driver.current_url.startswith(f"{app.url}/#") and app.address() != "/":
        app.log_in(setting("COFFER_EDITOR_PASSWORD"))
    app.wait_for_files()
    return app


@pytest.fixture(autouse=True)
def quiet_console(app):
    """No test may leave a script error or a policy violation in the browser's log."""
    app.driver.get_log("browser")
    yield
    noise = [entry["message"] for entry in app.driver.get_log("browser") if not is_expected(entry)]
    if noise:
        pytest.fail(f"the browser's log has {noise}")


def is_expected(entry):
    """Chromium also logs each answer with a failure and each broken connection, which these tests provoke."""
    provoked = (
        r"status of (400|401|409|412|413|416|429|502|503)|/uploads/\S+ - Failed to load resource: .* status of 404"
        r"|/(rpc/|uploads|files)\S* - Failed to load resource: net::ERR_"
    )
    return entry["source"] == "network" and re.search(provoked, entry["message"])
