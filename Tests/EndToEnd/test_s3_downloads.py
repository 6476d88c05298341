"""Downloads from a bucket: the same answers as from a folder, and no way to the bucket for a client."""

import os
from pathlib import Path

import pytest

from apache import Apache
from bucket import MIB, objects, pattern
from client import Client, assert_failure, etag, retrieve_target
from pool import peak_memory


REQUESTS = [
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Range": "bytes=0-3"}),
    ("GET", {"Range": "bytes=7-"}),
    ("GET", {"Range": "bytes=-2"}),
    ("GET", {"Range": "bytes=8-1000"}),
    ("GET", {"Range": "bytes=10-"}),
    ("HEAD", {"Range": "bytes=0-3"}),
    *(("GET", {"Range": field}) for field in ["bytes=0-99999999999999999999", "bytes=5-2", "bytes=a", "bytes=0-1,4-5"]),
    ("GET", {"Range": "bytes=3-4", "If-Range": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ("GET", {"Range": "bytes=3-4", "If-Range": etag(b"0123456789")}),
    ("GET", {"Range": "bytes=3-4", "If-Range": etag(b"other")}),
    ("GET", {"If-None-Match": etag(b"0123456789")}),
    ("GET", {"If-None-Match": etag(b"other")}),
    ("GET", {"If-Match": etag(b"0123456789")}),
    ("GET", {"If-Match": etag(b"other")}),
    ("GET", {"If-Match": etag(b"0123456789"), "Range": "bytes=2-3"}),
    ("GET", {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    ("GET", {"Accept-Encoding": "gzip"}),
]


@pytest.mark.parametrize("method,headers", REQUESTS, ids=str)
def test_a_download_is_the_same_as_from_a_folder(s3, editor, folder, method, headers):
    answers = []
    for client in (editor, s3.editor):
        stored = client.store(f"{folder}/ten.txt", b"0123456789", Content_Type="text/plain")
        assert stored.status == 200, stored
        answers.append(client.request(method, retrieve_target(f"{folder}/ten.txt"), headers))
    local, remote = answers
    differing = {"Date", "X-Request-Id", "Last-Modified"}
    assert (remote.status, remote.body) == (local.status, local.body)
    shown = [sorted((n, v) for n, v in a.headers.items() if n not in differing) for a in answers]
    assert shown[0] == shown[1]
    assert ("Last-Modified" in remote.headers) == ("Last-Modified" in local.headers)


def test_nothing_of_the_client_reaches_the_store_and_the_bytes_pass_no_worker(s3):
    s3.editor.store("big", pattern(70 * MIB))
    s3.proxy.clear()
    answer = s3.editor.retrieve("big", Cookie="a=b", X_Test="secret")
    assert len(answer.body) == 70 * MIB
    (method, path), *more = s3.proxy.seen
    assert more == [] and method == "GET" and "X-Amz-Signature=" in path, s3.proxy.seen


def test_the_location_cannot_be_asked_for_by_name(s3):
    (key,) = list(objects(s3.server))[:1]
    for target in (f"/_coffer/remote/coffer/{key}", "/_coffer/remote/", f"/%5fcoffer/remote/coffer/{key}"):
        assert_failure(s3.editor.get(target), 404)
    assert s3.proxy.seen == []


def test_a_worker_streams_where_the_web_server_does_not(s3, in_cgi):
    body = pattern(3 * MIB)
    s3.editor.store("streamed", body)
    target = retrieve_target("streamed")
    assert in_cgi("GET", target).body == body
    part = in_cgi("GET", target, HTTP_RANGE="bytes=1000000-1000009")
    assert (part.status, part.body) == (206, body[1000000:1000010])
    # A web server that offers to fetch from another store is not taken up on it.
    other = in_cgi("GET", target, COFFER_SENDFILE_REMOTE="/_coffer/remote http://127.0.0.1:1")
    assert other.body == body
    mine = in_cgi("GET", target, COFFER_SENDFILE_REMOTE=f"/_coffer/remote {s3.proxy.endpoint}", HTTP_RANGE="bytes=0-1")
    assert mine.body == b"" and mine.header("X-Coffer-Range") == "bytes=0-1"
    assert mine.header("X-Accel-Redirect").startswith("/_coffer/remote/coffer/")


def test_behind_apache_the_worker_streams(s3):
    body = pattern(20 * MIB)
    with Apache("pool", s3.instance) as apache:
        editor = Client(apache.url, s3.editor.token)
        assert editor.store("apache", body).status == 200
        answer = editor.retrieve("apache")
        assert (answer.body, answer.header("ETag")) == (body, etag(body))
        part = editor.retrieve("apache", Range="bytes=1000000-1000009")
        assert (part.status, part.body) == (206, body[1000000:1000010])


def test_a_proxy_of_the_environment_is_not_honoured(s3, in_cgi):
    """HTTP_PROXY is what the header Proxy of a request becomes in CGI."""
    s3.editor.store("proxy", b"x")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        assert in_cgi("GET", retrieve_target("proxy"), **{name: "http://127.0.0.1:1"}).body == b"x"


def test_workers_stay_small(s3):
    for size in (60 * MIB, 70 * MIB):
        s3.editor.store("memory", pattern(size))
    mine = os.path.realpath(s3.instance["WORKER"])
    peaks = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and os.readlink(process / "exe") == mine:
                peaks.append(peak_memory(process.name))
        except OSError:
            continue  # gone, or not ours
    assert peaks and max(peaks) <= 64 * MIB, peaks
