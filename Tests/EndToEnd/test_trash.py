"""The trash: what is deleted or replaced comes back, whoever does what at once, and nothing is lost or counted twice."""

import io
import json
import random
import secrets
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from client import assert_failure, etag, repr_digest

COLUMNS = [
    "id", "entry_id", "file_id", "user_id", "file_path", "reason", "description", "content_type", "size_bytes",
    "sha256", "created_at", "modified_at", "removed_at", "expires_at",
]  # fmt: skip


def trash(client, query=""):
    answer = client.get("/trash" + (f"?{query}" if query else ""))
    assert answer.status == 200, answer
    return answer.json()


def entry(client, path):
    """The newest entry of a path."""
    return trash(client, f"file_path=eq.{quote(path, safe='')}&order=removed_at.desc&limit=1")[0]


def delete(client, path):
    assert client.delete(f"/files?file_path=eq.{quote(path, safe='')}").status == 204


def restore(client, **arguments):
    return client.post("/rpc/restore", {f"p_{name}": value for name, value in arguments.items()})


def call(client, name, **arguments):
    return client.post(f"/rpc/{name}", {f"p_{key}": value for key, value in arguments.items()})


def content(client, path):
    answer = client.retrieve(path)
    return answer.body if answer.status == 200 else None


def test_a_deleted_file_comes_back_with_its_id_and_its_bytes(account):
    client = account.log_in()
    id = client.store("a/one", b"first", Description="mine").json()
    delete(client, "a/one")
    assert content(client, "a/one") is None
    row = entry(client, "a/one")
    assert sorted(row) == sorted(COLUMNS)
    assert (row["file_id"], row["reason"], row["description"], row["size_bytes"]) == (id, "deleted", "mine", 5)
    who = client.get("/rpc/whoami").json()
    assert (who["used_bytes"], who["trash_bytes"], who["version_bytes"]) == (0, 5, 0)
    answer = restore(client, id=row["id"])
    assert (answer.status, answer.json()) == (200, id)
    assert content(client, "a/one") == b"first"
    assert trash(client) == []
    assert_failure(restore(client, id=row["id"]), 400, "KF002")


def test_a_replaced_content_is_a_version(account):
    client = account.log_in()
    id = client.store("doc", b"one").json()
    assert client.store("doc", b"two!").json() == id
    version = entry(client, "doc")
    assert (version["reason"], version["file_id"]) == ("replaced", id)
    answer = client.get(f"/rpc/retrieve_file?p_version={version['id']}")
    assert (answer.status, answer.body, answer.header("ETag")) == (200, b"one", etag(b"one"))
    assert answer.header("Repr-Digest") == repr_digest(b"one")
    part = client.get(f"/rpc/retrieve_file?p_version={version['id']}", Range="bytes=1-")
    assert (part.status, part.body) == (206, b"ne")
    assert restore(client, id=version["id"]).json() == id
    assert content(client, "doc") == b"one"
    assert client.get(f"/rpc/retrieve_file?p_version={entry(client, 'doc')['id']}").body == b"two!"
    other = restore(client, id=entry(client, "doc")["id"], file_path="doc (2)")
    assert other.status == 200 and other.json() != id
    assert (content(client, "doc"), content(client, "doc (2)")) == (b"one", b"two!")


def test_a_version_is_its_owners_alone(account, admin, stranger):
    client = account.log_in()
    client.store("secret", b"one")
    client.store("secret", b"two")
    id = entry(client, "secret")["id"]
    for other in (admin, stranger):
        assert_failure(other.get(f"/rpc/retrieve_file?p_version={id}"), 400, "KF002")
        assert_failure(restore(other, id=id), 400, "KF002")
        assert other.delete(f"/trash?id=eq.{id}").status == 204
    assert stranger.get(f"/trash?id=eq.{id}").json() == []
    [seen] = admin.get(f"/trash?id=eq.{id}").json()
    assert seen["owner_email"] == account.email
    assert entry(client, "secret")["id"] == id


@pytest.mark.parametrize("query", ["p_version=x", "p_version=", "p_version=%00", ""])
def test_a_version_needs_an_id(editor, query):
    assert_failure(editor.get(f"/rpc/retrieve_file?{query}"), 400, "KF014")


def test_an_id_and_a_path_are_not_given_together(editor):
    assert_failure(editor.get(f"/rpc/retrieve_file?p_file_path=a&p_version={secrets.token_hex(16)}"), 400, "KF014")


