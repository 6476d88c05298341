"""File paths: traversal in every encoding, the rules, and the same name in two normal forms."""

import unicodedata
from urllib.parse import quote

import pytest

from client import assert_failure

TRAVERSAL = [
    "../a",
    "../../../../../../etc/passwd",
    "a/../b",
    "a/..",
    "..",
    ".",
    "./a",
    "a/./b",
    "/etc/passwd",
    "//etc/passwd",
    "a//b",
    "a/",
    "a\\b",
    "..\\..\\a",
    "C:\\a",
    "a\x00b",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\x1fb",
    "a\x7fb",
    "a\x85b",
    "",
    "/",
    "s" * 256,
    "/".join(["s" * 100] * 11),
    "é" * 128,
]
ENCODED = [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2E%2E%5Cetc",
    "%2fetc%2fpasswd",
    "a%00",
    "a%0d%0aX-Evil:1",
    "a%5cb",
]
NOT_UTF8 = ["%c0%ae%c0%ae/etc/passwd", "%e0%80%ae/a", "%ff", "%c3", "%ed%a0%80", "%f4%90%80%80"]
LEGAL = [
    "．．/a",
    "..a/b",
    "a/...",
    "....",
    "~/a",
    "$HOME/a",
    "a:b",
    "con",
    "%2e%2e/a",
    "a b",
    " a",
    "a ",
    "*",
    "?#&=+;",
    "\u202e",
    "a\u2044b",
    "s" * 255,
    "/".join(["s" * 127] * 8),
    "\u2215etc\u2215passwd",
    "'\"`|<>",
    "-rf",
    "UTF-8",
    ".hidden",
    "UTF-8''",
]


def as_header(path):
    return "UTF-8''" + quote(path, safe="")


@pytest.mark.parametrize("path", TRAVERSAL, ids=ascii)
def test_a_path_that_breaks_a_rule_is_400_and_names_it(editor, path):
    failure = assert_failure(editor.store(as_header(path), b"x"), 400)
    assert failure["code"] in ("KF003", "KF014")
    assert len(failure["message"]) > 10
    answer = editor.retrieve(path)
    assert_failure(answer, 400)


@pytest.mark.parametrize("path", ["../a", "a/../b", "/etc/passwd", "a//b", "a/", "a\\b", "..", "./a"])
def test_a_raw_header_has_the_same_rules(editor, path):
    assert_failure(editor.store(path, b"x"), 400, "KF003")


@pytest.mark.parametrize("path", ENCODED)
def test_an_encoded_path_has_the_same_rules(editor, path):
    assert_failure(editor.store(f"UTF-8''{path}", b"x"), 400, "KF003")
    assert_failure(editor.get(f"/rpc/retrieve_file?p_file_path={path}"), 400)


@pytest.mark.parametrize("path", NOT_UTF8)
def test_what_is_not_utf_8_is_refused(editor, path):
    assert_failure(editor.store(f"UTF-8''{path}", b"x"), 400)
    assert_failure(editor.get(f"/rpc/retrieve_file?p_file_path={path}"), 400)
    assert_failure(editor.files(f"file_path=eq.{path}"), 400)


@pytest.mark.parametrize("byte", [b"\xff", b"\xc0\xae", b"\xe9", b"\xed\xa0\x80"])
def test_a_raw_header_that_is_not_utf_8_is_refused(editor, byte):
    head = f"POST /rpc/store_file HTTP/1.1\r\nHost: {editor.host}:{editor.port}\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {editor.token}\r\nContent-Length: 1\r\nFile-Path: end-to-end/"
    request = head.encode() + byte + b"\r\n\r\nx"
    assert editor.raw(request).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("path", LEGAL, ids=ascii)
def test_a_legal_path_is_kept_as_it_is(editor, folder, path):
    whole = f"{folder}/{path}"[:1024] if len(path) > 900 else f"{folder}/{path}"
    assert editor.store(as_header(whole), path.encode()).status == 200
    assert editor.retrieve(whole).body == path.encode()
    rows = editor.files(f"select=file_path&file_path=eq.{quote(whole, safe='')}").json()
    assert rows == [{"file_path": whole}]


def test_a_path_encoded_twice_is_another_file(editor, folder):
    editor.store(f"{folder}/a b", b"x")
    assert_failure(editor.get(f"/rpc/retrieve_file?p_file_path={quote(quote(folder + '/a b', safe=''), safe='')}"), 400)


def test_a_plus_is_a_space_in_a_query_and_a_plus_in_a_header(editor, folder):
    editor.store(f"{folder}/a b", b"space")
    editor.store(f"{folder}/a+b", b"plus")
    assert editor.get(f"/rpc/retrieve_file?p_file_path={folder}/a+b").body == b"space"
    assert editor.get(f"/rpc/retrieve_file?p_file_path={folder}/a%2Bb").body == b"plus"


@pytest.mark.parametrize("name", ["café", "Å", "각", "ḍ̇"])
def test_both_normal_forms_are_the_same_file(editor, folder, name):
    composed, decomposed = (f"{folder}/{unicodedata.normalize(form, name)}" for form in ("NFC", "NFD"))
    identifier = editor.store(decomposed, b"first").json()
    assert editor.store(composed, b"second").json() == identifier
    assert editor.retrieve(decomposed).body == editor.retrieve(composed).body == b"second"
    assert [row["file_path"] for row in editor.files(f"file_path=like.{folder}/*").json()] == [composed]


def test_compatible_characters_are_different_files(editor, folder):
    assert editor.store(f"{folder}/ﬁ", b"ligature").json() != editor.store(f"{folder}/fi", b"letters").json()
    assert editor.retrieve(f"{folder}/ﬁ").body == b"ligature"


def test_case_counts(editor, folder):
    editor.store(f"{folder}/A", b"upper")
    editor.store(f"{folder}/a", b"lower")
    assert editor.retrieve(f"{folder}/A").body == b"upper"


def test_nothing_was_written_outside_the_store(blobs):
    """Whatever the paths were: beside its mark the store has generated names and nothing else."""
    for folder in blobs.iterdir():
        if folder.name in ("stage", "incoming", "coffer-store"):
            continue
        assert len(folder.name) == 2 and int(folder.name, 16) >= 0
        assert all(len(blob.name) == 32 and int(blob.name, 16) >= 0 for blob in folder.iterdir())


@pytest.mark.parametrize(
    "target",
    [
        "/../../../etc/passwd",
        "/..%2f..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/../../../etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets../nginx.conf",
        "/assets/%2e%2e/%2e%2e/coffer.conf",
        "/.git/config",
        "/coffer.conf",
        "/assets//etc/passwd",
        "/_coffer/blobs/../../coffer.conf",
        "/_coffer/blobs..%2fcoffer.conf",
    ],
)
def test_no_url_reaches_another_file(nobody, target):
    answer = nobody.raw(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    status = int(answer.split()[1])
    assert status in (400, 404), answer
    assert b'"code":' in answer
    assert b"root:" not in answer and b"COFFER_" not in answer
