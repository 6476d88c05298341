"""A person with an account of their own, whom the web app knows already, for the tests that import this."""

from urllib.parse import quote, urlsplit

import pytest


@pytest.fixture(scope="module")
def person(app, editor_of_file):
    """The app with an editor of this test file logged in, by the cookie; `person.client` is the same editor."""
    be(app, editor_of_file)
    return app


def be(app, client):
    app.open("/login")
    app.driver.add_cookie({"name": "coffer", "value": client.token, "path": "/", "domain": urlsplit(app.url).hostname})
    app.client = client
    app.open("/")
    app.wait_for_files()


@pytest.fixture
def fresh(person):
    """The same without any file, on a desktop."""
    for entry in person.client.get("/rpc/list_folder?p_folder=").json():
        if entry["is_folder"]:
            person.client.post("/rpc/delete_folder", {"p_folder": entry["name"]})
    assert person.client.delete("/files?created_at=lt.2100-01-01").status == 204
    assert person.client.delete("/trash?created_at=lt.2100-01-01").status == 204
    person.desktop()
    return person


def store(person, path, body=b"Hello", **headers):
    stored = person.client.store(f"UTF-8''{quote(path, safe='')}", body, **headers)
    assert stored.status == 200, stored


def paths(person):
    return [row["file_path"] for row in person.client.get("/files?select=file_path&order=file_path").json()]


def content(person, path):
    return person.client.retrieve(path).body


def in_trash(person, reason="deleted"):
    rows = person.client.get(f"/trash?select=file_path&reason=eq.{reason}&order=removed_at.desc,file_path").json()
    return [row["file_path"] for row in rows]
