"""Behind a proxy that ends TLS: client and scheme are what it says, and what nobody else can say."""

import http.client
import json
import ssl
import subprocess

import pytest

from apache import UNDER_TEST, Apache
from client import Answer
from instance import OwnInstance
from nginx import Nginx, free_port

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")

FRONT = """
server {{
    listen 127.0.0.1:@PORT@ ssl;
    ssl_certificate "{folder}/certificate.pem";
    ssl_certificate_key "{folder}/key.pem";
    location / {{
        {headers}
        proxy_pass {site};
    }}
}}
"""
# As docs/INSTALL.md says, and as nginx does by itself.
PASSED_ON = """
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
"""
SCHEME_ONLY = "proxy_set_header X-Forwarded-Proto https;"
NOTHING = ""
ORIGIN = {"Origin": "https://files.example"}
PAGE = {**ORIGIN, "Sec-Fetch-Site": "same-origin"}


class Front:
    """The proxy, in front of a site's URL. `ask` is a client at an address of its own."""

    def __init__(self, instance, site, headers):
        self.nginx = Nginx(instance, site=None)
        folder = self.nginx.folder
        self.nginx.http = FRONT.format(folder=folder, headers=headers, site=site)
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=files.example"]
        subprocess.run([*make, "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True, capture_output=True)
        (folder / "key.pem").chmod(0o644)

    def __enter__(self):
        self.nginx.__enter__()
        return self

    def __exit__(self, *_):
        self.nginx.__exit__()

    def ask(self, method, target, fields=(), value=None, address="127.0.0.2", host="files.example:443"):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.nginx.port, context=context, timeout=300, source_address=(address, 0)
        )
        return exchange(connection, method, target, {"Host": host, **dict(fields)}, value)


def exchange(connection, method, target, fields, value):
    body = None if value is None else json.dumps(value)
    connection.request(method, target, body, {**fields, **({"Content-Type": "application/json"} if body else {})})
    response = connection.getresponse()
    try:
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def ask_directly(url, method, target, fields, value=None, address="127.0.0.1"):
    """Past the proxy, or as one at an address of one's own."""
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=300, source_address=(address, 0))
    return exchange(connection, method, target, fields, value)


@pytest.fixture(scope="module")
def proxied():
    with OwnInstance(BEHIND_PROXY="127.0.0.1,127.0.0.64/26", LOGINS_RATE="50r/s") as instance:
        yield instance


@pytest.fixture(scope="module", params=["nginx", "apache"])
def site(request, proxied):
    """Both web servers believe the same two proxies."""
    if request.param == "nginx":
        yield proxied["URL"]
        return
    trusted = ["--behind-proxy", "127.0.0.1,127.0.0.64/26"]
    with Apache("pool", proxied, options=trusted, modules=["remoteip"]) as apache:
        yield apache.url


@pytest.fixture(scope="module")
def front(proxied, site):
    with Front(proxied, site, PASSED_ON) as made:
        yield made


def login_value(instance, account="EDITOR", password=None):
    return {"email": instance[f"{account}_EMAIL"], "password": password or instance[f"{account}_PASSWORD"]}


WANTED = {"Prefer": "session=cookie"}


def last_address(instance, action="login"):
    (line,) = instance.sql(f"select remote_address from internal.audit_log where action = '{action}' order by id desc limit 1")
    return line


@pytest.mark.parametrize("page", [ORIGIN, PAGE])
@pytest.mark.parametrize("host", ["files.example", "files.example:443"])
def test_a_browser_logs_in_by_a_secure_cookie(proxied, front, page, host):
    answer = front.ask("POST", "/rpc/login", {**WANTED, **page}, login_value(proxied), host=host)
    assert answer.status == 204, answer
    (cookie,) = answer.headers.get_all("Set-Cookie")
    assert cookie.startswith("__Host-coffer=ey") and "; Secure" in cookie
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=63072000"]
    assert last_address(proxied) == "127.0.0.2"
    mine = {"Cookie": cookie.partition(";")[0]}
    assert front.ask("GET", "/rpc/whoami", mine).status == 200
    assert front.ask("POST", "/rpc/logout", {**mine, "Origin": "https://evil.example"}, host=host).status == 403
    assert front.ask("POST", "/rpc/logout", {**mine, **page}, host=host).status == 204
    assert front.ask("GET", "/rpc/whoami", mine).status == 401


def test_wrong_passwords_lock_out_only_the_address_they_came_from(proxied, front):
    """Each account is another one, so that only the address counts."""
    for number in range(10):
        value = {"email": f"{number}-{front.nginx.port}@nobody.example", "password": "wrong"}
        assert front.ask("POST", "/rpc/login", (), value, address="127.0.0.3").status == 400
    assert front.ask("POST", "/rpc/login", (), login_value(proxied), address="127.0.0.3").status == 429
    for address in ("127.0.0.2", "127.0.0.4"):
        assert front.ask("POST", "/rpc/login", (), login_value(proxied), address=address).status == 200
    proxied.sql("delete from internal.login_failures")


