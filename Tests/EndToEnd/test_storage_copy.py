"""coffer storage: everything moves to another store while people work, and nobody ever reads a wrong byte or none."""

import json
import os
import shutil
import signal
import threading

import pytest

from installation import Load, stopped_while_reading


@pytest.fixture(params=["folder"])
def other(request, installation):
    """The URL of a second store."""
    return installation.new_store()


def stores(installation):
    return json.loads(installation.coffer("storage", "list", "--json"))


def all_readable(installation, contents, worker=None):
    for path, content in contents.items():
        assert installation.get(path, worker=worker) == (200, content), path


def current(installation):
    (url,) = [store["url"] for store in stores(installation) if store["state"] == "in use"]
    return url


def test_copies_change_nothing_until_the_switch(installation, other):
    contents = installation.fill(20)
    first = installation.options["COFFER_STORAGE_URL"]
    assert "copied 20 blobs with 2000 bytes" in installation.coffer("storage", "copy", "--to", other)
    assert set(installation.blobs(other)) == set(installation.blobs())
    assert "copied 0 blobs" in installation.coffer("storage", "copy", "--to", other), "what is there is not copied again"
    assert current(installation) == first
    assert "0 problems" in installation.coffer("check", "--age", "0"), "a copy is no blob of no file"
    assert installation.put("late", b"came meanwhile") == 200
    contents["late"] = b"came meanwhile"
    assert installation.blob("late") not in installation.blobs(other)
    assert f"in use: {other}" in installation.coffer("storage", "switch")
    assert [store["files"] for store in stores(installation)] == [0, 21]
    all_readable(installation, contents)
    assert installation.put("later", b"in the new store") == 200
    assert installation.blob("later") in installation.blobs(other)
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")
    installation.coffer("gc", "--grace", "0")
    assert not installation.blobs(first), "the old store is empty"
    all_readable(installation, contents)


def test_a_move_under_load_loses_nothing(installation, other):
    contents = installation.fill(100)
    with Load(installation, "a") as one, Load(installation, "b") as two:
        for load in (one, two):
            load.go_on(1)
        installation.coffer("storage", "copy", "--to", other)
        installation.coffer("storage", "switch")
        one.go_on(5)
        installation.coffer("storage", "switch", "--to", other)
        installation.coffer("gc", "--grace", "1")
        assert "0 problems" in installation.coffer("check", "--digest", "--age", "60")
    assert one.failures == two.failures == []
    all_readable(installation, contents | one.contents | two.contents)
    assert [store["files"] for store in stores(installation)][0] == 0


def test_what_comes_behind_the_back_of_the_switch_is_copied_too(installation, other):
    installation.fill(2)
    installation.coffer("storage", "copy", "--to", other)
    assert installation.put("slow", b"x" * 200_000) == 200
    run = installation.launch("storage", "switch", "--rate", "100000")
    with stopped_while_reading(run, installation):
        # Before all names that it has looked at, and before it sends uploads to the other store.
        installation.sql(installation.begin_upload("between", "0" * 32, b"between"))
        assert current(installation) != other
    output, errors = run.communicate(timeout=300)
    assert run.returncode == 0 and "still in the old store" not in output, (output, errors)
    assert [store["files"] for store in stores(installation)] == [0, 4]
    assert installation.get("between") == (200, b"between")


def test_a_worker_that_knew_one_store_goes_on_with_two(installation, other):
    contents = installation.fill(3)
    worker = installation.worker
    installation.coffer("storage", "copy", "--to", other)
    installation.coffer("storage", "switch")
    all_readable(installation, contents, worker)
    assert installation.put("new", b"new", worker=worker) == 200
    # The web server knows the folder of the first store only, so the worker does not ask it to send what is in the second.
    sendfile = {"COFFER_SENDFILE": "x-accel-redirect:/_coffer/blobs/"}
    assert installation.get("new", worker=worker, **sendfile) == (200, b"new")
    installation.configure(COFFER_STORAGE_URL=other)
    fresh = installation.work()
    all_readable(installation, contents, fresh)
    assert installation.get("new", worker=fresh, **sendfile) == (200, b"")


def test_an_upload_that_began_before_the_switch_is_kept(installation, other):
    installation.fill(2)
    last_step = installation.begin_upload("slow", "ab" * 16, b"slow")
    installation.coffer("storage", "copy", "--to", other)
    assert "0 files and 1 earlier uploads are still in the old store" in installation.coffer("storage", "switch")
    installation.sql(last_step)
    assert installation.get("slow") == (200, b"slow")
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")
    installation.coffer("storage", "switch")
    assert [store["files"] for store in stores(installation)] == [0, 3]
    assert installation.get("slow") == (200, b"slow")


def test_an_interrupted_copy_goes_on(installation, other):
    installation.fill(30, size=50_000)
    run = installation.launch("storage", "copy", "--to", other, "--rate", "300000", "--parallel", "2")
    with stopped_while_reading(run, installation):
        run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=300)
    assert run.returncode == 1 and "to continue" in errors, errors
    run = installation.launch("storage", "copy", "--to", other, "--rate", "300000")
    with stopped_while_reading(run, installation):
        run.kill()
    run.communicate(timeout=300)
    installation.coffer("storage", "copy", "--to", other)
    assert len(installation.blobs(other)) == 30
    # What the killed run left in stage/.
    installation.coffer("storage", "switch")
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")


