"""Copies of files and folders: what they have, what is refused, what happens at the same time, and that the operator's
commands know them like other files."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from client import assert_failure, etag


def copy(client, source, target):
    return client.post("/rpc/copy", {"p_from": source, "p_to": target})


def names(client, folder):
    target = f"/files?file_path=like.{quote(folder)}/*&select=file_path&order=file_path"
    return [row["file_path"] for row in client.get(target).json()]


def content(client, path):
    answer = client.retrieve(path)
    return answer.body if answer.status == 200 else None


def fill(client):
    bodies = {"a/one": b"1", "a/deep/er/two": b"22", "a/empty.bin": b"", "a/long": os.urandom(300_000)}
    for path, body in [*bodies.items(), ("ab", b"not below")]:
        assert client.store(path, body, Description=f"of {path}", **{"X-OC-Mtime": "784111777"}).status == 200
    assert client.post("/rpc/create_folder", {"p_folder": "a/nothing/in"}).status == 204
    return bodies


def test_a_folder_is_copied_with_all_that_describes_its_files(account):
    client = account.log_in()
    bodies = fill(client)
    before = client.get("/rpc/whoami").json()["used_bytes"]
    answer = copy(client, "a", "b/copy")
    assert (answer.status, answer.json()) == (200, len(bodies))
    columns = "description,content_type,size_bytes,sha256,modified_at"
    listed = [
        client.get(f"/files?file_path=like.{folder}/*&order=file_path&select={columns}").json()
        for folder in ("a", "b/copy")
    ]
    assert listed[0] == listed[1] and len(listed[0]) == len(bodies)
    assert {path: content(client, "b/copy" + path[1:]) for path in bodies} == bodies
    assert client.retrieve("b/copy/one").header("Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert client.get("/rpc/whoami").json()["used_bytes"] == before + sum(map(len, bodies.values()))
    assert client.get("/rpc/list_folder?p_folder=b/copy/nothing").json()[0]["name"] == "in"
    stored = client.get("/audit_log?action=eq.store&subject=like.b/*&select=subject").json()
    assert {row["subject"] for row in stored} == {"b/copy" + path[1:] for path in bodies}


def test_a_copy_and_its_source_do_not_need_each_other(account, instance):
    client = account.log_in()
    for number in range(2):
        client.store("mine", b"content %d" % number)
        assert copy(client, "mine", f"copies/{number}").json() == 1
    client.store("copies/0", b"changed")
    assert content(client, "mine") == b"content 1"
    client.delete("/files?file_path=eq.mine")
    client.delete("/trash?file_path=eq.mine")
    instance.collect()
    assert content(client, "copies/0") == b"changed" and content(client, "copies/1") == b"content 1"
    assert copy(client, "copies/1", "mine").json() == 1
    client.delete("/files?file_path=eq.copies/1")
    client.delete("/trash?file_path=eq.copies/1")
    instance.collect()
    assert content(client, "mine") == b"content 1"
    assert instance.wrongs() == []


def test_what_cannot_be_copied(account, sql):
    client = account.log_in()
    fill(client)
    for source, target, status, code in [
        ("nothing", "x", 400, "KF002"), ("a/on", "x", 400, "KF002"), ("/", "x", 400, "KF003"),
        ("a", "x/../y", 400, "KF003"), ("a", "x/" * 508 + "x", 400, "KF003"), ("a", "a/b", 400, "KF029"),
        ("a", "a/deep/x/y", 400, "KF029"), ("a", "a", 409, "23505"), ("a/one", "a/one", 409, "23505"),
        ("a", "ab", 409, "23505"), ("ab", "a", 409, "23505"), ("a", "ab/x", 409, "23505"),
        ("ab", "a/nothing/in", 409, "23505"), ("a/one", "a/one/x", 409, "23505"), (None, "x", 400, "KF014"),
        ("a", 5, 400, "KF014"),
    ]:  # fmt: skip
        assert_failure(copy(client, source, target), status, code)
    assert_failure(client.post("/rpc/copy", {"p_from": "a"}), 400, "KF014")
    assert_failure(client.get("/rpc/copy?p_from=a&p_to=b"), 405, "PGRST101")
    used = client.get("/rpc/whoami").json()["used_bytes"]
    sql(f"select internal.set_quota('{account.email}', {used + 3})")
    assert_failure(copy(client, "a", "b"), 413, "KF006")
    assert copy(client, "a/deep", "b").json() == 1
    assert_failure(copy(client, "a/deep", "c"), 413, "KF006")
    assert names(client, "c") == []
    assert sql("select count(*) from internal.garbage where reason = 'uploading' and user_id in "
               f"(select id from internal.users where email = '{account.email}')") == ["0"]  # fmt: skip


def test_the_files_of_others_are_not_there(account, stranger, admin):
    client = account.log_in()
    client.store("secret/file", b"mine")
    for other in (stranger, admin):
        assert_failure(copy(other, "secret/file", "stolen"), 400, "KF002", "File not found.")
        assert_failure(copy(other, "secret", "stolen"), 400, "KF002", "File not found.")


def test_a_copy_may_take_longer_than_other_changes(new_installation):
    site = new_installation(COFFER_DATABASE_TIMEOUT_SECONDS="1").set_up()
    assert site.put("a/one", b"1") == 200
    body = json.dumps({"p_from": "a", "p_to": "b"}).encode()
    with ThreadPoolExecutor(1) as executor:
        with site.holding("begin; select from internal.users for no key update", "commit;"):
            copying = executor.submit(site.worker.ask, "POST", "/rpc/copy", site.token(), body)
            time.sleep(2)
            assert not copying.done()
        assert copying.result() == (200, b"1")
    assert site.get("b/one") == (200, b"1")


def test_of_several_copies_to_one_path_one_is_made(account, instance):
    clients = [account.log_in() for _ in range(4)]
    for number in range(20):
        clients[0].store(f"f/{number}", b"%d" % number)
    for round in range(5):
        barrier = threading.Barrier(len(clients))
        answers = []

        def work(client):
            barrier.wait()
            answers.append(copy(client, "f", f"t/{round}"))

        threads = [threading.Thread(target=work, args=(client,)) for client in clients]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert sorted(answer.status for answer in answers) == [200, 409, 409, 409], answers
        assert len(names(clients[0], f"t/{round}")) == 20
    instance.collect()
    assert instance.blobs().keys() == instance.rows().keys()
    assert instance.wrongs() == []


def test_a_copy_is_whole_whatever_happens_to_its_source_meanwhile(account, instance):
    """The versions that the copies may have are those that were there at one time or another."""
    client, writer = account.log_in(), account.log_in()
    seen = {etag(b"0")}
    writer.store("f/x", b"0")
    stop = threading.Event()

    def change():
        number = 0
        while not stop.is_set():
            number += 1
            body = b"%d" % number
            seen.add(etag(body))
            writer.store("f/x", body)
            if number % 3 == 0:
                writer.delete("/files?file_path=eq.f/x")
            if number % 5 == 0:
                writer.delete("/trash?file_path=eq.f/x")

    thread = threading.Thread(target=change)
    thread.start()
    statuses = []
    for number in range(40):
        answer = copy(client, "f/x", f"t/{number}")
        statuses.append(answer.status)
        assert answer.status in (200, 400, 503), answer
        if answer.status == 200:
            got = client.retrieve(f"t/{number}")
            assert got.status == 200 and etag(got.body) in seen
        else:
            assert content(client, f"t/{number}") is None
    stop.set()
    thread.join()
    assert 200 in statuses
    instance.collect()
    assert instance.wrongs() == []


# The operator's commands


def test_check_backup_and_moving_stores_know_copies_like_other_files(installation, new_installation):
    site = installation
    for number in range(5):
        assert site.put(f"f/{number}", os.urandom(5000)) == 200

    def ask(source, target):
        body = f'{{"p_from":"{source}","p_to":"{target}"}}'.encode()
        assert site.worker.ask("POST", "/rpc/copy", site.token(), body)[0] == 200

    ask("f", "linked")
    assert {path.stat().st_nlink for path in site.blobs().values()} == {2}
    assert {path.stat().st_uid for path in site.blobs().values()} == {site.store().stat().st_uid}
    assert "0 problems" in site.coffer("check", "--digest", "--age", "0")
    site.coffer("backup", site.folder / "backup")
    elsewhere = new_installation().make_empty()
    elsewhere.coffer("restore", site.folder / "backup")
    assert "0 problems" in elsewhere.coffer("check", "--digest", "--age", "0") and len(elsewhere.blobs()) == 10
    # The bytes are still in the old store when a copy is made there.
    url = site.new_store()
    site.coffer("storage", "copy", "--to", url)
    ask("f", "between")
    site.coffer("storage", "switch", "--to", url)
    ask("f", "after")
    site.coffer("gc", "--grace", "0")
    assert site.sql("select count(distinct store), count(*) from internal.files") == ["1|20"]
    assert len(site.blobs()) == 0 and len(site.blobs(url)) == 20
    assert "0 problems" in site.coffer("check", "--digest", "--age", "0")
