"""The operator's commands where the bytes lie in a bucket: moving there and back under load, check, gc, backup, trees."""

import json
import os
import shutil
import zipfile
from io import BytesIO

import pytest
import tus

from client import Client, etag
from installation import Load
from s3 import give_credentials
from transports import FastCGI

MIB = 1 << 20


@pytest.fixture
def bucket(server, installation):
    """The URL of a store in the bucket, which this installation's programs have the credentials of."""
    give_credentials(installation, server.access_key, server.secret_key)
    return server.storage_url(installation.name)


def test_everything_moves_to_a_bucket_and_back_under_load(installation, bucket):
    first = installation.options["COFFER_STORAGE_URL"]
    contents = installation.fill(20)
    large = os.urandom(20 * MIB)
    assert installation.put("large", large) == 200
    contents["large"] = large
    with Load(installation, "a") as load:
        for target in (bucket, first):
            installation.coffer("storage", "copy", "--to", target)
            installation.coffer("storage", "switch", "--to", target)
            load.go_on(5)
            installation.coffer("storage", "switch", "--to", target)
            installation.configure(COFFER_STORAGE_URL=target)
            assert "0 problems" in installation.coffer("check", "--digest", "--age", "60")
    assert load.failures == []
    for path, content in (contents | load.contents).items():
        assert installation.get(path) == (200, content), path
    installation.coffer("gc", "--grace", "0")
    left = [store["files"] for store in json.loads(installation.coffer("storage", "list", "--json"))]
    assert left[0] == len(contents | load.contents) and left[1] == 0


@pytest.mark.parametrize("ends", [False, True], ids=["continues", "ends"])
def test_a_resumable_upload_that_is_open_at_the_switch(installation, bucket, ends):
    """It continues in the store where it began, and its file moves with the next switch."""
    first = installation.storage_url
    client = Client(FastCGI(installation.worker.path), installation.token())
    body = os.urandom(9 * MIB)
    upload = tus.location(client, "open", len(body))
    assert tus.proceed(client, upload, 0, body[: 5 * MIB]).status == 204
    installation.coffer("storage", "copy", "--to", bucket)
    rest = installation.coffer("storage", "switch", "--to", bucket)
    assert "0 files and 1 earlier uploads are still in the old store" in rest
    installation.configure(COFFER_STORAGE_URL=bucket)
    refusal = installation.run("storage", "forget", first)
    assert refusal.returncode == 1 and "unfinished uploads" in refusal.stderr, refusal
    assert tus.offset(client, upload) == 5 * MIB
    if ends:
        assert tus.end(client, upload).status == 204
    else:
        assert tus.proceed(client, upload, 5 * MIB, body[5 * MIB :]).header("ETag") == etag(body)
    assert "still in the old store" not in installation.coffer("storage", "switch", "--to", bucket)
    installation.coffer("gc", "--grace", "0")
    assert installation.blobs(first) == {} and list((installation.store(first) / "stage").iterdir()) == []
    assert installation.get("open")[0] == 400 if ends else installation.get("open") == (200, body)
    later = tus.location(client, "later", 5)
    assert tus.proceed(client, later, 0, b"bytes").status == 204
    assert installation.get("later") == (200, b"bytes")
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")


def test_check_gc_and_backup_work_on_a_bucket(installation, bucket, new_installation):
    contents = installation.fill(10)
    installation.coffer("storage", "copy", "--to", bucket)
    installation.coffer("storage", "switch")
    assert installation.put("files/0000", b"overwritten") == 200
    contents["files/0000"] = b"overwritten"
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")
    assert "removed 11 blobs" in installation.coffer("gc", "--grace", "0"), "ten in the folder, one in the bucket"
    installation.coffer("backup", installation.folder / "backup")
    restored = new_installation().make_empty()
    shutil.move(installation.folder / "backup", restored.folder / "backup")
    assert "restored " in restored.coffer("restore", restored.folder / "backup")
    assert "0 problems" in restored.coffer("check", "--digest", "--age", "0")
    restored.tokens = installation.tokens
    for path, content in contents.items():
        assert restored.get(path) == (200, content), path


def test_an_archive_has_the_files_of_a_directory_and_of_a_bucket(installation, bucket):
    contents = installation.fill(6, size=400_000)
    installation.coffer("storage", "copy", "--to", bucket)
    moved = installation.sql(
        "update internal.files set store = 2 where file_path in ('files/0001', 'files/0004') returning file_path"
    )
    assert len(moved) == 2
    # Only the copies are left of these.
    for path in moved:
        installation.store().joinpath(installation.blob(path)[:2], installation.blob(path)).unlink()
    status, body = installation.worker.ask("GET", "/rpc/download_folder?p_folder=files", installation.token())
    assert status == 200
    with zipfile.ZipFile(BytesIO(body)) as archive:
        assert {f"files/{name}": archive.read(name) for name in archive.namelist()} == contents
