"""The database knows when a backup, a check and gc last succeeded, and only what has succeeded is recorded."""

import pytest

from installation import stopped

KINDS = {"backup": ["backup", "saved"], "check": ["check"], "gc": ["gc"]}


def runs(installation):
    """The recorded kinds, with the age of each in whole minutes."""
    rows = installation.sql("select kind, floor(extract(epoch from now() - succeeded_at) / 60) from internal.runs")
    return dict(row.split("|") for row in rows)


def run(installation, kind, status=0):
    command, *words = KINDS[kind]
    return installation.coffer(command, *(installation.folder / word for word in words), status=status)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_succeeds_is_recorded_with_its_time(installation, kind):
    assert runs(installation) == {}
    run(installation, kind)
    assert runs(installation) == {kind: "0"}
    installation.sql("update internal.runs set succeeded_at = succeeded_at - interval '1 day'")
    assert runs(installation) == {kind: "1440"}
    run(installation, kind)
    assert runs(installation) == {kind: "0"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_fails_is_not_recorded(installation, kind):
    installation.fill(1)
    with installation.unavailable():
        run(installation, kind, status=1)
    assert runs(installation) == {}


def test_a_check_that_finds_a_problem_is_not_recorded(installation):
    installation.fill(1)
    installation.blobs()[installation.blob("files/0000")].unlink()
    run(installation, "check", status=1)
    assert runs(installation) == {}


def test_gc_that_removes_nothing_during_a_backup_is_not_recorded(installation):
    installation.fill(3, size=100_000)
    backup = installation.launch("backup", installation.folder / "saved", "--rate", "100000", "--quiet")
    with stopped(backup, lambda: any((installation.folder / "saved/blobs").glob("??/*")), "a blob is copied"):
        assert "a backup is running" in run(installation, "gc")
        assert runs(installation) == {}
    output, errors = backup.communicate(timeout=300)
    assert backup.returncode == 0, (output, errors)
    assert runs(installation) == {"backup": "0"}


def test_a_batch_of_a_worker_is_recorded_as_gc(new_installation):
    site = new_installation(COFFER_WORKER_GC="on").set_up()
    site.sql("update internal.collection_schedule set due_at = now()")
    # A worker answers the next request only when it is done with the batch.
    for _ in range(2):
        assert site.worker.ask("GET", "/health/live")[0] == 200
    assert runs(site) == {"gc": "0"}
