"""The address of a bucket: which one, by TLS, by a name that moves, and with which credentials."""

import contextlib
import os
import re
import subprocess
import time

from bucket import MIB, PREFIX, pattern
from client import Client, assert_failure
from instance import Instance, let_in
from nameserver import NameServer
from nginx import Nginx
from s3 import FaultProxy
from worker_process import WorkerProcess


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


@contextlib.contextmanager
def site(s3, folder, endpoint, *options, **settings):
    """A worker and an nginx of their own for which the same store is at another endpoint; a client of them."""
    settings["COFFER_STORAGE_URL"] = s3.server.storage_url(PREFIX, endpoint)
    worker = WorkerProcess(s3.instance["WORKER"], s3.instance["CONFIG"], folder / "socket", environment=settings)
    if os.geteuid() == 0:
        # Whose folder this is, nginx runs as.
        os.chown(folder, *os.stat(os.path.dirname(s3.instance["SOCKET"]))[4:6])
    instance = Instance(s3.instance.settings | {"COFFER_SOCKET": worker.path, "COFFER_BLOBS": ""})
    try:
        with Nginx(instance, options=["--s3-endpoint", endpoint, *options]) as nginx:
            yield Client(nginx.url, s3.editor.token)
    finally:
        worker.stop()


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


def test_keys_that_are_replaced_count_at_once(s3, tmp_path):
    """For the requests of a worker that runs on, and for the URLs that it signs for nginx."""
    let_in(tmp_path)
    server, file = s3.server, tmp_path / "credentials"
    body = pattern(3 * MIB)
    s3.editor.store("keys", body)

    def write(secret):
        lines = ("[default]", f"aws_access_key_id = {server.access_key}", f"aws_secret_access_key = {secret}", "")
        new = tmp_path / "new"
        new.write_text("\n".join(lines))
        let_in(new)
        new.replace(file)

    write(server.secret_key)
    with site(s3, tmp_path, server.endpoint, COFFER_S3_CREDENTIALS_FILE=str(file)) as client:
        for secret in (server.secret_key, "0" * len(server.secret_key), server.secret_key):
            write(secret)
            # A second one would be right in any case, if the worker reads the file after a refusal.
            retrieved, stored = client.retrieve("keys"), client.store("keys stored", body)
            if secret == server.secret_key:
                assert retrieved.body == body and stored.status == 200
            else:
                assert_failure(retrieved, 503, "KF008")
                assert_failure(stored, 503, "KF008")
