"""Downloads: headers, ranges, conditions, names, what may be shown inline, and nothing for anybody else."""

import os
import socket
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from client import Client, assert_failure, etag, repr_digest, retrieve_target
from worker import ask

BODY = b"0123456789"


@pytest.fixture
def path(editor, folder):
    editor.store(f"{folder}/ten.txt", BODY, Content_Type="text/plain")
    return f"{folder}/ten.txt"


def assert_headers(answer):
    """What every download has, whoever sends its bytes."""
    assert answer.header("ETag") == etag(BODY)
    assert answer.header("Repr-Digest") == repr_digest(BODY)
    assert answer.status == 206 or answer.header("Accept-Ranges") == "bytes"
    assert answer.header("Content-Type") == "text/plain"
    assert answer.header("Content-Disposition") == "attachment; filename=\"ten.txt\"; filename*=UTF-8''ten.txt"
    assert answer.header("Cache-Control") == "private, no-cache"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Content-Security-Policy") == "sandbox; default-src 'none'"
    assert answer.header("X-Request-Id")
    modified = parsedate_to_datetime(answer.header("Last-Modified")).timestamp()
    assert time.time() - 300 < modified <= time.time() + 1
    for name in ("ETag", "Content-Type", "X-Request-Id", "Last-Modified", "Content-Length", "Cache-Control"):
        assert len(answer.headers.get_all(name)) == 1, f"{name} more than once: {answer}"
    for name in ("X-Accel-Redirect", "X-Sendfile", "Status", "Set-Cookie", "Access-Control-Allow-Origin"):
        assert answer.header(name) is None, answer


def test_a_download_has_every_header_of_the_contract(editor, path):
    answer = editor.retrieve(path)
    assert (answer.status, answer.body) == (200, BODY)
    assert answer.header("Content-Length") == "10"
    assert_headers(answer)


def test_a_download_is_sent_as_it_is_stored(editor, folder):
    text = b"the same words again and again\n" * 1000
    editor.store(f"{folder}/long.txt", text, Content_Type="text/plain")
    answer = editor.retrieve(f"{folder}/long.txt", Accept_Encoding="gzip, br, deflate")
    assert (answer.body, answer.header("Content-Encoding"), answer.header("ETag")) == (text, None, etag(text))


def test_a_head_has_the_same(editor, path):
    answer = editor.head(retrieve_target(path))
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Content-Length") == "10"
    assert_headers(answer)


@pytest.mark.parametrize(
    "field,part,where",
    [
        ("bytes=0-3", b"0123", "0-3"),
        ("bytes=7-", b"789", "7-9"),
        ("bytes=-2", b"89", "8-9"),
        ("bytes=8-1000", b"89", "8-9"),
        ("bytes=-1000", BODY, "0-9"),
        ("bytes=0-0", b"0", "0-0"),
        ("bytes=9-9", b"9", "9-9"),
        ("bytes=0-9", BODY, "0-9"),
    ],
)
def test_a_range_is_a_part(editor, path, field, part, where):
    answer = editor.retrieve(path, Range=field)
    assert (answer.status, answer.body) == (206, part)
    assert answer.header("Content-Range") == f"bytes {where}/10"
    assert answer.header("Content-Length") == str(len(part))
    assert_headers(answer)


def test_a_head_has_no_ranges(editor, path):
    """RFC 9110 section 14.2: Range is defined for GET alone."""
    answer = editor.head(retrieve_target(path), Range="bytes=0-3")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Content-Length") == "10"


