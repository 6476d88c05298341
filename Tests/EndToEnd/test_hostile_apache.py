"""The same of Apache: what its configuration switches on before our file changes nothing, nor on a shared host."""

import pytest

from apache import UNDER_TEST, Apache
from client import Client
from test_hostile_server import assert_untouched

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")

# By name: modules, and what the server says.
SERVERS = {
    "deflate": (["deflate"], "SetOutputFilter DEFLATE"),
    "brotli": (["brotli"], "SetOutputFilter BROTLI_COMPRESS\nAddOutputFilterByType BROTLI_COMPRESS text/html application/json"),
    "includes": (["include"], "Options +Includes\nSetOutputFilter INCLUDES"),
    "includes by type": (["include"], "Options +Includes\nAddOutputFilterByType INCLUDES text/html text/plain"),
    "includes by name": (["include"], "Options +Includes\nAddOutputFilter INCLUDES .html .js .css .cgi .fcgi"),
    "substitute": (["substitute"], "SetOutputFilter SUBSTITUTE\nSubstitute s/a/bb/n"),
    "substitute by type": (["substitute"], "AddOutputFilterByType SUBSTITUTE text/html application/json\nSubstitute s/a/bb/n"),
    "expires": (["expires"], 'ExpiresActive On\nExpiresDefault "access plus 30 days"'),
    "charset": (["charset_lite"], "CharsetSourceEnc utf-8\nCharsetDefault utf-16\nAddDefaultCharset koi8-r"),
    "cookies": (["usertrack"], "CookieTracking On"),
    "digest": ([], "ContentDigest On"),
    "errors": ([], "ErrorDocument 400 /login\nErrorDocument 404 /login\nErrorDocument 416 /login"),
}
CACHE = """CacheEnable socache /
CacheSocache shmcb
CacheIgnoreCacheControl On
CacheIgnoreNoLastMod On
CacheStorePrivate On
CacheStoreNoStore On
"""


@pytest.fixture(scope="module", params=["pool", "cgi"])
def plain(request, instance):
    """A server that says nothing but the site."""
    with Apache(request.param, instance) as apache:
        yield apache


@pytest.mark.parametrize("name", [*SERVERS])
def test_nothing_of_the_server_changes_what_we_serve(instance, editor, folder, plain, name):
    modules, settings = SERVERS[name]
    modules = [module for module in modules if module != "deflate"]
    with Apache(plain.kind, instance, settings=settings + "\n", modules=modules) as hostile:
        assert_untouched(Client(plain.url, editor.token), Client(hostile.url, editor.token), folder)


@pytest.mark.parametrize("plain", ["pool"], indirect=True)
def test_what_the_server_keeps_for_all_is_not_ours(instance, editor, folder, plain):
    modules = ["cache", "cache_socache", "socache_shmcb"]
    with Apache("pool", instance, settings=CACHE, modules=modules) as hostile:
        assert_untouched(Client(plain.url, editor.token), Client(hostile.url, editor.token), folder)


@pytest.mark.parametrize("plain", ["pool"], indirect=True)
def test_errors_of_the_worker_stay_its_own_where_the_server_overrides_them(instance, editor, folder, plain):
    settings = "ProxyErrorOverride On\nErrorDocument 400 /login\nErrorDocument 404 /login\n"
    with Apache("pool", instance, settings=settings) as hostile:
        assert_untouched(Client(plain.url, editor.token), Client(hostile.url, editor.token), folder)
