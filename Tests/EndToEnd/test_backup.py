"""coffer backup and restore: the drill, and what they refuse."""

import os
import shutil
import time

import pytest
import tus

from client import Client, assert_failure, etag
from installation import Load, stopped
from transports import FastCGI


def save(installation, *options, status=0):
    return installation.coffer("backup", installation.folder / "backup", *options, status=status)


@pytest.fixture
def elsewhere(new_installation):
    """An installation with an empty database and no store."""
    return new_installation().make_empty()


def move_backup(installation, elsewhere):
    """The backup of one as the other has it."""
    shutil.move(installation.folder / "backup", elsewhere.folder / "backup")
    return elsewhere.folder / "backup"


def test_a_backup_made_under_load_restores_a_destroyed_installation(installation, elsewhere):
    contents = installation.fill(100)
    with Load(installation, "a") as one, Load(installation, "b") as two:
        for load in (one, two):
            load.go_on(5)
        run = installation.launch("backup", installation.folder / "backup", "--rate", "30000")
        with stopped(run, lambda: any((installation.folder / "backup/blobs").glob("??/*")), "a blob is copied"):
            assert "a backup is running" in installation.coffer("gc", "--grace", "0")
            for load in (one, two):
                load.go_on(5)
        deadline = time.monotonic() + 300
        while run.poll() is None:
            assert time.monotonic() < deadline, "the backup does not end"
            installation.coffer("gc", "--grace", "0")
        output, errors = run.communicate(timeout=300)
        assert run.returncode == 0 and output.startswith("saved "), (output, errors)
    assert one.failures == two.failures == []
    token = installation.token()
    backup = move_backup(installation, elsewhere)
    installation.drop()
    shutil.rmtree(installation.store())

    assert "restored " in elsewhere.coffer("restore", backup)
    assert "0 problems" in elsewhere.coffer("check", "--digest", "--age", "0")
    assert "no problem" in elsewhere.coffer("audit", "verify")
    elsewhere.tokens = {"owner@installation.example": token}
    for path, content in contents.items():
        assert elsewhere.get(path) == (200, content), "a session of before goes on"
    assert elsewhere.put("after", b"life goes on") == 200
    elsewhere.coffer("gc", "--grace", "0")
    assert "0 problems" in elsewhere.coffer("check", "--digest", "--age", "0")


def test_an_open_resumable_upload_is_not_in_a_backup(installation, elsewhere):
    """The client of a restored installation begins again, and nothing is reserved for what is lost."""
    client = Client(FastCGI(installation.worker.path), installation.token())
    upload = tus.location(client, "open", 10)
    assert tus.proceed(client, upload, 0, b"bytes").status == 204
    save(installation)
    assert tus.proceed(client, upload, 5, b"after").header("ETag") == etag(b"bytesafter"), "it continues undisturbed"
    elsewhere.coffer("restore", move_backup(installation, elsewhere))
    # Before anybody asks for it, as that would end an upload without bytes.
    assert elsewhere.sql("select sum(internal.reserved_bytes(id)) from internal.users") == ["0"]
    other = Client(FastCGI(elsewhere.worker.path), installation.token())
    assert_failure(tus.proceed(other, upload, 5, b"after"), 404, "KF050")
    assert tus.head(other, upload).status == 404
    again = tus.location(other, "open", 10)
    assert tus.proceed(other, again, 0, b"bytesafter").header("ETag") == etag(b"bytesafter")
    elsewhere.coffer("gc", "--grace", "0")
    assert list((elsewhere.store() / "stage").iterdir()) == []
    assert "0 problems" in elsewhere.coffer("check", "--digest", "--age", "0")


def test_what_is_there_is_not_copied_again(installation):
    installation.fill(10)
    assert save(installation) == "saved 10 files, 10 of them copied now\n"
    assert installation.put("new", b"new") == 200
    assert save(installation) == "saved 11 files, 1 of them copied now\n"
    assert len(list((installation.folder / "backup").glob("*.dump"))) == 1
    assert oct(next((installation.folder / "backup").glob("*.dump")).stat().st_mode)[-3:] == "600"


def test_damage_in_a_backup_is_found_by_the_next_one(installation):
    installation.fill(3)
    save(installation)
    blobs = sorted((installation.folder / "backup/blobs").glob("??/*"))
    blobs[0].write_bytes(b"x" * 100)
    os.truncate(blobs[1], 10)
    assert "1 of them copied" in save(installation), "the size tells of one"
    assert "1 of them copied" in save(installation, "--digest"), "the digest of the other"
    assert "0 of them copied" in save(installation, "--digest")