@pytest.mark.parametrize("field", ["bytes=10-", "bytes=10-20", "bytes=99999999999999999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_416(editor, path, field):
    answer = editor.retrieve(path, Range=field)
    assert_failure(answer, 416, "PGRST103")
    assert answer.header("Content-Range") == "bytes */10"


@pytest.mark.parametrize("field", ["lines=0-3", "0-3"])
def test_a_range_in_other_units_is_ignored(editor, path, field):
    answer = editor.retrieve(path, Range=field)
    assert (answer.status, answer.body) == (200, BODY)


@pytest.mark.parametrize("field", ["bytes=a-b", "bytes=5-2", "bytes=", "bytes=-", "bytes=1"])
def test_a_broken_range_is_ignored_or_refused(editor, path, field):
    answer = editor.retrieve(path, Range=field)
    assert answer.status in (200, 416)
    if answer.status == 200:
        assert answer.body == BODY


def test_an_empty_file_is_whole_and_has_no_ranges(editor, folder):
    editor.store(f"{folder}/empty", b"")
    answer = editor.retrieve(f"{folder}/empty")
    assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"", "0")
    assert editor.retrieve(f"{folder}/empty", Range="bytes=0-0").status in (200, 416)


def test_if_range_gives_the_part_of_this_version_only(editor, path):
    assert editor.retrieve(path, Range="bytes=3-4", If_Range=etag(BODY)).body == b"34"
    other = editor.retrieve(path, Range="bytes=3-4", If_Range=etag(b"other"))
    assert (other.status, other.body) == (200, BODY)
    weak = editor.retrieve(path, Range="bytes=3-4", If_Range="W/" + etag(BODY))
    assert (weak.status, weak.body) == (200, BODY)


@pytest.mark.parametrize("field", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_version_that_one_has_is_304(editor, path, field, method):
    headers = {"If-None-Match": field.format(tag=etag(BODY))}
    answer = editor.request(method, retrieve_target(path), headers)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.header("ETag") == etag(BODY)
    assert answer.header("Cache-Control") == "private, no-cache"
    assert answer.header("X-Request-Id")


def test_another_version_is_sent(editor, path):
    assert editor.retrieve(path, If_None_Match=etag(b"other")).body == BODY


def test_dates_are_conditions_too(editor, path):
    modified = editor.retrieve(path).header("Last-Modified")
    long_ago = "Thu, 01 Jan 1970 00:00:00 GMT"
    assert editor.retrieve(path, If_Modified_Since=modified).status == 304
    assert editor.retrieve(path, If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT").status == 304
    assert editor.retrieve(path, If_Modified_Since=long_ago).status == 200
    assert editor.retrieve(path, If_Modified_Since="yesterday").status == 200
    assert editor.retrieve(path, If_Unmodified_Since=modified).status == 200
    assert editor.retrieve(path, If_Unmodified_Since=long_ago).status == 412
    # RFC 9110 section 13.2.2: tags go before dates.
    assert editor.retrieve(path, If_None_Match='"other"', If_Modified_Since=modified).status == 200


def test_if_match_demands_this_version(editor, path):
    matching = editor.retrieve(path, If_Match=etag(BODY))
    assert (matching.status, matching.body) == (200, BODY)
    assert_headers(matching)
    assert_failure(editor.retrieve(path, If_Match=etag(b"other")), 412)
    assert_failure(editor.retrieve(path, If_Match=etag(b"other"), Range="bytes=0-3"), 412)
    assert editor.retrieve(path, If_Match=etag(BODY), Range="bytes=0-3").body == b"0123"


NAMES = [
    'quo"te.txt',
    "semi;colon.txt",
    "per%20cent.txt",
    "it's.txt",
    "Ärger.txt",
    "日本語.txt",
    "🙂.txt",
    "a b  c.txt",
    "comma,equals=.txt",
    "‮gpj.exe",
    "*.txt",
    "<script>.html",
    "line\u2028separator",
    "~$&+.txt",
    "(1).txt",
    "-rf",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_name_survives_and_breaks_nothing(editor, folder, name):
    encoded = "UTF-8''" + quote(f"{folder}/{name}", safe="")
    assert editor.store(encoded, b"x").status == 200
    answer = editor.retrieve(f"{folder}/{name}")
    assert answer.status == 200
    disposition = answer.header("Content-Disposition")
    kind, plain, extended = (part.strip() for part in disposition.rsplit("; ", 2)[-3:]) if '"; ' in disposition else ()
    assert kind == "attachment"
    assert plain.startswith('filename="') and plain.endswith('"') and plain.isascii()
    assert '"' not in plain[10:-1].replace('\\"', "")
    assert extended.startswith("filename*=UTF-8''")
    assert unquote(extended.removeprefix("filename*=UTF-8''")) == name


@pytest.mark.parametrize(
    "media_type,kind",
    [
        ("image/png", "inline"),
        ("image/jpeg", "inline"),
        ("application/pdf", "inline"),
        ("text/plain", "inline"),
        ("text/plain; charset=utf-8", "inline"),
        ("audio/mpeg", "inline"),
        ("video/mp4", "inline"),
        ("text/html", "attachment"),
        ("image/svg+xml", "attachment"),
        ("IMAGE/SVG+XML; x=y", "attachment"),
        ("application/xhtml+xml", "attachment"),
        ("text/xml", "attachment"),
        ("text/javascript", "attachment"),
        ("text/css", "attachment"),
        ("application/x-thing", "attachment"),
    ],
)
def test_only_safe_types_are_shown_inline(editor, folder, media_type, kind):
    editor.store(f"{folder}/a", b"x", Content_Type=media_type)
    inline = editor.retrieve(f"{folder}/a", "inline")
    assert inline.header("Content-Disposition").startswith(f"{kind};")
    assert inline.header("Content-Security-Policy").startswith("sandbox")
    assert editor.retrieve(f"{folder}/a").header("Content-Disposition").startswith("attachment;")


def test_absent_and_not_yours_are_the_same_bytes(editor, stranger, admin, path):
    absent = stranger.retrieve(f"{path}-absent")
    assert_failure(absent, 400, "KF002", "File not found.")
    for client in (stranger, admin):
        refused = client.retrieve(path)
        assert (refused.status, refused.body) == (400, absent.body)
        differing = {"Date", "X-Request-Id"}
        assert {name: value for name, value in refused.headers.items() if name not in differing} == {
            name: value for name, value in absent.headers.items() if name not in differing
        }
        head = client.head(retrieve_target(path))
        assert (head.status, head.body, head.header("ETag")) == (400, b"", None)
    # A condition or a range must not tell either.
    assert stranger.retrieve(path, If_None_Match=etag(BODY)).body == absent.body
    assert stranger.retrieve(path, Range="bytes=0-1").body == absent.body


@pytest.mark.parametrize(
    "target", ["/rpc/retrieve_file", "/rpc/retrieve_file?p_file_path=", "/rpc/retrieve_file?other=a"]
)
def test_no_path_is_400(editor, target):
    assert_failure(editor.get(target), 400)


def test_no_token_is_401(nobody, path):
    answer = nobody.retrieve(path)
    assert_failure(answer, 401)
    assert answer.header("WWW-Authenticate") == "Bearer"


def test_the_blobs_cannot_be_asked_for_by_name(url, editor, nobody, path, sql):
    blob = sql(f"select blob from internal.files where file_path = '{path}'")[0]
    for client in (editor, nobody):
        for target in (
            f"/_coffer/blobs/{blob[:2]}/{blob}",
            "/_coffer/blobs/",
            f"/_coffer/blobs/../blobs/{blob[:2]}/{blob}",
            f"/%5fcoffer/blobs/{blob[:2]}/{blob}",
            f"//_coffer/blobs/{blob[:2]}/{blob}",
        ):
            assert_failure(client.get(target), 404)
    # Nor does a header of the client's own decide how bytes are handed over.
    answer = Client(url, editor.token).retrieve(path, Coffer_Sendfile="", X_Accel_Redirect="/_coffer/blobs/")
    assert answer.body == BODY


def test_a_blob_that_has_gone_is_an_outage_and_not_an_absent_file(editor, folder, sql, blobs):
    path = f"{folder}/gone"
    editor.store(path, BODY)
    blob = sql(f"select blob from internal.files where file_path = '{path}'")[0]
    (blobs / blob[:2] / blob).unlink()
    # The web server sends the one, the worker the other.
    for answer in (editor.retrieve(path), editor.retrieve(path, If_Match=etag(BODY))):
        assert_failure(answer, 503, "KF008")
        assert answer.headers.get_all("Retry-After") == ["5"]
        assert blob not in answer.body.decode()


def test_the_worker_names_the_file_for_the_web_server(editor, path):
    target, blobs = retrieve_target(path), os.environ["COFFER_BLOBS"]
    streamed = ask("GET", target, editor.token)
    assert (streamed.status, streamed.body) == (200, BODY)
    sendfile = ask("GET", target, editor.token, COFFER_SENDFILE="x-sendfile")
    assert (sendfile.status, sendfile.body) == (200, b"")
    file = Path(sendfile.header("X-Sendfile"))
    assert file.is_relative_to(blobs) and file.read_bytes() == BODY
    redirect = ask("GET", target, editor.token, COFFER_SENDFILE="x-accel-redirect:/_coffer/blobs/")
    assert redirect.header("X-Accel-Redirect") == f"/_coffer/blobs/{file.relative_to(blobs)}"
    for answer in (sendfile, redirect):
        assert answer.header("Content-Length") is None, "the web server knows it"
        assert answer.header("ETag") == etag(BODY) and answer.header("Repr-Digest") == repr_digest(BODY)
        assert answer.header("Content-Disposition") == "attachment; filename=\"ten.txt\"; filename*=UTF-8''ten.txt"


def test_head_and_bytes_of_a_small_download_are_one_packet(editor, folder):
    """`tcp_nopush` has to be on from the first location of a request, and makes large downloads faster, too."""
    path, body = f"{folder}/small.bin", b"a" * 4096
    editor.store(path, body)
    fields = f"Host: {editor.host}\r\nAuthorization: Bearer {editor.token}\r\n"
    request = f"GET {retrieve_target(path)} HTTP/1.1\r\n{fields}\r\n"
    with socket.create_connection((editor.host, editor.port), 60) as connection:
        for _ in range(20):
            connection.sendall(request.encode())
            assert connection.recv(65536).endswith(b"\r\n\r\n" + body)
