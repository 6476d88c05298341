"""Resumable uploads to a bucket: parts, tails, cuts, and what gc leaves."""

import random
import secrets

import pytest
import tus
from bucket import MIB, objects, uploads
from client import etag
from cuts import Cuts, assert_nothing_left, gateway, unfinished

PART = 8 * MIB


def tails(server):
    return [key for key in objects(server) if "/unfinished/" in f"/{key}"]


@pytest.mark.parametrize("sizes", [[1], [3, 4], [PART], [PART, 5], [5, PART], [PART - 1, 2, PART], [20 * MIB, 1]])
def test_pieces_become_a_file_and_leave_nothing(s3, sizes):
    body = secrets.token_bytes(sum(sizes))
    upload = tus.location(s3.editor, "pieces", len(body))
    at = 0
    for size in sizes:
        answer = tus.proceed(s3.editor, upload, at, body[at : at + size])
        at += size
        assert (answer.status, answer.header("Upload-Offset")) == (204, str(at)), answer
        if at < len(body):
            assert tus.offset(s3.editor, upload) == at
    assert answer.header("ETag") == etag(body)
    assert tus.retrieved(s3.editor, "pieces") == body
    assert uploads(s3.server) == [] and tails(s3.server) == []


def test_a_body_with_another_checksum_changes_nothing(s3):
    body = secrets.token_bytes(2 * PART + 5)
    upload = tus.location(s3.editor, "checked", len(body))
    assert tus.proceed(s3.editor, upload, 0, body[:3]).status == 204
    wrong = tus.checksum(b"x")
    assert tus.proceed(s3.editor, upload, 3, secrets.token_bytes(len(body) - 3), Upload_Checksum=wrong).status == 460
    assert tus.offset(s3.editor, upload) == 3
    right = tus.checksum(body[3:])
    assert tus.proceed(s3.editor, upload, 3, body[3:], Upload_Checksum=right).header("ETag") == etag(body)
    assert tus.retrieved(s3.editor, "checked") == body


def test_a_failed_part_is_sent_again_by_the_next_request(s3):
    body = secrets.token_bytes(2 * PART)
    upload = tus.location(s3.editor, "again", len(body))
    s3.proxy.add(100, lambda method, path: method == "PUT" and "partNumber=2" in path, status=503)
    assert tus.proceed(s3.editor, upload, 0, body).status == 503
    s3.proxy.clear()
    assert tus.offset(s3.editor, upload) == PART
    assert tus.proceed(s3.editor, upload, PART, body[PART:]).header("ETag") == etag(body)
    assert tus.retrieved(s3.editor, "again") == body


def test_a_lost_answer_to_the_completion_is_no_loss(s3):
    """HEAD finds all bytes and makes them a file, although the first attempt did not get an answer."""
    body = secrets.token_bytes(PART + 1)
    upload = tus.location(s3.editor, "lost", len(body))
    s3.proxy.add(100, lambda method, path: method == "POST" and "uploadId" in path, status=503)
    assert tus.proceed(s3.editor, upload, 0, body).status == 503
    s3.proxy.clear()
    answer = tus.head(s3.editor, upload)
    assert (answer.status, answer.header("Upload-Offset"), answer.header("ETag")) == (200, str(len(body)), etag(body))
    assert tus.retrieved(s3.editor, "lost") == body


@pytest.mark.parametrize("size", [100, PART + 100])
def test_gc_leaves_nothing_of_an_ended_upload(s3, size):
    before = objects(s3.server)
    upload = tus.location(s3.editor, "ended", 3 * PART)
    assert tus.proceed(s3.editor, upload, 0, secrets.token_bytes(size)).status == 204
    assert len(tails(s3.server)) == 1
    assert s3.instance.run("gc").returncode == 0
    assert tus.offset(s3.editor, upload) == size, "gc removed an upload that continues"
    assert tus.end(s3.editor, upload).status == 204
    assert s3.instance.run("gc").returncode == 0
    assert uploads(s3.server) == [] and objects(s3.server).keys() == before.keys()


def test_cuts_of_uploads(s3):
    """A few of those of scripts/test-tus-cuts."""
    if s3.server.kind != "juicefs":
        pytest.skip("one kind of server is enough, as scripts/test-tus-cuts has more")
    before = unfinished(s3.server)
    with gateway("nginx", s3.instance) as address:
        cuts = Cuts(s3.instance, s3.editor.token, address, random.Random(1), "cuts", s3.server, [1000, PART + 1])
        cuts.kinds = [cuts.kill_worker, cuts.freeze_store]
        for number in range(2):
            assert cuts.file(number, 1) == 1
    assert_nothing_left(s3.instance, s3.editor, "cuts", s3.server, before)
