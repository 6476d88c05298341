"""Storage in S3 as fixtures of conftest.py: an instance of its own against each of two real servers, with a proxy
between that can do harm; and what is in the bucket."""

import hashlib
import os
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from instance import OwnInstance, let_in
from s3 import FaultProxy, Server
from worker import ask

MIB = 1 << 20
PREFIX = "end/to-end"
KINDS = os.environ.get("COFFER_TEST_S3_KINDS", "juicefs seaweedfs").split()


def pattern(size):
    block = hashlib.shake_128(b"coffer").digest(MIB + 7)
    return (block * (size // len(block) + 1))[:size]


@pytest.fixture(scope="session", params=KINDS)
def server(request, tmp_path_factory):
    """A server with a bucket. Its tests run one after the other, as one of them stops it."""
    made = Server(request.param, tmp_path_factory.mktemp("server")).start()
    yield made
    made.close()


@pytest.fixture(scope="session")
def bucket_site(server):
    """An instance whose store is in the bucket, behind a proxy."""
    proxy = FaultProxy(server)
    url = server.storage_url(PREFIX, proxy.endpoint)
    options = {"WORKERS": 2} | ({"UPLOADS": "handoff"} if server.kind == "seaweedfs" else {})
    with OwnInstance(STORAGE_URL=url, environment=server.credentials, **options) as instance:
        yield SimpleNamespace(server=server, proxy=proxy, instance=instance, editor=instance.log_in(), url=url)
    proxy.close()


@pytest.fixture
def s3(bucket_site):
    """The same with a proxy that does no harm yet and has seen nothing."""
    bucket_site.proxy.clear()
    yield bucket_site
    bucket_site.proxy.clear()


@pytest.fixture
def in_cgi(s3, monkeypatch):
    """Single requests to this instance's worker in CGI mode, where it sends the bytes itself."""
    for name, value in s3.instance.settings.items():
        monkeypatch.setenv(name, value)
    return lambda method, target, **more: ask(method, target, s3.editor.token, **more)


@pytest.fixture
def hand_over(in_cgi, tmp_path):
    """Uploads whose body the web server has in a file."""
    let_in(tmp_path)
    file = tmp_path / "body"

    def store(path, body):
        file.write_bytes(body)
        more = {"HTTP_FILE_PATH": path, "CONTENT_LENGTH": str(len(body))}
        return in_cgi("POST", "/rpc/store_file", COFFER_BODY_HANDOFF="on", COFFER_BODY_FILE=str(file), **more)

    return store


def objects(server, query=None):
    """Keys and sizes below the instance's prefix. JuiceFS lists the folders that a batch of deletions has emptied."""
    status, _, body = server.request("GET", "/coffer", {"list-type": "2", "prefix": PREFIX, **(query or {})})
    assert status == 200, body
    found = {
        element.find("{*}Key").text: int(element.find("{*}Size").text)
        for element in ElementTree.fromstring(body).findall("{*}Contents")
    }
    return {key: size for key, size in found.items() if not key.endswith("/")}


def uploads(server):
    status, _, body = server.request("GET", "/coffer", {"uploads": "", "prefix": PREFIX})
    assert status == 200, body
    return [element.find("{*}Key").text for element in ElementTree.fromstring(body).findall("{*}Upload")]


@pytest.fixture(params=["from a file", "as a stream"])
def store_whole(request, s3):
    return s3.editor.store if request.param == "as a stream" else request.getfixturevalue("hand_over")
