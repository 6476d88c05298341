"""Resumable uploads in use: clients as they are, cuts, two at once, many at once, reservations, and what gc leaves."""

import fcntl
import hashlib
import io
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import tus
from client import Client, assert_failure, etag
from instance import ahead
from processes import wait_until
from transports import FastCGI
from tusclient import client as tuspy
from worker_process import WorkerProcess

MIB = 1 << 20


@pytest.fixture
def path(folder):
    return f"{folder}/a"


def stages(instance):
    """The files of unfinished uploads."""
    return {entry.name for entry in (instance.store() / "stage").iterdir() if entry.name.startswith("+")}


def blob_of(sql, upload):
    (blob,) = sql(f"select blob from internal.uploads where id = '{tus.identifier(upload)}'")
    return blob


def held(sql, upload):
    return sql(f"select is_held from internal.uploads where id = '{tus.identifier(upload)}'") == ["t"]


@pytest.mark.parametrize("size", [0, 1, 100_000, 20 * MIB + 3])
@pytest.mark.parametrize("checksum", [False, True])
def test_tuspy_uploads_a_file(editor, path, size, checksum):
    body = secrets.token_bytes(size)
    uploader = tuspy.TusClient(f"{editor.url}/uploads", {"Authorization": f"Bearer {editor.token}"}).uploader(
        file_stream=io.BytesIO(body), chunk_size=8 * MIB, metadata={"file_path": path}, upload_checksum=checksum
    )
    if size:
        uploader.upload()
    else:
        uploader.set_url(uploader.create_url())
    assert hashlib.sha256(tus.retrieved(editor, path)).digest() == hashlib.sha256(body).digest()


def test_tuspy_goes_on_where_it_stopped(editor, path):
    body = secrets.token_bytes(3 * MIB)
    client = tuspy.TusClient(f"{editor.url}/uploads", {"Authorization": f"Bearer {editor.token}"})
    first = client.uploader(file_stream=io.BytesIO(body), chunk_size=MIB, metadata={"file_path": path})
    first.upload_chunk()
    second = client.uploader(file_stream=io.BytesIO(body), chunk_size=MIB, url=first.url)
    assert second.offset == MIB
    second.upload()
    assert tus.retrieved(editor, path) == body


@pytest.mark.parametrize("sent", [1, 70_000, 9 * MIB])
def test_all_that_arrived_before_a_cut_is_kept(instance, editor, path, sent):
    """A worker makes durable what it has when the connection ends."""
    body = secrets.token_bytes(10 * MIB)
    upload = tus.location(editor, path, len(body))
    headers = tus.VERSION | tus.PIECE | {"Upload-Offset": "0"}
    answer = Client(FastCGI(instance["SOCKET"]), editor.token).request(
        "PATCH", upload, headers, body[:sent], parameters={"CONTENT_LENGTH": str(len(body))}
    )
    assert_failure(answer, 400, "KF009")
    assert tus.offset(editor, upload) == sent
    assert tus.proceed(editor, upload, sent, body[sent:]).header("ETag") == etag(body)
    assert tus.retrieved(editor, path) == body


def test_a_cut_behind_nginx_loses_at_most_what_nginx_has(editor, sql, path):
    body = secrets.token_bytes(20 * MIB)
    upload = tus.location(editor, path, len(body))
    sending = tus.Sending(editor, upload, 0, len(body))
    sending.send(body[: 18 * MIB])
    sending.cut()
    wait_until(lambda: not held(sql, upload), 60, "the end of the request")
    at = tus.offset(editor, upload)
    assert 10 * MIB <= at <= 18 * MIB
    assert tus.proceed(editor, upload, at, body[at:]).header("ETag") == etag(body)
    assert tus.retrieved(editor, path) == body


def test_a_pause_is_no_end(editor, path):
    body = secrets.token_bytes(100_000)
    upload = tus.location(editor, path, len(body))
    sending = tus.Sending(editor, upload, 0, len(body))
    for begin in range(0, len(body), 50_000):
        sending.send(body[begin : begin + 50_000])
        time.sleep(1.5)
    assert sending.answer()[0] == 204
    assert tus.retrieved(editor, path) == body


def test_a_head_takes_over(editor, sql, path):
    """The older PATCH makes what it has durable and ends, and the offset stays true."""
    body = secrets.token_bytes(300_000)
    upload = tus.location(editor, path, len(body))
    older = tus.Sending(editor, upload, 0, len(body))
    older.send(body[:100_000])
    wait_until(lambda: held(sql, upload), 60, "the beginning of the older request")
    time.sleep(0.5)
    assert tus.offset(editor, upload) == 100_000
    assert not held(sql, upload)
    # What it still sends is not stored.
    with suppress(OSError):
        older.send(b"x" * 100_000)
    assert tus.proceed(editor, upload, 100_000, body[100_000:]).header("ETag") == etag(body)
    with suppress(OSError):
        assert older.answer()[0] == 409
    assert tus.retrieved(editor, path) == body


