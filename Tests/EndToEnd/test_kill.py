"""A short run of scripts/test-kill, and the loss of all of PostgreSQL's memory just after each kind of change."""

import json
import os
import random
import signal

import pytest

import kill
from client import log_in
from instance import OwnInstance


@pytest.mark.parametrize("users", [1, 8])
def test_twenty_kills_at_random_moments_lose_nothing_that_was_acknowledged(users):
    wrongs, kills = kill.run(kills=20, seconds=3600, seed=random.SystemRandom().randrange(1 << 32), users=users)
    assert wrongs == []
    assert kills == 20


def rename(client, old, new):
    body = json.dumps({"file_path": new})
    return client.request("PATCH", f"/files?file_path=eq.{old}", {"Content-Type": "application/json"}, body)


# Each with what the user has afterwards.
CHANGES = {
    "upload": (lambda client, instance: client.store("a", b"1"), {"a": b"1"}),
    "overwrite by streaming": (lambda client, instance: instance.stream(client, "a", b"22"), {"a": b"22"}),
    "rename": (lambda client, instance: rename(client, "a", "b"), {"b": b"22"}),
    "delete": (lambda client, instance: client.delete("/files?file_path=eq.b"), {}),
}


def lose_memory(instance):
    """Kills all of PostgreSQL at once, and starts it again."""
    for pid in kill.database_processes(instance):
        os.kill(pid, signal.SIGKILL)
    instance.start()


def files(client):
    listed = client.files()
    assert listed.status == 200, listed
    return {file["file_path"]: client.retrieve(file["file_path"]).body for file in listed.json()}


def test_a_change_that_was_answered_is_not_in_memory_only():
    with OwnInstance() as instance:
        kill.lose_unwritten(instance)
        client = instance.log_in()
        for name, (change, expected) in CHANGES.items():
            answer = change(client, instance)
            lose_memory(instance)
            assert answer.status in (200, 204), (name, answer)
            assert files(client) == expected, name
        client = log_in(instance["URL"], instance["EDITOR_EMAIL"], instance["EDITOR_PASSWORD"])
        lose_memory(instance)
        assert client.get("/rpc/whoami").status == 200, "a login is kept"
        assert client.post("/rpc/logout").status in (200, 204)
        lose_memory(instance)
        assert client.get("/rpc/whoami").status == 401, "a logout is kept"
        instance.collect()
        assert instance.wrongs() == []
