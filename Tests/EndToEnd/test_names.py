"""One name in two forms, as a PC and a Mac write it: the same file, however long it is and wherever it is named."""

import json
from urllib.parse import quote

import pytest

from client import assert_failure, retrieve_target

COMPOSED, DECOMPOSED = "caf\u00e9.txt", "cafe\u0301.txt"
# 30 syllables are 270 bytes as a Mac sends them, and 90 as they are stored.
SYLLABLES = "\u1112\u1161\u11ab" * 30
JSON = {"Content-Type": "application/json"}


def encoded(path):
    return f"UTF-8''{quote(path, safe='')}"


@pytest.fixture
def client(editor_of_file):
    """An editor without files."""
    yield editor_of_file
    user = editor_of_file.get("/rpc/whoami").json()["user_id"]
    assert editor_of_file.delete(f"/files?user_id=eq.{user}").status == 204


@pytest.mark.parametrize("form", [str, encoded], ids=["raw", "encoded"])
@pytest.mark.parametrize("body", [b"short", b"long" * 30000], ids=["short", "long"])
def test_a_name_is_measured_as_it_is_stored(client, form, body):
    assert client.store(form(f"{SYLLABLES}.txt"), body).status == 200
    assert client.retrieve(f"{SYLLABLES}.txt").body == body
    assert client.files("select=file_path").json() == [{"file_path": "\ud55c" * 30 + ".txt"}]
    longest = "\u1112\u1161\u11ab" * 85
    moved = client.request("PATCH", "/files?file_path=neq.x", JSON, json.dumps({"file_path": f"{longest}/{longest}"}))
    assert moved.status == 204
    assert client.retrieve(f"{longest}/{longest}").body == body
    assert len(client.get(f"/rpc/list_folder?p_folder={quote(longest)}").json()) == 1
    assert client.post("/rpc/move_folder", {"p_from": longest, "p_to": f"{longest[:-3]}"}).json() == 1


@pytest.mark.parametrize("name", ["\u1112\u1161\u11ab" * 86, "\u0958" * 43, "e\u0301" * 128])
def test_a_name_that_is_too_long_names_the_rule_everywhere(client, name):
    assert client.store("a", b"x").status == 200
    for answer in (
        client.store(encoded(name), b"x"),
        client.get(retrieve_target(name)),
        client.request("PATCH", "/files?file_path=eq.a", JSON, json.dumps({"file_path": name})),
        client.post("/rpc/move_folder", {"p_from": "a", "p_to": name}),
        client.get(f"/rpc/list_folder?p_folder={quote(name)}"),
    ):
        failure = assert_failure(answer, 400, "KF003")
        assert "255 bytes" in failure["message"]


FILTERS = {
    "eq": "eq.{}", "not.neq": "not.neq.{}", "in": 'in.("{}")', "like": "like.{}", "like star": "like.*{}*", "ilike": "ilike.{}",
    "match": "match.^{}$", "imatch": "imatch.{}", "any": 'eq(any).{{"{}"}}', "all": 'like(all).{{"{}"}}', "gte": "gte.{}",
    "lte": "lte.{}", "not.isdistinct": "not.isdistinct.{}",
}  # fmt: skip


@pytest.mark.parametrize("name", [COMPOSED, DECOMPOSED], ids=["composed", "decomposed"])
@pytest.mark.parametrize("operator", FILTERS)
def test_a_file_is_found_by_any_form_of_its_name(client, operator, name):
    assert client.store(DECOMPOSED, b"x").status == 200
    value = FILTERS[operator].format(name)
    found = [{"file_path": COMPOSED}]
    assert client.files(f"select=file_path&file_path={quote(value)}").json() == found
    group = f'(file_path.{value.replace(name, chr(34) + name + chr(34)) if operator in ("eq", "not.neq") else value})'
    assert client.files(f"select=file_path&and={quote(group)}").json() == found
    subject = client.get(f"/audit_log?select=subject&action=eq.store&subject={quote(value)}&order=id.desc&limit=1").json()
    assert subject == [{"subject": COMPOSED}]
    assert client.delete(f"/files?file_path={quote(value)}").status == 204
    assert client.files("").json() == []


def test_what_was_to_be_spared_is_spared_by_any_form_of_its_name(client):
    for name in (COMPOSED, "other"):
        assert client.store(name, b"x").status == 200
    assert client.delete(f"/files?file_path={quote('neq.' + DECOMPOSED)}").status == 204
    assert client.files("select=file_path").json() == [{"file_path": COMPOSED}]
    assert client.delete(f"/files?file_path={quote('not.in.(' + DECOMPOSED + ')')}").status == 204
    assert client.files("select=file_path").json() == [{"file_path": COMPOSED}]


def test_a_description_is_compared_as_it_was_written(client):
    assert client.store("a", b"x", Description=encoded(DECOMPOSED)).status == 200
    assert len(client.files(f"description={quote('eq.' + DECOMPOSED)}").json()) == 1
    assert client.files(f"description={quote('eq.' + COMPOSED)}").json() == []
