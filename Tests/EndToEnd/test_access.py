"""Who may call what: every operation of the description, asked with no token, a bad one and one that has ended."""

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
    guarded = [each for each in operations(document) if each[2].get("security") != []]
    assert len(guarded) > 20
    for method, path, operation in guarded:
        missing = ask(nobody, method, path)
        assert (missing.status, missing.header("WWW-Authenticate")) == (401, "Bearer"), (method, path, missing)
        for answer in (ask(nobody, method, path, {"Authorization": "Bearer a.b.c"}), ask(ended, method, path)):
            assert answer.status == 401, (method, path, answer)
            assert answer.header("WWW-Authenticate").startswith('Bearer error="invalid_token"')
        assert "401" in operation["responses"]


def test_what_is_public_is_answered_whoever_asks(document, nobody, ended):
    public = [each for each in operations(document) if each[2].get("security") == []]
    assert len(public) > 20
    for method, path, operation in public:
        for client in (nobody, ended):
            answer = ask(client, method, path)
            # A login without a body.
            assert answer.status == (400 if (method, path) == ("POST", "/rpc/login") else 200), (method, path, answer)
            assert "401" not in operation["responses"]


def test_an_admin_operation_is_403_for_an_editor_whatever_is_sent(document, editor):
    for name in ("create_user", "reset_password", "delete_user"):
        operation = document["paths"][f"/rpc/{name}"]["post"]
        assert "403" in operation["responses"]
        for body in (None, "{}", "nonsense"):
            answer = editor.request("POST", f"/rpc/{name}", {"Content-Type": "application/json"}, body)
            assert (answer.status, answer.json()["code"]) == (403, "42501"), (name, body, answer)
