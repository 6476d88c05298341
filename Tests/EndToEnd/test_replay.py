"""Nothing is kept between requests: the recorded sequences, played in three ways, get the same answers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPLAY = [sys.executable, ROOT / "scripts" / "replay"]
SEQUENCES = sorted((ROOT / "Tests" / "Replays").glob("*.http"))


def replay(*arguments):
    return subprocess.run([*REPLAY, *arguments], capture_output=True, text=True, timeout=1800)


@pytest.fixture(scope="module")
def transcripts():
    return replay("--mode", "all")


def test_pool_fresh_workers_and_cgi_answer_alike(transcripts):
    assert "The transcripts of pool, fresh and cgi are the same." in transcripts.stdout, transcripts.stdout[-8000:]


def test_the_answers_are_those_that_the_sequences_expect(transcripts):
    assert transcripts.stderr == ""
    assert transcripts.returncode == 0


def test_nothing_secret_is_in_a_transcript(transcripts):
    for account in ("EDITOR", "EDITOR2", "ADMIN"):
        assert os.environ[f"COFFER_{account}_PASSWORD"] not in transcripts.stdout
    assert not re.search(r"eyJ[\w-]+\.[\w-]+\.", transcripts.stdout)


def test_there_are_sequences():
    assert len(SEQUENCES) >= 8


def test_an_expectation_that_is_not_met_fails(tmp_path):
    sequence = tmp_path / "wrong.http"
    sequence.write_text("### Alive\n@expect 404\nGET /health/live\n")
    done = replay(sequence)
    assert done.returncode == 1
    assert "expected status 404, got 200" in done.stderr


def test_a_difference_between_the_modes_fails(tmp_path):
    sequence = tmp_path / "different.http"
    # Only FastCGI can mark the end of a body without a length, so plain CGI refuses, before the digest is compared.
    sequence.write_text(
        "### Store\nPOST /rpc/store_file\nAuthorization: Bearer ${EDITOR_TOKEN}\nFile-Path: replays/never\n"
        f"Repr-Digest: sha-256=:{'A' * 43}=:\n"
    )
    done = replay("--mode", "all", sequence)
    assert done.returncode == 1, done.stdout
    assert "(cgi)" in done.stdout


def test_a_sequence_that_cannot_be_played_says_why(tmp_path):
    sequence = tmp_path / "unknown.http"
    sequence.write_text("### Unknown\nGET /${NEVER_SET_ANYWHERE}\n")
    done = replay(sequence)
    assert done.returncode == 2
    assert "NEVER_SET_ANYWHERE" in done.stderr