def test_prune_removes_blobs_that_no_file_uses(installation):
    installation.fill(3)
    save(installation)
    installation.worker.ask("DELETE", "/files?file_path=eq.files/0001", installation.token())
    save(installation)
    assert len(list((installation.folder / "backup/blobs").glob("??/*"))) == 3
    assert "removed 1 blobs" in save(installation, "--prune")
    assert len(list((installation.folder / "backup/blobs").glob("??/*"))) == 2


def test_a_backup_of_two_stores_is_restored_into_one(installation, elsewhere):
    contents = installation.fill(5)
    other = installation.new_store()
    installation.coffer("storage", "copy", "--to", other)
    installation.sql("select internal.use_store(2::smallint)")
    assert installation.put("in the second", b"second") == 200
    contents["in the second"] = b"second"
    save(installation)
    elsewhere.coffer("restore", move_backup(installation, elsewhere))
    assert "0 problems" in elsewhere.coffer("check", "--digest", "--age", "0")
    for path, content in contents.items():
        assert elsewhere.get(path) == (200, content)
    assert elsewhere.sql("select id, url from internal.stores") == ["1|"]


def test_a_backup_needs_no_store_that_nothing_but_garbage_is_in(installation):
    installation.fill(5)
    old = installation.storage_url
    installation.move_to(installation.new_store())
    with installation.unavailable(old):
        assert save(installation) == "saved 5 files, 5 of them copied now\n"


def test_a_backup_without_the_first_store_is_restored(installation, elsewhere):
    contents = installation.fill(3)
    first, other = installation.storage_url, installation.new_store()
    installation.move_to(other)
    installation.configure(COFFER_STORAGE_URL=other)
    installation.coffer("gc", "--grace", "0")
    installation.coffer("storage", "forget", first)
    save(installation)
    elsewhere.coffer("restore", move_backup(installation, elsewhere))
    assert elsewhere.sql("select id, url, is_current from internal.stores") == ["1||t"]
    elsewhere.tokens = installation.tokens
    for path, content in contents.items():
        assert elsewhere.get(path) == (200, content)
    assert elsewhere.put("after", b"life goes on") == 200
    assert "0 problems" in elsewhere.coffer("check", "--digest", "--age", "0")


def test_restore_refuses_what_is_not_empty(installation, elsewhere):
    installation.fill(2)
    save(installation)
    for name, url in (("database", None), ("store", installation.options["COFFER_STORAGE_URL"])):
        if url:
            elsewhere.configure(COFFER_STORAGE_URL=url)
            installation.put("more", b"than the backup")
        target = elsewhere if url else installation
        run = target.launch("restore", installation.folder / "backup")
        _, errors = run.communicate(timeout=300)
        assert run.returncode == 1 and f"The {name} is not empty" in errors, errors
    assert elsewhere.sql("select count(*) from pg_namespace where nspname = 'internal'") == ["0"]


def damage_dump(backup):
    with next(backup.glob("*.dump")).open("r+b") as dump:
        dump.seek(1000)
        dump.write(b"damage")


def cut_manifest(backup):
    manifest = (backup / "manifest").read_text().splitlines(keepends=True)
    (backup / "manifest").write_text("".join(manifest[:-2]))


def lose_blob(backup):
    next((backup / "blobs").glob("??/*")).unlink()


def alter_blob(backup):
    next((backup / "blobs").glob("??/*")).write_bytes(b"x" * 100)


@pytest.mark.parametrize("damage", [damage_dump, cut_manifest, lose_blob, alter_blob])
def test_a_damaged_backup_restores_nothing(installation, elsewhere, damage):
    installation.fill(3)
    save(installation)
    backup = move_backup(installation, elsewhere)
    intact = elsewhere.folder / "intact"
    shutil.copytree(backup, intact)
    for path in [intact, *intact.rglob("*")]:
        elsewhere.own(path)
    damage(backup)
    elsewhere.coffer("restore", backup, status=1)
    assert elsewhere.sql("select count(*) from pg_namespace where nspname = 'internal'") == ["0"]
    elsewhere.coffer("restore", intact)
    assert "3 files are correct, 0 problems" in elsewhere.coffer("check", "--digest")


def test_a_backup_that_fails_leaves_the_earlier_one(installation):
    installation.fill(3)
    save(installation)
    before = (installation.folder / "backup/manifest").read_text()
    installation.put("lost", b"lost")
    installation.blobs()[installation.blob("lost")].unlink()
    assert "it is missing" in save(installation, status=1)
    assert (installation.folder / "backup/manifest").read_text() == before
    assert len(list((installation.folder / "backup").glob("*.dump"))) == 2, "its dump is still there"
