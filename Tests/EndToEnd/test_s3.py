"""Uploads to a bucket: by one request or in parts, whole or not at all."""

import socket
from xml.etree import ElementTree

import pytest

from bucket import MIB, PREFIX, objects, pattern, uploads
from client import assert_failure, etag
from processes import wait_until


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 16 * MIB, 70 * MIB])
def test_what_is_stored_comes_back_whole(s3, size):
    body = pattern(size)
    before = objects(s3.server)
    answer = s3.editor.store(f"whole/{size}", body)
    assert answer.status == 200 and answer.header("ETag") == etag(body), answer
    assert sorted(objects(s3.server).values()) == sorted([*before.values(), size])
    assert uploads(s3.server) == []
    got = s3.editor.retrieve(f"whole/{size}")
    assert (got.status, len(got.body), etag(got.body)) == (200, size, etag(body))


def test_a_body_of_unknown_length_is_stored(s3):
    body = pattern(20 * MIB)
    chunks = (body[start : start + 100_000] for start in range(0, len(body), 100_000))
    answer = s3.editor.request("POST", "/rpc/store_file", {"File-Path": "chunked"}, chunks)
    assert answer.status == 200, answer
    assert s3.editor.retrieve("chunked").body == body


@pytest.mark.parametrize("size", [0, 16 * MIB, 40 * MIB, 64 * MIB])
def test_up_to_64_mib_are_sent_by_one_request(s3, store_whole, size):
    body = pattern(size)
    answer = store_whole("one request", body)
    assert answer.status == 200 and answer.header("ETag") == etag(body), answer
    (method, path), *more = s3.proxy.seen
    assert more == [] and method == "PUT" and "?" not in path, s3.proxy.seen
    assert s3.editor.retrieve("one request").body == body


def test_more_is_sent_in_parts(s3, store_whole):
    body = pattern(64 * MIB + 1)
    assert store_whole("long", body).status == 200
    assert [m for m, p in s3.proxy.seen if "uploadId" in p or "uploads" in p] == ["POST", *["PUT"] * 5, "POST"], s3.proxy.seen
    assert s3.editor.retrieve("long").body == body


@pytest.mark.parametrize("times,harm", [(2, {"status": 503}), (1, {"flip": True})], ids=str)
def test_what_is_sent_by_one_request_is_sent_again_from_its_beginning(s3, store_whole, times, harm):
    body = pattern(20 * MIB)
    fault = s3.proxy.add(times, lambda m, p: m == "PUT", **harm)
    assert store_whole("again", body).status == 200 and fault.done == times
    assert [method for method, _ in s3.proxy.seen] == ["PUT"] * (times + 1)
    assert s3.editor.retrieve("again").body == body


def test_what_is_sent_by_one_request_and_refused_leaves_no_object(s3, store_whole):
    before = objects(s3.server)
    s3.proxy.add(1000, lambda m, p: m == "PUT", headers={"etag": '"' + "0" * 32 + '"'})
    assert_failure(store_whole("again", pattern(20 * MIB)), 503, "KF008")
    s3.proxy.clear()
    assert objects(s3.server) == before and uploads(s3.server) == []


@pytest.mark.parametrize("sent,announced", [(1000, 2000), (25 * MIB, 40 * MIB), (25 * MIB, 70 * MIB)])
def test_a_broken_upload_leaves_the_old_version_and_no_object(s3, sent, announced):
    s3.editor.store("broken", b"old")
    before = objects(s3.server)
    head = f"POST /rpc/store_file HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s3.editor.token}\r\nFile-Path: broken\r\n"
    with socket.create_connection((s3.editor.host, s3.editor.port)) as connection:
        connection.sendall(f"{head}Content-Length: {announced}\r\n\r\n".encode() + pattern(sent))
    wait_until(lambda: uploads(s3.server) == [] and objects(s3.server) == before, 120, "the end of it")
    assert s3.editor.retrieve("broken").body == b"old"


@pytest.mark.parametrize("size", [18 * MIB, 65 * MIB])
def test_a_wrong_digest_leaves_no_object(s3, size):
    before = objects(s3.server)
    answer = s3.editor.store("digest", pattern(size), Repr_Digest=f"sha-256=:{'A' * 43}=:")
    assert_failure(answer, 400, "KF010")
    assert objects(s3.server) == before and uploads(s3.server) == []


def test_gc_removes_objects_and_leaves_young_uploads(s3):
    body = pattern(100)
    s3.editor.store("gc", body)
    before = objects(s3.server)
    s3.editor.delete("/files?file_path=eq.gc")
    key = f"{PREFIX}/ab/ab{'0' * 30}"
    assert s3.server.request("POST", f"/coffer/{key}", {"uploads": ""})[0] == 200
    said = s3.instance.coffer("gc", "--grace", "0")
    assert len(objects(s3.server)) < len(before), said
    assert uploads(s3.server) == [key], "as it is not a day old"
    # The bucket has uploads of other tests, too.
    listing = s3.server.request("GET", "/coffer", {"uploads": "", "prefix": PREFIX})[2]
    upload = ElementTree.fromstring(listing).find(".//{*}UploadId").text
    s3.server.request("DELETE", f"/coffer/{key}", {"uploadId": upload})
