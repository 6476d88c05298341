"""Resumable uploads through every gateway: nginx, Apache with a pool, FastCGI and CGI in Apache, and a plain CGI program;
and an upload that changes the gateway in the middle."""

import random
import secrets
from contextlib import contextmanager

import pytest
import tus
from apache import Apache
from client import Client, assert_failure, etag
from cuts import GATEWAYS as CUT, Cuts, assert_nothing_left, gateway as cut_at
from transports import FastCGI, PlainCGI

MIB = 1 << 20
GATEWAYS = ["nginx", "pool", "fcgid", "cgi", "FastCGI", "program"]


@contextmanager
def reached(gateway, instance, token):
    if gateway == "nginx":
        yield Client(instance["URL"], token)
    elif gateway == "FastCGI":
        yield Client(FastCGI(instance["SOCKET"]), token)
    elif gateway == "program":
        yield Client(PlainCGI(instance["WORKER"], instance["CONFIG"]), token)
    else:
        with Apache(gateway, instance) as apache:
            yield Client(apache.url, token)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_an_upload_in_pieces(instance, editor, folder, gateway):
    """Each answer is the same through each gateway."""
    # The last piece is larger than what mod_fcgid takes in one request.
    unit = MIB // 10
    body = secrets.token_bytes(9 * unit + 5)
    with reached(gateway, instance, editor.token) as client:
        assert client.request("OPTIONS", "/uploads").header("Tus-Version") == "1.0.0"
        answer = tus.create(client, f"{folder}/a", len(body), body[:1000])
        assert (answer.status, answer.header("Upload-Offset")) == (201, "1000"), answer
        upload = answer.header("Location")
        assert_failure(tus.proceed(client, upload, 3, b"x"), 409, "KF051")
        wrong = tus.proceed(client, upload, 1000, body[1000:unit], Upload_Checksum=tus.checksum(b"x"))
        assert_failure(wrong, 460, "KF053")
        assert tus.offset(client, upload) == 1000
        right = tus.proceed(client, upload, 1000, body[1000:unit], Upload_Checksum=tus.checksum(body[1000:unit]))
        assert (right.status, right.header("Upload-Offset")) == (204, str(unit)), right
        override = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": str(unit)}
        assert client.request("POST", upload, tus.VERSION | tus.PIECE | override, body[unit : 2 * unit]).status == 204
        last = tus.proceed(client, upload, 2 * unit, body[2 * unit :])
        assert (last.status, last.header("ETag")) == (204, etag(body)), last
        assert_failure(tus.proceed(client, upload, len(body), b""), 404, "KF050")
        ended = tus.location(client, f"{folder}/b", 5)
        assert tus.end(client, ended).status == 204
        assert tus.head(client, ended).status == 404
    assert tus.retrieved(editor, f"{folder}/a") == body


def test_an_upload_may_change_its_gateway(instance, editor, folder):
    body = secrets.token_bytes(300_000)
    upload = tus.location(editor, f"{folder}/a", len(body))
    for number, gateway in enumerate(["program", "nginx", "FastCGI"]):
        with reached(gateway, instance, editor.token) as client:
            at = number * 100_000
            assert tus.offset(client, upload) == at
            assert tus.proceed(client, upload, at, body[at : at + 100_000]).status == 204
    assert tus.retrieved(editor, f"{folder}/a") == body


def test_a_program_that_loses_its_body_keeps_what_came(instance, editor, folder):
    """A plain CGI program, whose web server sends fewer bytes than it announced."""
    body = secrets.token_bytes(300_000)
    upload = tus.location(editor, f"{folder}/a", len(body))
    client = Client(PlainCGI(instance["WORKER"], instance["CONFIG"]), editor.token)
    headers = tus.VERSION | tus.PIECE | {"Upload-Offset": "0"}
    parameters = {"CONTENT_LENGTH": str(len(body))}
    assert_failure(client.request("PATCH", upload, headers, body[:200_000], parameters=parameters), 400, "KF009")
    assert tus.offset(editor, upload) == 200_000
    assert tus.proceed(editor, upload, 200_000, body[200_000:]).header("ETag") == etag(body)


@pytest.mark.parametrize("name", CUT)
def test_cuts_of_uploads(instance, editor, folder, name):
    """A few of those of scripts/test-tus-cuts."""
    with cut_at(name, instance) as address:
        chance = random.Random(name)
        cuts = Cuts(instance, editor.token, address, chance, folder, sizes=[1000, 8 * MIB + 1])
        while len(cuts.seen) < 2:
            cuts.file(len(cuts.seen), 1)
    assert_nothing_left(instance, editor, folder)
