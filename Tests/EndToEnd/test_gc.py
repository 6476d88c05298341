"""What is garbage goes, in its time: by coffer gc, by workers after they have answered, and never what somebody needs."""

import os
import subprocess

import pytest

from installation import Load
from instance import ahead, worker_ahead
from processes import wait_until


@pytest.fixture
def site(new_installation):
    """An installation whose workers collect, what is garbage for an hour."""
    return new_installation(COFFER_WORKER_GC="on", COFFER_GRACE_SECONDS="3600").set_up()


def make_garbage(installation, path="files/0000", age="2 hours"):
    """Deletes a file long ago; the path of its blob."""
    blob = installation.blobs()[installation.blob(path)]
    status, _ = installation.worker.ask("DELETE", f"/files?file_path=eq.{path}", installation.token())
    assert status == 204
    installation.sql(f"update internal.garbage set listed_at = now() - interval '{age}'")
    return blob


def make_due(installation):
    """Since when a batch is due."""
    return installation.sql("update internal.collection_schedule set due_at = now() returning due_at")[0]


def live(worker):
    """A request after which a batch is due, whatever the worker's clock and store are like."""
    assert worker.ask("GET", "/health/live")[0] == 200


def wait_for_removal(path):
    wait_until(lambda: not path.exists(), 120, f"the removal of {path}")


def live_and_collect(worker):
    """The same and the batch behind it: a worker answers the next request only when it is done with that."""
    for _ in range(2):
        live(worker)


def collect_by_a_worker(installation):
    make_due(installation)
    live_and_collect(installation.work())


def test_gc_removes_after_the_grace_period(installation):
    installation.fill(2)
    blob = make_garbage(installation, age="10 minutes")
    assert "removed 0 blobs" in installation.coffer("gc", "--grace", "900")
    assert "would remove 1 blobs, 0 files and versions from the trash and 0 expired sessions" in installation.coffer("gc", "--grace", "300", "--dry-run")
    assert blob.exists()
    assert "removed 1 blobs" in installation.coffer("gc", "--grace", "300")
    assert not blob.exists()
    assert "removed 0 blobs" in installation.coffer("gc", "--grace", "0")
    assert len(installation.blobs()) == 1


def test_gc_removes_expired_sessions(installation):
    installation.token()
    installation.sql("update internal.sessions set expires_at = now() - interval '8 days'")
    assert "1 expired sessions" in installation.coffer("gc", "--dry-run")
    assert "1 expired sessions" in installation.coffer("gc")
    assert installation.sql("select count(*) from internal.sessions") == ["0"]


def test_gc_removes_abandoned_stages(installation):
    stage = installation.store() / "stage" / "left"
    stage.write_bytes(b"half")
    installation.own(stage)
    assert "0 abandoned stages" in installation.coffer("gc"), "it may be on its way"
    assert stage.exists()
    installation.collect()
    assert not stage.exists()


def test_a_pending_blob_of_a_killed_worker_is_listed_and_removed_after_a_week(installation):
    blob = "cd" * 16
    marker, path = installation.leave_pending_marker(blob)
    assert "0 problems" in installation.coffer("check", "--age", "0"), "it may be on its way"
    installation.coffer("gc", "--grace", "0")
    assert marker.exists() and installation.listed() == set(), "nobody can tell yet that its worker is gone"
    installation.coffer("gc", "--grace", "0", before=ahead("+2m"))
    assert not marker.exists() and path.exists() and installation.listed() == {blob}
    assert "0 problems" in installation.coffer("check", "--age", "0")
    installation.collect()
    assert not path.exists() and installation.listed() == set()


def test_a_pending_marker_left_after_a_commit_is_removed_without_its_blob(installation):
    installation.fill(1)
    blob = installation.blob("files/0000")
    marker = installation.store() / "stage" / blob
    os.link(installation.blobs()[blob], marker)
    installation.collect()
    assert not marker.exists() and installation.listed() == set() and installation.wrongs() == []


def test_a_worker_lists_pending_blobs_in_its_batch(site):
    blob = "cd" * 16
    marker, path = site.leave_pending_marker(blob)
    make_due(site)
    live(site.work(before=worker_ahead("+2m")))
    wait_for_removal(marker)
    assert path.exists() and site.listed() == {blob}


def test_an_upload_has_a_week_whatever_the_grace(installation):
    last_step = installation.begin_upload("slow", "ab" * 16, b"slow")
    age = "update internal.garbage set listed_at = now() - interval '6 days'"
    installation.sql(age)
    assert "removed 0 blobs" in installation.coffer("gc", "--grace", "0")
    installation.sql(last_step)
    assert installation.get("slow") == (200, b"slow")
    installation.begin_upload("abandoned", "cd" * 16, b"abandoned")
    installation.sql(age.replace("6", "8"))
    assert "removed 1 blobs" in installation.coffer("gc", "--grace", "0")
    assert installation.blobs().keys() == {"ab" * 16}


def test_an_upload_that_gc_has_taken_waits_for_it_and_fails(installation):
    name = "ab" * 16
    last_step = installation.begin_upload("late", name, b"late")
    installation.sql("update internal.garbage set listed_at = now() - interval '8 days'")
    forget = f"select internal.delete_garbage(1::smallint, array['{name}']); commit;"
    with installation.holding("begin; select internal.take_garbage('0', 10)", forget):
        assert "lock timeout" in installation.sql(f"set lock_timeout = '300ms'; {last_step}", check=False).stderr
    assert "The upload has expired." in installation.sql(last_step, check=False).stderr
    assert installation.rows() == {}