def test_a_damaged_blob_is_reported_and_nothing_is_switched(installation, other):
    installation.fill(3)
    with installation.blobs()[installation.blob("files/0001")].open("r+b") as blob:
        blob.write(b"x")
    done = installation.coffer("storage", "copy", "--to", other, status=1)
    assert f"not copied: blob {installation.blob('files/0001')}" in done
    assert len(installation.blobs(other)) == 2
    installation.coffer("storage", "switch", status=1)
    assert current(installation) == installation.options["COFFER_STORAGE_URL"]


def test_a_wrong_copy_of_an_earlier_run_is_replaced(installation, other):
    installation.fill(3)
    installation.coffer("storage", "copy", "--to", other)
    name = installation.blob("files/0001")
    installation.blobs(other)[name].write_bytes(b"half")
    installation.sql(f"update internal.blob_copies set is_verified = false where blob = '{name}'")
    installation.coffer("storage", "copy", "--to", other)
    assert installation.blobs(other)[name].read_bytes() == installation.blobs()[name].read_bytes()


def test_a_configuration_that_names_another_store_is_an_error(installation, other):
    installation.fill(1)
    installation.coffer("storage", "copy", "--to", other)
    elsewhere = installation.new_store()
    os.makedirs(installation.store(elsewhere) / "stage")
    installation.configure(COFFER_STORAGE_URL=elsewhere)
    for words in (("check",), ("storage", "switch"), ("storage", "copy", "--to", other)):
        installation.coffer(*words, status=1)
    worker = installation.work()
    assert worker.ask("GET", "/health/ready")[0] == 503
    installation.configure(COFFER_STORAGE_URL=other)
    assert installation.work().ask("GET", "/health/ready")[0] == 200


def test_a_url_with_a_secret_is_refused(installation):
    done = installation.launch("storage", "copy", "--to", "s3://key:hunter2@bucket/x")
    output, errors = done.communicate(timeout=300)
    assert done.returncode == 1 and "secret" in errors and "hunter2" not in output + errors


def refused(installation, words, *command):
    done = installation.run("storage", *command)
    assert done.returncode == 1 and words in done.stderr, done
    return done


def test_an_emptied_store_is_forgotten_and_no_other(installation, other):
    contents = installation.fill(3)
    first = installation.storage_url
    refused(installation, "No store with this URL is registered. See: coffer storage list", "forget", "file:///nowhere")
    installation.coffer("storage", "copy", "--to", other)
    refused(installation, "There are still 0 files and versions, 0 blobs that gc has to remove and 3 copies", "forget", other)
    refused(installation, "This store is in use.", "forget", first)
    installation.sql("select internal.use_store(2::smallint)")
    refused(installation, "COFFER_STORAGE_URL still names this store.", "forget", first)
    installation.configure(COFFER_STORAGE_URL=other)
    refused(installation, "There are still 3 files and versions, 0 blobs that gc has to remove and 0 copies", "forget", first)
    installation.coffer("storage", "switch")
    refused(installation, "There are still 0 files and versions, 3 blobs that gc has to remove and 0 copies", "forget", first)
    refused(installation, "This store is in use.", "forget", other)
    assert len(stores(installation)) == 2
    installation.coffer("gc", "--grace", "0")
    shutil.rmtree(installation.store(first))
    assert installation.coffer("storage", "forget", first) == ""
    assert [(store["id"], store["url"]) for store in stores(installation)] == [(2, other)]
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")
    installation.coffer("gc", "--grace", "0")
    fresh = installation.work()
    all_readable(installation, contents, fresh)
    assert installation.put("later", b"later", worker=fresh) == 200


def test_copies_that_are_given_up_become_garbage(installation, other):
    installation.fill(3)
    installation.coffer("storage", "copy", "--to", other)
    refused(installation, "0 files and versions, 3 blobs that gc has to remove and 0 copies", "forget", "--copies", other)
    installation.coffer("gc", "--grace", "0")
    assert installation.blobs(other) == {} and len(installation.blobs()) == 3
    installation.coffer("storage", "forget", "--copies", other)
    assert [store["files"] for store in stores(installation)] == [3]
    refused(installation, "Nothing was copied to this store.", "switch", "--to", other)
    # Its number is not given to another, for a copy to it may still be going on.
    installation.coffer("storage", "copy", "--to", installation.new_store())
    assert [store["id"] for store in stores(installation)] == [1, 3]


def test_a_store_that_an_upload_may_still_choose_is_not_forgotten(installation, other):
    """Nor does anybody wait, who reads, for the one who wants to forget it."""
    installation.coffer("storage", "copy", "--to", other)
    begun = "select api.begin_upload(md5('slow'), 'slow', 4, null, false)"
    identity = "select set_config('coffer.user_id', id::text, false) from internal.users"
    first = installation.storage_url
    installation.configure(COFFER_STORAGE_URL=other)
    with installation.holding(f"{identity}; begin; {begun}"):
        installation.sql("select internal.use_store(2::smallint)")
        refused(installation, "Try again when no backup and no gc is running.", "forget", first)
        assert installation.get("nothing")[0] == 400
    installation.coffer("storage", "forget", first)


def test_two_copies_at_once_do_no_harm(installation, other):
    contents = installation.fill(60)
    runs = [installation.launch("storage", "copy", "--to", other) for _ in range(2)]
    threads = [threading.Thread(target=run.communicate) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    installation.coffer("storage", "copy", "--to", other)
    installation.coffer("storage", "switch")
    all_readable(installation, contents)
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")
