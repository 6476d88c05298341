"""A field that may come once and comes twice: refused where the web server lets the worker know, on nginx and Apache."""

import pytest

from apache import Apache
from client import Answer, Client, assert_failure


@pytest.fixture(scope="module", params=["nginx", "pool", "fcgid", "cgi"])
def client(request, instance, editor):
    if request.param == "nginx":
        yield editor
        return
    with Apache(request.param, instance) as apache:
        yield Client(apache.url, editor.token)


def store(client, fields, body=b"x"):
    """An upload with these fields, in this order."""
    connection = client.connection()
    connection.putrequest("POST", "/rpc/store_file")
    for name, value in [("Authorization", f"Bearer {client.token}"), ("Content-Length", str(len(body))), *fields]:
        connection.putheader(name, value.encode())
    connection.endheaders(body)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    connection.close()
    return answer


@pytest.mark.parametrize("size", [1, 100_000])
@pytest.mark.parametrize("second", ["b", "a"], ids=["different", "the same"])
def test_two_paths_in_percent_encoding_are_refused(client, folder, size, second):
    fields = [("File-Path", f"UTF-8''{folder}%2F{name}") for name in ("a", second)]
    assert_failure(store(client, fields, b"x" * size), 400, "KF046")
    assert client.files(f"file_path=like.{folder}/*").json() == []


def test_a_path_in_percent_encoding_is_refused_beside_a_plain_one(client, folder):
    plain, encoded = ("File-Path", f"{folder}/a"), ("File-Path", f"UTF-8''{folder}%2Fb")
    for fields in ([plain, encoded], [encoded, plain]):
        assert_failure(store(client, fields), 400, "KF046")


def test_two_plain_paths_are_refused_where_they_come_apart(editor, folder):
    fields = [("File-Path", f"{folder}/{name}") for name in "ab"]
    assert_failure(store(editor, fields), 400, "KF046")
    assert editor.files(f"file_path=like.{folder}/*").json() == []


@pytest.mark.parametrize("path", ["Smith, John.txt", "a,b", "a, UTF-8", "UTF-8, 'x'"])
def test_a_comma_in_one_path_is_part_of_its_name(client, folder, path):
    assert store(client, [("File-Path", f"{folder}/{path}")]).status == 200
    assert client.retrieve(f"{folder}/{path}").body == b"x"


def test_two_descriptions_and_two_types_are_refused(client, folder):
    path = ("File-Path", f"{folder}/a.txt")
    for name, values in [("Description", ("UTF-8''a", "UTF-8''b")), ("Content-Type", ("text/plain", "text/html"))]:
        status = store(client, [path, *((name, value) for value in values)]).status
        assert status == 400, name
    assert client.files(f"file_path=like.{folder}/*").json() == []


def test_fields_that_are_lists_are_one_list(client, folder):
    path = ("File-Path", f"{folder}/a")
    first = store(client, [path])
    assert first.status == 200
    tags = [("If-Match", '"other"'), ("If-Match", first.header("ETag"))]
    assert store(client, [path, *tags], b"y").status in (200, 400), "nginx allows If-Match once"
    wrong = [("Repr-Digest", "md5=:AA==:"), ("Repr-Digest", first.header("Repr-Digest"))]
    assert_failure(store(client, [path, *wrong], b"z"), 400, "KF010")
    assert store(client, [path, *wrong], b"x").status == 200
