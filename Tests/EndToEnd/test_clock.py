"""A worker's clock that differs from the database's, which dates the tokens."""

import json

import pytest
from installation import EMAIL
from instance import worker_ahead


def logged(installation, before=()):
    """A worker whose log is in a file of its folder."""
    log = installation.folder / f"log-{len(installation.workers)}"
    log.touch()
    installation.own(log)
    return installation.work(before=["sh", "-c", f'exec 2>>{log}; exec "$@"', "sh", *before]), log


@pytest.mark.parametrize(("by", "side"), [("-60s", "behind"), ("-3600s", "behind"), ("+60s", "ahead of")])
def test_ready_and_the_log_say_by_how_much_the_clock_differs(installation, by, side):
    worker, log = logged(installation, worker_ahead(by))
    status, body = worker.ask("GET", "/health/ready")
    assert status == 503
    details = json.loads(body)["details"]
    seconds = int(by[1:-1])
    near = [f"clock ({number} s {side} the database's, 30 s are allowed)" for number in range(seconds - 20, seconds + 21)]
    assert details in [f"Failed: {text}" for text in near]
    assert "event=clock_differs seconds=" + ("-" if side == "behind" else "") in log.read_text()


def test_a_worker_whose_tokens_are_refused_says_why_without_being_asked(installation):
    token = installation.token(EMAIL)
    worker, log = logged(installation, worker_ahead("-60s"))
    assert worker.ask("GET", "/rpc/whoami", token)[0] == 401
    assert "level=error" in log.read_text() and "event=clock_differs seconds=-" in log.read_text()


def test_a_clock_that_tokens_allow_is_ready(installation):
    worker, log = logged(installation, worker_ahead("-20s"))
    assert worker.ask("GET", "/health/ready")[0] == 200
    assert "event=clock_differs" in log.read_text(), "it is worth a warning"
    assert "level=error" not in log.read_text()
    worker, log = logged(installation)
    # When it answers the second time, it has done what the first question led to.
    for _ in range(2):
        assert worker.ask("GET", "/health/ready")[0] == 200
    assert log.read_text() == ""
