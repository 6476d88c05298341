"""Uploads: sizes, overwriting, conditions, digests, refusals, and clients that disconnect."""

import hashlib
import http.client
import re
import socket
import uuid
from contextlib import nullcontext, suppress

import pytest

from apache import UNDER_TEST
from client import assert_failure, etag, read_to_end, repr_digest


def row(client, path):
    (only,) = client.files(f"file_path=eq.{path}").json()
    return only


@pytest.mark.parametrize("size", [0, 1, 4096, 65535, 65536, 65537, 1048575, 1048577, 3000000])
def test_the_same_bytes_come_back(editor, folder, size):
    body = (hashlib.sha256(b"seed").digest() * (size // 32 + 1))[:size]
    answer = editor.store(f"{folder}/a", body)
    assert answer.status == 200, answer
    assert uuid.UUID(answer.json())
    assert answer.header("ETag") == etag(body)
    assert answer.header("Repr-Digest") == repr_digest(body)
    retrieved = editor.retrieve(f"{folder}/a")
    assert retrieved.status == 200
    assert retrieved.body == body
    assert retrieved.header("ETag") == etag(body)
    assert row(editor, f"{folder}/a")["size_bytes"] == size


def test_overwriting_keeps_id_creation_and_description(editor, folder):
    path = f"{folder}/a"
    first = editor.store(path, b"first", Description="what it is").json()
    before = row(editor, path)
    assert editor.store(path, b"second one").json() == first
    after = row(editor, path)
    assert (after["id"], after["created_at"], after["description"]) == (first, before["created_at"], "what it is")
    assert after["size_bytes"] == 10 and after["updated_at"] > before["updated_at"]
    assert after["sha256"] == hashlib.sha256(b"second one").hexdigest()
    editor.store(path, b"third", Description="another text")
    assert row(editor, path)["description"] == "another text"


def test_readers_that_have_begun_finish_on_the_old_bytes(editor, folder):
    path, old = f"{folder}/a", bytes(48 << 20)
    editor.store(path, old)
    connection, response = editor.send("GET", f"/rpc/retrieve_file?p_file_path={path}")
    received = len(response.read(65536))
    assert editor.store(path, b"new").status == 200
    assert editor.delete(f"/files?file_path=eq.{path}").status == 204
    while chunk := response.read(1 << 20):
        assert chunk.count(0) == len(chunk)
        received += len(chunk)
    connection.close()
    assert received == len(old)


@pytest.mark.parametrize(
    "name,sent,kept",
    [
        ("a.txt", None, "text/plain"),
        ("a.PNG", "application/octet-stream", "image/png"),
        ("a", None, "application/octet-stream"),
        ("a.png", "text/x-special; charset=utf-8", "text/x-special; charset=utf-8"),
        ("a.unheard-of", None, "application/octet-stream"),
        ("a.txt", "no media type", "text/plain"),
    ],
)
def test_the_media_type_is_kept_or_derived(editor, folder, name, sent, kept):
    headers = {"Content_Type": sent} if sent else {}
    editor.store(f"{folder}/{name}", b"x", **headers)
    assert row(editor, f"{folder}/{name}")["content_type"] == kept
    assert editor.retrieve(f"{folder}/{name}").header("Content-Type").startswith(kept)


@pytest.mark.parametrize(
    "sent,kept",
    [
        ("Grüße, 世界", "Grüße, 世界"),
        ("UTF-8''cr%C3%A8me%20br%C3%BBl%C3%A9e", "crème brûlée"),
        ("50% off", "50% off"),
        ("é" * 2000, "é" * 2000),
    ],
)
def test_a_description_may_have_any_characters(editor, folder, sent, kept):
    assert editor.store(f"{folder}/a", b"x", Description=sent).status == 200
    assert row(editor, f"{folder}/a")["description"] == kept


def test_a_description_of_2001_characters_is_refused(editor, folder):
    assert_failure(editor.store(f"{folder}/a", b"x", Description="x" * 2001), 400, "KF014")
    assert editor.files(f"file_path=eq.{folder}/a").json() == []


def test_create_only(editor, folder):
    assert editor.store(f"{folder}/a", b"first", If_None_Match="*").status == 200
    assert_failure(editor.store(f"{folder}/a", b"second", If_None_Match="*"), 412, "KF004")
    assert editor.retrieve(f"{folder}/a").body == b"first"


def test_replace_only_that_version(editor, folder):
    path = f"{folder}/a"
    assert_failure(editor.store(path, b"zero", If_Match="*"), 412, "KF004")
    assert_failure(editor.store(path, b"zero", If_Match=etag(b"zero")), 412, "KF004")
    editor.store(path, b"first")
    assert editor.store(path, b"second", If_Match=etag(b"first")).status == 200
    assert_failure(editor.store(path, b"third", If_Match=etag(b"first")), 412, "KF004")
    assert_failure(editor.store(path, b"third", If_Match="W/" + etag(b"second")), 412, "KF004")
    assert editor.store(path, b"third", If_Match=f'"abc", {etag(b"second")}').status == 200
    assert editor.store(path, b"fourth", If_Match="*").status == 200
    assert editor.retrieve(path).body == b"fourth"


@pytest.mark.parametrize("field", ["Repr_Digest", "Content_Digest"])
def test_a_digest_is_compared(editor, folder, field):
    path = f"{folder}/a"
    assert editor.store(path, b"right", **{field: repr_digest(b"right")}).status == 200
    assert_failure(editor.store(path, b"wrong", **{field: repr_digest(b"other")}), 400, "KF010")
    assert_failure(editor.store(path, b"wrong", **{field: "sha-256=:not base64:"}), 400)
    assert editor.store(path, b"other", **{field: "md5=:AAAA:"}).status == 200
    assert editor.retrieve(path).body == b"other"


def test_no_path_is_400(editor):
    assert_failure(editor.request("POST", "/rpc/store_file", body=b"x"), 400)


def test_a_chunked_body_needs_no_length(editor, folder):
    body = [b"one, ", b"two, " * 30000, b"three"]
    answer = editor.store(f"{folder}/a", iter(body), Transfer_Encoding=None)
    if UNDER_TEST in ("cgi", "fcgid"):
        # CGI has no end of a body but its length (RFC 3875 §4.2).
        assert_failure(answer, 411, "KF015")
        return
    assert answer.status == 200, answer
    assert editor.retrieve(f"{folder}/a").body == b"".join(body)


def head_of(client, path, length, *more):
    fields = [
        f"POST /rpc/store_file HTTP/1.1",
        f"Host: {client.host}:{client.port}",
        f"File-Path: {path}",
        f"Content-Length: {length}",
        *more,
    ]
    if client.token:
        fields.append(f"Authorization: Bearer {client.token}")
    return ("\r\n".join(fields) + "\r\n\r\n").encode()


def await_end(connection):
    """Ends the client's side, and waits until the server has seen it: it closes, or resets what it has not read."""
    connection.settimeout(300)
    connection.shutdown(socket.SHUT_WR)
    with suppress(ConnectionResetError):
        while connection.recv(65536):
            pass


@pytest.mark.parametrize("sent", [0, 10, 70000, 5000000])
def test_a_client_that_disconnects_half_way_changes_nothing(editor, instance, folder, no_leftovers, sent):
    path = f"{folder}/a"
    editor.store(path, b"the old file")
    # Of less the web server keeps what it has in memory, and Apache's CGI all of it.
    is_seen = sent > 1 << 20 and UNDER_TEST not in ("cgi", "fcgid")
    with socket.create_connection((editor.host, editor.port)) as connection:
        with instance.begun() if is_seen else nullcontext():
            connection.sendall(head_of(editor, path, 10000000) + bytes(sent))
        await_end(connection)
    no_leftovers()
    assert editor.retrieve(path).body == b"the old file"
    assert row(editor, path)["size_bytes"] == 12


def test_a_client_that_resets_the_connection_leaves_no_new_file(editor, instance, folder, no_leftovers):
    is_seen = UNDER_TEST not in ("cgi", "fcgid")
    with socket.create_connection((editor.host, editor.port)) as connection:
        with instance.begun() if is_seen else nullcontext():
            connection.sendall(head_of(editor, f"{folder}/new", 10000000) + bytes(3000000))
        # Lingering for no time sends RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    no_leftovers()
    assert editor.files(f"file_path=like.{folder}/*").json() == []


def test_a_chunked_body_that_breaks_off_changes_nothing(editor, folder, no_leftovers):
    path = f"{folder}/a"
    editor.store(path, b"the old file")
    head = head_of(editor, path, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with socket.create_connection((editor.host, editor.port)) as connection:
        connection.sendall(head + b"5\r\nhello\r\n")
        await_end(connection)
    no_leftovers()
    assert editor.retrieve(path).body == b"the old file"


@pytest.mark.skipif(UNDER_TEST is not None, reason="Apache hands answers on once it has the whole body")
def test_a_stranger_is_refused_without_waiting_for_the_body(nobody, no_leftovers):
    with socket.create_connection((nobody.host, nobody.port), 300) as connection:
        connection.sendall(head_of(nobody, "a", 1 << 30) + bytes(65536))
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 401"), answer
    assert b"WWW-Authenticate: Bearer" in answer
    no_leftovers()


def test_a_stranger_who_sends_everything_gets_the_whole_refusal(nobody):
    """The refusal comes while the body is under way, and neither side may hang."""
    connection = nobody.connection()
    try:
        connection.request("POST", "/rpc/store_file", body=bytes(8 << 20), headers={"File-Path": "a"})
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all was sent
    try:
        assert connection.getresponse().status == 401
    except (ConnectionResetError, http.client.BadStatusLine):
        pass  # the refusal may be lost to a client that went on writing (RFC 9112 section 9.6)
    finally:
        connection.close()


def test_a_client_may_wait_for_100_continue(editor, folder):
    with socket.create_connection((editor.host, editor.port), 300) as connection:
        connection.sendall(head_of(editor, f"{folder}/a", 5, "Expect: 100-continue", "Connection: close"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"hello")
        assert read_to_end(connection).startswith(b"HTTP/1.1 200")
    assert editor.retrieve(f"{folder}/a").body == b"hello"


def test_a_store_answers_with_a_request_id_and_no_message(editor, folder):
    answer = editor.store(f"{folder}/a", b"x")
    assert re.fullmatch(r"[0-9a-f-]{32,36}", answer.header("X-Request-Id"))
    assert answer.header("Content-Type").startswith("application/json")


def test_a_quota_is_kept(account, sql, no_leftovers):
    sql(f"select internal.set_quota('{account.email}', 1000)")
    client = account.log_in()
    assert client.store("a", bytes(900)).status == 200
    failure = assert_failure(client.store("b", bytes(101)), 413, "KF006")
    assert "1001 bytes" in failure["details"] and "1000" in failure["details"]
    assert_failure(client.store("a", bytes(1000)), 413, "KF006")
    assert client.store("b", bytes(100)).status == 200
    assert_failure(client.retrieve("c"), 400, "KF002")
    no_leftovers()
