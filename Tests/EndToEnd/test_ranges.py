"""Parts of a file: every sender gives the same status and bytes, because the worker evaluates the range."""

import os
from types import SimpleNamespace

import pytest

from apache import UNDER_TEST, Apache
from client import Client, assert_failure, etag, retrieve_target
from worker import ask

BODY = b"0123456789"
WHOLE, BEYOND = (200, BODY), (416, None)
RANGES = {
    "bytes=0-3": (206, b"0123"),
    "bytes=7-": (206, b"789"),
    "bytes=-2": (206, b"89"),
    "bytes=-1000": (206, BODY),
    "bytes=0-9": (206, BODY),
    "bytes=02-004": (206, b"234"),
    "bytes=8-999999999999999999": (206, b"89"),
    "bytes=0-99999999999999999999": (206, BODY),
    "bytes=8-9223372036854775807": (206, b"89"),
    "bytes=8-9223372036854775808": (206, b"89"),
    "bytes=8-18446744073709551617": (206, b"89"),
    "bytes=8-" + "9" * 400: (206, b"89"),
    "bytes=" + "0" * 400 + "8-": (206, b"89"),
    "bytes=-99999999999999999999": (206, BODY),
    "Bytes=0-3": (206, b"0123"),
    "bytes= 2-4": (206, b"234"),
    "bytes=10-": BEYOND,
    "bytes=10-20": BEYOND,
    "bytes=9223372036854775807-": BEYOND,
    "bytes=99999999999999999999-": BEYOND,
    "bytes=18446744073709551616-18446744073709551619": BEYOND,
    "bytes=-0": BEYOND,
    "bytes=-000": BEYOND,
    "bytes=5-2": WHOLE,
    "bytes=20-15": WHOLE,
    "bytes=a-b": WHOLE,
    "bytes=": WHOLE,
    "bytes=-": WHOLE,
    "bytes=1": WHOLE,
    "bytes=--1": WHOLE,
    "bytes=+1-2": WHOLE,
    "bytes=1-2-3": WHOLE,
    "bytes=0x1-2": WHOLE,
    "bytes=1 - 2": WHOLE,
    "bytes 0-3": WHOLE,
    "bytes": WHOLE,
    "lines=0-3": WHOLE,
    "0-3": WHOLE,
    "bytes=0-0,-1": WHOLE,
    "bytes=0-3, 5-6": WHOLE,
    "bytes=0-3,20-30": WHOLE,
    "bytes=20-30,40-": WHOLE,
    "bytes=0-3,a": WHOLE,
    ",bytes=0-3": WHOLE,
    "x=1, bytes=0-3": WHOLE,
}
# Header fields beside "Range: bytes=0-3", and what comes of them.
CONDITIONS = [
    ({"If-Range": etag(BODY)}, (206, b"0123")),
    ({"If-Range": "W/" + etag(BODY)}, WHOLE),
    ({"If-Range": etag(b"other")}, WHOLE),
    ({"If-Range": etag(BODY) + ","}, WHOLE),
    ({"If-Range": "*"}, WHOLE),
    ({"If-Range": "nonsense"}, WHOLE),
    ({"If-Range": "{modified}"}, WHOLE),
    ({"If-Range": "Fri, 01 Jan 2100 00:00:00 GMT"}, WHOLE),
    ({"If-Range": "Thu, 01 Jan 1970 00:00:00 GMT"}, WHOLE),
    ({"If-Unmodified-Since": "{modified}"}, WHOLE),
    ({"If-Unmodified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, WHOLE),
    ({"If-Match": etag(BODY)}, (206, b"0123")),
    ({"If-Match": etag(BODY), "If-Unmodified-Since": "{modified}"}, (206, b"0123")),
]


@pytest.fixture(scope="module", params=["nginx", "pool", "cgi", "worker"])
def sender(request, instance, editor):
    """Who sends the bytes: asks for a path with header fields."""
    target = "/rpc/retrieve_file?p_file_path="
    if request.param == "worker":

        def from_worker(method, path, fields):
            names = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in fields.items()}
            return ask(method, target + path, editor.token, **names)

        yield from_worker
    elif request.param == "nginx":
        if UNDER_TEST:
            pytest.skip("another server is under test")
        yield lambda method, path, fields: editor.request(method, target + path, fields)
    else:
        with Apache(request.param, instance) as apache:
            client = Client(apache.url, editor.token)
            yield lambda method, path, fields: client.request(method, target + path, fields)


@pytest.fixture(scope="module")
def files(editor):
    folder = f"ranges-{os.getpid()}"
    editor.store(f"{folder}/ten", BODY)
    editor.store(f"{folder}/empty", b"")
    modified = editor.retrieve(f"{folder}/ten").header("Last-Modified")
    yield SimpleNamespace(ten=f"{folder}/ten", empty=f"{folder}/empty", modified=modified)
    editor.clear(folder)


def fields_of(answer):
    return answer.headers if isinstance(answer.headers, list) else answer.headers.items()


def assert_is(answer, expected):
    status, body = expected
    assert answer.status == status, answer
    if status == 416:
        assert_failure(answer, 416, "PGRST103")
        assert answer.header("Content-Range") == "bytes */10"
        return
    assert answer.body == body, answer
    assert answer.header("ETag") == etag(BODY)
    assert answer.header("Content-Length") == str(len(body))
    assert [value for name, value in fields_of(answer) if name.lower() == "accept-ranges"] == ["bytes"]
    first = BODY.index(body)
    where = f"bytes {first}-{first + len(body) - 1}/10" if status == 206 else None
    assert answer.header("Content-Range") == where


@pytest.mark.parametrize("field", RANGES, ids=lambda field: field[:30])
def test_a_range_gives_the_same_answer_from_every_sender(sender, files, field):
    assert_is(sender("GET", files.ten, {"Range": field}), RANGES[field])


@pytest.mark.parametrize("fields,expected", CONDITIONS, ids=lambda value: str(value)[:60])
def test_a_range_with_a_condition_gives_the_same_answer_from_every_sender(sender, files, fields, expected):
    fields = {name: value.format(modified=files.modified) for name, value in fields.items()}
    assert_is(sender("GET", files.ten, {"Range": "bytes=0-3", **fields}), expected)


@pytest.mark.parametrize("field", ["bytes=0-3", "bytes=20-", "bytes=0-1,3-4"])
def test_a_head_has_no_ranges(sender, files, field):
    answer = sender("HEAD", files.ten, {"Range": field})
    assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"", "10"), answer


