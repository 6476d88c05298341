"""The site's OpenAPI document for schemathesis, and the checks that hold an answer against it."""

import schemathesis
from schemathesis.checks import CHECKS, load_all_checks

load_all_checks()
ANSWER_CHECKS = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "allow_header_conformance",
    ]
)


def described(client):
    """The document as the client's site serves it. Not from its URL, which schemathesis would leave out of requests."""
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    schema.config.base_url = client.url
    schema.config.generation.with_security_parameters = False
    return schema
