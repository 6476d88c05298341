"""Credentials of another scheme beside the session's cookie, such as a web server's own password in front of Coffer."""

import pytest

from apache import Apache
from client import Client, assert_failure

OTHERS = ["Basic Zm9vOmJhcg==", "basic Zm9vOmJhcg==", 'Digest username="u", realm="r", nonce="n"', "Negotiate YII=", "x", "Token a"]


def with_cookie(editor, authorization, **fields):
    return {"Cookie": f"coffer={editor.token}", "Authorization": authorization, **fields}


@pytest.mark.parametrize("field", OTHERS)
def test_the_cookie_counts_beside_another_scheme(nobody, editor, folder, field):
    editor.store(f"{folder}/a", b"x")
    for target in ("/rpc/whoami", "/files?limit=1", f"/rpc/retrieve_file?p_file_path={folder}/a"):
        assert nobody.request("GET", target, with_cookie(editor, field)).status == 200


@pytest.mark.parametrize("field", OTHERS)
@pytest.mark.parametrize("size", [10, 100_000])
def test_a_change_must_come_from_our_own_pages_even_so(url, nobody, editor, folder, field, size):
    fields = {"File-Path": f"{folder}/a"}
    refused = nobody.request("POST", "/rpc/store_file", with_cookie(editor, field, **fields), b"x" * size)
    assert_failure(refused, 403, "KF012")
    ours = with_cookie(editor, field, **fields, Origin=url)
    assert nobody.request("POST", "/rpc/store_file", ours, b"x" * size).status == 200


@pytest.mark.parametrize("field", OTHERS)
def test_without_a_cookie_it_is_no_token(nobody, field):
    answer = nobody.get("/rpc/whoami", Authorization=field)
    assert_failure(answer, 401, "PGRST302")
    assert answer.header("WWW-Authenticate") == "Bearer"


@pytest.mark.parametrize("field", ["Bearer bad", "bearer bad", "Bearer", "Bearer\tbad", "Bearer a.b.c"])
def test_a_bad_token_is_401_whatever_the_cookie_says(nobody, editor, field):
    assert_failure(nobody.request("GET", "/rpc/whoami", with_cookie(editor, field)), 401, "PGRST301")


# Several fields, which a server hands over as they are or joins


@pytest.fixture(scope="module", params=["nginx", "pool", "cgi"])
def server(request, instance, url):
    if request.param == "nginx":
        yield url
        return
    with Apache(request.param, instance) as apache:
        yield apache.url


def status(server, *fields):
    lines = [f"Authorization: {field}" for field in fields]
    head = "\r\n".join(["GET /rpc/whoami HTTP/1.1", "Host: a", "Connection: close", *lines, "", ""])
    return int(Client(server).raw(head.encode()).split()[1])


@pytest.mark.parametrize("other", OTHERS)
def test_a_token_counts_beside_another_scheme(server, editor, other):
    good = f"Bearer {editor.token}"
    for field in (f"{other}, {good}", f"{good}, {other}", f"{good}, {good}"):
        assert status(server, field) == 200, field
    assert status(server, f"{other}, {other}") == 401
    assert status(server, f"{other}, Bearer bad") == 401


def test_two_tokens_are_refused(server, editor):
    good = f"Bearer {editor.token}"
    for field in (f"{good}, Bearer bad", f"Bearer bad, Basic Zm9vOmJhcg==, {good}"):
        assert status(server, field) == 400, field
    assert status(server, good, "Bearer bad") == 400


@pytest.mark.parametrize("other", OTHERS)
def test_several_fields_are_as_one(server, url, editor, other):
    good = f"Bearer {editor.token}"
    # nginx 1.22 refuses two fields by itself.
    allowed = {200, 400} if server == url else {200}
    assert {status(server, *fields) for fields in ([other, good], [good, other], [good, good])} <= allowed
