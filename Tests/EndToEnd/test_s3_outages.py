"""A bucket that is down, slow, refuses, breaks off or alters what passes: no upload is lost or altered."""

import http.client
import signal

import pytest

from bucket import MIB, objects, pattern, uploads
from client import assert_failure, retrieve_target
from processes import wait_until


def test_an_outage_is_503_and_passes(s3):
    """The answers are the worker's, and what nginx says of the store: before nginx has waited too long for a worker."""
    s3.editor.store("outage", b"before")
    s3.server.stop(signal.SIGKILL)
    try:
        for call in (
            lambda: s3.editor.store("outage", b"during"),
            lambda: s3.editor.store("outage", pattern(20 * MIB)),
            lambda: s3.editor.retrieve("outage"),
            lambda: s3.editor.head(retrieve_target("outage")),
        ):
            answer = call()
            assert answer.status == 503 and int(answer.header("Retry-After")) > 0, answer
            assert not answer.body or answer.json()["code"] == "KF008", answer
    finally:
        s3.server.start()
    # SeaweedFS says that it is there before it is.
    wait_until(lambda: s3.editor.store("outage", b"after").status == 200, 120, "an upload")
    assert s3.editor.retrieve("outage").body == b"after"


def test_two_503_are_not_noticed(s3):
    long = pattern(65 * MIB)
    for method, body in (("PUT", b"x"), ("PUT", long), ("POST", long)):
        fault = s3.proxy.add(2, lambda m, p, method=method: m == method, status=503)
        assert s3.editor.store("twice", body).status == 200
        assert fault.done == 2
    fault = s3.proxy.add(1, lambda m, p: m == "GET", status=503)
    assert s3.editor.retrieve("twice").status == 200 and fault.done == 1


@pytest.mark.parametrize("size", [MIB, 20 * MIB, 65 * MIB])
def test_what_stays_refused_is_503_and_leaves_the_old_version(s3, size):
    s3.editor.store("refused", b"old")
    before = objects(s3.server)
    s3.proxy.add(1000, lambda m, p: m == "PUT", status=500)
    assert_failure(s3.editor.store("refused", pattern(size)), 503, "KF008")
    s3.proxy.clear()
    assert s3.editor.retrieve("refused").body == b"old"
    assert objects(s3.server) == before and uploads(s3.server) == []


def test_a_slow_store_is_waited_for(s3):
    s3.proxy.add(2, delay=2)
    assert s3.editor.store("slow", b"x").status == 200
    s3.proxy.add(1, delay=2)
    assert s3.editor.retrieve("slow").body == b"x"


def test_an_answer_that_breaks_off_is_taken_up_again(s3, in_cgi):
    body = pattern(3 * MIB)
    s3.editor.store("cut", body)
    fault = s3.proxy.add(2, lambda m, p: m == "GET", cut=MIB)
    assert in_cgi("GET", retrieve_target("cut")).body == body
    assert fault.done == 2


def test_wrong_bytes_on_the_way_to_the_store_are_noticed(s3):
    for size in (1000, 65 * MIB):
        fault = s3.proxy.add(1, lambda m, p: m == "PUT", flip=True)
        body = pattern(size)
        assert s3.editor.store("flipped", body).status == 200 and fault.done == 1
        assert s3.editor.retrieve("flipped").body == body


def test_a_wrong_etag_or_length_is_an_error(s3, in_cgi):
    s3.editor.store("wrong", b"old")
    before = objects(s3.server)
    s3.proxy.add(1000, lambda m, p: m == "PUT", headers={"etag": '"' + "0" * 32 + '"'})
    assert_failure(s3.editor.store("wrong", b"new"), 503, "KF008")
    s3.proxy.add(1000, lambda m, p: m == "HEAD", headers={"content-length": "2"})
    assert_failure(s3.editor.store("wrong", pattern(65 * MIB)), 503, "KF008")
    assert_failure(in_cgi("GET", retrieve_target("wrong")), 503, "KF008")
    s3.proxy.add(1000, lambda m, p: m == "GET", headers={"content-range": "bytes 1-3/3"})
    answer = in_cgi("GET", retrieve_target("wrong"))
    assert answer.body == b"", "never bytes of another place"
    s3.proxy.clear()
    assert s3.editor.retrieve("wrong").body == b"old"
    assert objects(s3.server) == before and uploads(s3.server) == []


def test_a_blob_that_has_gone_is_an_outage(s3, in_cgi):
    before = objects(s3.server)
    s3.editor.store("gone", b"x")
    (key,) = set(objects(s3.server)) - set(before)
    assert s3.server.request("DELETE", f"/coffer/{key}")[0] == 204
    for answer in (s3.editor.retrieve("gone"), s3.editor.head(retrieve_target("gone")), in_cgi("GET", retrieve_target("gone"))):
        assert answer.status == 503 and int(answer.header("Retry-After")) > 0, answer
        assert key not in answer.body.decode()


def test_an_archive_breaks_off_where_a_blob_has_gone(s3):
    s3.editor.store("archive/1", pattern(MIB))
    before = objects(s3.server)
    s3.editor.store("archive/2", b"x")
    (key,) = set(objects(s3.server)) - set(before)
    assert s3.server.request("DELETE", f"/coffer/{key}")[0] == 204
    connection, response = s3.editor.send("GET", "/rpc/download_folder?p_folder=archive")
    assert response.status == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    connection.close()
