"""A copy that stops: a worker that is killed at each step, a commit that fails, a blob that is missing. Nothing or all
is copied, and gc leaves the blobs that have rows."""

import os
import random
import re
import subprocess

import pytest

from instance import Instance
from script import SCRIPTS
from test_copies import content, names
from transports import Answer

DEBUG_WORKER = SCRIPTS.parent / ".build/debug/coffer.fcgi"


class Copier:
    """One user's copies of a folder by a debug worker in CGI mode, a process for each request."""

    def __init__(self, account):
        self.instance, self.email = Instance(), account.email
        self.client = account.log_in()
        self.bodies = {f"f/{number}": b"%d" % number * 1000 for number in range(3)}
        for path, body in self.bodies.items():
            assert self.client.store(path, body).status == 200

    def ask(self, **environment):
        """The answer, None where there is none; and what the worker wrote to its log."""
        body = b'{"p_from":"f","p_to":"t"}'
        values = {
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "REQUEST_URI": "/rpc/copy",
            "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
            "HTTP_AUTHORIZATION": f"Bearer {self.client.token}", "COFFER_CONFIG": self.instance["CONFIG"],
            "COFFER_WORKER_GC": "off", **environment,
        }  # fmt: skip
        command = [*self.instance.as_owner(DEBUG_WORKER), DEBUG_WORKER]
        done = subprocess.run(command, env=values, input=body, capture_output=True, timeout=300)
        return (Answer.of_gateway(done.stdout) if done.stdout else None), done.stderr.decode()

    def assert_whole(self, status):
        """Nothing or all, and all if it was acknowledged."""
        found = {path: content(self.client, path) for path in names(self.client, "t")}
        whole = {"t" + path[1:]: body for path, body in self.bodies.items()}
        assert found == whole or status != 200 and found == {}, (status, found)
        return bool(found)

    def undo(self):
        self.client.post("/rpc/delete_folder", {"p_folder": "t"})
        self.client.delete("/trash?file_path=like.t/*")


@pytest.fixture
def copier(account):
    assert DEBUG_WORKER.exists(), "swift build --product coffer.fcgi makes it"
    return Copier(account)


def test_a_worker_killed_at_each_step_leaves_nothing_or_a_whole_copy(copier):
    copier.instance.collect()
    answer, log = copier.ask(COFFER_KILL_AT="0")
    assert answer.status == 200
    points = re.findall(r"^point \d+: (.*)$", log, re.M)
    passed = points[points.index("before keys") :]
    assert passed.count("link") == 3 and {"fsync", "before begin_copy", "after begin_copy"} <= set(passed)
    listed = passed.index("after begin_copy")
    assert "link" not in passed[:listed], "names are listed before the first link"
    finish, first = passed.index("before finish_copy"), passed.index("link")
    assert passed.index("fsync", first) < finish and "link" not in passed[finish:] and "fsync" not in passed[finish:]
    assert passed.index("before the response") > passed.index("after disk")
    outcomes = []
    # Every second point, from a random one on: a run takes half as long, and several runs see all.
    every = 1 if os.environ.get("COFFER_TEST_LONG") == "on" else 2
    number = points.index("before keys") - random.randrange(every)
    while True:
        copier.undo()
        copier.instance.collect()
        number += every
        answer, log = copier.ask(COFFER_KILL_AT=str(number))
        outcomes.append(copier.assert_whole(answer.status if answer else None))
        # gc leaves what has rows, and no more.
        copier.instance.collect()
        assert copier.instance.blobs().keys() == copier.instance.rows().keys()
        assert {content(copier.client, path) for path in copier.bodies} == set(copier.bodies.values())
        if "point" not in log:
            break
    assert outcomes[0] is False and outcomes[-1] is True and len(outcomes) > 20 // every
    assert copier.instance.wrongs() == []


@pytest.mark.parametrize("finish", ["is refused", "has an unknown outcome"])
def test_a_copy_that_cannot_be_committed(installation, finish):
    """Refused, it leaves neither blobs nor names. With an unknown outcome, both stay until gc finds out."""
    site = installation
    for number in range(3):
        assert site.put(f"f/{number}", b"%d" % number) == 200
    before = site.blobs().keys()
    error = "P0001" if finish == "is refused" else "57P01"
    site.sql(f"""
        create function public.refuse() returns trigger language plpgsql as
            $$ begin raise exception using errcode = '{error}'; end $$;
        create trigger zz_refuse after insert on internal.files for each statement execute function public.refuse()""")
    status, _ = site.worker.ask("POST", "/rpc/copy", site.token(), b'{"p_from":"f","p_to":"t"}')
    names = site.sql("select blob from internal.garbage where reason = 'uploading'")
    if finish == "is refused":
        assert status == 500 and names == [] and site.blobs().keys() == before
    else:
        assert status == 503 and site.blobs().keys() == before | set(names) and len(names) == 3
    site.sql("drop trigger zz_refuse on internal.files; drop function public.refuse()")
    assert site.worker.ask("POST", "/rpc/copy", site.token(), b'{"p_from":"f","p_to":"t"}')[0] == 200
    site.collect()
    assert len(site.blobs()) == 6 and site.wrongs() == []
    assert "0 problems" in site.coffer("check", "--digest", "--age", "0")


def test_a_copy_without_its_source_blob_leaves_no_blob(installation):
    site = installation
    for number in range(40):
        assert site.put(f"f/{number}", b"%d" % number) == 200
    lost = site.blobs()[site.blob("f/39")]
    lost.rename(lost.with_suffix(".lost"))
    kept = site.blobs().keys()
    assert site.worker.ask("POST", "/rpc/copy", site.token(), b'{"p_from":"f","p_to":"t"}')[0] == 503
    assert site.blobs().keys() == kept
    lost.with_suffix(".lost").rename(lost)
    assert site.worker.ask("POST", "/rpc/copy", site.token(), b'{"p_from":"f","p_to":"t"}')[0] == 200
    site.sql("update internal.garbage set listed_at = listed_at - interval '8 days'")
    site.coffer("gc", "--grace", "0")
    assert len(site.blobs()) == 80 and "0 problems" in site.coffer("check", "--digest", "--age", "0")