def test_a_newer_piece_takes_over(editor, sql, path):
    body = secrets.token_bytes(9 * MIB)
    upload = tus.location(editor, path, len(body))
    older = tus.Sending(editor, upload, 0, len(body))
    older.send(b"x" * 100_000)
    wait_until(lambda: held(sql, upload), 60, "the beginning of the older request")
    assert tus.proceed(editor, upload, 0, body[:MIB]).status == 204
    with suppress(OSError):
        older.send(b"x" * (9 * MIB - 100_000))
    with suppress(OSError):
        assert older.answer()[0] in (409, 404)
    assert tus.offset(editor, upload) == MIB
    assert tus.proceed(editor, upload, MIB, body[MIB:]).header("ETag") == etag(body)


def is_locked(path):
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_only_one_process_writes_to_the_file(instance, editor, sql, path):
    """A request that was overtaken may have lost its connection to the database, and every lock of a row with it."""
    upload = tus.location(editor, path, 200_000)
    assert tus.proceed(editor, upload, 0, b"a").status == 204
    stage = instance.store() / "stage" / f"+{blob_of(sql, upload)}"
    assert not is_locked(stage)
    sending = tus.Sending(editor, upload, 1, 199_999)
    sending.send(b"x" * 1000)
    wait_until(lambda: is_locked(stage), 60, "the lock of a request")
    sending.cut()
    wait_until(lambda: not is_locked(stage), 60, "the end of the request")
    at, began = tus.offset(editor, upload), time.monotonic()
    with stage.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        release = threading.Timer(1, fcntl.flock, (other, fcntl.LOCK_UN))
        release.start()
        assert tus.proceed(editor, upload, at, b"b").status == 204, "it waits for a writer that is about to end"
        assert release.finished.is_set() and time.monotonic() - began >= 1


def test_two_clients_on_one_upload_make_one_file(editor, path):
    """Each goes on from the offset it is told, and takes the upload from the other."""
    body = secrets.token_bytes(4 * MIB)
    upload = tus.location(editor, path, len(body))

    def client():
        while (answer := tus.head(editor, upload)).status == 200:
            at = int(answer.header("Upload-Offset"))
            tus.proceed(editor, upload, at, body[at : at + 300_000])

    threads = [threading.Thread(target=client) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tus.retrieved(editor, path) == body


def test_fifty_uploads_of_one_user_at_once(account, folder, sql):
    client = account.log_in()
    sql(f"update internal.users set quota_bytes = {50 * 200_000} where email = '{account.email}'")
    bodies = [secrets.token_bytes(200_000) for _ in range(50)]
    uploads = [tus.location(client, f"{folder}/{number}", 200_000) for number in range(50)]
    assert_failure(tus.create(client, f"{folder}/more", 1), 413, "KF006")

    def piece(upload, at, body):
        while (answer := tus.proceed(client, upload, at, body)).status == 503:
            time.sleep(0.2)
        return answer.status

    def send(number):
        half = 100_000
        first = piece(uploads[number], 0, bodies[number][:half])
        return first, piece(uploads[number], half, bodies[number][half:])

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(50))) == {(204, 204)}
    for number in range(50):
        assert tus.retrieved(client, f"{folder}/{number}") == bodies[number]
    account_row = f"""select l.used_bytes, internal.reserved_bytes(l.user_id) from internal.ledgers l
        join internal.users u on u.id = l.user_id where u.email = '{account.email}'"""
    assert sql(account_row) == [f"{50 * 200_000}|0"]


def test_slow_clients_never_take_more_than_half_of_the_pool(editor, sql, folder):
    """The instance has four workers: the third slow PATCH is 503, and other requests are served meanwhile."""
    uploads = [tus.location(editor, f"{folder}/{number}", 200_000) for number in range(3)]
    slow = [tus.Sending(editor, upload, 0, 200_000) for upload in uploads[:2]]
    for sending, upload in zip(slow, uploads):
        sending.send(b"x" * 1000)
        wait_until(lambda: held(sql, upload), 60, "the beginning of a slow request")
    answer = tus.proceed(editor, uploads[2], 0, b"x" * 200_000)
    assert_failure(answer, 503, "KF048")
    assert answer.header("Retry-After")
    assert tus.proceed(editor, uploads[2], 0, b"x" * 1000).status == 204
    assert editor.get("/rpc/whoami").status == 200
    for sending in slow:
        sending.cut()
    wait_until(lambda: tus.proceed(editor, uploads[2], 1000, b"x" * 199_000).status == 204, 60, "a free slot")


