"""tus 1.0: one test for each MUST of the protocol, in its order, with its sentence."""

import hashlib
import re
import secrets
import uuid
from email.utils import parsedate_to_datetime

import pytest
import tus
from client import assert_failure, etag, repr_digest

EXTENSIONS = {"creation", "creation-with-upload", "expiration", "checksum", "termination"}


@pytest.fixture
def path(folder):
    return f"{folder}/a"


# Core protocol


def test_a_head_always_includes_the_offset(editor, path):
    """The Server MUST always include the Upload-Offset header in the response for a HEAD request, even if 0."""
    upload = tus.location(editor, path, 5)
    assert tus.head(editor, upload).header("Upload-Offset") == "0"
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    assert tus.head(editor, upload).header("Upload-Offset") == "3"


def test_a_head_includes_the_length(editor, path):
    """If the size of the upload is known, the Server MUST include the Upload-Length header in the response."""
    assert tus.head(editor, tus.location(editor, path, 5)).header("Upload-Length") == "5"


@pytest.mark.parametrize("gone", ["unknown", "malformed", "stranger", "finished", "expired", "ended"])
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_an_upload_that_is_not_there_has_no_offset(editor, stranger, sql, path, gone, method):
    """If the resource is not found, 404 without Upload-Offset. All such answers have the same bytes."""
    upload, client = tus.location(editor, path, 2), editor
    if gone == "unknown":
        upload = f"/uploads/{uuid.uuid4()}"
    elif gone == "malformed":
        upload = "/uploads/..%2Ffiles"
    elif gone == "stranger":
        client = stranger
    elif gone == "finished":
        assert tus.proceed(editor, upload, 0, b"ab").status == 204
    elif gone == "expired":
        sql(f"update internal.uploads set expires_at = now() where id = '{tus.identifier(upload)}'")
    else:
        assert tus.end(editor, upload).status == 204
    body = b"ab" if method == "PATCH" else None
    headers = tus.VERSION | (tus.PIECE | {"Upload-Offset": "0"} if body else {})
    answer = client.request(method, upload, headers, body)
    assert answer.status == 404 and answer.header("Upload-Offset") is None, answer
    if method != "HEAD":
        assert answer.body == b'{"code":"KF050","details":null,"hint":null,"message":"Upload not found."}'


def test_a_head_is_not_cached(editor, path):
    """The Server MUST prevent the client and/or proxies from caching the response: Cache-Control: no-store."""
    assert tus.head(editor, tus.location(editor, path, 5)).header("Cache-Control") == "no-store"


@pytest.mark.parametrize("kind", [None, "application/octet-stream", "text/plain"])
def test_a_piece_has_its_media_type(editor, path, kind):
    """All PATCH requests MUST use Content-Type: application/offset+octet-stream, otherwise 415."""
    upload = tus.location(editor, path, 5)
    headers = tus.VERSION | {"Upload-Offset": "0", "Content-Type": kind}
    assert_failure(editor.request("PATCH", upload, headers, b"abcde"), 415, "KF044")
    assert tus.offset(editor, upload) == 0


@pytest.mark.parametrize("wrong", [0, 2, 4, 5, 2**62])
def test_another_offset_changes_nothing(editor, path, wrong):
    """The Upload-Offset MUST be equal to the current offset; if not, 409 without modifying the upload."""
    upload = tus.location(editor, path, 5)
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    assert_failure(tus.proceed(editor, upload, wrong, b"xy"), 409, "KF051")
    assert tus.offset(editor, upload) == 3
    assert tus.proceed(editor, upload, 3, b"de").status == 204
    assert tus.retrieved(editor, path) == b"abcde"


@pytest.mark.parametrize("wrong", ["", "-1", "1.5", "x", str(2**63)])
def test_an_offset_is_a_number(editor, path, wrong):
    """Upload-Offset: the value MUST be a non-negative integer."""
    upload = tus.location(editor, path, 5)
    assert_failure(tus.proceed(editor, upload, wrong, b"abc"), 400, "KF014")
    assert tus.offset(editor, upload) == 0


@pytest.mark.parametrize("wrong", ["", "-1", "1.5", "x", str(2**63)])
def test_a_length_is_a_number(editor, path, wrong):
    """Upload-Length: the value MUST be a non-negative integer."""
    assert_failure(tus.create(editor, path, wrong), 400, "KF014")


