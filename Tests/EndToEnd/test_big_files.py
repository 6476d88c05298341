"""One GiB up and down, never whole in anybody's memory: here, in the web server, or in a worker."""

import hashlib
import os
import subprocess

import pytest

from client import digest_field, retrieve_target
from pool import peak_memory, workers

CHUNK = 1 << 20
GIB = 1 << 30
LIMIT = 32 << 20
BLOCK = hashlib.sha256(b"coffer").digest() * (CHUNK // 32)


def pattern(size, digest):
    """`size` bytes in chunks, each with its number in front, so that no two are the same. Hashes on the way."""
    for number in range(size // CHUNK):
        chunk = number.to_bytes(8, "big") + BLOCK[8:]
        digest.update(chunk)
        yield chunk


def drained(response, digest):
    size = 0
    while chunk := response.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size


def test_one_gib_goes_up_and_comes_down_whole(editor, folder, no_leftovers):
    path, sent, received = f"{folder}/gib", hashlib.sha256(), hashlib.sha256()
    connection = editor.connection()
    headers = editor.fields({"File-Path": path, "Content-Length": str(GIB)})
    connection.request("POST", "/rpc/store_file", pattern(GIB, sent), headers)
    response = connection.getresponse()
    assert response.status == 200, response.read()
    assert response.headers["ETag"] == f'"{sent.hexdigest()}"'
    assert response.headers["Repr-Digest"] == digest_field(sent.digest())
    connection.close()

    head = editor.head(retrieve_target(path))
    assert head.header("Content-Length") == str(GIB)
    assert head.header("Repr-Digest") == digest_field(sent.digest())

    connection, response = editor.send("GET", retrieve_target(path))
    assert drained(response, received) == GIB
    assert received.digest() == sent.digest()
    connection.close()

    tail = editor.retrieve(path, Range=f"bytes={GIB - 5}-")
    assert (tail.status, tail.body, tail.header("Content-Range")) == (
        206,
        BLOCK[-5:],
        f"bytes {GIB - 5}-{GIB - 1}/{GIB}",
    )
    no_leftovers()
    assert editor.delete(f"/files?file_path=eq.{path}").status == 204
    assert {pid: peak for pid in workers() if (peak := peak_memory(pid)) > LIMIT} == {}


def test_a_worker_streams_both_ways_in_little_memory(editor, folder, tmp_path):
    """Without the web server's help: the body over the socket, the file back over it."""
    size, path = 256 << 20, f"{folder}/streamed"
    digest = hashlib.sha256()
    source = tmp_path / "body"
    with source.open("wb") as body:
        for chunk in pattern(size, digest):
            body.write(chunk)
    common = {"PATH": os.defpath, "HTTP_AUTHORIZATION": f"Bearer {editor.token}"}
    store = {
        **common,
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": "/rpc/store_file",
        "HTTP_FILE_PATH": path,
        "CONTENT_LENGTH": str(size),
    }
    retrieve = {
        **common,
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": retrieve_target(path),
        "QUERY_STRING": retrieve_target(path).partition("?")[2],
    }
    player = ["cgi-fcgi", "-bind", "-connect", os.environ["COFFER_SOCKET"]]
    with source.open("rb") as body:
        answer = subprocess.run(player, stdin=body, env=store, capture_output=True, timeout=300).stdout
    assert digest.hexdigest().encode() in answer, answer
    with subprocess.Popen(player, stdin=subprocess.DEVNULL, env=retrieve, stdout=subprocess.PIPE) as reader:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += reader.stdout.readline()
        received = hashlib.sha256()
        assert drained(reader.stdout, received) == size
    assert received.digest() == digest.digest()
    assert {pid: peak for pid in workers() if (peak := peak_memory(pid)) > LIMIT} == {}


@pytest.fixture(autouse=True)
def collected(editor, folder, instance):
    """Takes the large blobs out of the store at once, as `coffer gc` would after the grace period."""
    yield
    editor.clear(folder)
    instance.coffer("gc", "--grace", "0")
    assert instance.sql("select count(*) from internal.garbage where reason = 'deleted'") == ["0"]
