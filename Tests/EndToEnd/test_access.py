"""Who may call what: every operation of the description, asked with no token, a bad one and one that has ended."""

import json

import pytest

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


def operations(document):
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


@pytest.fixture(scope="module")
def document(nobody):
    return nobody.get("/openapi.json").json()


@pytest.fixture(scope="module")
def ended(instance):
    client = instance.log_in()
    assert client.post("/rpc/logout").status == 204
    return client


def ask(client, method, path, headers=None):
    """Nginx has a page of its own for / unless the description is asked for."""
    accept = {"Accept": "application/openapi+json"} if path == "/" else {}
    return client.request(method, path, {"File-Path": "access.txt", **accept, **(headers or {})})


def test_what_is_not_public_is_401_without_a_session(document, nobody, ended):
    guarded = [each for each in operations(document) if "security" not in each[2]]
    assert len(guarded) > 20
    for method, path, operation in guarded:
        missing = ask(nobody, method, path)
        assert (missing.status, missing.header("WWW-Authenticate")) == (401, "Bearer"), (method, path, missing)
        for answer in (ask(nobody, method, path, {"Authorization": "Bearer a.b.c"}), ask(ended, method, path)):
            assert answer.status == 401, (method, path, answer)
            assert answer.header("WWW-Authenticate").startswith('Bearer error="invalid_token"')
        assert "401" in operation["responses"]


def test_what_is_public_needs_no_session(document, nobody, ended):
    public = [each for each in operations(document) if each[2].get("security") == []]
    assert len(public) > 20
    for method, path, operation in public:
        for client in (nobody, ended):
            answer = ask(client, method, path)
            # A login without a body.
            assert answer.status == (400 if (method, path) == ("POST", "/rpc/login") else 200), (method, path, answer)
            assert "401" not in operation["responses"]


def test_what_is_for_monitoring_alone_is_there_for_no_one_else(document, nobody, ended):
    hidden = [each for each in operations(document) if each[2].get("security") == [{"metrics": []}]]
    assert [method for method, path, _ in hidden if path == "/metrics"] == ["GET", "HEAD", "OPTIONS"]
    assert len(hidden) == 3
    for method, path, operation in hidden:
        for client in (nobody, ended):
            assert ask(client, method, path).status == 404
        assert "404" in operation["responses"]


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("create_user", {"p_email": "x@example.com", "p_password": "correct horse", "p_role": "editor"}),
        ("reset_password", {"p_user_id": "00000000-0000-4000-8000-000000000000", "p_new_password": "correct horse"}),
        ("delete_user", {"p_user_id": "00000000-0000-4000-8000-000000000000"}),
    ],
)
def test_an_admin_operation_is_403_for_an_editor(document, editor, name, arguments):
    assert "403" in document["paths"][f"/rpc/{name}"]["post"]["responses"]
    answer = editor.request("POST", f"/rpc/{name}", {"Content-Type": "application/json"}, json.dumps(arguments))
    assert (answer.status, answer.json()["code"]) == (403, "42501"), answer