def test_what_a_file_has_is_not_removed_whatever_the_list_says(installation):
    contents = installation.fill(1)
    installation.sql("insert into internal.garbage (blob, reason) select blob, 'deleted' from internal.files")
    assert "removed 0 blobs" in installation.coffer("gc", "--grace", "0")
    assert installation.get("files/0000") == (200, contents["files/0000"])


@pytest.mark.parametrize("which", ["the old one", "the one in use"])
def test_an_unavailable_store_does_not_hold_up_others(installation, which):
    old, new = installation.storage_url, installation.new_store()
    # More than gc takes at once, and older than what is in the other store.
    installation.fill(2)
    installation.sql(
        "insert into internal.garbage (blob, reason, listed_at) "
        "select md5(n::text), 'deleted', now() - interval '3 hours' from generate_series(1, 1100) n"
    )
    installation.move_to(new)
    assert installation.put("files/0000", b"overwritten") == 200
    away, rest = (old, new) if which == "the old one" else (new, old)
    in_rest = 1 if rest == new else 1102
    installation.sql("update internal.sessions set expires_at = now() - interval '8 days'")
    with installation.unavailable(away):
        before = installation.blobs(rest).keys()
        done = installation.run("gc", "--grace", "0")
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith(
                f"coffer: store {1 if away == old else 2} is unavailable, {away}: The storage is not available."
            ), line
        kept = "0 files and versions from the trash, 0 abandoned stages and 1 expired sessions"
        assert done.stdout == f"removed {in_rest} blobs, {kept}\n"
        assert len(before - installation.blobs(rest).keys()) == (1 if rest == new else 2)
        assert installation.run("gc", "--grace", "0").stdout.startswith("removed 0 blobs")
    assert installation.coffer("gc", "--grace", "0").startswith(f"removed {1103 - in_rest} blobs")
    assert installation.listed() == set() and not installation.blobs(old)


def test_two_gcs_and_people_at_work_do_no_harm(installation):
    installation.fill(10)
    with Load(installation) as load:
        for _ in range(6):
            runs = [installation.launch("gc", "--grace", "1") for _ in range(2)]
            for run in runs:
                output, errors = run.communicate(timeout=300)
                assert run.returncode == 0, (output, errors)
            assert "0 problems" in installation.coffer("check", "--age", "0")
        load.go_on(5)
    assert load.failures == []
    installation.coffer("gc", "--grace", "0")
    assert len(installation.blobs()) == int(installation.sql("select count(*) from internal.files")[0])


def test_a_worker_does_a_batch_after_a_request(site):
    site.fill(2)
    blob = make_garbage(site)
    make_due(site)
    live(site.work())
    wait_for_removal(blob)
    wait_until(lambda: site.sql("select count(*) from internal.garbage") == ["0"], 120, "its row to go")


def test_there_is_one_batch_a_minute_for_all_workers(site):
    site.fill(3)
    first = make_garbage(site)
    due = make_due(site)
    live(site.work())
    wait_for_removal(first)
    next_due = "select due_at >= timestamptz '{}' + interval '1 minute' from internal.collection_schedule"
    assert site.sql(next_due.format(due)) == ["t"]
    # A busy machine may need longer than this minute.
    site.sql("update internal.collection_schedule set due_at = due_at + interval '1 hour'")
    second = make_garbage(site, "files/0001")
    for _ in range(3):
        worker = site.work()
        live_and_collect(worker)
    assert second.exists(), "the minute is not over"
    make_due(site)
    live_and_collect(worker)
    assert second.exists(), "this worker has asked in this minute"
    live(site.work())
    wait_for_removal(second)


def test_a_batch_leaves_what_is_young(site):
    site.fill(1)
    blob = make_garbage(site, age="30 minutes")
    collect_by_a_worker(site)
    assert blob.exists()


def test_a_batch_that_fails_forgets_nothing(site):
    site.fill(1)
    blob = make_garbage(site)
    away = blob.parent.with_suffix(".away")
    blob.parent.rename(away)
    # Not a folder: unlink fails.
    blob.parent.write_bytes(b"")
    collect_by_a_worker(site)
    assert site.sql("select count(*) from internal.garbage") == ["1"]
    blob.parent.unlink()
    away.rename(blob.parent)
    live(site.work())
    wait_for_removal(blob)


def test_batches_can_be_switched_off(new_installation):
    site = new_installation(COFFER_WORKER_GC="off").set_up()
    site.fill(1)
    blob = make_garbage(site)
    collect_by_a_worker(site)
    assert blob.exists()


def test_a_cgi_process_does_batches_too(site):
    site.fill(1)
    blob = make_garbage(site)
    make_due(site)
    program = site["WORKER"]
    command = [*site.as_owner(program), program]
    request = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/health/ready", "GATEWAY_INTERFACE": "CGI/1.1"}
    # One in sixteen asks.
    for _ in range(200):
        done = subprocess.run(
            command, env=site.environment | request, capture_output=True, timeout=300, stdin=subprocess.DEVNULL
        )
        assert b"Status: 200" in done.stdout
        if not blob.exists():
            return
    raise AssertionError("of 200 processes none collected")


def test_nothing_is_removed_while_a_backup_holds_it(site):
    site.fill(1)
    blob = make_garbage(site)
    with site.holding("select internal.hold_collection()"):
        assert "a backup is running" in site.coffer("gc", "--grace", "0")
        collect_by_a_worker(site)
        assert blob.exists()
    assert "removed 1 blobs" in site.coffer("gc", "--grace", "0")