@pytest.mark.parametrize("field,status", [("bytes=0-", 416), ("bytes=-1", 416), ("bytes=0-0", 416), ("bytes=1-0", 200)])
def test_an_empty_file_has_no_parts(sender, files, field, status):
    answer = sender("GET", files.empty, {"Range": field})
    assert answer.status == status, answer
    assert answer.header("Content-Range") == ("bytes */0" if status == 416 else None)


def test_no_other_header_makes_a_part(sender, files):
    assert_is(sender("GET", files.ten, {"Request-Range": "bytes=0-3"}), WHOLE)


@pytest.mark.parametrize("kind", [None, "pool", "cgi"])
def test_two_ranges_on_two_lines_are_ignored(instance, url, editor, files, kind):
    def send(url):
        connection = Client(url).connection()
        connection.putrequest("GET", retrieve_target(files.ten))
        connection.putheader("Authorization", f"Bearer {editor.token}")
        connection.putheader("Range", "bytes=0-3")
        connection.putheader("Range", "bytes=5-6")
        connection.endheaders()
        response = connection.getresponse()
        assert (response.status, response.read()) == WHOLE
        connection.close()

    if kind is None:
        return send(url)
    with Apache(kind, instance) as apache:
        send(apache.url)


def test_the_web_server_sends_the_parts_that_clients_ask_for(editor, files):
    """The worker sends itself what the web server would read otherwise."""
    nginx = "x-accel-redirect:/_coffer/blobs/ /_coffer/blobs/part/"

    def location(way, **fields):
        answer = ask("GET", retrieve_target(files.ten), editor.token, COFFER_SENDFILE=way, **fields)
        field = answer.header("X-Accel-Redirect") or answer.header("X-Sendfile")
        return field and field.rpartition("/")[0][:-2]

    assert location(nginx) == "/_coffer/blobs/"
    assert location(nginx, HTTP_RANGE="bytes=0-3") == "/_coffer/blobs/part/"
    assert location(nginx, HTTP_RANGE="bytes=0-3", HTTP_IF_RANGE=etag(BODY)) == "/_coffer/blobs/part/"
    assert location(nginx, HTTP_RANGE="bytes=0-3", HTTP_IF_RANGE=etag(b"other")) == "/_coffer/blobs/"
    assert location(nginx, HTTP_RANGE="bytes=0-1,3-4") == "/_coffer/blobs/"
    assert location(nginx, HTTP_RANGE="bytes=0-99999999999999999999") is None
    folder = os.environ["COFFER_BLOBS"] + "/"
    assert location("x-sendfile") == folder
    assert location("x-sendfile", COFFER_RANGE="bytes=0-3", HTTP_RANGE="bytes=0-3") == folder
    assert location("x-sendfile", COFFER_RANGE="bytes=0-1,3-4") == folder
    assert location("x-sendfile", HTTP_RANGE="bytes=0-1,3-4") is None
    assert location("x-sendfile", COFFER_RANGE="bytes=0-3") is None


@pytest.mark.parametrize("second", [BODY, b"9876543210"])
def test_two_versions_of_one_second_are_never_taken_for_one(sender, editor, folder, sql, second):
    editor.store(f"{folder}/a", b"first")
    editor.store(f"{folder}/a", second)
    # Whenever that was: the first one's date was the same.
    date = editor.retrieve(f"{folder}/a").header("Last-Modified")
    assert sender("GET", f"{folder}/a", {"If-Modified-Since": date}).body == second
    assert sender("GET", f"{folder}/a", {"Range": "bytes=5-", "If-Range": date}).body == second
    assert sender("GET", f"{folder}/a", {"Range": "bytes=5-", "If-Unmodified-Since": date}).body == second


def test_the_date_of_a_file_that_was_never_changed_is_304(sender, files, editor):
    date = editor.retrieve(files.ten).header("Last-Modified")
    assert sender("GET", files.ten, {"If-Modified-Since": date}).status == 304
    assert sender("GET", files.ten, {"If-Modified-Since": date, "Range": "bytes=0-3"}).status == 304


def test_a_date_that_is_later_is_304(sender, files):
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    assert sender("GET", files.ten, {"If-Modified-Since": later}).status == 304
    assert sender("GET", files.ten, {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}).status == 200
