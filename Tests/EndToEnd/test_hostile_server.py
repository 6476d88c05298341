"""Whatever the operator's web server switches on for all of its sites, ours sends what the worker decided."""

import contextlib
import hashlib
import http.client
from pathlib import Path

import pytest

from apache import UNDER_TEST
from client import Client, assert_failure, etag, repr_digest, retrieve_target
from nginx import Nginx

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")

# By name, each with what it would do to a site that does not say otherwise.
HTTP_BLOCKS = {
    "debian": "gzip on; sendfile on; tcp_nopush on; types_hash_max_size 2048; default_type application/octet-stream;",
    "gzip": "gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; gzip_vary on; gzip_comp_level 9; gunzip on;",
    "static": "gzip_static always; autoindex on; dav_methods PUT DELETE; index secret.html; disable_symlinks off;",
    "ssi": "ssi on; ssi_types *; ssi_last_modified on;",
    "sub_filter": "sub_filter 'a' 'bb'; sub_filter_once off; sub_filter_types *; sub_filter_last_modified on;",
    "addition": "add_before_body /login; add_after_body /login; addition_types *;",
    "expires": "expires 30d;",
    "charset": "charset koi8-r; source_charset windows-1251; override_charset on; charset_types *;"
    "charset_map windows-1251 koi8-r { 61 62; } charset_map windows-1251 utf-8 { E2 D0B0; }",
    "headers": "add_header Cache-Control max-age=99 always; add_header X-Operator yes always; add_trailer X-T yes always;",
    "cookies": "userid on; userid_name uid; userid_path /;",
    "files": "etag off; max_ranges 0; if_modified_since before; open_file_cache max=100 inactive=1h; default_type text/html;",
    "errors": "error_page 400 401 403 404 405 409 412 416 429 500 503 =200 /login; fastcgi_intercept_errors on;"
    "proxy_intercept_errors on; recursive_error_pages on;",
    "worker": "fastcgi_cache_path {folder}/cache keys_zone=hostile:1m; fastcgi_cache hostile; fastcgi_cache_key x;"
    "fastcgi_cache_valid any 1h; fastcgi_ignore_headers Cache-Control Set-Cookie Expires Vary X-Accel-Redirect;"
    "fastcgi_pass_header X-Accel-Redirect; fastcgi_hide_header ETag; fastcgi_hide_header Content-Type;"
    "fastcgi_force_ranges on; fastcgi_buffering off; fastcgi_pass_request_body off; fastcgi_pass_request_headers off;"
    "fastcgi_request_buffering off; fastcgi_param HTTPS on; mirror /rpc/logout;",
    "requests": "underscores_in_headers on; ignore_invalid_headers off; client_body_in_file_only on; satisfy any; allow all;"
    "client_max_body_size 1; chunked_transfer_encoding off; merge_slashes off;",
}
PAGE = b"<!--#echo var='HTTP_AUTHORIZATION' --><head></head><p>a" + b"a banana " * 2000
KINDS = {"page.html": "text/html", "words.txt": "text/plain", "data.json": "application/json", "x.bin": "application/x-none"}


@contextlib.contextmanager
def hostile(instance, name, **more):
    text = HTTP_BLOCKS[name] if name in HTTP_BLOCKS else "".join(HTTP_BLOCKS.values())
    site = Nginx(instance, **more)
    site.http = text.replace("{folder}", str(site.folder)) + site.http
    with site:
        yield site


def fields(answer):
    """A response's header without what no two answers share."""
    own = ["date", "x-request-id", "connection", "server", "last-modified"]
    if answer.header("Content-Encoding"):
        # Whoever compresses may not know the length when it begins to send.
        own += ["content-length", "transfer-encoding"]
    return sorted((name.lower(), value) for name, value in answer.headers.items() if name.lower() not in own)


