"""Takes the screenshots of the file manager that the README shows, in both colour schemes, for scripts/screenshots."""

import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from browser import App, chromium
from client import log_in
from instance import Instance

EMAIL = "dana@example.com"
FILES = {
    "contracts/lease-2026.pdf": ("", "application/pdf", 248_211),
    "notes/café.txt": ("", "text/plain", 1_904),
    "photos/2026/harbour.jpg": ("", "image/jpeg", 3_480_672),
    "photos/2026/lighthouse.jpg": ("", "image/jpeg", 2_913_045),
    "Budget 2027.ods": ("Draft for the meeting on Monday", "application/vnd.oasis.opendocument.spreadsheet", 48_211),
    "Interview.mp3": ("", "audio/mpeg", 18_480_672),
    "Letter to the council.txt": ("Signed copy", "text/plain", 4_211),
    "Trailer (2).mp4": ("Cut of November", "video/mp4", 24_806_720),
}


def main(directory):
    instance = Instance()
    password = secrets.token_urlsafe(24)
    instance.coffer("user", "add", EMAIL, "--role", "editor", "--quota", "1000000000", stdin=password + "\n")
    try:
        client = log_in(instance["URL"], EMAIL, password)
        for path, (description, media_type, size) in FILES.items():
            fields = {"Content_Type": media_type, **({"Description": description} if description else {})}
            answer = client.store(f"UTF-8''{quote(path)}", bytes(size), **fields)
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
        app.resize(1280, 640)
        app.wait_for_row("photos")
        for scheme in ("light", "dark"):
            app.scheme(scheme)
            path = directory / f"screenshot-{scheme}.png"
            if not driver.save_screenshot(str(path)):
                sys.exit(f"{path} could not be written")
            print(f"wrote {path}")
    finally:
        driver.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