def test_a_piece_is_acknowledged_by_the_sum(editor, path):
    """The Server MUST acknowledge with 204 and MUST include Upload-Offset with the new offset: the sum."""
    upload, body = tus.location(editor, path, 100_000), secrets.token_bytes(100_000)
    for begin in range(0, 100_000, 25_000):
        answer = tus.proceed(editor, upload, begin, body[begin : begin + 25_000])
        assert (answer.status, answer.header("Upload-Offset")) == (204, str(begin + 25_000)), answer
    assert tus.retrieved(editor, path) == body


@pytest.mark.parametrize("method,target", [("POST", "/uploads"), ("PATCH", ""), ("HEAD", ""), ("DELETE", "")])
@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0.1", "1.0.0, 1.0.0"])
def test_another_version_is_refused(editor, path, method, target, version):
    """If the version is not supported: 412 with Tus-Version, and the request MUST NOT be processed."""
    upload = tus.location(editor, path, 2)
    headers = tus.PIECE | {"Upload-Offset": "0", "Upload-Length": "2", "Upload-Metadata": tus.metadata(file_path=path)}
    answer = editor.request(method, target or upload, headers | {"Tus-Resumable": version}, b"ab")
    assert (answer.status, answer.header("Tus-Version")) == (412, "1.0.0"), answer
    assert tus.offset(editor, upload) == 0
    assert editor.files(f"file_path=eq.{path}").json() == []


def test_every_answer_has_the_version(editor, nobody, path):
    """The Tus-Resumable header MUST be included in every response."""
    upload = tus.location(editor, path, 2)
    for answer in [
        tus.create(editor, path, 2), tus.create(editor, path, "x"), tus.head(editor, upload), tus.head(nobody, upload),
        tus.proceed(editor, upload, 1, b"a"), tus.proceed(editor, upload, 0, b"a"), tus.end(editor, upload),
        tus.head(editor, upload), editor.request("PUT", upload, tus.VERSION), editor.request("GET", "/uploads"),
    ]:  # fmt: skip
        assert answer.header("Tus-Resumable") == "1.0.0", answer


@pytest.mark.parametrize("target", ["/uploads", "/uploads/5f0c6d1e-8b1a-4c8e-9d57-0a3f2b7c4e11"])
@pytest.mark.parametrize("version", [None, "0.0.1"])
def test_options_say_what_is_supported(nobody, target, version):
    """OPTIONS MUST contain Tus-Version; Tus-Resumable is ignored there. Needs no session."""
    answer = nobody.request("OPTIONS", target, {"Tus-Resumable": version})
    assert answer.status == 200
    assert answer.header("Tus-Version") == "1.0.0"
    assert set(answer.header("Tus-Extension").split(",")) == EXTENSIONS
    # Tus-Checksum-Algorithm MUST be included in the response to an OPTIONS request; SHA-1 MUST be supported.
    assert answer.header("Tus-Checksum-Algorithm").split(",") == ["sha1", "sha256"]


def test_options_of_others_do_not_speak_of_it(nobody):
    assert nobody.request("OPTIONS", "/files").header("Tus-Version") is None


@pytest.mark.parametrize("actual", ["POST", "GET", "PUT"])
def test_the_method_of_a_header_counts(editor, path, actual):
    """X-HTTP-Method-Override MUST be interpreted as the method; the actual method MUST be ignored."""
    upload = tus.location(editor, path, 2)
    headers = tus.VERSION | tus.PIECE | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert editor.request(actual, upload, headers, b"a").status == 204
    answer = editor.request("POST", upload, tus.VERSION | {"X-HTTP-Method-Override": "HEAD", "Content-Length": "0"})
    assert (answer.status, answer.header("Upload-Offset")) == (200, "1"), answer
    answer = editor.request("POST", upload, tus.VERSION | {"X-HTTP-Method-Override": "DELETE", "Content-Length": "0"})
    assert answer.status == 204
    assert tus.head(editor, upload).status == 404


def test_the_method_of_a_header_counts_nowhere_else(editor, path):
    headers = {"X-HTTP-Method-Override": "DELETE"}
    assert editor.store(path, b"x").status == 200
    assert editor.request("GET", f"/files?file_path=eq.{path}", headers).status == 200
    assert len(editor.files(f"file_path=eq.{path}").json()) == 1


