"""Takes the screenshots of the file manager that the README shows, in both colour schemes, for scripts/screenshots."""

import secrets
import sys
import tempfile
from pathlib import Path

from browser import App, chromium
from client import log_in
from instance import Instance

EMAIL = "dana@example.com"
FILES = {
    "contracts/lease-2026.pdf": ("Signed copy", "application/pdf", 248_211),
    "notes/café.txt": ("Recipes, in UTF-8", "text/plain", 1_904),
    "photos/2026/harbour.jpg": ("", "image/jpeg", 3_480_672),
    "photos/2026/lighthouse.jpg": ("For the calendar", "image/jpeg", 2_913_045),
}


def main(directory):
    instance = Instance()
    password = secrets.token_urlsafe(24)
    instance.coffer("user", "add", EMAIL, "--role", "editor", "--quota", "1000000000", stdin=password + "\n")
    try:
        client = log_in(instance["URL"], EMAIL, password)
        for path, (description, media_type, size) in FILES.items():
            answer = client.store(
                f"UTF-8''{path}".replace("é", "%C3%A9"), bytes(size), Description=description, Content_Type=media_type
            )
            assert answer.status == 200, answer
        with tempfile.TemporaryDirectory() as downloads:
            take(instance["URL"], password, Path(downloads), directory)
    finally:
        instance.coffer("user", "delete", EMAIL)


def take(url, password, downloads, directory):
    driver = chromium(downloads)
    try:
        app = App(driver, url, downloads)
        app.log_in(password, EMAIL)
        app.wait_for_files()
        app.wait(lambda: app.row("photos/2026/lighthouse.jpg"), "the files")
        # The whole page, so that there is no scroll bar.
        height = driver.execute_script("return document.documentElement.scrollHeight")
        metrics = {"width": 1000, "height": height, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for scheme in ("light", "dark"):
            feature = {"name": "prefers-color-scheme", "value": scheme}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
            path = directory / f"screenshot-{scheme}.png"
            assert driver.save_screenshot(str(path))
            print(f"wrote {path}")
    finally:
        driver.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
