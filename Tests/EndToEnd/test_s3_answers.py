"""Of an S3 store's answer a client sees the bytes and nothing else; behind nginx, whatever its http block says."""

import os
import secrets
import subprocess

import pytest

from apache import UNDER_TEST
from client import Client, retrieve_target
from instance import OwnInstance, let_in
from nginx import Nginx, free_port
from pool import wait_until
from s3 import FaultProxy
from script import load_script
from test_hostile_server import HTTP_BLOCKS, PAGE, assert_untouched, hostile

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")

# What no list of names would have; some of it a browser would obey.
SPEWED = {
    "X-Amz-Meta-Secret": "s", "X-Amz-Something-New": "1", "X-Evil": "yes", "Refresh": "0; url=https://evil.example",
    "Clear-Site-Data": '"*"', "Content-Encoding": "gzip", "Alt-Svc": 'h3=":443"', "Set-Cookie": "a=b",
    "Access-Control-Allow-Origin": "*", "Location": "https://evil.example", "WWW-Authenticate": "Basic", "Age": "1",
    "Content-Location": "/elsewhere", "X-Accel-Redirect": "/login", "X-Accel-Charset": "koi8-r", "Vary": "*",
    "Cache-Control": "public, max-age=9", "Content-Type": "text/x-evil", "Content-Disposition": "inline",
    "ETag": '"other"', "Last-Modified": "Thu, 01 Jan 1970 00:00:00 GMT", "Link": "</x>; rel=preload", "1": "2",
}  # fmt: skip
# The headers beginning so that are the worker's and nginx's own.
OURS = {"x-request-id", "x-content-type-options"}
PROXY_BLOCK = (
    "proxy_cache_path {folder}/cache keys_zone=hostile:1m; proxy_cache hostile; proxy_cache_key x; proxy_cache_valid any 1h;"
    "proxy_ignore_headers Cache-Control; proxy_hide_header Content-Length; proxy_pass_header X-Accel-Redirect;"
    "proxy_set_header Authorization $http_authorization; proxy_set_body x; proxy_force_ranges on; proxy_buffering off;"
    "proxy_intercept_errors off;"
)


class Rclone:
    """`rclone serve s3` with a bucket in a folder."""

    def __init__(self, folder):
        (folder / "coffer").mkdir()
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self.credentials = {"AWS_ACCESS_KEY_ID": "rclone", "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20)}
        command = [load_script("s3-server").program("rclone"), "serve", "s3", "--auth-key", ",".join(self.credentials.values())]
        self.process = subprocess.Popen(
            [*command, "--addr", f"127.0.0.1:{port}", folder], env={"PATH": os.defpath, "HOME": str(folder)}
        )
        wait_until(lambda: answers(self.endpoint), 120, "rclone")

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=300)


def answers(endpoint):
    try:
        return Client(endpoint).get("/").status > 0
    except OSError:
        return False


class Spewing(FaultProxy):
    """Says a lot beside the bytes, which are the server's."""

    def answer(self, request, answer, harm):
        # rclone sends a part as if it were the whole.
        if answer.headers["Content-Range"]:
            answer.status = 206
        for name, value in SPEWED.items() if request.command == "GET" else ():
            del answer.headers[name]
            answer.headers[name] = value
        super().answer(request, answer, harm)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    server = Rclone(tmp_path_factory.mktemp("rclone"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def proxy(store):
    made = Spewing(store)
    yield made
    made.close()


@pytest.fixture(scope="module")
def remote(store, proxy):
    """An instance for which the store is behind the proxy that spews."""
    options = {"STORAGE_URL": f"s3://coffer/x?endpoint={proxy.endpoint}", "WORKERS": 2}
    with OwnInstance(**options, S3_CREDENTIALS_FILE=credentials(store)) as instance:
        yield instance


def credentials(store):
    folder = store.process.args[-1].parent / f"{store.process.pid}"
    folder.mkdir()
    let_in(folder)
    file = folder / "credentials"
    lines = (f"{name.lower()} = {value}\n" for name, value in store.credentials.items())
    file.write_text("[default]\n" + "".join(lines))
    file.chmod(0o644)
    return file


@pytest.fixture(scope="module")
def owner(remote):
    return Client(remote["URL"], remote.log_in().token)


def answered(client, path, **headers):
    """Names and values of what a download says, less what no two answers share."""
    answer = client.request("GET", retrieve_target(path), headers)
    own = ("date", "x-request-id", "last-modified", "connection")
    return answer.status, answer.body, sorted((n.lower(), v) for n, v in answer.headers.items() if n.lower() not in own)


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=10-19"}, {"Range": "bytes=-1"}], ids=str)
def test_nothing_that_a_store_says_beside_the_bytes_reaches_a_client(owner, editor, folder, headers):
    path = f"{folder}/page.html"
    for client in (owner, editor):
        assert client.store(path, PAGE, Content_Type="text/html").status == 200
    assert answered(owner, path, **headers) == answered(editor, path, **headers)


def test_without_njs_what_rclone_says_does_not(monkeypatch, remote, owner, folder):
    # All that is said is the store's own.
    monkeypatch.setattr("test_s3_answers.SPEWED", {})
    path = f"{folder}/page.html"
    assert owner.store(path, PAGE, Content_Type="text/html").status == 200
    with Nginx(remote, options=["--s3-endpoint", remote_endpoint(remote), "--njs", "off"]) as nginx:
        answer = Client(nginx.url, owner.token).retrieve(path)
        assert answer.body == PAGE
        assert {name.lower() for name in answer.headers if name.lower().startswith("x-")} == OURS


def remote_endpoint(remote):
    return remote.script_environment["COFFER_STORAGE_URL"].partition("endpoint=")[2]


NJS = "load_module /usr/lib/nginx/modules/ngx_http_js_module.so;"


@pytest.mark.parametrize("name", [*HTTP_BLOCKS, "proxy"])
def test_nothing_of_the_http_block_changes_what_a_bucket_has(monkeypatch, remote, owner, folder, name):
    monkeypatch.setitem(HTTP_BLOCKS, "proxy", PROXY_BLOCK)
    # That nginx.conf loads njs is for the script to see.
    options = ["--s3-endpoint", remote_endpoint(remote)]
    with hostile(remote, name, options=options, main=NJS) as site:
        assert_untouched(owner, Client(site.url, owner.token), folder)
        owner.clear(folder)
