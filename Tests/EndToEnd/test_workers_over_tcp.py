"""Workers over TCP on the loopback address: who may connect, the end of a pool, nginx, and the operator's commands."""

import json
import os
import socket
import struct
import subprocess

import pytest

from client import Client, log_in
from fastcgi import BEGIN, PARAMS, STDIN, pair, record, standard_output
from installation import EMAIL, PASSWORD
from nginx import Nginx
from processes import accepts, free_port, wait_until
from transports import Answer, gateway_parameters

HOST = "127.0.0.1"


@pytest.fixture
def address():
    return f"{HOST}:{free_port()}"


@pytest.mark.parametrize("web_servers", ["127.0.0.9", "127.0.0.9, 127.0.0.1"])
def test_only_the_named_web_servers_may_ask(installation, address, web_servers):
    installation.configure(COFFER_WEB_SERVERS=web_servers)
    with installation.serve(socket=address) as (client, _):
        if HOST in web_servers:
            assert client.get("/health/live").status == 200
        else:
            with pytest.raises(ConnectionError):
                client.get("/health/live")


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, HOST), (socket.AF_INET6, "::1")])
def test_a_worker_that_would_answer_everybody_does_not_start(installation, family, host):
    if family == socket.AF_INET6:
        # libfcgi compares addresses of IPv4 only.
        installation.configure(COFFER_WEB_SERVERS=HOST)
    with socket.socket(family) as listener:
        try:
            listener.bind((host, 0))
        except OSError as error:
            pytest.skip(f"this machine has no {host}: {error}")
        listener.listen()
        done = subprocess.run(
            [*installation.as_owner(installation["WORKER"]), installation["WORKER"]], stdin=listener,
            capture_output=True, text=True, timeout=300, env={"COFFER_CONFIG": str(installation.configuration)},
        )  # fmt: skip
    assert done.returncode == 1 and "COFFER_WEB_SERVERS must name the web servers" in done.stderr, done


def test_a_pool_that_ends_takes_no_connection_and_leaves_its_port_to_the_next_one(installation, address):
    installation.configure(COFFER_WEB_SERVERS=HOST)
    port = int(address.partition(":")[2])
    with installation.serve(socket=address) as (_, pool), socket.create_connection((HOST, port), 300) as begun:
        # Longer than what a worker reads at once.
        body = os.urandom(100_000)
        headers = Client(None, installation.token()).all_headers({"File-Path": "begun", "Content-Type": "text/plain"})
        values = gateway_parameters("POST", "/rpc/store_file", headers, body, {})
        encoded = b"".join(pair(name.encode(), text.encode()) for name, text in values.items())
        begun.sendall(record(BEGIN, struct.pack(">HB5x", 1, 0)) + record(PARAMS, encoded) + record(PARAMS, b""))
        begun.sendall(record(STDIN, body[:50_000]))
        # The idle worker ends; the other one is in the middle of the upload.
        wait_until(lambda: installation.in_flight(), 120, "the upload to begin")
        pool.terminate()
        wait_until(lambda: not accepts(HOST, port), 120, "the pool to stop listening")
        with installation.serve(socket=address) as (other, _):
            begun.sendall(record(STDIN, body[50_000:]) + record(STDIN, b""))
            assert Answer.of_gateway(standard_output(begun)).status == 200
            answer = Client(other.transport, installation.token()).retrieve("begun")
            assert (answer.status, answer.body) == (200, body)


def test_nginx_passes_everything_to_workers_over_tcp(installation, address):
    installation.configure(COFFER_WEB_SERVERS=HOST)
    # The first host does not exist: nothing may fail because of that.
    absent = f"{HOST}:{free_port()}"
    with installation.serve(socket=address):
        installation.settings["COFFER_BLOBS"] = str(installation.store())
        installation.settings["COFFER_SOCKET"] = str(installation.folder / "none")
        with Nginx(installation, options=["--workers", f"{absent},{address}"]) as site:
            client = log_in(site.url, EMAIL, PASSWORD)
            for size in (10, 300_000):
                body = os.urandom(size)
                assert client.store("file", body).status == 200
                answer = client.retrieve("file")
                assert (answer.status, answer.body) == (200, body)
                # Not by nginx itself.
                assert client.retrieve("file", If_Match=answer.header("ETag")).body == body
            assert [row["file_path"] for row in client.files().json()] == ["file"]
            assert client.delete("/files?file_path=eq.file").status == 204
            assert Client(site.url).get("/health/ready").status == 200


def test_stats_and_doctor_ask_workers_over_tcp(installation, address):
    installation.configure(COFFER_WEB_SERVERS=HOST)
    with installation.serve(socket=address):
        assert "coffer_pool_workers" in installation.coffer("stats", "--json")
        done = installation.run("doctor", "--json")
        outcomes = {check["id"]: check["state"] for check in json.loads(done.stdout)["checks"]}
        expected = {"exists": "ok", "listening": "ok", "mode": "inapplicable"}
        assert {name: outcomes[f"socket.{name}"] for name in expected} == expected
        assert outcomes["pool.answers"] == outcomes["pool.ready"] == "ok"
