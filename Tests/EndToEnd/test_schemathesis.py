"""Random requests made from the OpenAPI document: no answer is 5xx, and each is as the document says.

Each role has an account of its own, and so has whoever is changed or deleted; all of them go in the end.
"""

import secrets
from types import SimpleNamespace

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from client import log_in
from description import ANSWER_CHECKS, described

EXAMPLES = 12
# Each of these takes the server a bcrypt, or ends the session.
COSTLY = {"POST /rpc/login", "POST /rpc/change_password", "POST /rpc/create_user", "POST /rpc/reset_password"}
COSTLY_EXAMPLES = 6


@pytest.fixture(scope="module")
def schema(nobody):
    return described(nobody)


@pytest.fixture(scope="module", params=["editor", "admin"])
def actor(request, url, sql):
    """Who sends the requests, with files to find, and a victim."""
    domain = f"{secrets.token_hex(8)}.example"
    actor = SimpleNamespace(email=f"actor@{domain}", password=secrets.token_urlsafe(24), domain=domain, url=url)
    sql(f"select internal.create_user('{actor.email}', '{actor.password}', '{request.param}', null)")
    victim = sql(f"select internal.create_user('victim@{domain}', '{secrets.token_urlsafe(24)}', 'editor', null)")
    actor.victim = victim[0]
    actor.client = log_in(url, actor.email, actor.password)
    for path in ("letters/hello.txt", "archive/photo.jpg"):
        assert actor.client.store(path, b"Hello, Coffer!\n").status == 200
    yield actor
    sql(f"select internal.delete_user(email) from internal.users where email like '%@{domain}'")


def tame(actor, case):
    """Keeps a request from harming others: strangers' accounts, and the address that all tests log in from."""
    path, body = case.operation.path, case.body if isinstance(case.body, dict) else {}
    is_text = {name for name, value in body.items() if isinstance(value, str)}
    if path == "/rpc/login":
        body |= {name: getattr(actor, name) for name in {"email", "password"} & is_text}
    if path == "/rpc/change_password" and is_text:
        # Never a wrong password, which counts as a failed login, and never a new one.
        body |= {name: actor.password for name in is_text}
    if path == "/rpc/create_user" and "p_email" in is_text:
        body["p_email"] = f"{secrets.token_hex(4)}@{actor.domain}"
    if path in ("/rpc/reset_password", "/rpc/delete_user") and "p_user_id" in is_text:
        body["p_user_id"] = actor.victim
    if path == "/users" and case.method == "PATCH":
        case.query = {**case.query, "id": f"eq.{actor.victim}"}
    if path == "/sessions" and case.method == "DELETE":
        case.query = {**case.query, "user_id": f"eq.{actor.victim}"}


def resolve(schema, value):
    while "$ref" in value:
        target = schema.raw_schema
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        value = target
    return value


def example_body(described):
    """Media type and body; None where there is none. Bytes have any type."""
    content = described.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return "application/json", dict(content["application/json"]["example"])
    if "*/*" in content:
        return "application/octet-stream", content["*/*"]["example"].encode()
    return next(((media_type, body["example"].encode()) for media_type, body in content.items()), None)


@schemathesis.serializer("application/offset+octet-stream")
def as_it_is(_, value):
    return value if isinstance(value, bytes) else str(value).encode()


@st.composite
def requests(draw, schema, operation):
    """What the schemas allow, what they do not, or some of the document's own examples."""
    kind = draw(st.sampled_from(["positive", "negative", "examples"]))
    described = schema.raw_schema["paths"][operation.path][operation.method.lower()]
    parameters = [resolve(schema, parameter) for parameter in described.get("parameters", [])]
    if kind == "negative" and (parameters or "requestBody" in described):
        return draw(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    case = draw(operation.as_strategy())
    if kind == "examples":
        chosen = [item for item in parameters if item.get("required") or draw(st.integers(0, 3)) == 0]
        case.query = {item["name"]: item["example"] for item in chosen if item["in"] == "query"}
        case.headers = {item["name"]: str(item["example"]) for item in chosen if item["in"] == "header"}
        if body := example_body(described):
            case.media_type, case.body = body
    return case


def play(actor, schema, operation):
    """Sends the operation's requests; raises what the first bad answer is."""

    @seed(20261125)
    @settings(
        max_examples=COSTLY_EXAMPLES if operation.label in COSTLY else EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(schema, operation))
    def run(case):
        tame(actor, case)
        token = actor.client.token
        if operation.label == "POST /rpc/logout":
            token = log_in(actor.url, actor.email, actor.password).token
        response = case.call(headers={"Authorization": f"Bearer {token}"}, timeout=300)
        case.validate_response(response, checks=ANSWER_CHECKS)

    run()


def test_random_requests_are_answered_as_described(subtests, actor, schema):
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == sum(len(methods) for methods in schema.raw_schema["paths"].values())
    # What ends the victim or costs the session comes last.
    last = ["POST /rpc/delete_user", "POST /rpc/logout"]
    for operation in sorted(operations, key=lambda operation: operation.label in last):
        with subtests.test(operation.label):
            play(actor, schema, operation)
