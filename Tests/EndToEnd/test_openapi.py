"""The description at /openapi.json: valid by an independent validator, and true to what the program does."""

import json
from urllib.parse import quote

import jsonschema
import pytest
import referencing
from openapi_spec_validator import OpenAPIV31SpecValidator

from client import SINGULAR, repr_digest

MEDIA_TYPE = "application/openapi+json"
CONTENT = b"Hello, Coffer!\n"


@pytest.fixture(scope="session")
def document(nobody):
    answer = nobody.get("/openapi.json")
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == f"{MEDIA_TYPE}; charset=utf-8"
    return answer.json()


def resolve(document, value):
    """What a reference leads to."""
    while "$ref" in value and set(value) == {"$ref"}:
        target = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        value = target
    return value


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def is_hidden(methods):
    """Whether a path is there for a monitoring system only: see test_metrics.py."""
    return any(operation.get("security") == [{"metrics": []}] for operation in methods.values())


def parameters(document, operation):
    return [resolve(document, parameter) for parameter in operation.get("parameters", [])]


def check(document, schema, value):
    """Validates against a schema of the document, whose references are relative to it; formats count."""
    registry = referencing.Registry().with_resource(
        "urn:document", referencing.jsonschema.DRAFT202012.create_resource(document)
    )
    whole = json.loads(json.dumps(schema).replace('"#/components/', '"urn:document#/components/'))
    jsonschema.Draft202012Validator(
        whole, registry=registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(value)


def examples(document, holder):
    """The examples of a parameter, a header or a media type."""
    if "example" in holder:
        yield holder["example"]
    for example in holder.get("examples", {}).values():
        yield resolve(document, example)["value"]


def test_it_is_valid_openapi(document):
    assert document["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_example_is_valid(document):
    count = 0
    holders = [*document["components"]["parameters"].values(), *document["components"]["headers"].values()]
    contents = list(document["components"]["responses"].values())
    for _, _, operation in operations(document):
        contents += [resolve(document, response) for response in operation["responses"].values()]
        contents += [operation["requestBody"]] if "requestBody" in operation else []
    holders += [medium for content in contents for medium in content.get("content", {}).values()]
    for holder in holders:
        found = list(examples(document, holder))
        assert found, f"no example: {holder}"
        for example in found:
            # Bytes of any type have no schema.
            check(document, holder.get("schema", True), example)
            count += 1
    for schema in document["components"]["schemas"].values():
        for example in schema.get("examples", []):
            check(document, schema, example)
        for column in schema.get("properties", {}).values():
            for example in column.get("examples", []):
                check(document, column, example)
    assert count > 300


def test_paths_and_methods_are_those_that_options_lists(document, nobody):
    for path, methods in document["paths"].items():
        if is_hidden(methods):
            continue
        answer = nobody.request("OPTIONS", path)
        assert answer.status == 200, (path, answer)
        assert set(answer.header("Allow").split(",")) == {method.upper() for method in methods}, path


def test_what_is_not_described_is_not_there(document, editor):
    """A method that the document leaves out is 405, a path 404, each with a code of the document."""
    responses = document["components"]["responses"]
    for path, methods in document["paths"].items():
        for method in {"get", "put", "post", "patch", "delete"} - set(methods):
            # Nginx sends its own page for any method of / that is not the API's.
            answer = editor.request(method.upper(), path)
            status, codes = (404, ["PGRST205"]) if is_hidden(methods) else (405, ["PGRST101", "PGRST117"])
            assert answer.status == status, (method, path, answer)
            assert answer.json()["code"] in codes
    assert any("PGRST101" in name for name in responses) and any("PGRST205" in name for name in responses)
    assert editor.get("/file").json()["code"] == "PGRST205"


def test_who_needs_a_token_is_as_described(document, nobody):
    for path, method, operation in operations(document):
        if (path, method) == ("/rpc/login", "POST"):
            continue
        headers = {"File-Path": "x", "Accept": MEDIA_TYPE if path == "/" else "*/*"}
        answer = nobody.request(method, path, headers)
        needs_session = "security" not in operation
        assert (answer.status == 401) == needs_session, (method, path, answer)
        assert str(answer.status) in operation["responses"]


@pytest.mark.parametrize("path", ["/files", "/users", "/sessions", "/audit_log"])
def test_every_query_parameter_of_rows_is_taken(document, admin, path):
    """With the document's own example, alone and all together."""
    found = [
        parameter for parameter in parameters(document, document["paths"][path]["get"]) if parameter["in"] == "query"
    ]
    pairs = [f"{parameter['name']}={quote(str(parameter['example']))}" for parameter in found]
    for pair in [*pairs, "&".join(pairs)]:
        answer = admin.get(f"{path}?{pair}")
        assert answer.status == 200, (pair, answer)
    assert admin.get(f"{path}?nothing=eq.1").json()["code"] == "42703"


@pytest.mark.parametrize("path,schema", [("/files", "File"), ("/users", "User"), ("/sessions", "Session"), ("/audit_log", "AuditEntry")])
def test_rows_have_the_columns_of_the_document(document, admin, editor, folder, path, schema):
    editor.store(f"{folder}/hello.txt", CONTENT)
    columns = document["components"]["schemas"][schema]["properties"]
    row = admin.get(f"{path}?limit=1").json()[0]
    assert list(row) == list(columns)
    check(document, {"$ref": f"#/components/schemas/{schema}"}, row)
    own = editor.get(f"{path}?limit=1").json()[0]
    assert set(own) == {name for name in columns if name != "owner_email"}


def test_a_change_takes_the_columns_of_the_document_and_no_others(document, editor, folder):
    editor.store(f"{folder}/hello.txt", CONTENT)
    columns = set(document["components"]["schemas"]["FileChanges"]["properties"])
    for column in document["components"]["schemas"]["File"]["properties"]:
        values = {"file_path": f"{folder}/hello.txt", "modified_at": "2026-11-24T09:30:00Z"}
        value = values.get(column, "x")
        answer = editor.request(
            "PATCH",
            f"/files?file_path=eq.{quote(folder)}/hello.txt",
            {"Content-Type": "application/json"},
            json.dumps({column: value}),
        )
        assert (answer.status == 204) == (column in columns), (column, answer)


def target(name, **values):
    return name + "?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in values.items())


# Method, target, headers, body, status; {f} stands for the test's folder.
PROBES = [
    ("GET", "/files", {}, None, 200),
    ("HEAD", "/files", {}, None, 200),
    ("GET", "/files", {"Accept": "text/csv"}, None, 200),
    ("GET", "/files?file_path=eq.{f}/hello.txt", {"Accept": SINGULAR}, None, 200),
    ("GET", "/files?file_path=eq.{f}/nothing", {"Accept": SINGULAR}, None, 406),
    ("GET", "/files?file_path=like.{f}/*&limit=1", {"Prefer": "count=exact"}, None, 206),
    ("HEAD", "/files?file_path=like.{f}/*&limit=1", {"Prefer": "count=exact"}, None, 206),
    ("GET", "/files?file_path=like.{f}/*", {"Range": "0-0", "Prefer": "count=exact"}, None, 206),
    ("GET", "/files?offset=100000000", {"Prefer": "count=exact"}, None, 416),
    ("GET", "/files?limit=-1", {}, None, 416),
    ("GET", "/files", {"Accept": "image/png"}, None, 406),
    ("GET", "/files?size_bytes=eq.x", {}, None, 400),
    ("GET", "/files?order=id.up", {}, None, 400),
    ("GET", "/files?id=is.true", {}, None, 400),
    ("GET", "/files?select=id::int", {}, None, 400),
    ("GET", "/files?users.id=eq.1", {}, None, 400),
    ("GET", "/files", {"Prefer": "handling=strict, x=y"}, None, 400),
    ("PATCH", "/files?file_path=eq.{f}/hello.txt", {}, '{"description":"x"}', 204),
    ("PATCH", "/files?file_path=eq.{f}/hello.txt", {"Prefer": "return=representation"}, '{"description":"x"}', 200),
    ("PATCH", "/files?file_path=eq.{f}/hello.txt", {}, '{"id":"x"}', 403),
    ("PATCH", "/files?file_path=eq.{f}/hello.txt", {}, '{"nothing":"x"}', 400),
    ("PATCH", "/files?file_path=eq.{f}/hello.txt", {}, '{"file_path":"{f}/other.txt"}', 409),
    ("PATCH", "/files?file_path=eq.{f}/hello.txt", {}, '{"file_path":"/"}', 400),
    ("DELETE", "/files", {}, None, 400),
    ("DELETE", "/files?file_path=eq.{f}/nothing", {}, None, 204),
    ("DELETE", "/files?file_path=eq.{f}/nothing", {"Prefer": "return=representation"}, None, 200),
    ("DELETE", "/files?file_path=like.{f}/*", {"Prefer": "handling=strict, max-affected=1"}, None, 400),
    ("GET", "/rpc/retrieve_file?p_file_path={f}/hello.txt", {}, None, 200),
    ("GET", "/rpc/retrieve_file?p_file_path={f}/hello.txt", {"Range": "bytes=0-4"}, None, 206),
    ("GET", "/rpc/retrieve_file?p_file_path={f}/hello.txt", {"Range": "bytes=99-"}, None, 416),
    ("HEAD", "/rpc/retrieve_file?p_file_path={f}/hello.txt", {"Range": "bytes=0-4"}, None, 200),
    ("GET", "/rpc/retrieve_file?p_file_path={f}/hello.txt", {"If-None-Match": "*"}, None, 304),
    ("GET", "/rpc/retrieve_file?p_file_path={f}/hello.txt", {"If-Match": '"x"'}, None, 412),
    ("GET", "/rpc/retrieve_file?p_file_path={f}/nothing", {}, None, 400),
    ("GET", "/rpc/retrieve_file?p_file_path=/", {}, None, 400),
    ("GET", "/rpc/retrieve_file", {}, None, 400),
    ("POST", "/rpc/store_file", {"File-Path": "{f}/new.txt", "If-None-Match": "*"}, "x", 200),
    ("POST", "/rpc/store_file", {"File-Path": "{f}/hello.txt", "If-None-Match": "*"}, "x", 412),
    ("POST", "/rpc/store_file", {"File-Path": "{f}/new.txt", "Repr-Digest": repr_digest(b"y")}, "x", 400),
    ("POST", "/rpc/store_file", {"File-Path": "{f}/new.txt", "Repr-Digest": "sha-256=:x:"}, "x", 400),
    ("POST", "/rpc/store_file", {}, "x", 400),
    ("GET", "/rpc/whoami", {}, None, 200),
    ("HEAD", "/rpc/whoami", {}, None, 200),
    ("POST", "/rpc/whoami", {}, "{}", 200),
    ("GET", "/rpc/whoami?x=y", {}, None, 400),
    ("POST", "/rpc/whoami", {}, "[]", 400),
    ("GET", "/rpc/whoami", {"Accept": "text/csv"}, None, 406),
    ("GET", "/rpc/list_folder?p_folder={f}&limit=1", {}, None, 200),
    ("HEAD", "/rpc/list_folder?p_folder={f}", {}, None, 200),
    ("POST", "/rpc/list_folder", {}, '{"p_folder":"{f}","p_limit":1}', 200),
    ("GET", "/rpc/list_folder?p_folder=//", {}, None, 400),
    ("GET", "/rpc/list_folder?p_cursor=nonsense", {}, None, 400),
    ("GET", "/rpc/list_folder?limit=1&p_limit=1", {}, None, 400),
    ("POST", "/rpc/move_folder", {}, '{"p_from":"{f}","p_to":"{f}/below"}', 400),
    ("POST", "/rpc/move_folder", {}, '{"p_from":"{f}/nothing","p_to":"{f}/b"}', 200),
    ("POST", "/rpc/move_folder", {}, '{"p_from":"{f}/a","p_to":"{f}/b"}', 409),
    ("GET", "/rpc/download_folder?p_folder={f}", {}, None, 200),
    ("GET", "/rpc/download_folder?p_path={f}/a&p_path={f}/hello.txt", {}, None, 200),
    ("HEAD", "/rpc/download_folder?p_folder={f}/a", {}, None, 200),
    ("GET", "/rpc/download_folder?p_folder={f}/nothing", {}, None, 400),
    ("GET", "/rpc/download_folder?p_path={f}/nothing", {}, None, 400),
    ("GET", "/rpc/download_folder", {}, None, 400),
    ("POST", "/rpc/copy", {}, '{"p_from":"{f}","p_to":"{f}-copy"}', 200),
    ("POST", "/rpc/copy", {}, '{"p_from":"{f}","p_to":"{f}/below"}', 400),
    ("POST", "/rpc/copy", {}, '{"p_from":"{f}/nothing","p_to":"{f}/x"}', 400),
    ("POST", "/rpc/copy", {}, '{"p_from":"{f}/a","p_to":"{f}/b"}', 409),
    ("GET", "/users", {}, None, 200),
    ("PATCH", "/users?id=is.null", {}, '{"quota_bytes":1}', 403),
    ("POST", "/rpc/create_user", {}, '{"p_email":"a@b","p_password":"0123456789","p_role":"editor"}', 403),
    ("POST", "/rpc/create_user", {}, "{}", 400),
    ("POST", "/rpc/delete_user", {}, '{"p_user_id":"00000000-0000-0000-0000-000000000000"}', 403),
    ("POST", "/rpc/reset_password", {}, '{"p_user_id":"x","p_new_password":"0123456789"}', 400),
    ("GET", "/audit_log", {}, None, 200),
    ("POST", "/rpc/change_password", {}, '{"p_current_password":1,"p_new_password":"0123456789"}', 400),
    ("POST", "/rpc/login", {}, "{}", 400),
    ("POST", "/rpc/login", {"Accept": "text/csv"}, "{}", 406),
    ("GET", "/openapi.json", {"Accept": "text/html"}, None, 406),
    ("GET", "/", {"Accept": MEDIA_TYPE}, None, 200),
    ("GET", "/", {"Accept": "text/html"}, None, 200),
    ("GET", "/health/live", {}, None, 200),
    ("HEAD", "/health/ready", {}, None, 200),
    ("GET", "/files?" + "x" * 40000, {}, None, 414),
    ("GET", "/files", {"X-Large": "x" * 40000}, None, 431),
    ("PATCH", "/files?id=is.null", {}, '{"description":"' + "x" * 70000 + '"}', 413),
    ("PATCH", "/files?id=is.null", {}, "x" * 1100000, 413),
]


@pytest.mark.parametrize("method,where,headers,body,status", PROBES, ids=lambda value: str(value)[:60])
def test_answers_are_as_described(document, editor, folder, method, where, headers, body, status):
    """The status is one of the operation's, and headers, media type, body and code are those it has there."""
    for name in ("hello.txt", "other.txt", "a/x", "b/x"):
        assert editor.store(f"{folder}/{name}", CONTENT).status == 200

    def fill(text):
        return text.replace("{f}", folder)

    headers = {name: fill(value) for name, value in headers.items()}
    if body is not None and "store_file" not in where:
        headers["Content-Type"] = "application/json"
    answer = editor.request(method, fill(where), headers, body and fill(body))
    assert answer.status == status, answer
    assert_described(document, method, where.split("?")[0], answer)


def assert_described(document, method, path, answer):
    operation = document["paths"][path][method.lower()]
    assert str(answer.status) in operation["responses"], (method, path, answer)
    response = resolve(document, operation["responses"][str(answer.status)])
    documented = {name.lower() for name in response.get("headers", {})} | {
        # Of the connection and the server, or not a header of OpenAPI's.
        *("connection", "content-length", "content-type", "date", "server", "transfer-encoding"),
        # Guards of what browsers show.
        *("content-security-policy", "x-content-type-options", "referrer-policy", "strict-transport-security"),
        *("cross-origin-opener-policy", "cross-origin-resource-policy"),
    }
    # Nginx finds a range wanting when the file's own headers are on already.
    if answer.status == 416:
        documented |= {name.lower() for name in resolve(document, operation["responses"]["200"])["headers"]}
    is_page = (answer.header("Content-Type") or "").startswith("text/html")
    assert is_page or {name.lower() for name in answer.headers} <= documented, (method, path, answer)
    if method == "HEAD" or "content" not in response:
        assert answer.body == b"", (method, path, answer)
        return
    media = response["content"]
    essence = answer.header("Content-Type").split(";")[0]
    if "*/*" in media:
        return
    assert essence in media, (method, path, answer)
    # An archive has no schema: any would make programs parse it.
    if schema := media[essence].get("schema"):
        check(document, schema, answer.json() if essence.endswith("json") else answer.body.decode())


def test_the_failures_of_an_operation_name_their_codes(document):
    """Each with the status that the component of the code has."""
    statuses = {}
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            medium = resolve(document, response).get("content", {}).get("application/json", {})
            for code in medium.get("examples", {}):
                assert statuses.setdefault(code, status) == status
                assert code in medium["schema"]["properties"]["code"]["enum"]
    assert len(statuses) > 40


def test_the_root_gives_the_same_to_those_who_ask_for_it(nobody):
    document = nobody.get("/openapi.json").body
    answer = nobody.get("/", Accept=MEDIA_TYPE)
    assert (answer.status, answer.body) == (200, document)
    assert answer.header("Content-Type") == f"{MEDIA_TYPE}; charset=utf-8"
    assert nobody.get("/openapi.json", Accept="application/json").body == document


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*", None])
def test_a_browser_gets_the_page(nobody, accept):
    answer = nobody.get("/", Accept=accept)
    assert answer.status == 200
    assert answer.header("Content-Type").startswith("text/html")


def test_its_head_has_its_length_and_no_body(nobody):
    length = str(len(nobody.get("/openapi.json").body))
    for path in ("/openapi.json", "/"):
        answer = nobody.head(path, Accept=MEDIA_TYPE)
        assert (answer.status, answer.body, answer.header("Content-Length")) == (200, b"", length)


def test_another_media_type_is_406(nobody):
    for accept in ("text/html", "image/*", f"{MEDIA_TYPE};q=0"):
        answer = nobody.get("/openapi.json", Accept=accept)
        assert (answer.status, answer.json()["code"]) == (406, "PGRST107")