def test_what_is_removed_from_the_trash_is_gone(account):
    client = account.log_in()
    client.store("a", b"1")
    client.store("b", b"22")
    delete(client, "a")
    delete(client, "b")
    assert_failure(client.delete("/trash"), 400, "KF013")
    gone = client.delete("/trash?file_path=eq.a", Prefer="return=representation")
    assert [row["file_path"] for row in gone.json()] == ["a"]
    assert [row["file_path"] for row in trash(client)] == ["b"]
    assert client.get("/rpc/whoami").json()["trash_bytes"] == 2
    actions = [row["action"] for row in client.get("/audit_log?order=id.desc&limit=1").json()]
    assert actions == ["purge"]


def test_a_folder_is_deleted_and_restored_as_one(account):
    client = account.log_in()
    for path in ("f/a", "f/b/c", "f/b/d", "g"):
        client.store(path, path.encode())
    assert call(client, "create_folder", folder="f/empty").status == 204
    answer = call(client, "delete_folder", folder="f")
    assert (answer.status, answer.json()) == (200, 3)
    assert_failure(call(client, "delete_folder", folder="f"), 400, "KF047", "Folder not found.")
    [entry_id] = {row["entry_id"] for row in trash(client)}
    client.store("f/a", b"new")
    failure = assert_failure(restore(client, entry_id=entry_id), 409, "23505")
    assert "Nothing was restored" in failure["hint"]
    assert content(client, "f/b/c") is None
    delete(client, "f/a")
    assert restore(client, entry_id=entry_id).json() == 3
    assert [content(client, path) for path in ("f/a", "f/b/c", "f/b/d", "g")] == [b"f/a", b"f/b/c", b"f/b/d", b"g"]
    names = [row["name"] for row in client.get("/rpc/list_folder?p_folder=f").json()]
    assert names == ["b", "empty", "a"]


def test_folders_are_created_and_stay(account):
    client = account.log_in()
    assert call(client, "create_folder", folder="a/b").status == 204
    names = lambda folder: [(row["name"], row["file_count"]) for row in
                            client.get(f"/rpc/list_folder?p_folder={folder}").json()]  # fmt: skip
    assert (names(""), names("a"), names("a/b")) == ([("a", 0)], [("b", 0)], [])
    for folder in ("a", "a/b"):
        assert_failure(call(client, "create_folder", folder=folder), 409, "23505")
    client.store("a/b/c", b"x")
    delete(client, "a/b/c")
    assert names("a") == [("b", 0)]
    assert call(client, "move_folder", **{"from": "a", "to": "z/a"}).json() == 0
    assert (names(""), names("z"), names("z/a")) == ([("z", 0)], [("a", 0)], [("b", 0)])
    assert call(client, "delete_folder", folder="z/a").json() == 0
    assert names("z") == []
    for folder in ("", "/a", "a/", "a//b", ".."):
        assert_failure(call(client, "create_folder", folder=folder), 400, "KF003")


def test_a_path_is_a_file_or_a_folder(account):
    client = account.log_in()
    client.store("file", b"x")
    client.store("dir/x", b"y")
    call(client, "create_folder", folder="empty")
    for path in ("file/y", "file/y/z", "dir", "empty"):
        failure = assert_failure(client.store(path, b"z" * 100_000), 409, "23505")
        assert ("file is a file" in failure["details"]) == path.startswith("file/"), failure
    for target in ("file/y", "empty", "dir"):
        body = json.dumps({"file_path": target})
        moved = client.request("PATCH", "/files?file_path=eq.dir/x", {"Content-Type": "application/json"}, body)
        assert moved.status == (204 if target == "dir" else 409), (target, moved)
    delete(client, "dir")
    client.store("dir/x", b"y")
    assert_failure(call(client, "move_folder", **{"from": "dir", "to": "file"}), 409, "23505")
    assert_failure(call(client, "create_folder", folder="file"), 409, "23505")


def test_a_path_is_a_file_or_a_folder_also_at_once(account):
    clients = [account.log_in() for _ in range(4)]
    for round in range(10):
        requests = [
            lambda: clients[0].store(f"{round}", b"file").status,
            lambda: clients[1].store(f"{round}/x", b"below").status,
            lambda: clients[2].store(f"{round}/y/z", b"below").status,
            lambda: call(clients[3], "create_folder", folder=f"{round}").status,
        ]
        with ThreadPoolExecutor(4) as executor:
            statuses = [future.result() for future in [executor.submit(request) for request in requests]]
        assert all(status in (200, 204, 409) for status in statuses), statuses
        is_file = statuses[0] == 200
        assert is_file == all(status == 409 for status in statuses[1:]), statuses
        assert content(clients[0], f"{round}") == (b"file" if is_file else None)


