"""Storage in S3: an instance of its own against each of two real servers, with a proxy between that can do harm."""

import contextlib
import hashlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from apache import Apache
from client import Client, assert_failure, etag, log_in, retrieve_target
from instance import Instance, let_in
from nameserver import NameServer
from pool import peak_memory
from s3 import FaultProxy, Server
from worker import ask

CHECKOUT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
PREFIX = "end/to-end"


def pattern(size):
    block = hashlib.shake_128(b"coffer").digest(MIB + 7)
    return (block * (size // len(block) + 1))[:size]


def scripts(name, environment):
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}
    done = subprocess.run([CHECKOUT / "scripts" / name], env=clean, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr


def variables(file):
    found = re.findall(r"^export (\w+)=(.*)$", Path(file).read_text(), re.M)
    return {name: "".join(shlex.split(value)) for name, value in found}


KINDS = os.environ.get("COFFER_TEST_S3_KINDS", "juicefs seaweedfs").split()


@pytest.fixture(scope="module", params=KINDS)
def s3(request):
    """A server, the proxy before it, and an instance whose store it is."""
    work = Path(tempfile.mkdtemp(prefix="coffer-s3."))
    work.chmod(0o755)
    server = Server(request.param, work / "server").start()
    proxy = FaultProxy(server)
    run = {"COFFER_RUN_DIR": str(work / "run"), "COFFER_WORKERS": "2", "COFFER_LOGIN_RATE": "10r/s"}
    if request.param == "seaweedfs":
        run["COFFER_UPLOADS"] = "handoff"
    try:
        url = server.storage_url(PREFIX, proxy.endpoint)
        scripts("run", {**run, "COFFER_STORAGE_URL": url, **server.credentials})
        environment = variables(work / "run" / "environment")
        editor = log_in(environment["COFFER_URL"], environment["COFFER_EDITOR_EMAIL"], environment["COFFER_EDITOR_PASSWORD"])
        yield SimpleNamespace(server=server, proxy=proxy, environment=environment, editor=editor, work=work, url=url)
    finally:
        try:
            scripts("stop", run)
        finally:
            proxy.close()
            server.close()
            shutil.rmtree(work, ignore_errors=True)


@pytest.fixture(autouse=True)
def calm(s3):
    s3.proxy.clear()
    yield
    s3.proxy.clear()


@pytest.fixture
def in_cgi(s3, monkeypatch):
    """Single requests to this instance's worker in CGI mode, where it sends the bytes itself."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return lambda method, target, **more: ask(method, target, s3.editor.token, **more)[0]


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


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 16 * MIB, 70 * MIB])
def test_what_is_stored_comes_back_whole(s3, size):
    body = pattern(size)
    before = objects(s3.server)
    answer = s3.editor.store(f"whole/{size}", body)
    assert answer.status == 200 and answer.header("ETag") == etag(body), answer
    assert sorted(objects(s3.server).values()) == sorted([*before.values(), size])
    assert uploads(s3.server) == []
    got = s3.editor.retrieve(f"whole/{size}")
    assert (got.status, len(got.body), etag(got.body)) == (200, size, etag(body))


def test_a_body_of_unknown_length_is_stored(s3):
    body = pattern(20 * MIB)
    chunks = (body[start : start + 100_000] for start in range(0, len(body), 100_000))
    answer = s3.editor.request("POST", "/rpc/store_file", {"File-Path": "chunked"}, chunks)
    assert answer.status == 200, answer
    assert s3.editor.retrieve("chunked").body == body


@pytest.fixture(params=["from a file", "as a stream"])
def store_whole(request, s3):
    return s3.editor.store if request.param == "as a stream" else request.getfixturevalue("hand_over")


@pytest.mark.parametrize("size", [0, 16 * MIB, 40 * MIB, 64 * MIB])
def test_up_to_64_mib_are_sent_by_one_request(s3, store_whole, size):
    body = pattern(size)
    answer = store_whole("whole", body)
    assert answer.status == 200 and answer.header("ETag") == etag(body), answer
    (method, path), *more = s3.proxy.seen
    assert more == [] and method == "PUT" and "?" not in path, s3.proxy.seen
    assert s3.editor.retrieve("whole").body == body


def test_more_is_sent_in_parts(s3, store_whole):
    body = pattern(64 * MIB + 1)
    assert store_whole("long", body).status == 200
    assert [m for m, p in s3.proxy.seen if "uploadId" in p or "uploads" in p] == ["POST", *["PUT"] * 5, "POST"], s3.proxy.seen
    assert s3.editor.retrieve("long").body == body


@pytest.mark.parametrize("times,harm", [(2, {"status": 503}), (1, {"flip": True})], ids=str)
def test_what_is_sent_by_one_request_is_sent_again_from_its_beginning(s3, store_whole, times, harm):
    body = pattern(20 * MIB)
    fault = s3.proxy.add(times, lambda m, p: m == "PUT", **harm)
    assert store_whole("again", body).status == 200 and fault.done == times
    assert [method for method, _ in s3.proxy.seen] == ["PUT"] * (times + 1)
    assert s3.editor.retrieve("again").body == body


def test_what_is_sent_by_one_request_and_refused_leaves_no_object(s3, store_whole):
    before = objects(s3.server)
    s3.proxy.add(1000, lambda m, p: m == "PUT", headers={"etag": '"' + "0" * 32 + '"'})
    assert_failure(store_whole("again", pattern(20 * MIB)), 503, "KF008")
    s3.proxy.clear()
    assert objects(s3.server) == before and uploads(s3.server) == []


@pytest.mark.parametrize("sent,announced", [(1000, 2000), (25 * MIB, 40 * MIB), (25 * MIB, 70 * MIB)])
def test_a_broken_upload_leaves_the_old_version_and_no_object(s3, sent, announced):
    s3.editor.store("broken", b"old")
    before = objects(s3.server)
    head = f"POST /rpc/store_file HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s3.editor.token}\r\nFile-Path: broken\r\n"
    with socket.create_connection((s3.editor.host, s3.editor.port)) as connection:
        connection.sendall(f"{head}Content-Length: {announced}\r\n\r\n".encode() + pattern(sent))
        time.sleep(0.5)
    wait_until(lambda: uploads(s3.server) == [] and objects(s3.server) == before)
    assert s3.editor.retrieve("broken").body == b"old"


@pytest.mark.parametrize("size", [18 * MIB, 65 * MIB])
def test_a_wrong_digest_leaves_no_object(s3, size):
    before = objects(s3.server)
    answer = s3.editor.store("digest", pattern(size), Repr_Digest=f"sha-256=:{'A' * 43}=:")
    assert_failure(answer, 400, "KF010")
    assert objects(s3.server) == before and uploads(s3.server) == []


REQUESTS = [
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Range": "bytes=0-3"}),
    ("GET", {"Range": "bytes=7-"}),
    ("GET", {"Range": "bytes=-2"}),
    ("GET", {"Range": "bytes=8-1000"}),
    ("GET", {"Range": "bytes=10-"}),
    ("HEAD", {"Range": "bytes=0-3"}),
    *(("GET", {"Range": field}) for field in ["bytes=0-99999999999999999999", "bytes=5-2", "bytes=a", "bytes=0-1,4-5"]),
    ("GET", {"Range": "bytes=3-4", "If-Range": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ("GET", {"Range": "bytes=3-4", "If-Range": etag(b"0123456789")}),
    ("GET", {"Range": "bytes=3-4", "If-Range": etag(b"other")}),
    ("GET", {"If-None-Match": etag(b"0123456789")}),
    ("GET", {"If-None-Match": etag(b"other")}),
    ("GET", {"If-Match": etag(b"0123456789")}),
    ("GET", {"If-Match": etag(b"other")}),
    ("GET", {"If-Match": etag(b"0123456789"), "Range": "bytes=2-3"}),
    ("GET", {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    ("GET", {"Accept-Encoding": "gzip"}),
]


@pytest.mark.parametrize("method,headers", REQUESTS, ids=str)
def test_a_download_is_the_same_as_from_a_folder(s3, editor, folder, method, headers):
    answers = []
    for client in (editor, s3.editor):
        stored = client.store(f"{folder}/ten.txt", b"0123456789", Content_Type="text/plain")
        assert stored.status == 200, stored
        answers.append(client.request(method, retrieve_target(f"{folder}/ten.txt"), headers))
    local, remote = answers
    differing = {"Date", "X-Request-Id", "Last-Modified"}
    assert (remote.status, remote.body) == (local.status, local.body)
    shown = [sorted((n, v) for n, v in a.headers.items() if n not in differing) for a in answers]
    assert shown[0] == shown[1]
    assert ("Last-Modified" in remote.headers) == ("Last-Modified" in local.headers)


def test_nothing_of_the_client_reaches_the_store_and_the_bytes_pass_no_worker(s3):
    s3.editor.store("big", pattern(70 * MIB))
    s3.proxy.clear()
    answer = s3.editor.retrieve("big", Cookie="a=b", X_Test="secret")
    assert len(answer.body) == 70 * MIB
    (method, path), *more = s3.proxy.seen
    assert more == [] and method == "GET" and "X-Amz-Signature=" in path, s3.proxy.seen


def test_the_location_cannot_be_asked_for_by_name(s3):
    (key,) = list(objects(s3.server))[:1]
    for target in (f"/_coffer/remote/coffer/{key}", "/_coffer/remote/", f"/%5fcoffer/remote/coffer/{key}"):
        assert_failure(s3.editor.get(target), 404)
    assert s3.proxy.seen == []


def test_a_worker_streams_where_the_web_server_does_not(s3, in_cgi):
    body = pattern(3 * MIB)
    s3.editor.store("streamed", body)
    target = retrieve_target("streamed")
    assert in_cgi("GET", target).body == body
    part = in_cgi("GET", target, HTTP_RANGE="bytes=1000000-1000009")
    assert (part.status, part.body) == (206, body[1000000:1000010])
    # A web server that offers to fetch from another store is not taken up on it.
    other = in_cgi("GET", target, COFFER_SENDFILE_REMOTE="/_coffer/remote http://127.0.0.1:1")
    assert other.body == body
    mine = in_cgi("GET", target, COFFER_SENDFILE_REMOTE=f"/_coffer/remote {s3.proxy.endpoint}", HTTP_RANGE="bytes=0-1")
    assert mine.body == b"" and mine.header("X-Coffer-Range") == "bytes=0-1"
    assert mine.header("X-Accel-Redirect").startswith("/_coffer/remote/coffer/")


def test_gc_removes_objects_and_leaves_young_uploads(s3):
    body = pattern(100)
    s3.editor.store("gc", body)
    before = objects(s3.server)
    s3.editor.delete("/files?file_path=eq.gc")
    key = f"{PREFIX}/ab/ab{'0' * 30}"
    assert s3.server.request("POST", f"/coffer/{key}", {"uploads": ""})[0] == 200
    gc = [s3.environment["COFFER_COMMAND"], "gc", "--grace", "0"]
    environment = {name: value for name, value in s3.environment.items() if name.startswith("COFFER_")}
    done = subprocess.run(gc, env={"PATH": os.defpath, **environment}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(objects(s3.server)) < len(before), done.stdout
    assert uploads(s3.server) == [key], "as it is not a day old"
    upload = ElementTree.fromstring(s3.server.request("GET", "/coffer", {"uploads": ""})[2]).find(".//{*}UploadId").text
    s3.server.request("DELETE", f"/coffer/{key}", {"uploadId": upload})


def test_behind_apache_the_worker_streams(s3):
    body = pattern(20 * MIB)
    with Apache("pool", Instance(s3.environment)) as apache:
        editor = Client(apache.url, s3.editor.token)
        assert editor.store("apache", body).status == 200
        answer = editor.retrieve("apache")
        assert (answer.body, answer.header("ETag")) == (body, etag(body))
        part = editor.retrieve("apache", Range="bytes=1000000-1000009")
        assert (part.status, part.body) == (206, body[1000000:1000010])


def test_wrong_settings_are_503_and_the_log_says_which(s3, in_cgi, tmp_path):
    wrong = tmp_path / "credentials"
    wrong.write_text("[default]\naws_access_key_id = nobody\naws_secret_access_key = nothing-at-all\n")
    let_in(wrong)
    for settings in (
        {"COFFER_S3_CREDENTIALS_FILE": str(wrong)},
        {"COFFER_S3_CREDENTIALS_FILE": "/nonexistent"},
        {"COFFER_STORAGE_URL": s3.url.replace("//coffer/", "//no-such-bucket/")},
        {"COFFER_STORAGE_URL": s3.url + "&style=odd"},
    ):
        answer = in_cgi("POST", "/rpc/store_file", body=b"x", configuration=settings, HTTP_FILE_PATH="wrong")
        assert_failure(answer, 503, "KF008")
        assert "nobody" not in answer.body.decode()
        assert in_cgi("GET", "/health/ready", configuration=settings).status == 503


def certificate(folder, name, subject):
    """`name.crt`, its key, and `name.pem` with both."""
    key, file = folder / f"{name}.key", folder / f"{name}.crt"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test"]
    make += ["-addext", f"subjectAltName={subject}", "-keyout", key, "-out", file]
    subprocess.run(make, check=True, capture_output=True)
    (folder / f"{name}.pem").write_text(key.read_text() + file.read_text())


def test_tls_is_verified(s3, in_cgi, tmp_path):
    let_in(tmp_path)
    for name in ("right", "wrong"):
        certificate(tmp_path, name, "IP:127.0.0.1")
    proxy = FaultProxy(s3.server, tmp_path / "right.pem")
    try:
        url = {"COFFER_STORAGE_URL": s3.server.storage_url(PREFIX, proxy.endpoint)}
        trusting = {**url, "COFFER_S3_CA_FILE": f"{tmp_path}/right.crt"}
        assert in_cgi("GET", "/health/ready", configuration=trusting).status == 200
        for distrusting in (url, {**url, "COFFER_S3_CA_FILE": f"{tmp_path}/wrong.crt"}):
            assert in_cgi("GET", "/health/ready", configuration=distrusting).status == 503
    finally:
        proxy.close()


NGINX = """
pid "{folder}/nginx.pid";
error_log "{folder}/error.log";
events {{}}
http {{
    access_log off;
    client_body_temp_path "{folder}/temporary";
    fastcgi_temp_path "{folder}/temporary";
    proxy_temp_path "{folder}/temporary";
    scgi_temp_path "{folder}/temporary";
    uwsgi_temp_path "{folder}/temporary";
    include coffer/coffer-loopback.conf;
}}
"""


@contextlib.contextmanager
def site(s3, folder, endpoint, *options):
    """Workers and an nginx of their own for which the same store is at another endpoint; a client of them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    make = [CHECKOUT / "scripts/nginx-site", "--socket", folder / "socket", "--logs", folder, "--port", str(port)]
    make += ["--s3-endpoint", endpoint, *options, folder]
    subprocess.run(make, check=True, capture_output=True)
    settings = {name: value for name, value in s3.environment.items() if name.startswith("COFFER_")}
    settings |= {"PATH": os.defpath, "COFFER_STORAGE_URL": s3.server.storage_url(PREFIX, endpoint)}
    owner = []
    if os.geteuid() == 0:
        # Whom scripts/run takes.
        owner = ["setpriv", "--reuid=coffer", "--regid=coffer", "--init-groups"]
        subprocess.run(["chown", "-R", "coffer:", folder], check=True)
    serve = [s3.environment["COFFER_COMMAND"], "serve", "--workers", "1", "--socket", folder / "socket"]
    serve += ["--worker", s3.environment["COFFER_WORKER"]]
    nginx = ["/usr/sbin/nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf", "-g", "daemon off;"]
    programs = [subprocess.Popen([*owner, *words], env=settings, cwd="/") for words in (serve, nginx)]
    client = Client(f"http://127.0.0.1:{port}", s3.editor.token)
    try:
        wait_until(lambda: answers(client))
        yield client
    finally:
        for program in programs:
            program.terminate()
        for program in programs:
            program.wait(30)


def answers(client):
    try:
        return client.get("/health/live").status == 200
    except OSError:
        return False


def test_nginx_follows_the_name_of_the_endpoint(s3, tmp_path):
    """To another address without a reload, and no further than to who can prove to be it."""
    let_in(tmp_path)
    certificate(tmp_path, "right", "DNS:s3.coffer.test")
    certificate(tmp_path, "wrong", "DNS:other.coffer.test")
    (tmp_path / "trusted").write_text((tmp_path / "right.crt").read_text() + (tmp_path / "wrong.crt").read_text())
    body = pattern(3 * MIB)
    s3.editor.store("followed", body)
    first = FaultProxy(s3.server, tmp_path / "right.pem")
    second = FaultProxy(s3.server, tmp_path / "right.pem", ("127.0.0.2", first.port))
    impostor = FaultProxy(s3.server, tmp_path / "wrong.pem", ("127.0.0.3", first.port))
    names = NameServer("127.0.0.1")
    endpoint = f"https://s3.coffer.test:{first.port}"
    try:
        with site(s3, tmp_path, endpoint, "--s3-resolver", names.address, "--s3-ca", tmp_path / "trusted") as client:
            for proxy, address in ((first, "127.0.0.1"), (second, "127.0.0.2"), (first, "127.0.0.1")):
                names.addresses = (address,)
                # As long as an answer lives, and a second.
                time.sleep(2.1)
                for proxies in (first, second):
                    proxies.clear()
                answer = client.retrieve("followed", Range="bytes=10-")
                assert (answer.status, answer.body) == (206, body[10:]), answer
                (method, path), *more = proxy.seen
                assert more == [] and method == "GET" and re.fullmatch(r"/coffer/[^?]+\?X-Amz-[^ ]+", path), proxy.seen
                assert len(first.seen) + len(second.seen) == 1
            for addresses in (("127.0.0.3",), ()):
                names.addresses = addresses
                time.sleep(2.1)
                answer = client.retrieve("followed")
                assert_failure(answer, 503, "KF008")
            assert impostor.seen == []
    finally:
        for server in (first, second, impostor, names):
            server.close()


def test_a_proxy_of_the_environment_is_not_honoured(s3, in_cgi):
    """HTTP_PROXY is what the header Proxy of a request becomes in CGI."""
    s3.editor.store("proxy", b"x")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        assert in_cgi("GET", retrieve_target("proxy"), **{name: "http://127.0.0.1:1"}).body == b"x"


def timed(call):
    begin = time.monotonic()
    return call(), time.monotonic() - begin


def test_an_outage_is_503_soon_and_passes(s3):
    s3.editor.store("outage", b"before")
    s3.server.stop(signal.SIGKILL)
    try:
        for call in (
            lambda: s3.editor.store("outage", b"during"),
            lambda: s3.editor.store("outage", pattern(20 * MIB)),
            lambda: s3.editor.retrieve("outage"),
            lambda: s3.editor.head(retrieve_target("outage")),
        ):
            answer, seconds = timed(call)
            assert answer.status == 503 and int(answer.header("Retry-After")) > 0, answer
            assert seconds < 5
    finally:
        s3.server.start()
    # SeaweedFS says that it is there before it is.
    wait_until(lambda: s3.editor.store("outage", b"after").status == 200, 30)
    assert s3.editor.retrieve("outage").body == b"after"


def test_two_503_are_not_noticed(s3):
    long = pattern(65 * MIB)
    for method, body in (("PUT", b"x"), ("PUT", long), ("POST", long)):
        fault = s3.proxy.add(2, lambda m, p, method=method: m == method, status=503)
        assert s3.editor.store("twice", body).status == 200
        assert fault.done == 2
    fault = s3.proxy.add(1, lambda m, p: m == "GET", status=503)
    assert s3.editor.retrieve("twice").status == 200 and fault.done == 1


@pytest.mark.parametrize("size", [MIB, 20 * MIB, 65 * MIB])
def test_what_stays_refused_is_503_and_leaves_the_old_version(s3, size):
    s3.editor.store("refused", b"old")
    before = objects(s3.server)
    s3.proxy.add(1000, lambda m, p: m == "PUT", status=500)
    answer, seconds = timed(lambda: s3.editor.store("refused", pattern(size)))
    assert_failure(answer, 503, "KF008")
    assert seconds < 6
    s3.proxy.clear()
    assert s3.editor.retrieve("refused").body == b"old"
    assert objects(s3.server) == before and uploads(s3.server) == []


def test_a_slow_store_is_waited_for(s3):
    s3.proxy.add(2, delay=2)
    assert s3.editor.store("slow", b"x").status == 200
    s3.proxy.add(1, delay=2)
    assert s3.editor.retrieve("slow").body == b"x"


def test_an_answer_that_breaks_off_is_taken_up_again(s3, in_cgi):
    body = pattern(3 * MIB)
    s3.editor.store("cut", body)
    fault = s3.proxy.add(2, lambda m, p: m == "GET", cut=MIB)
    assert in_cgi("GET", retrieve_target("cut")).body == body
    assert fault.done == 2


def test_wrong_bytes_on_the_way_to_the_store_are_noticed(s3):
    for size in (1000, 65 * MIB):
        fault = s3.proxy.add(1, lambda m, p: m == "PUT", flip=True)
        body = pattern(size)
        assert s3.editor.store("flipped", body).status == 200 and fault.done == 1
        assert s3.editor.retrieve("flipped").body == body


def test_a_wrong_etag_or_length_is_an_error(s3, in_cgi):
    s3.editor.store("wrong", b"old")
    before = objects(s3.server)
    s3.proxy.add(1000, lambda m, p: m == "PUT", headers={"etag": '"' + "0" * 32 + '"'})
    assert_failure(s3.editor.store("wrong", b"new"), 503, "KF008")
    s3.proxy.add(1000, lambda m, p: m == "HEAD", headers={"content-length": "2"})
    assert_failure(s3.editor.store("wrong", pattern(65 * MIB)), 503, "KF008")
    assert_failure(in_cgi("GET", retrieve_target("wrong")), 503, "KF008")
    s3.proxy.add(1000, lambda m, p: m == "GET", headers={"content-range": "bytes 1-3/3"})
    answer = in_cgi("GET", retrieve_target("wrong"))
    assert answer.body == b"", "never bytes of another place"
    s3.proxy.clear()
    assert s3.editor.retrieve("wrong").body == b"old"
    assert objects(s3.server) == before and uploads(s3.server) == []


def test_a_blob_that_has_gone_is_an_outage(s3, in_cgi):
    before = objects(s3.server)
    s3.editor.store("gone", b"x")
    (key,) = set(objects(s3.server)) - set(before)
    assert s3.server.request("DELETE", f"/coffer/{key}")[0] == 204
    for answer in (s3.editor.retrieve("gone"), s3.editor.head(retrieve_target("gone")), in_cgi("GET", retrieve_target("gone"))):
        assert answer.status == 503 and int(answer.header("Retry-After")) > 0, answer
        assert key not in answer.body.decode()


def test_workers_stay_small(s3):
    for size in (60 * MIB, 70 * MIB):
        s3.editor.store("memory", pattern(size))
    mine = os.path.realpath(s3.environment["COFFER_WORKER"])
    peaks = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and os.readlink(process / "exe") == mine:
                peaks.append(peak_memory(process.name))
        except OSError:
            continue  # gone, or not ours
    assert peaks and max(peaks) <= 64 * MIB, peaks


