"""A download has any type and any bytes, and OpenAPI says so: programs that hold answers against it find nothing."""

import pytest

from description import ANSWER_CHECKS, described


@pytest.fixture(scope="module")
def operation(nobody):
    return described(nobody)["/rpc/retrieve_file"]["GET"]


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json", "application/json; charset=utf-8", "application/problem+json", "application/vnd.pgrst.object+json",
        "application/x-ndjson", "application/yaml", "text/yaml", "application/xml", "text/xml", "text/plain", "text/csv",
        "application/x-www-form-urlencoded", "image/png", "x/y", "a/b;", "application/json;",
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [b"\xff\xfe {", b'{"a": ', b"", b"a: [", b"\x00" * 20])
def test_a_download_is_as_described(editor, folder, operation, media_type, body):
    assert editor.store(f"{folder}/a", body, Content_Type=media_type).status == 200
    for fields in ({}, {"Range": "bytes=0-0"}, {"If-None-Match": "*"}):
        case = operation.Case(query={"p_file_path": f"{folder}/a"}, headers=fields)
        response = case.call(headers={"Authorization": f"Bearer {editor.token}"}, timeout=300)
        assert response.status_code in (200, 206, 304, 416)
        case.validate_response(response, checks=ANSWER_CHECKS)