def test_a_session_that_ends_in_the_middle_leaves_the_upload(account, folder, sql):
    client = account.log_in()
    body = secrets.token_bytes(9 * MIB)
    upload = tus.location(client, f"{folder}/a", len(body))
    sending = tus.Sending(client, upload, 0, len(body))
    sending.send(body[: 8 * MIB + 1000])
    identifier = tus.identifier(upload)
    offset = f"select offset_bytes from internal.uploads where id = '{identifier}'"
    wait_until(lambda: sql(offset) == [str(8 * MIB)], 60, "the first piece")
    user = f"select id from internal.users where email = '{account.email}'"
    sql(f"delete from internal.sessions where user_id = ({user})")
    with suppress(OSError):
        sending.send(body[8 * MIB + 1000 :])
    with suppress(OSError):
        assert sending.answer()[0] == 401
    assert_failure(tus.proceed(client, upload, 8 * MIB, b"x"), 401, "KF011")
    other = account.log_in()
    assert tus.offset(other, upload) == 8 * MIB
    assert tus.proceed(other, upload, 8 * MIB, body[8 * MIB :]).header("ETag") == etag(body)


def test_an_upload_may_outlast_the_expiry_of_its_session(account, folder, sql):
    """A request that began before may go on; a new one needs a new session."""
    client = account.log_in()
    upload = tus.location(client, f"{folder}/a", 100_000)
    sending = tus.Sending(client, upload, 0, 100_000)
    sending.send(b"x" * 50_000)
    wait_until(lambda: held(sql, upload), 60, "the beginning of the request")
    sql(f"update internal.sessions set expires_at = now() where user_id = "
        f"(select id from internal.users where email = '{account.email}')")  # fmt: skip
    sending.send(b"x" * 50_000)
    assert sending.answer()[0] == 204


@pytest.mark.parametrize("how", ["expired", "ended", "user"])
def test_gc_leaves_nothing_of_an_upload(account, instance, folder, sql, how):
    client = account.log_in()
    upload = tus.location(client, f"{folder}/a", 10 * MIB)
    assert tus.proceed(client, upload, 0, secrets.token_bytes(MIB)).status == 204
    blob, identifier = blob_of(sql, upload), tus.identifier(upload)
    assert f"+{blob}" in stages(instance)
    reserved = f"select internal.reserved_bytes(id) from internal.users where email = '{account.email}'"
    assert sql(reserved) == [str(10 * MIB)]
    assert instance.run("gc").returncode == 0
    assert f"+{blob}" in stages(instance), "gc removed an upload that goes on"
    if how == "expired":
        sql(f"update internal.uploads set expires_at = now() where id = '{identifier}'")
        assert sql(reserved) == ["0"]
    elif how == "ended":
        assert tus.end(client, upload).status == 204
        assert sql(reserved) == ["0"]
    else:
        sql(f"select internal.delete_user('{account.email}')")
    assert instance.run("gc").returncode == 0
    assert f"+{blob}" not in stages(instance)
    assert sql(f"select count(*) from internal.uploads where id = '{identifier}'") == ["0"]


def test_gc_sweeps_a_stage_without_a_row(instance, editor, path, sql):
    upload = tus.location(editor, path, 10)
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    blob = blob_of(sql, upload)
    sql(f"delete from internal.uploads where blob = '{blob}'")
    assert instance.run("gc").returncode == 0
    assert f"+{blob}" in stages(instance), "a file of less than a minute may be of a worker that is about to ask"
    assert instance.run("gc", before=ahead("+2m")).returncode == 0
    assert f"+{blob}" not in stages(instance)


def test_the_workers_remove_what_has_ended(instance, editor, path, sql):
    upload = tus.location(editor, path, 10)
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    blob = blob_of(sql, upload)
    assert tus.end(editor, upload).status == 204

    def is_gone():
        """A new worker, as one that has been at work may not look for another minute."""
        sql("update internal.collection_schedule set due_at = now()")
        worker = WorkerProcess(instance["WORKER"], instance["CONFIG"])
        assert worker.ask("GET", "/rpc/whoami", editor.token)[0] == 200
        assert worker.stop() == 0
        return f"+{blob}" not in stages(instance)

    wait_until(is_gone, 180, "the background share")
    assert sql(f"select count(*) from internal.uploads where blob = '{blob}'") == ["0"]


def test_check_knows_unfinished_uploads(instance, editor, path):
    upload = tus.location(editor, path, 10)
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    before = instance.run("check", "--digest")
    assert tus.end(editor, upload).status == 204
    assert instance.run("check", "--digest").stdout == before.stdout


def test_lost_bytes_end_the_upload(instance, editor, path, sql):
    """The client begins again, as for an upload that has expired."""
    upload = tus.location(editor, path, 10)
    assert tus.proceed(editor, upload, 0, b"abc").status == 204
    (instance.store() / "stage" / f"+{blob_of(sql, upload)}").unlink()
    assert_failure(tus.proceed(editor, upload, 3, b"defghij"), 404, "KF050")
    assert tus.head(editor, upload).status == 404