# Creation


def test_a_creation_is_answered_with_its_location(editor, path):
    """The Server MUST acknowledge with 201 Created and MUST set the Location header."""
    answer = tus.create(editor, path, 5)
    assert answer.status == 201
    assert re.fullmatch(r"/uploads/[0-9a-f-]{36}", answer.header("Location"))


def test_an_empty_file_is_finished_at_once(editor, path):
    """Upload-Length: 0 is an empty file."""
    answer = tus.create(editor, path, 0)
    assert answer.status == 201 and answer.header("Upload-Offset") == "0"
    assert answer.header("ETag") == etag(b"")
    assert tus.head(editor, answer.header("Location")).status == 404
    assert editor.files(f"file_path=eq.{path}").json()[0]["size_bytes"] == 0


def test_a_deferred_length_is_refused(editor, path):
    """The extension creation-defer-length is not offered."""
    headers = tus.VERSION | {"Upload-Defer-Length": "1", "Upload-Metadata": tus.metadata(file_path=path)}
    assert_failure(editor.request("POST", "/uploads", headers, b""), 400, "KF014")


@pytest.mark.parametrize(
    "field",
    [
        "file_path", "file_path YQ==,file_path Yg==", "file_path  YQ==", "file_path YQ== x", "file_path YQ",
        "file_path YQ===", " YQ==", "file_path YQ==,", ",file_path YQ==", "file_path YQ==,é YQ==", "file_path gA==",
        "file_path YQ==,modified eA==", "file_path YQ==,modified MTIzNDU2Nzg5MDEy", "file_path Li4vYQ==", "other YQ==",
        "file_path YQ==,description gA==", "",
    ],
)  # fmt: skip
def test_malformed_metadata_is_refused(editor, field):
    """Keys MUST NOT be empty, contain spaces or commas, MUST be unique; values MUST be Base64."""
    headers = tus.VERSION | {"Upload-Length": "1", "Upload-Metadata": field, "Content-Length": "0"}
    assert_failure(editor.request("POST", "/uploads", headers), 400)


def test_metadata_is_answered_as_it_was_sent(editor, folder):
    """Responses to HEAD MUST include Upload-Metadata and its value as specified by the Client."""
    field = tus.metadata(file_path=f"{folder}/é", description="Größe", filetype="text/x-log", modified="1700000000")
    field += ",empty ,is_confidential"
    upload = tus.location(editor, "", 3, Upload_Metadata=field)
    assert tus.head(editor, upload).header("Upload-Metadata") == field
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    (row,) = editor.files(f"file_path=like.{folder}/*").json()
    assert (row["file_path"], row["description"]) == (f"{folder}/é", "Größe")
    assert row["content_type"] == "text/x-log"


@pytest.mark.parametrize("time,expected", [("1700000000", 1700000000), ("2023-11-14T22:13:20Z", 1700000000),
    ("2023-11-14T22:13:20", 1700000000), ("2023-11-14T23:13:20.25+01:00", 1700000000.25)])  # fmt: skip
def test_the_time_of_the_content_is_kept(editor, sql, path, time, expected):
    field = tus.metadata(file_path=path, modified=time)
    upload = tus.location(editor, "", 3, Upload_Metadata=field)
    (kept,) = sql(f"select extract(epoch from modified_at) from internal.uploads where id = '{tus.identifier(upload)}'")
    assert float(kept) == expected
    assert tus.end(editor, upload).status == 204


def test_a_name_stands_in_for_a_path(editor, folder):
    upload = tus.location(editor, "", 1, Upload_Metadata=tus.metadata(filename=f"{folder}/b.txt"))
    assert tus.proceed(editor, upload, 0, b"x").status == 204
    assert tus.retrieved(editor, f"{folder}/b.txt") == b"x"


# Creation with upload


