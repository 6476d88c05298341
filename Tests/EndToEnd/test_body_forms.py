"""A body that a header says is not simply the file's bytes: refused before it is taken in, and nothing is stored."""

import gzip

import pytest

from client import assert_failure

# In nginx's memory, and by way of a file or a stream.
SIZES = [1_000, 200_000]
FORM = "multipart/form-data; boundary=xyz"
ENVELOPE = b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%s\r\n--xyz--\r\n'
REFUSED = [
    ("Content-Type", FORM, 415, "KF044"),
    ("Content-Type", "MultiPart/Form-Data;boundary=xyz", 415, "KF044"),
    ("Content-Type", "multipart/related; boundary=xyz", 415, "KF044"),
    ("Content-Type", " multipart/mixed ; boundary=xyz", 415, "KF044"),
    ("Content-Type", "multipart/byteranges; boundary=xyz", 415, "KF044"),
    ("Content-Type", "multipart / form-data; boundary=xyz", 415, "KF044"),
    ("Content-Type", '"multipart/form-data"; boundary=xyz', 415, "KF044"),
    ("Content-Encoding", "gzip", 415, "KF044"),
    ("Content-Encoding", "BR", 415, "KF044"),
    ("Content-Encoding", "identity, zstd", 415, "KF044"),
    ("Content-Encoding", "aws-chunked", 415, "KF044"),
    ("Content-Transfer-Encoding", "base64", 415, "KF044"),
    ("Content-Range", "bytes 0-99/1000", 400, "KF045"),
    ("Content-Range", "bytes */1000", 400, "KF045"),
    ("X-Content-Range", "bytes 0-1/4", 400, "KF045"),
    ("Upload-Complete", "?0", 400, "KF045"),
    ("Upload-Incomplete", "?1", 400, "KF045"),
    ("Upload-Offset", "5", 400, "KF045"),
    ("Tus-Resumable", "1.0.0", 400, "KF045"),
    ("OC-Chunked", "1", 400, "KF045"),
]
TAKEN = [
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", "message/rfc822"),
    ("Content-Type", "multipartial/form"),
    ("Upload-Complete", "?1"),
    ("Upload-Incomplete", "?0"),
    ("Content-Encoding", "identity"),
    ("Content-Encoding", " Identity , identity"),
    ("Content-Encoding", ""),
    ("Content-Transfer-Encoding", "binary"),
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("name", "value", "status", "code"), REFUSED)
def test_a_body_in_another_form_is_refused(editor, folder, no_leftovers, size, name, value, status, code):
    path = f"{folder}/a.txt"
    assert editor.store(path, b"old").status == 200
    body = gzip.compress(b"x" * size) if "gzip" in value else ENVELOPE % (b"x" * size)
    answer = editor.store(path, body, **{name: value})
    failure = assert_failure(answer, status, code)
    assert failure["hint"], "it says what to send"
    if name == "Content-Encoding":
        assert answer.header("Accept-Encoding") == "identity", "RFC 9110, 15.5.16"
    assert editor.retrieve(path).body == b"old"
    no_leftovers()


def test_it_is_refused_before_the_body_is_sent(editor, folder):
    connection = editor.connection()
    connection.putrequest("POST", "/rpc/store_file")
    fields = {"File-Path": f"{folder}/a", "Content-Type": FORM, "Content-Length": "500000"}
    for name, value in editor.fields(fields).items():
        connection.putheader(name, value)
    connection.endheaders(b"--xyz")
    assert connection.getresponse().status == 415
    connection.close()


def test_a_body_without_a_length_is_refused_as_well(editor, folder):
    body = iter([ENVELOPE % b"x"])
    assert_failure(editor.store(f"{folder}/a", body, **{"Content-Type": FORM}), 415, "KF044")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_a_body_that_is_the_file_is_taken(editor, folder, size, name, value):
    body = b"x" * size
    assert editor.store(f"{folder}/a.txt", body, **{name: value}).status == 200
    assert editor.retrieve(f"{folder}/a.txt").body == body
