"""Quotas: what a user stores never exceeds them, whatever happens at once, and what is counted is what is there."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import assert_failure
from worker import ask


@pytest.fixture
def limited(account, sql):
    """Sets the quota of the test's account; its client."""
    client = account.log_in()

    def limit(quota):
        sql(f"select internal.set_quota('{account.email}', {quota})")
        return client

    return limit


def assert_counted(sql, account, files, used):
    """The totals of the account and the sums of its files are these."""
    totals = f"select file_count, used_bytes from api.users where email = '{account.email}'"
    sums = f"""select count(*), coalesce(sum(size_bytes), 0) from internal.files f join internal.users u on u.id = f.user_id
        where u.email = '{account.email}'"""
    assert sql(totals) == sql(sums) == [f"{files}|{used}"]


def empty_trash(client):
    """The trash counts toward the quota, until its owner removes what is there."""
    assert client.delete("/trash?expires_at=gt.2000-01-01").status == 204


def test_fifty_uploads_at_once_get_what_fits(account, limited, sql, no_leftovers):
    client = limited(20_500)
    most = []
    done = threading.Event()

    def watch():
        while not done.is_set():
            most.append(int(sql(f"select used_bytes from api.users where email = '{account.email}'")[0]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(50) as executor:
        answers = list(executor.map(lambda number: client.store(f"at-once/{number}", b"x" * 1000), range(50)))
    done.set()
    watcher.join()
    assert sorted(answer.status for answer in answers) == [200] * 20 + [413] * 30
    for answer in answers:
        if answer.status == 413:
            failure = assert_failure(answer, 413, "KF006")
            assert "20500" in failure["details"].replace(",", "")
    assert max(most) <= 20_500
    assert_counted(sql, account, 20, 20_000)
    assert client.get("/rpc/whoami").json()["used_bytes"] == 20_000
    listed = client.files("select=size_bytes").json()
    assert sum(row["size_bytes"] for row in listed) == 20_000
    no_leftovers()


def test_overwriting_at_once_counts_one(account, limited, sql):
    sizes = range(981, 1_001)
    client = limited(sum(sizes))
    with ThreadPoolExecutor(20) as executor:
        answers = list(executor.map(lambda size: client.store("same", b"x" * size), sizes))
    assert {answer.status for answer in answers} == {200}
    size = len(client.retrieve("same").body)
    assert_counted(sql, account, 1, size)
    assert client.get("/rpc/whoami").json()["trash_bytes"] == sum(sizes) - size


def test_overwriting_and_deleting_free_what_was_there(account, limited, sql):
    client = limited(100)
    assert client.store("a", b"x" * 60).status == 200
    assert_failure(client.store("b", b"x" * 41), 413, "KF006")
    assert client.store("b", b"x" * 40).status == 200
    assert_counted(sql, account, 2, 100)
    assert_failure(client.store("a", b"x" * 61), 413, "KF006")
    assert client.retrieve("a").body == b"x" * 60, "the old file stays"
    assert client.store("a", b"x" * 60).status == 200, "the same content makes no version"
    assert_failure(client.store("a", b"x" * 10), 413, "KF006")
    assert client.delete("/files?file_path=eq.a").status == 204
    assert_failure(client.store("a", b"x" * 10), 413, "KF006")
    empty_trash(client)
    assert client.store("a", b"x" * 10).status == 200
    assert client.store("c", b"x" * 50).status == 200
    assert_failure(client.store("d", b"x"), 413, "KF006")
    assert client.store("empty", b"").status == 200, "nothing fits always"
    assert client.delete("/files?file_path=eq.b").status == 204
    empty_trash(client)
    assert client.store("d", b"x" * 40).status == 200
    assert_counted(sql, account, 4, 100)
    assert client.post("/rpc/move_folder", {"p_from": "no", "p_to": "where"}).status == 200
    request = ("PATCH", "/files?file_path=eq.d", {"Content-Type": "application/json"}, '{"file_path":"moved/d"}')
    assert client.request(*request).status == 204
    assert_counted(sql, account, 4, 100)
    user = client.get("/rpc/whoami").json()["user_id"]
    assert client.delete(f"/files?user_id=eq.{user}").status == 204
    assert_counted(sql, account, 0, 0)


def test_a_quota_below_what_is_used_removes_nothing(account, limited, sql):
    client = limited(100)
    assert client.store("a", b"x" * 80).status == 200
    assert client.store("b", b"x" * 10).status == 200
    limited(50)
    whoami = client.get("/rpc/whoami").json()
    assert (whoami["quota_bytes"], whoami["used_bytes"]) == (50, 90)
    assert client.retrieve("a").body == b"x" * 80
    assert_failure(client.store("c", b"x"), 413, "KF006")
    assert_failure(client.store("b", b"x" * 11), 413, "KF006")
    assert client.store("b", b"x" * 10).status == 200, "not more than before"
    assert_failure(client.store("a", b"x" * 79), 413, "KF006")
    assert client.delete("/files?file_path=eq.a").status == 204
    assert_failure(client.store("c", b"x" * 40), 413, "KF006")
    empty_trash(client)
    assert client.store("c", b"x" * 40).status == 200
    assert_counted(sql, account, 2, 50)


def test_a_quota_of_nothing_and_no_quota(account, limited, sql):
    client = limited(0)
    assert_failure(client.store("a", b"x"), 413, "KF006")
    assert client.store("empty", b"").status == 200
    limited("null")
    assert client.store("a", b"x" * 100_000).status == 200
    assert client.get("/rpc/whoami").json()["quota_bytes"] is None
    assert_counted(sql, account, 2, 100_000)


@pytest.mark.parametrize("announced", ["65537", "9223372036854775807"])
def test_a_body_that_is_announced_too_long_is_not_read(account, limited, announced):
    """The body never comes, so whoever waited for it would tell of a truncated one."""
    client = limited(100)
    answer = ask(
        "POST", "/rpc/store_file", client.token, CONTENT_LENGTH=announced, HTTP_FILE_PATH="a", CONTENT_TYPE="text/plain"
    )
    failure = assert_failure_of_worker(answer, 413, "KF006")
    assert "100" in failure["details"]


def assert_failure_of_worker(answer, status, code):
    assert answer.status == status, answer
    failure = json.loads(answer.body)
    assert failure["code"] == code, failure
    return failure


@pytest.mark.parametrize(
    "field,code",
    [("File-Path: a", "KF006"), ("File-Path: ../a", "KF003"), ("File-Path: b\r\nIf-Match: *", "KF004")],
)
def test_the_web_server_asks_before_it_takes_the_body_in(account, limited, field, code):
    """The body is announced and never sent."""
    client = limited(100)
    head = (
        f"POST /rpc/store_file HTTP/1.1\r\nHost: {client.host}:{client.port}\r\nAuthorization: Bearer {client.token}\r\n"
        f"{field}\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n"
    )
    answer = client.raw(head.encode())
    assert answer.startswith({"KF006": b"HTTP/1.1 413", "KF003": b"HTTP/1.1 400", "KF004": b"HTTP/1.1 412"}[code]), answer
    assert f'"code":"{code}"'.encode() in answer