@pytest.mark.parametrize("sent", [1, 3, 5])
def test_a_creation_may_carry_bytes(editor, path, sent):
    """The Server MUST include the Upload-Offset header in the POST response."""
    answer = tus.create(editor, path, 5, b"abcde"[:sent])
    assert (answer.status, answer.header("Upload-Offset")) == (201, str(sent)), answer
    upload = answer.header("Location")
    if sent < 5:
        assert tus.offset(editor, upload) == sent
        assert tus.proceed(editor, upload, sent, b"abcde"[sent:]).status == 204
    else:
        assert answer.header("ETag") == etag(b"abcde")
    assert tus.retrieved(editor, path) == b"abcde"


def test_a_creation_with_another_body_is_refused(editor, path):
    """If the Client wants to use this extension it MUST set Content-Type: application/offset+octet-stream."""
    assert_failure(tus.create(editor, path, 5, b"abcde", Content_Type="text/plain"), 415, "KF044")
    assert editor.files(f"file_path=eq.{path}").json() == []


# Expiration


def test_an_unfinished_upload_says_when_it_expires(editor, sql, path):
    """Upload-Expires MUST be included in every PATCH response if the upload is going to expire."""
    answers = [tus.create(editor, path, 5)]
    upload = answers[0].header("Location")
    answers += [tus.proceed(editor, upload, 0, b"ab"), tus.head(editor, upload)]
    for answer in answers:
        # The value MUST be in the format of a date of HTTP.
        field = answer.header("Upload-Expires")
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", field)
        (now,) = sql("select extract(epoch from now())")
        assert abs(parsedate_to_datetime(field).timestamp() - float(now) - 3 * 86400) < 600


# Checksum


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_body_with_its_checksum_is_stored(editor, path, algorithm):
    upload, body = tus.location(editor, path, 150_000), secrets.token_bytes(150_000)
    first = tus.proceed(editor, upload, 0, body[:70_000], Upload_Checksum=tus.checksum(body[:70_000], algorithm))
    assert (first.status, first.header("Upload-Offset")) == (204, "70000")
    assert tus.proceed(editor, upload, 70_000, body[70_000:]).status == 204
    assert tus.retrieved(editor, path) == body


@pytest.mark.parametrize("size", [10, 70_000, 9 << 20])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_body_with_another_checksum_changes_nothing(editor, path, size, algorithm):
    """If the checksums do not match: 460, and the Server MUST discard the chunk and not update its offset."""
    upload, body = tus.location(editor, path, size + 3), secrets.token_bytes(size)
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    answer = tus.proceed(editor, upload, 3, body, Upload_Checksum=tus.checksum(body + b"x", algorithm))
    assert_failure(answer, 460, "KF053")
    assert tus.offset(editor, upload) == 3
    answer = tus.proceed(editor, upload, 3, body, Upload_Checksum=tus.checksum(body, algorithm))
    assert answer.status == 204 and answer.header("ETag") == etag(b"abc" + body)
    assert tus.retrieved(editor, path) == b"abc" + body


@pytest.mark.parametrize("field", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "crc32 AAAAAA==", "SHA1 x", "sha1", "sha1 YQ=="])
def test_an_unknown_checksum_is_refused(editor, path, field):
    """400 if the checksum algorithm is not supported by the Server."""
    upload = tus.location(editor, path, 5)
    assert_failure(tus.proceed(editor, upload, 0, b"abcde", Upload_Checksum=field), 400, "KF014")
    assert tus.offset(editor, upload) == 0


# Termination


def test_a_termination_frees_the_upload(editor, sql, path):
    """The Server SHOULD free associated resources and MUST respond with 204; afterwards 404."""
    upload = tus.location(editor, path, 5)
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    assert tus.end(editor, upload).status == 204
    assert tus.head(editor, upload).status == 404
    assert tus.end(editor, upload).status == 404


# What the contract adds


def test_the_last_byte_stores_the_file(editor, path):
    upload = tus.location(editor, path, 3)
    answer = tus.proceed(editor, upload, 0, b"abc")
    assert (answer.status, answer.header("Upload-Offset")) == (204, "3")
    assert answer.header("ETag") == etag(b"abc")
    assert answer.header("Repr-Digest") == repr_digest(b"abc")
    assert editor.get(answer.header("Content-Location")).body == b"abc"
    assert answer.header("Upload-Expires") is None


