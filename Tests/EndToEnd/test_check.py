"""coffer check finds and reports every kind of damage, and repairs what is safe. Work in progress is not damage."""

import json
import os
import re
import signal
import time
from contextlib import ExitStack

import pytest

from installation import Load, stopped_while_reading


def problems(output):
    lines = [json.loads(line) for line in output.splitlines()]
    return {(line["problem"], line["blob"]): line for line in lines if "problem" in line}, lines[-1]


def check(installation, *options, status=0):
    return problems(installation.coffer("check", "--json", "--age", "0", *options, status=status))


def lose(installation):
    installation.blobs()[installation.blob("files/0000")].unlink()
    return "missing", installation.blob("files/0000")


def orphan(installation, url=None):
    name = "0123456789abcdef" * 2
    installation.place(name, b"nobody's", url)
    return "orphan", name


def shorten(installation):
    os.truncate(installation.blobs()[installation.blob("files/0001")], 50)
    return "wrong_size", installation.blob("files/0001")


def alter(installation):
    with installation.blobs()[installation.blob("files/0002")].open("r+b") as blob:
        blob.write(b"other")
    return "wrong_digest", installation.blob("files/0002")


def test_a_sound_store_is_clean(installation):
    installation.fill(5)
    found, totals = check(installation, "--digest")
    assert found == {} and totals == {"files": 5, "bytes": 500, "problems": 0, "repaired": 0, "stores_unavailable": 0}
    assert "5 files are correct, 0 problems" in installation.coffer("check")


@pytest.mark.parametrize("damage", [lose, orphan, shorten, alter])
def test_each_damage_is_found_and_nothing_else(installation, damage):
    installation.fill(5)
    expected = damage(installation)
    found, totals = check(installation, "--digest", status=1)
    assert set(found) == {expected} and totals["problems"] == 1
    problem = found[expected]
    if expected[0] != "orphan":
        assert problem["email"] == "owner@installation.example" and problem["file_path"].startswith("files/000")
    line = installation.coffer("check", "--digest", "--age", "0", status=1).splitlines()[0]
    assert line.startswith(f"{expected[0]} store 1 blob {expected[1]}"), line


def test_without_digests_only_sizes_are_compared(installation):
    installation.fill(5)
    alter(installation)
    assert check(installation)[1]["problems"] == 0


def test_repair_lists_a_blob_of_no_file_for_gc_and_leaves_the_rest(installation):
    installation.fill(5)
    lost, unlisted = lose(installation), orphan(installation)
    found, totals = check(installation, status=1)
    assert set(found) == {lost, unlisted} and not found[unlisted]["repaired"]
    found, totals = check(installation, "--repair", status=1)
    assert found[unlisted]["repaired"] and not found[lost]["repaired"]
    assert (totals["problems"], totals["repaired"]) == (1, 1)
    assert set(check(installation, status=1)[0]) == {lost}
    installation.coffer("gc", "--grace", "0")
    assert unlisted[1] not in installation.blobs()


def test_a_young_blob_of_no_file_is_left_alone(installation):
    installation.fill(1)
    orphan(installation)
    assert "0 problems" in installation.coffer("check")


def test_a_check_during_changes_reports_no_problem(installation):
    installation.fill(50)
    with Load(installation) as load:
        for _ in range(15):
            assert check(installation, "--digest")[0] == {}
            installation.coffer("gc", "--grace", "0")
        load.go_on(5)


def test_a_check_that_was_interrupted_goes_on(installation, tmp_path):
    contents = installation.fill(30, size=100_000)
    (expected, name) = lose(installation)
    folder = installation.folder / "cursor"
    folder.mkdir()
    installation.own(folder)
    cursor = folder / "at"
    # So slow that it is not over when it is interrupted.
    run = installation.launch("check", "--digest", "--json", "--rate", "100000", "--resume", str(cursor), "--threads", "1")
    with stopped_while_reading(run, installation):
        run.send_signal(signal.SIGINT)
    output, errors = run.communicate(timeout=300)
    assert run.returncode == 130 and "--resume" in errors, (output, errors)
    found, totals = check(installation, "--digest", "--resume", str(cursor), status=1)
    assert totals["problems"] == 1
    assert not cursor.exists()
    assert len(contents) == 30


