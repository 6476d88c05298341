"""The web app in a real Chromium: log in, upload, list, download, overwrite, delete, log out.

Files are kept below one folder of their own, so that the tests can run against an account that has other files.
"""

import hashlib
import secrets
from pathlib import Path

import pytest
from browser import app, quiet_console, setting  # noqa: F401
from browser import logged_in as editor  # noqa: F401

# The sign sorts first: the files are on the first page of the list, whatever else the account holds.
FOLDER = f"!browser-{secrets.token_hex(4)}"


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def random_file(tmp_path):
    path = tmp_path / "random.bin"
    path.write_bytes(secrets.token_bytes(3 * 1024 * 1024))
    return path


def test_the_file_manager_leads_to_the_login_without_a_session(app):
    app.open("/")
    app.wait_for_login()


def test_a_wrong_password_is_reported(app):
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