@pytest.mark.parametrize(
    ("sender", "forwarded", "client"),
    [
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "203.0.113.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7, 127.0.0.70", "192.0.2.7"),
        ("127.0.0.80", "192.0.2.7, 127.0.0.70, 127.0.0.1", "192.0.2.7"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.5", "192.0.2.7", "127.0.0.5"),
        ("127.0.0.5", "127.0.0.1, 127.0.0.1", "127.0.0.5"),
    ],
)
def test_the_address_is_what_believed_proxies_say(proxied, site, sender, forwarded, client):
    fields = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert ask_directly(site, "POST", "/rpc/login", fields, login_value(proxied), sender).status == 200
    assert last_address(proxied) == client


@pytest.mark.parametrize(
    ("sender", "scheme", "is_secure"),
    [
        ("127.0.0.1", "https", True), ("127.0.0.1", "HTTPS", True), ("127.0.0.1", "https, http", True),
        ("127.0.0.1", "http", False), ("127.0.0.1", "http, https", False), ("127.0.0.1", "httpsx", False),
        ("127.0.0.1", None, False), ("127.0.0.5", "https", False), ("127.0.0.5", None, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("host", ["files.example", "127.0.0.1:8080", "localhost", "coffer"])
def test_the_scheme_is_what_believed_proxies_say_and_no_cookie_goes_without_secure(
    proxied, site, sender, scheme, is_secure, host
):
    fields = {"X-Forwarded-For": "192.0.2.7", **({"X-Forwarded-Proto": scheme} if scheme else {})}
    # What nobody is believed.
    fields |= {"X-Forwarded-Host": "files.example", "X-Forwarded-Ssl": "on", "X-Forwarded-Port": "443", "HTTPS": "on"}
    answer = ask_directly(site, "POST", "/rpc/login", {"Host": host, **WANTED, **fields}, login_value(proxied), sender)
    assert answer.status == (204 if is_secure else 400), answer
    assert ("; Secure" in answer.header("Set-Cookie")) if is_secure else (answer.header("Set-Cookie") is None)
    assert (answer.header("Strict-Transport-Security") is not None) == is_secure


def test_a_proxy_with_a_host_of_its_own_gets_a_secure_cookie_or_none(proxied, site):
    """nginx's default Host is that of `proxy_pass`; a browser's word for where its page comes from still stands."""
    value = login_value(proxied)
    with Front(proxied, site, SCHEME_ONLY + "proxy_set_header X-Forwarded-For $remote_addr;") as front:
        answer = front.ask("POST", "/rpc/login", {**WANTED, **PAGE}, value)
        assert answer.status == 204 and "; Secure" in answer.header("Set-Cookie"), answer
        assert front.ask("POST", "/rpc/login", {**WANTED, **ORIGIN}, value).status == 403
    with Front(proxied, site, NOTHING) as front:
        for page in ({}, ORIGIN, PAGE):
            answer = front.ask("POST", "/rpc/login", {**WANTED, **page}, value)
            assert answer.status in (400, 403) and answer.header("Set-Cookie") is None, answer
        # A program's way in is open all the same.
        assert front.ask("POST", "/rpc/login", (), value).status == 200


@pytest.mark.parametrize("headers", [NOTHING, "proxy_http_version 1.1;", SCHEME_ONLY, "proxy_set_header Host $http_host;"])
def test_a_site_that_knows_of_no_proxy_gives_none_a_cookie_without_secure(instance, headers):
    with Front(instance, instance["URL"], headers) as front:
        for page in (PAGE, ORIGIN):
            answer = front.ask("POST", "/rpc/login", {**WANTED, **page}, login_value(instance))
            assert answer.status in (400, 403) and answer.header("Set-Cookie") is None, answer


def test_a_site_can_listen_where_another_host_reaches_it(proxied):
    address = f"127.0.0.9:{free_port()}"
    options = ["--listen", address, "--behind-proxy", "127.0.0.1"]
    with Nginx(proxied, options=options, answers_at=address) as nginx:
        answer = ask_directly(f"http://{address}", "GET", "/health/live", {"X-Forwarded-Proto": "https"})
        assert answer.status == 200 and answer.header("Strict-Transport-Security"), answer
        with pytest.raises(ConnectionRefusedError):
            ask_directly(nginx.url, "GET", "/health/live", {})


@pytest.mark.parametrize("option", [["--behind-proxy", "proxy.example"], ["--behind-proxy", "10.0.0.1;"], ["--listen", "8080"]])
def test_what_is_no_address_is_refused(proxied, option):
    with pytest.raises(AssertionError, match=option[0]):
        Nginx(proxied, options=option)