def test_a_body_beyond_the_length_is_refused(editor, path):
    upload = tus.location(editor, path, 3)
    assert_failure(tus.proceed(editor, upload, 0, b"abcd"), 413, "KF005")
    assert tus.offset(editor, upload) == 0
    # Without a length it is found when it arrives.
    answer = tus.proceed(editor, upload, 0, iter([b"ab", b"cd"]))
    assert_failure(answer, 413, "KF005")
    assert tus.offset(editor, upload) == 0


def test_a_body_without_a_length_is_stored(editor, path):
    upload, body = tus.location(editor, path, 9 << 20), secrets.token_bytes(9 << 20)
    pieces = (body[at : at + 100_000] for at in range(0, len(body), 100_000))
    assert tus.proceed(editor, upload, 0, pieces).status == 204
    assert tus.retrieved(editor, path) == body


def test_conditions_are_judged_at_creation(editor, path):
    assert editor.store(path, b"one").status == 200
    assert_failure(tus.create(editor, path, 3, If_None_Match="*"), 412, "KF004")
    assert_failure(tus.create(editor, path, 3, If_Match=etag(b"two")), 412, "KF004")
    assert tus.create(editor, path, 3, If_Match=etag(b"one")).status == 201


def test_conditions_are_judged_again_at_the_end(editor, path):
    upload = tus.location(editor, path, 3, If_None_Match="*")
    assert tus.proceed(editor, upload, 0, b"ab").status == 204
    assert editor.store(path, b"other").status == 200
    assert_failure(tus.proceed(editor, upload, 2, b"c"), 412, "KF004")
    assert tus.retrieved(editor, path) == b"other"
    # All bytes are there, so the upload may still become the file once the condition holds.
    assert tus.head(editor, upload).status == 412
    assert editor.delete(f"/files?file_path=eq.{path}").status == 204
    answer = tus.head(editor, upload)
    assert (answer.status, answer.header("Upload-Offset"), answer.header("ETag")) == (200, "3", etag(b"abc")), answer
    assert tus.retrieved(editor, path) == b"abc"


def test_an_upload_is_for_its_user(nobody, editor, path):
    assert_failure(tus.create(nobody, path, 3), 401)
    upload = tus.location(editor, path, 3)
    assert_failure(tus.proceed(nobody, upload, 0, b"abc"), 401)
    assert tus.offset(editor, upload) == 0


def test_a_cookie_needs_the_same_origin(editor, path):
    """As for every change by cookie; a method in a header does not help."""
    upload = tus.location(editor, path, 3)
    cookie = {"Authorization": None, "Cookie": f"__Host-coffer={editor.token}; coffer={editor.token}"}
    piece = tus.VERSION | tus.PIECE | {"Upload-Offset": "0"} | cookie
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert_failure(editor.request("PATCH", upload, piece | foreign, b"abc"), 403, "KF012")
    override = {"X-HTTP-Method-Override": "PATCH"}
    assert_failure(editor.request("GET", upload, piece | foreign | override, b"abc"), 403, "KF012")
    assert tus.offset(editor, upload) == 0


def test_another_session_goes_on(account, folder):
    first = account.log_in()
    upload = tus.location(first, f"{folder}/a", 4)
    assert tus.proceed(first, upload, 0, b"ab").status == 204
    assert first.post("/rpc/logout").status == 204
    assert_failure(tus.proceed(first, upload, 2, b"cd"), 401, "KF011")
    second = account.log_in()
    assert tus.offset(second, upload) == 2
    assert tus.proceed(second, upload, 2, b"cd").status == 204
    assert tus.retrieved(second, f"{folder}/a") == b"abcd"


def test_the_digest_goes_on(editor, path):
    """SHA-256 and the detection of text go on in the next request, within a block and within a character."""
    body = ("a" * 61 + "ü€𝄞" * 40).encode()
    upload = tus.location(editor, "", len(body), Upload_Metadata=tus.metadata(file_path=path + ".txt"))
    at = 0
    for size in [1, 60, 1, 1, 1, 2, 63, 64, 1, 3, 1, len(body)]:
        piece = body[at : at + size]
        assert tus.proceed(editor, upload, at, piece).status == 204
        at += len(piece)
    (row,) = editor.files(f"file_path=eq.{path}.txt").json()
    assert row["sha256"] == hashlib.sha256(body).hexdigest()
    assert row["content_type"] == "text/plain; charset=utf-8"
