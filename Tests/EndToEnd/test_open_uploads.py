"""Uploads in parts that are open in a bucket: reported by gc and check, and no trouble when they are gone."""

import json
import re

import pytest

from s3 import FaultProxy, give_credentials

KEY = "ab/ab" + "0" * 30


@pytest.fixture
def site(installation, server):
    """An installation whose only store is a bucket, by way of a proxy that can do harm."""
    proxy = FaultProxy(server)
    give_credentials(installation, server.access_key, server.secret_key)
    url = server.storage_url(installation.name, proxy.endpoint)
    installation.configure(COFFER_STORAGE_URL=url)
    installation.coffer("storage", "relocate", url)
    installation.proxy = proxy
    installation.key = f"/coffer/{installation.name}/{KEY}"
    yield installation
    proxy.close()


def test_gc_and_check_report_what_is_open_and_since_when(site, server):
    for command in ("gc", "check"):
        assert "store 1: 0 uploads are open\n" in site.coffer(command)
    assert server.request("POST", site.key, {"uploads": ""})[0] == 200
    for command in ("gc", "check"):
        assert re.search(r"^store 1: 1 uploads are open, the oldest since 20\d\d(-\d\d){2}T\d\d(:\d\d){2}Z$", site.coffer(command), re.M)
        report = next(line for line in map(json.loads, site.coffer(command, "--json").splitlines()) if "open_uploads" in line)
        assert (report["store"], report["open_uploads"]) == (1, 1) and report["open_uploads_since"].startswith("20")
    assert json.loads(site.coffer("gc", "--json").splitlines()[-1])["blobs"] == 0


@pytest.mark.parametrize("code", ["NoSuchUpload", None])
def test_a_store_that_answers_404_for_its_uploads_is_not_unavailable(site, code):
    harm = {"code": code} if code else {}
    site.proxy.add(9, lambda method, path: "uploads" in path, status=404, **harm)
    assert "store 1: 0 uploads are open" in site.coffer("gc")
    assert "store 1: 0 uploads are open" in site.coffer("check")


@pytest.mark.parametrize("code", ["NoSuchKey", None])
def test_blobs_that_are_gone_are_removed(site, code):
    contents = site.fill(3)
    assert len(contents) == 3
    assert site.worker.ask("DELETE", "/files?file_path=like.files/*", site.token())[0] == 204
    harm = {"code": code} if code else {}
    site.proxy.add(99, lambda method, path: "delete" in path or method == "DELETE", status=404, **harm)
    assert site.coffer("gc", "--grace", "0").startswith("removed 3 blobs")
    assert site.listed() == set()


def test_a_bucket_that_does_not_exist_is_unavailable(site):
    site.proxy.add(99, status=404, code="NoSuchBucket")
    done = site.run("gc")
    assert done.returncode == 1 and "store 1 is unavailable" in done.stderr
