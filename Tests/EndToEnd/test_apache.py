"""Apache in the place of nginx: what is its own. COFFER_TEST_APACHE runs the other tests behind it."""

import gzip
from pathlib import Path

import pytest

from apache import Apache
from client import Client, assert_failure
from instance import Instance, children

MIB = 1 << 20


@pytest.fixture(scope="module")
def behind_pool(instance):
    with Apache("pool", instance) as apache:
        yield Client(apache.url, instance.log_in().token)


def written_by_workers(instance):
    """Bytes that the pool's workers have written so far, anywhere."""
    pool = int((Path(instance["CONFIG"]).parent / "pids/pool").read_text())
    lines = [line for pid in children(pool) for line in Path(f"/proc/{pid}/io").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("wchar:"))


def test_apache_sends_the_bytes_of_a_download(behind_pool, instance, folder):
    body = bytes(range(256)) * 4 * 4096
    assert behind_pool.store(f"{folder}/large", body).status == 200
    before = written_by_workers(instance)
    assert behind_pool.retrieve(f"{folder}/large").body == body
    assert written_by_workers(instance) - before < 65536


@pytest.mark.parametrize("kind", ["pool", "cgi", "fcgid"])
def test_only_the_static_files_are_compressed(instance, kind):
    with Apache(kind, instance) as apache:
        client = Client(apache.url, instance.log_in().token)
        for name in ("app.js", "style.css", "icons.svg"):
            answer = client.request("GET", f"/assets/{name}", {"Accept-Encoding": "gzip"})
            assert (answer.status, answer.header("Content-Encoding")) == (200, "gzip"), answer
            assert answer.header("Vary") == "Accept-Encoding"
            assert gzip.decompress(answer.body) == client.get(f"/assets/{name}").body
            again = {"Accept-Encoding": "gzip", "If-None-Match": answer.header("ETag")}
            assert client.request("GET", f"/assets/{name}", again).status == 304
        for path in ("/openapi.json", "/files", "/login"):
            answer = client.request("GET", path, {"Accept-Encoding": "gzip"})
            assert (answer.status, answer.header("Content-Encoding")) == (200, None), answer


@pytest.mark.parametrize("size", [15_000, 16_500])
def test_a_query_is_heard_or_refused(behind_pool, size):
    answer = behind_pool.files("description=eq." + "x" * size)
    assert answer.status == 414 or answer.json() == [], answer


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match", "Description"])
def test_fields_that_are_too_long_together_are_refused(behind_pool, folder, name):
    """Or mod_proxy_fcgi would leave them out, and the upload would go through without its condition."""
    value = '"' + "a" * 9000 + '"'
    connection = behind_pool.connection()
    connection.putrequest("POST", "/rpc/store_file")
    for field in [("Authorization", f"Bearer {behind_pool.token}"), ("File-Path", f"{folder}/a"), ("Content-Length", "1")]:
        connection.putheader(*field)
    for _ in range(2):
        connection.putheader(name, value)
    connection.endheaders(b"x")
    response = connection.getresponse()
    assert response.status == 400 and b"KF024" in response.read()
    connection.close()


@pytest.mark.parametrize("kind", ["pool", "cgi"])
def test_a_body_may_be_longer_than_apache_takes_by_itself(instance, folder, kind):
    """1 GiB."""
    pieces = (bytes(MIB) for _ in range(1025))
    with Apache(kind, instance) as apache:
        client = Client(apache.url, instance.log_in().token)
        fields = {"File-Path": f"{folder}/long", "Content-Length": str(1025 * MIB)}
        assert client.request("POST", "/rpc/store_file", fields, pieces).status == 200


def test_what_apache_refuses_has_the_four_keys(behind_pool):
    for answer in (
        behind_pool.raw(b"nonsense\r\n\r\n"),
        behind_pool.raw(b"GET /files HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n"),
        behind_pool.raw(b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n"),
    ):
        assert answer.split()[1] == b"400" and b'"code":"KF024"' in answer and b"application/json" in answer, answer


def test_an_unavailable_pool_is_503(instance):
    nowhere = Instance(instance.settings | {"COFFER_SOCKET": instance["SOCKET"] + ".none"})
    with Apache("pool", nowhere) as apache:
        answer = Client(apache.url).get("/files")
        assert answer.status == 503 and answer.json()["code"] == "KF021", answer
        assert answer.headers.get_all("Retry-After") == ["5"]


@pytest.mark.parametrize("kind", ["fcgid", "cgi"])
def test_a_shared_site_may_lie_in_a_folder(instance, folder, kind):
    token = instance.log_in().token
    with Apache(kind, instance, below="/my/files") as apache:
        client = Client(apache.url, token)
        for page in ("/my/files/", "/my/files/login", "/my/files/assets/app.js"):
            answer = client.get(page)
            assert answer.status == 200 and "default-src 'none'" in answer.header("Content-Security-Policy"), answer
        assert client.get("/my/files/openapi.json").json()["servers"] == [{"url": "/my/files"}]
        stored = client.request("POST", "/my/files/rpc/store_file", {"File-Path": f"{folder}/a"}, b"bytes")
        assert stored.status == 200, stored
        assert client.get(f"/my/files/rpc/retrieve_file?p_file_path={folder}/a").body == b"bytes"
        assert_failure(client.get("/my/files/assets/none.js"), 404)
        for hidden in (".htaccess", "coffer.cgi", "coffer.fcgi", "index.html"):
            assert client.get(f"/my/files/{hidden}").status in (403, 404)
