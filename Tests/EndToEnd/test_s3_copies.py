"""Copies in a bucket: by the store itself, whole or not at all."""

from types import SimpleNamespace

import pytest

from bucket import MIB, objects, pattern, uploads
from client import assert_failure, etag
from test_copies import content, copy, names


def test_a_bucket_copies_without_sending_bytes(s3):
    bodies = {"c/small": pattern(10), "c/empty": b"", "c/parts": pattern(70 * MIB)}
    bodies |= {f"c/d/{number}": b"%d" % number for number in range(40)}
    for path, body in bodies.items():
        assert s3.editor.store(path, body).status == 200
    before = objects(s3.server)
    s3.proxy.clear()
    assert copy(s3.editor, "c", "c2").json() == len(bodies)
    assert sorted(m for m, _ in s3.proxy.seen) == ["HEAD"] * len(bodies) + ["PUT"] * len(bodies), s3.proxy.seen
    assert sorted(objects(s3.server).values()) == sorted([*before.values(), *map(len, bodies.values())])
    s3.editor.post("/rpc/delete_folder", {"p_folder": "c"})
    s3.editor.delete("/trash?file_path=like.c/*")
    s3.instance.coffer("gc", "--grace", "0")
    assert all(etag(s3.editor.retrieve("c2" + path[1:]).body) == etag(body) for path, body in bodies.items())
    s3.editor.post("/rpc/delete_folder", {"p_folder": "c2"})


@pytest.mark.parametrize("times,harm", [(2, {"status": 503}), (1, {"cut": 5})], ids=str)
def test_a_copy_in_a_bucket_is_asked_for_again(s3, times, harm):
    s3.editor.store("again", b"again")
    s3.proxy.add(times, lambda m, p: m == "PUT", **harm)
    assert copy(s3.editor, "again", f"again-{times}").status == 200
    assert content(s3.editor, f"again-{times}") == b"again"


def test_a_bucket_that_fails_leaves_no_copy(s3):
    for number in range(5):
        s3.editor.store(f"fail/{number}", b"%d" % number)
    before = objects(s3.server)
    seen = SimpleNamespace(puts=0)

    def third(method, path):
        seen.puts += method == "PUT"
        return method == "PUT" and seen.puts > 2

    s3.proxy.add(1000, third, status=403, code="AccessDenied")
    assert_failure(copy(s3.editor, "fail", "failed"), 503, "KF008")
    s3.proxy.clear()
    assert objects(s3.server) == before and uploads(s3.server) == []
    assert names(s3.editor, "failed") == []
    # The same if the store has another size than it should.
    s3.proxy.add(1000, lambda m, p: m == "HEAD", headers={"content-length": "7"})
    assert_failure(copy(s3.editor, "fail", "failed"), 503, "KF008")
    s3.proxy.clear()
    assert objects(s3.server) == before and copy(s3.editor, "fail", "failed").json() == 5
