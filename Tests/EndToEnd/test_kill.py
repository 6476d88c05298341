"""A short run of scripts/test-kill, and the loss of all of PostgreSQL's memory just after each kind of change."""

import json
import os
import random
import signal

import pytest

import kill
from client import log_in
from instance import OwnInstance, ahead
from processes import wait_until


@pytest.mark.parametrize("users", [1, 8])
def test_kills_at_random_moments_lose_nothing_that_was_acknowledged(users):
    wrongs, kills = kill.run(kills=5, seconds=3600, seed=random.SystemRandom().randrange(1 << 32), users=users)
    assert wrongs == []
    assert kills == 5


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


# A commit that removes rows of garbage never ends, so it does not bring to the disk what was committed before.
HOLD_COLLECTION = """
create function public.hold() returns trigger language plpgsql as 'begin perform pg_sleep(600); return null; end';
create constraint trigger hold after delete on internal.garbage deferrable initially deferred
    for each row execute function public.hold()"""
# Workers commit like this, and wait for the disk afterwards.
DELETE_IN_MEMORY = """
set synchronous_commit = off;
set coffer.trash_days = 0;
delete from internal.files;
update internal.garbage set listed_at = now() - interval '9 days';
update internal.collection_schedule set due_at = now()"""
STORE_IN_MEMORY = """
set synchronous_commit = off;
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select id, 'pending', 'text/plain', 7, sha256('pending'), '{blob}' from internal.users where email = '{email}'"""


@pytest.mark.parametrize("collector", ["command", "worker"])
def test_a_blob_is_removed_only_when_the_deletion_of_its_file_is_on_the_disk(collector):
    with OwnInstance() as instance:
        kill.lose_unwritten(instance)
        client = instance.log_in()
        assert client.store("a", b"1").status == 200
        (blob,) = instance.blobs().values()
        instance.sql(HOLD_COLLECTION)
        instance.sql(DELETE_IN_MEMORY)
        if collector == "command":
            command = instance.launch("gc", "--grace", "0")
            wait_until(lambda: not blob.exists(), 120, "the command to remove the blob")
        else:
            wait_until(lambda: client.get("/health/live") and not blob.exists(), 120, "a worker to remove the blob")
        lose_memory(instance)
        assert instance.rows() == {}, "the file is back, without its blob"
        if collector == "command":
            assert command.wait(120) == 1, "its commit was cut off"


def test_a_pending_marker_is_removed_only_when_the_row_of_its_file_is_on_the_disk():
    with OwnInstance() as instance:
        kill.lose_unwritten(instance)
        blob = "cd" * 16
        marker, _ = instance.leave_pending_marker(blob)
        instance.sql(STORE_IN_MEMORY.format(blob=blob, email=instance["EDITOR_EMAIL"]))
        instance.coffer("gc", "--grace", "0", before=ahead("+2m"))
        assert not marker.exists()
        lose_memory(instance)
        instance.collect()
        assert instance.wrongs() == []