def test_a_check_goes_on_behind_its_cursor(installation):
    installation.fill(10)
    names = sorted(installation.blobs())
    for name in (names[2], names[7]):
        installation.blobs()[name].unlink()
    cursor = installation.folder / "cursor"
    cursor.write_text(f"1 {names[4]} 1\n")
    installation.own(cursor)
    installation.own(installation.folder)
    found, totals = check(installation, "--resume", str(cursor), status=1)
    assert [name for _, name in found] == [names[7]], "what is done is not done again"
    assert totals["problems"] == 2, "and what was found there is not forgotten"
    cursor.write_text("nonsense")
    installation.coffer("check", "--resume", str(cursor), status=1)


def half_moved(installation):
    """Files in one store, and uploads that go to another; their URLs."""
    old, new = installation.storage_url, installation.new_store()
    installation.coffer("storage", "copy", "--to", new)
    installation.sql("select internal.use_store(2::smallint)")
    return old, new


@pytest.mark.parametrize("which", ["the old one", "the one in use"])
def test_an_unavailable_store_is_reported_and_the_others_are_checked(installation, which):
    installation.fill(5)
    old, new = half_moved(installation)
    assert installation.put("in the new one", b"x" * 100) == 200
    away, files = (old, 1) if which == "the old one" else (new, 5)
    rest = new if away == old else old
    unlisted = orphan(installation, rest)
    with installation.unavailable(away):
        for options in ((), ("--digest",)):
            done = installation.run("check", "--age", "0", *options)
            assert done.returncode == 1
            (line,) = [line for line in done.stderr.splitlines() if "is unavailable" in line]
            store = 1 if away == old else 2
            assert line.startswith(f"coffer: store {store} is unavailable, {away}: The storage is not available.")
            found, total = done.stdout.splitlines()
            assert found.startswith("orphan") and unlisted[1] in found
            assert total == f"{files} files are correct, 1 problems, 0 repaired, 1 stores not checked"
        found, totals = check(installation, "--repair", status=1)
        assert [problem["repaired"] for problem in found.values()] == [True]
        assert (totals["problems"], totals["stores_unavailable"]) == (0, 1), "not to know is no success"
    found, totals = check(installation, "--digest")
    assert found == {} and (totals["files"], totals["stores_unavailable"]) == (6, 0)


@pytest.mark.parametrize("which", ["the old one", "the one in use"])
def test_a_resumed_check_begins_with_the_store_that_was_unavailable(installation, which):
    installation.fill(3)
    old, new = half_moved(installation)
    lost = lose(installation)
    unlisted = orphan(installation, new)
    cursor = installation.folder / "cursor"
    with installation.unavailable(old if which == "the old one" else new):
        check(installation, "--resume", cursor, status=1)
    found, totals = check(installation, "--resume", cursor, status=1)
    assert set(found) == ({lost, unlisted} if which == "the old one" else {unlisted})
    assert totals["problems"] == 2, "nothing is left out and nothing counted twice"
    assert not cursor.exists()


def test_a_store_that_becomes_unavailable_during_a_check_is_reported(installation):
    installation.fill(3, size=100_000)
    # So slow that it has read next to nothing of the first blob.
    run = installation.launch("check", "--digest", "--rate", "100000", "--threads", "1")
    with ExitStack() as until_the_end:
        with stopped_while_reading(run, installation):
            until_the_end.enter_context(installation.unavailable())
        output, errors = run.communicate(timeout=300)
    assert run.returncode == 1 and "coffer: store 1 is unavailable" in errors, errors
    assert output.endswith(", 0 problems, 0 repaired, 1 stores not checked\n"), output


def test_what_is_repaired_during_a_check_is_not_reported(installation):
    installation.fill(4, size=100_000)
    lost = installation.blobs()[installation.blob("files/0000")]
    hidden = lost.rename(installation.folder / "hidden")
    _, unlisted = orphan(installation)
    # The lists are compared before the bytes are read, and what was found is looked at once more behind that.
    run = installation.launch("check", "--digest", "--age", "0", "--rate", "100000", "--threads", "1")
    with stopped_while_reading(run, installation):
        hidden.rename(lost)
        installation.blobs()[unlisted].unlink()
    output, errors = run.communicate(timeout=300)
    assert run.returncode == 0 and " 0 problems" in output, (output, errors)


def test_the_rate_is_not_exceeded(installation):
    """A busy machine can only make it slower."""
    installation.fill(4, size=100_000)
    started = time.monotonic()
    installation.coffer("check", "--digest", "--rate", "200000")
    assert time.monotonic() - started > 1.4


def test_progress_is_lines_where_there_is_no_terminal(installation):
    installation.fill(3)
    run = installation.launch("check", "--digest")
    _, errors = run.communicate(timeout=300)
    assert re.fullmatch(r"3 of 3 files, 300 B of 300 B, .*/s, 0:00 left\n", errors), errors
