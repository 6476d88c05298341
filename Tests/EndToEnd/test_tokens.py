"""Tokens of every wrong kind. Where it says so they are signed with the right key, so that only the claim is wrong."""

import base64
import hashlib
import json
import time

import pytest

from client import Client, assert_failure


@pytest.fixture(scope="module")
def claims(editor):
    payload = editor.token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def assert_refused(url, token):
    answer = Client(url, token).get("/rpc/whoami")
    failure = assert_failure(answer, 401)
    assert failure["code"].startswith("PGRST30") or failure["code"] == "KF011"
    challenge = answer.header("WWW-Authenticate")
    assert challenge.startswith('Bearer error="invalid_token", error_description="'), challenge
    return failure


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_the_same_claims_signed_again_are_accepted(url, sign, claims):
    assert Client(url, sign(claims)).get("/rpc/whoami").status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1},
        {"exp": "9999999999"},
        {"exp": None},
        {"exp": True},
        {"exp": [9999999999]},
        {"exp": -1e300},
        {"nbf": 9999999999},
        {"iat": 9999999999},
        {"nbf": "soon"},
        {"role": "owner"},
        {"role": "coffer_admin"},
        {"role": "postgres"},
        {"role": None},
        {"role": ["admin"]},
        {"role": "admin"},
        {"role": "EDITOR"},
        {"user_id": "00000000-0000-0000-0000-000000000000"},
        {"user_id": "' or ''='"},
        {"user_id": 1},
        {"sub": "00000000-0000-0000-0000-000000000000"},
        {"sid": "00000000-0000-0000-0000-000000000000"},
        {"sid": "nonsense"},
        {"sid": None},
    ],
    ids=str,
)
def test_a_well_signed_token_with_a_wrong_claim_is_refused(url, sign, claims, change):
    assert_refused(url, sign({**claims, **change}))


@pytest.mark.parametrize("missing", ["exp", "role", "user_id", "sid"])
def test_a_well_signed_token_without_a_claim_is_refused(url, sign, claims, missing):
    assert_refused(url, sign({name: value for name, value in claims.items() if name != missing}))


def test_clocks_may_differ_by_30_seconds(url, sign, claims):
    # As far from 30 as a busy machine may need, where the time that it takes counts.
    assert Client(url, sign({**claims, "exp": int(time.time()) - 3})).get("/rpc/whoami").status == 200
    assert "expired" in assert_refused(url, sign({**claims, "exp": int(time.time()) - 31}))["message"]
    assert Client(url, sign({**claims, "iat": int(time.time()) + 20})).get("/rpc/whoami").status == 200


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"1", b"null", b"\xff\xfe", b'{"exp":' + b"[" * 5000])
def test_a_well_signed_payload_that_is_no_object_is_refused(url, sign, payload):
    assert_refused(url, sign(payload))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": ""},
        {"alg": "hs256"},
        {"alg": "RS256"},
        {"alg": ["HS256"]},
        {},
        {"alg": "HS256", "kid": None},
        {"alg": "HS256", "kid": "unknown"},
        {"alg": "HS256", "kid": 1},
        {"alg": "HS256", "kid": "../../dev/null"},
        {"alg": "HS256", "kid": "' union select 'a', 'b"},
        {"alg": "HS256", "crit": ["exp"], "exp": 1},
    ],
    ids=str,
)
def test_a_wrong_header_is_refused(url, sign, claims, header):
    header = {"typ": "JWT", "kid": sign.kid, **header}
    assert_refused(url, sign(claims, {name: value for name, value in header.items() if value is not None}))


def test_another_hash_is_refused(url, sign, claims):
    header = {"alg": "HS512", "typ": "JWT", "kid": sign.kid}
    assert_refused(url, sign(claims, header, hashlib.sha512))
    assert_refused(url, sign(claims, digest=hashlib.sha512))


def test_no_algorithm_and_no_signature_are_refused(url, sign, claims):
    assert_refused(url, f"{encoded({'alg': 'none', 'typ': 'JWT', 'kid': sign.kid})}.{encoded(claims)}.")


def test_a_tampered_token_is_refused(url, editor, claims):
    header, payload, signature = editor.token.split(".")
    assert_refused(url, f"{header}.{encoded({**claims, 'role': 'admin'})}.{signature}")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    for token in [
        f"{header}.{payload}.{flipped}",
        f"{header}.{payload}.{signature[:-1]}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature}.",
        f"{header}.{payload}.{signature}x",
        f"{header}{payload}{signature}",
        f".{payload}.{signature}",
        f"{header}..{signature}",
        "..",
        "x",
        f"{header}=.{payload}=.{signature}=",
        f'"{editor.token}"',
    ]:
        assert_refused(url, token)


def test_the_signature_has_one_spelling(url, editor):
    """The last character holds bits that are not part of the 32 bytes; setting them must not make a second token."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(editor.token[-1])
    assert_refused(url, editor.token[:-1] + alphabet[last ^ 1])


def test_a_token_of_9_kib_is_refused(url, sign, claims):
    token = sign({**claims, "padding": "x" * 7000})
    assert len(token) > 9216
    assert_refused(url, token)


@pytest.mark.parametrize("field", ["Basic Zm9vOmJhcg==", "Bearer", "Bearer ", "nonsense", "Token abc"])
def test_what_is_no_bearer_token_is_401(nobody, field):
    answer = nobody.get("/rpc/whoami", Authorization=field)
    assert_failure(answer, 401)
    assert answer.header("WWW-Authenticate").startswith("Bearer")


@pytest.mark.parametrize(
    "method,target",
    [
        ("GET", "/files"),
        ("HEAD", "/files"),
        ("DELETE", "/files?file_path=eq.a"),
        ("GET", "/rpc/retrieve_file?p_file_path=a"),
        ("GET", "/rpc/download_folder?p_folder="),
        ("POST", "/rpc/store_file"),
        ("POST", "/rpc/logout"),
        ("GET", "/rpc/whoami"),
    ],
)
def test_every_route_of_a_user_refuses_a_bad_token_and_none(url, nobody, method, target):
    bad, none = Client(url, "nonsense"), nobody
    headers = {"File-Path": "end-to-end/never"}
    for client, challenge in ((bad, 'Bearer error="invalid_token"'), (none, "Bearer")):
        answer = client.request(method, target, headers, b"x" if method == "POST" else None)
        assert answer.status == 401, answer
        assert answer.header("WWW-Authenticate").startswith(challenge)


def test_a_token_of_an_older_key_serves_until_the_key_is_retired(url, account, sql):
    """Retires only a key that this test made."""
    sql("select internal.rotate_key()")
    client = account.log_in()
    kid = json.loads(base64.urlsafe_b64decode(client.token.split(".")[0] + "=="))["kid"]
    sql("select internal.rotate_key()")
    assert client.get("/rpc/whoami").status == 200
    assert account.log_in().get("/rpc/whoami").status == 200, "an unknown kid is looked up at once"
    sql(f"select internal.retire_key('{kid}')")
    # A worker may keep a copy of the keys for 30 seconds.
    time.sleep(31)
    assert {client.get("/rpc/whoami").status for _ in range(20)} == {401}
