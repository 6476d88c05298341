"""What is there and what is not: paths, methods, health, limits on headers and URLs, and headers of the pages."""

from urllib.parse import quote

import pytest

from client import assert_failure

INTERNAL = [
    "sign",
    "sign_token",
    "write_to_storage",
    "verification_keys",
    "rotate_key",
    "retire_key",
    "authenticate",
    "open_session",
    "set_password",
    "set_role",
    "take_garbage",
    "delete_garbage",
    "base64url",
    "current_user_id",
    "begin_upload",
    "abandon_upload",
    "internal.sign_token",
    "internal/sign_token",
    "crypt",
    "pg_read_file",
    "pg_sleep",
]


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_functions_are_404_for_everybody(editor, admin, nobody, name):
    for client in (editor, admin, nobody):
        answer = client.post(f"/rpc/{name}", {})
        assert_failure(answer, 404)


@pytest.mark.parametrize(
    "target",
    [
        "/jwt_keys",
        "/live_sessions",
        "/listed_sessions",
        "/migrations",
        "/garbage",
        "/internal.users",
        "/api.files",
        "/pg_user",
        "/FILES",
        "/files/",
        "/files/x",
        "/rpc",
        "/rpc/",
        "/rpc/LOGIN",
        "/rpc/login/",
        "//files",
        "/nothing",
        "/nothing/deep",
        "/health",
        "/health/",
        "/%66iles",
    ],
)
def test_an_unknown_path_is_404_with_a_body(editor, target):
    assert_failure(editor.get(target), 404)


@pytest.mark.parametrize(
    "method,target",
    [
        ("POST", "/files"),
        ("PUT", "/files"),
        ("BREW", "/files"),
        ("GET", "/rpc/login"),
        ("GET", "/rpc/logout"),
        ("GET", "/rpc/store_file"),
        ("PUT", "/rpc/store_file"),
        ("DELETE", "/rpc/whoami"),
        ("POST", "/rpc/retrieve_file"),
        ("POST", "/health/live"),
        ("DELETE", "/health/ready"),
    ],
)
def test_a_wrong_method_is_405_with_allow(editor, method, target):
    answer = editor.request(method, target, body=b"{}" if method in ("POST", "PUT") else None)
    assert_failure(answer, 405)
    allowed = {name.strip() for name in answer.header("Allow").split(",")}
    assert allowed and method not in allowed
    options = editor.request("OPTIONS", target)
    assert (options.status, {name.strip() for name in options.header("Allow").split(",")}) == (200, allowed)


def test_options_needs_no_token_and_unknown_ones_are_404(nobody):
    answer = nobody.request("OPTIONS", "/files")
    assert (answer.status, answer.body) == (200, b"")
    assert_failure(nobody.request("OPTIONS", "/nothing"), 404)


@pytest.mark.parametrize(
    "target,status", [("/health/live", "200 OK"), ("/nothing", "404 Not Found"), ("/files", "401 Unauthorized")]
)
def test_the_status_line_has_a_reason(nobody, target, status):
    """RFC 9112 section 4: the space behind the status is required; strict clients refuse a line without it."""
    answer = nobody.raw(
        f"GET {target} HTTP/1.1\r\nHost: {nobody.host}:{nobody.port}\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith(f"HTTP/1.1 {status}\r\n".encode()), answer


def test_trace_is_refused(editor):
    answer = editor.request("TRACE", "/files")
    assert answer.status == 405
    assert editor.token.encode() not in answer.body


def test_there_is_no_cors_unless_configured(nobody, editor):
    for client in (nobody, editor):
        for answer in (
            client.files(Origin="https://elsewhere.example"),
            client.request(
                "OPTIONS", "/files", {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "DELETE"}
            ),
        ):
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_health(nobody):
    for target in ("/health/live", "/health/ready"):
        answer = nobody.get(target)
        assert answer.status == 200, answer
        assert "no-store" in answer.header("Cache-Control")
        assert nobody.head(target).status == 200


def test_every_answer_has_one_request_id_of_its_own(nobody, editor):
    answers = [
        nobody.get("/health/live"),
        nobody.get("/nothing"),
        nobody.get("/files"),
        editor.files(),
        nobody.get("/login"),
        nobody.get("/"),
        editor.delete("/files?file_path=eq.nothing"),
        nobody.get("/health/live", X_Request_Id="forged"),
    ]
    identifiers = [answer.headers.get_all("X-Request-Id") for answer in answers]
    assert all(len(found) == 1 and found[0] and found[0] != "forged" for found in identifiers), identifiers
    assert len({found[0] for found in identifiers}) == len(answers)


def test_a_url_that_is_too_long_is_414(editor):
    assert_failure(editor.get("/files?file_path=eq." + "x" * 40000), 414, "KF022")


def test_headers_that_are_too_large_are_431(editor):
    assert_failure(editor.files(X_Large="x" * 40000), 431, "KF023")
    answer = editor.request("GET", "/files", {f"X-Large-{number}": "x" * 9000 for number in range(10)})
    assert_failure(answer, 431, "KF023")


def test_long_but_legal_headers_are_taken(editor, folder):
    path = folder + "/é" * 100 + "/" + "/".join(["日" * 80] * 2)
    description = "%E6%97%A5" * 2000
    answer = editor.store("UTF-8''" + quote(path, safe=""), b"x", Description=f"UTF-8''{description}")
    assert answer.status == 200, answer
    assert editor.retrieve(path).body == b"x"


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET /files\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /files HTTP/1.1\r\n\r\n",
        b"GET /files HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
        b"POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /rpc/store_file HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400(nobody, data):
    answer = nobody.raw(data)
    if not answer.startswith(b"HTTP/"):
        return  # HTTP/0.9 or a closed connection
    assert answer.split()[1] == b"400", answer
    assert b'"code":' in answer


@pytest.mark.parametrize("target", ["/", "/login"])
def test_the_pages_are_guarded(nobody, target):
    answer = nobody.get(target, Accept="text/html")
    assert answer.status == 200, answer
    assert answer.header("Content-Type").startswith("text/html")
    policy = answer.header("Content-Security-Policy")
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    sources = {source for directive in policy.split(";") for source in directive.split()[1:]}
    assert sources == {"'self'", "'none'"}
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Strict-Transport-Security") is None, "plain HTTP"
    assert b"<script>" not in answer.body and b"style=" not in answer.body and b"onclick" not in answer.body


def test_the_server_does_not_show_its_version(nobody):
    assert nobody.get("/").header("Server") in (None, "nginx")


def test_answers_of_the_api_are_not_kept_by_caches(editor):
    for answer in (editor.files(), editor.get("/rpc/whoami")):
        control = answer.header("Cache-Control") or ""
        assert "no-store" in control or "private" in control, answer