def test_a_folder_comes_back_to_a_time(account, sql):
    client = account.log_in()
    for path in ("w/a", "w/b", "w/c", "else"):
        client.store(path, path.encode())
    at = sql("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0]
    for path in ("w/a", "w/b", "else"):
        client.store(path, b"encrypted")
    delete(client, "w/c")
    client.store("w/ransom.txt", b"pay")
    answer = call(client, "restore_folder", folder="w", at=at)
    assert (answer.status, answer.json()) == (200, {"kept": 0, "restored": 3, "removed": 3})
    assert {path: content(client, path) for path in ("w/a", "w/b", "w/c", "w/ransom.txt", "else")} == {
        "w/a": b"w/a", "w/b": b"w/b", "w/c": b"w/c", "w/ransom.txt": None, "else": b"encrypted",
    }  # fmt: skip
    again = call(client, "restore_folder", folder="w", at=at)
    assert again.json() == {"kept": 3, "restored": 0, "removed": 0}
    for wrong in ("yesterday", "", "2026-13-01", None, 5):
        assert_failure(call(client, "restore_folder", folder="w", at=wrong), 400, "KF014")


def test_the_trash_counts_toward_the_quota_and_nothing_is_emptied(account, sql):
    client = account.log_in()
    sql(f"select internal.set_quota('{account.email}', 10)")
    client.store("a", b"12345")
    assert client.store("a", b"54321").status == 200
    failure = assert_failure(client.store("a", b"abcde"), 413, "KF006")
    assert "5 of them are in the trash" in failure["details"]
    assert_failure(client.store("b", b"x"), 413, "KF006")
    assert len(trash(client)) == 1 and content(client, "a") == b"54321"
    assert client.delete("/trash?reason=eq.replaced").status == 204
    assert client.store("a", b"abcde").status == 200


def test_modified_times_go_all_the_way(account):
    client = account.log_in()
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    client.store("a", b"1", **{"Last-Modified": date})
    answer = client.store("b", b"2", **{"X-OC-Mtime": "784111777"})
    assert answer.header("X-OC-Mtime") == "accepted"
    rows = client.files("select=modified_at&order=file_path").json()
    assert rows == [{"modified_at": "1994-11-06T08:49:37+00:00"}] * 2
    assert [client.head(f"/rpc/retrieve_file?p_file_path={name}").header("Last-Modified") for name in "ab"] == [date] * 2
    body = json.dumps({"modified_at": "2001-02-03T04:05:06Z"})
    fields = {"Content-Type": "application/json"}
    assert client.request("PATCH", "/files?file_path=eq.a", fields, body).status == 204
    assert client.retrieve("a").header("Last-Modified") == "Sat, 03 Feb 2001 04:05:06 GMT"
    client.store("a", b"3")
    assert entry(client, "a")["modified_at"] == "2001-02-03T04:05:06+00:00"
    restore(client, id=entry(client, "a")["id"])
    assert client.retrieve("a").header("Last-Modified") == "Sat, 03 Feb 2001 04:05:06 GMT"
    client.store("future", b"x", **{"X-OC-Mtime": "4102444800"})
    assert " 2100 " not in client.retrieve("future").header("Last-Modified")
    assert client.files("file_path=eq.future&select=modified_at").json()[0]["modified_at"].startswith("2100")
    for name, value in [("Last-Modified", "yesterday"), ("X-OC-Mtime", "soon"), ("X-OC-Mtime", "9" * 19)]:
        assert_failure(client.store("c", b"x", **{name: value}), 400, "KF014")
    for value in ("soon", 5):
        body = json.dumps({"modified_at": value})
        assert client.request("PATCH", "/files?file_path=eq.a", fields, body).status == 400


def test_a_date_is_no_strong_validator(account):
    client = account.log_in()
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    client.store("a", b"first content", **{"Last-Modified": date})
    unchanged = client.retrieve("a", **{"If-Modified-Since": date})
    assert unchanged.status == 304
    client.store("a", b"other content", **{"Last-Modified": date})
    assert client.retrieve("a", **{"If-Modified-Since": date}).body == b"other content"
    assert client.retrieve("a", **{"If-Modified-Since": "Mon, 06 Nov 2000 08:49:37 GMT"}).status == 200
    whole = client.retrieve("a", Range="bytes=1-", **{"If-Range": date})
    assert (whole.status, whole.body) == (200, b"other content")
    assert client.retrieve("a", Range="bytes=1-", **{"If-Range": etag(b"other content")}).status == 206


def test_an_archive_has_the_empty_folders_and_the_times(account):
    client = account.log_in()
    client.store("f/a", b"x", **{"X-OC-Mtime": "784111777"})
    call(client, "create_folder", folder="f/empty/er")
    with zipfile.ZipFile(io.BytesIO(client.get("/rpc/download_folder?p_folder=f").body)) as archive:
        assert sorted(archive.namelist()) == ["a", "empty/", "empty/er/"]
        assert archive.getinfo("a").date_time[:3] == (1994, 11, 6)
    with zipfile.ZipFile(io.BytesIO(client.get("/rpc/download_folder?p_folder=f/empty/er").body)) as archive:
        assert archive.namelist() == []
    assert_failure(client.get("/rpc/download_folder?p_folder=f/empty/none"), 400, "KF047")


def test_many_at_once_lose_nothing(account):
    clients = [account.log_in() for _ in range(6)]
    for number in range(12):
        clients[0].store(f"f/{number}", b"%d" % number)
    failures = []

    def work(client, seed):
        dice = random.Random(seed)
        for _ in range(15):
            kind = dice.choice(["store", "delete", "restore"])
            if kind == "store":
                status = client.store(f"f/{dice.randrange(12)}", b"%d" % dice.randrange(1000)).status
            elif kind == "delete":
                status = client.delete(f"/files?file_path=eq.f/{dice.randrange(12)}").status
            else:
                rows = trash(client)
                status = restore(client, id=dice.choice(rows)["id"]).status if rows else 200
                status = 200 if status in (400, 409) else status
            if status not in (200, 204):
                failures.append((kind, status))

    threads = [threading.Thread(target=work, args=(client, seed)) for seed, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for row in trash(clients[0]):
        assert client_reads(clients[0], row)
    for row in clients[0].files("select=file_path,size_bytes").json():
        assert len(content(clients[0], row["file_path"])) == row["size_bytes"]


def client_reads(client, row):
    answer = client.get(f"/rpc/retrieve_file?p_version={row['id']}")
    return answer.status == 200 and etag(answer.body) == f'"{row["sha256"]}"'


# The operator's commands.


@pytest.fixture
def site(new_installation):
    """An installation that keeps what is deleted or replaced."""
    return new_installation(COFFER_TRASH_DAYS="30", COFFER_VERSION_DAYS="30").set_up()


def test_expired_entries_go_with_their_blobs(site):
    site.put("a", b"one")
    site.put("a", b"two")
    site.put("b", b"three")
    site.worker.ask("DELETE", "/files?file_path=eq.b", site.token())
    site.coffer("gc", "--grace", "0")
    assert len(site.blobs()) == 3 and "0 problems" in site.coffer("check", "--digest", "--age", "0")
    site.sql("update internal.trash set expires_at = now() where reason = 'replaced'")
    assert "1 files and versions from the trash" in site.coffer("gc", "--grace", "0", "--dry-run")
    assert "1 files and versions from the trash" in site.coffer("gc", "--grace", "0")
    assert len(site.blobs()) == 2
    assert site.sql("select trash_bytes, version_bytes from internal.ledgers where file_count > 0") == ["5|0"]


def test_a_backup_has_the_trash(site, new_installation):
    site.put("a", b"one")
    site.put("a", b"two")
    site.coffer("backup", site.folder / "backup")
    elsewhere = new_installation().make_empty()
    elsewhere.coffer("restore", site.folder / "backup")
    assert "0 problems" in elsewhere.coffer("check", "--digest", "--age", "0")
    assert len(elsewhere.blobs()) == 2


def test_a_missing_blob_of_the_trash_is_reported(site):
    site.put("a", b"one")
    blob = site.blobs()[site.blob("a")]
    site.put("a", b"two")
    blob.unlink()
    assert "(in the trash): the blob is missing" in site.coffer("check", "--age", "0", status=1)


def test_without_trash_nothing_is_kept(installation):
    installation.put("a", b"one")
    installation.put("a", b"two")
    installation.put("b", b"three")
    installation.worker.ask("DELETE", "/files?file_path=eq.b", installation.token())
    assert installation.sql("select count(*) from internal.trash") == ["0"]
    installation.coffer("gc", "--grace", "0")
    assert len(installation.blobs()) == 1


def test_a_deleted_user_leaves_no_trash(site):
    site.add("gone@installation.example")
    owner = site.sql("select id from internal.users where email like 'gone%'")[0]
    site.sql(f"""insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
        values ('{owner}', 'x', 'a/b', 1, sha256(''), md5('x'))""")
    site.sql("delete from internal.files where file_path = 'x'")
    assert site.sql("select count(*) from internal.trash") == ["1"]
    site.coffer("user", "delete", "gone@installation.example")
    assert site.sql("select count(*) from internal.trash") == ["0"]