def assert_untouched(plain, client, folder):
    """Whatever a client of the hostile site sees is what one of the plain site sees."""
    accepting = {"Accept_Encoding": "gzip, br, deflate"}
    for name, kind in KINDS.items():
        path = f"{folder}/{name}"
        stored = client.store(path, PAGE, Content_Type=kind)
        assert stored.status == 200, stored
        answer = client.retrieve(path, **accepting)
        assert answer.body == PAGE, (name, answer)
        assert answer.header("Content-Length") == str(len(PAGE)) and answer.header("ETag") == etag(PAGE), answer
        assert answer.header("Repr-Digest") == repr_digest(PAGE), answer
        part = client.retrieve(path, Range="bytes=10-29", **accepting)
        assert (part.status, part.body) == (206, PAGE[10:30]), part
        for more in ({}, {"Range": "bytes=10-29"}, {"If_None_Match": answer.header("ETag")}, {"Range": "bytes=999999-"}):
            mine, theirs = (each.retrieve(path, **more, **accepting) for each in (client, plain))
            assert (mine.status, mine.body, fields(mine)) == (theirs.status, theirs.body, fields(theirs)), (name, more)
        head = client.request("HEAD", retrieve_target(path), {"Accept-Encoding": "gzip"})
        assert head.header("Content-Length") == str(len(PAGE)), head
        # The tag that was seen is one to change the file by.
        assert client.store(path, PAGE, Content_Type=kind, If_Match=answer.header("ETag")).status == 200
    for target in ("/files?limit=3&order=file_path", f"/rpc/list_folder?p_folder={folder}", "/openapi.json", "/", "/login",
                   "/assets/app.js", "/assets/", "/nowhere", "/rpc/retrieve_file", "/files?x", "/health/live"):  # fmt: skip
        for token in (client.token, None):
            mine, theirs = (
                Client(each.url, token).request("GET", target, {"Accept-Encoding": "gzip"}) for each in (client, plain)
            )
            assert (mine.status, mine.body) == (theirs.status, theirs.body), (target, mine, theirs)
            assert fields(mine) == fields(theirs), target
    for method in ("PUT", "DELETE"):
        assert client.request(method, "/assets/app.js").status in (404, 405)
    assert_failure(client.get("/rpc/retrieve_file?p_file_path=none"), 400, "KF002")


@pytest.mark.parametrize("name", [*HTTP_BLOCKS])
@pytest.mark.parametrize("uploads", ["handoff", "streaming"])
def test_nothing_of_the_http_block_changes_what_we_serve(instance, editor, folder, name, uploads):
    with hostile(instance, name, options=["--uploads", uploads]) as site:
        assert_untouched(editor, Client(site.url, editor.token), folder)


def test_an_upload_is_asked_for_before_its_body_is_written_whatever_the_http_block_allows(instance, folder):
    """`satisfy any` with `allow all` would let everybody past the question."""
    with hostile(instance, "requests") as site:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=300)
        connection.putrequest("POST", "/rpc/store_file")
        for field in (("File-Path", f"{folder}/a"), ("Content-Length", "100000000")):
            connection.putheader(*field)
        # Nothing of the body: who is refused is refused before.
        connection.endheaders()
        response = connection.getresponse()
        assert response.status == 401, response.read()
        connection.close()


def test_a_stored_page_does_not_run_on_the_server(instance, editor, folder):
    with hostile(instance, "ssi") as site:
        client = Client(site.url, editor.token)
        client.store(f"{folder}/page.html", PAGE, Content_Type="text/html")
        answer = client.retrieve(f"{folder}/page.html")
        assert hashlib.sha256(answer.body).hexdigest() == etag(PAGE).strip('"')
        assert editor.token.encode() not in answer.body


MODULES = {
    "brotli_filter": "brotli on; brotli_types *; brotli_min_length 1;",
    "subs_filter": "subs_filter a bb; subs_filter_types *;",
}


@pytest.mark.parametrize("name", [*MODULES])
def test_nothing_of_a_module_that_is_loaded_does(monkeypatch, instance, editor, folder, name):
    file = Path(f"/usr/lib/nginx/modules/ngx_http_{name}_module.so")
    if not file.exists():
        pytest.skip(f"without {file.name}")
    monkeypatch.setitem(HTTP_BLOCKS, name, MODULES[name])
    with hostile(instance, name, main=f"load_module {file};") as site:
        assert_untouched(editor, Client(site.url, editor.token), folder)
