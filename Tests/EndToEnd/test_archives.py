"""Folders and selections as ZIP archives: by four readers, whole or visibly broken, and for half of the pool."""

import contextlib
import http.client
import os
import secrets
import signal
import zipfile
from io import BytesIO
from urllib.parse import quote

import pytest

import readers
from apache import Apache
from client import Client, assert_failure
from nginx import Nginx
from pool import peak_memory, wait_for_workers, wait_until, workers
from worker import ask

MIB = 1 << 20
# Names within a folder, and contents around the sizes at which the writer changes its way.
FILES = {
    "plain.txt": b"hello",
    "empty": b"",
    "Ärger/日本語/🙂.txt": b"x" * 1000,
    "deep/" + "n" * 255: b"name of 255 bytes",
    "deep/" + "é" * 127 + "/b": b"",
    "-rf": b"a dash",
    "a b/c, d;e='f'": b"odd",
    "buffer": os.urandom(1 << 18),
    "buffer and one": os.urandom((1 << 18) + 1),
    "large": os.urandom(3 * MIB),
}


def folder_target(folder):
    return f"/rpc/download_folder?p_folder={quote(folder, safe='')}"


def selection_target(*paths):
    return "/rpc/download_folder?" + "&".join(f"p_path={quote(path, safe='')}" for path in paths)


def encoded_path(path):
    return "UTF-8''" + quote(path, safe="")


def store_all(client, folder, files):
    for name, content in files.items():
        assert client.store(encoded_path(f"{folder}/{name}"), content).status == 200


def contents(answer):
    """The files of an archive by their names. A name that occurs twice fails."""
    assert answer.status == 200, answer
    with zipfile.ZipFile(BytesIO(answer.body)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names)), names
        return {name: archive.read(name) for name in names}


@pytest.fixture
def filled(editor, folder):
    store_all(editor, folder, FILES)
    return folder


@pytest.mark.parametrize("reader", readers.READERS, ids=lambda reader: reader.__name__)
def test_a_folder_comes_whole_to_every_reader(editor, sql, filled, tmp_path, reader):
    # Two days ago in summer, when the readers' clock is another hour from UTC than in winter.
    sql(f"update internal.files set modified_at = '2021-07-01 12:34:56.9+00' where file_path like '{filled}/deep/%'")
    answer = editor.get(folder_target(filled))
    assert answer.status == 200 and int(answer.header("Content-Length")) == len(answer.body)
    archive = tmp_path / "archive.zip"
    archive.write_bytes(answer.body)
    reader(archive, tmp_path / "out")
    found = readers.tree(tmp_path / "out")
    assert {name: content for name, (content, _) in found.items()} == FILES
    if reader in readers.KEEP_TIMES:
        rows = sql(f"""select substr(file_path, {len(filled) + 2}), floor(extract(epoch from modified_at))
            from internal.files where file_path like '{filled}/%'""")
        times = dict(row.rsplit("|", 1) for row in rows)
        assert {name: str(time) for name, (_, time) in found.items()} == times


def test_the_head_says_what_comes(editor, filled):
    answer, head = editor.get(folder_target(filled)), editor.head(folder_target(filled))
    assert head.status == 200 and head.body == b""
    own = ("Date", "X-Request-Id", "Connection", "Keep-Alive")
    fields, same = ({name: text for name, text in each.headers.items() if name not in own} for each in (answer, head))
    assert fields == same
    assert answer.header("Content-Type") == "application/zip"
    assert answer.header("Accept-Ranges") == "none"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    name = filled.rpartition("/")[2]
    assert answer.header("Content-Disposition") == f"attachment; filename=\"{name}.zip\"; filename*=UTF-8''{name}.zip"


def test_a_range_or_condition_changes_nothing(editor, filled):
    whole = editor.get(folder_target(filled))
    for fields in ({"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"Accept": "text/html"}):
        assert editor.get(folder_target(filled), **fields).body == whole.body


def test_the_root_has_all_files_of_the_user(editor_of_file):
    for path in ("a", "b/c"):
        assert editor_of_file.store(path, path.encode()).status == 200
    answer = editor_of_file.get("/rpc/download_folder?p_folder=")
    assert contents(answer) == {"a": b"a", "b/c": b"b/c"}
    assert 'filename="files.zip"' in answer.header("Content-Disposition")


@pytest.mark.parametrize(
    "paths,names,title",
    [
        (["d/a", "d/b"], ["a", "b/x", "b/y"], "d"),
        (["d/b"], ["b/x", "b/y"], "b"),
        (["d/a"], ["a"], "a"),
        (["d/b", "d/b/x", "d/b", "d/b/y"], ["b/x", "b/y"], "b"),
        (["d/b/x", "d/a"], ["b/x", "a"], "d"),
        (["d/b/x", "d/b/y"], ["x", "y"], "b"),
        (["d/b", "e"], ["d/b/x", "d/b/y", "e"], None),
    ],
)
def test_a_selection_has_each_file_once_by_its_name_below_the_common_folder(editor, folder, paths, names, title):
    store_all(editor, folder, {name: name.encode() for name in ("d/a", "d/b/x", "d/b/y", "d/b-", "e")})
    answer = editor.get(selection_target(*(f"{folder}/{path}" for path in paths)))
    assert sorted(contents(answer)) == sorted(names)
    title = title or folder.rpartition("/")[2]
    assert f'filename="{title}.zip"' in answer.header("Content-Disposition")


@pytest.mark.parametrize(
    "query,code,message",
    [
        ("p_folder={f}/none", "KF047", "Folder not found."),
        ("p_folder={f}/file", "KF047", "Folder not found."),
        ("p_path={f}/file&p_path={f}/none", "KF002", "File not found."),
        ("p_path=", "KF003", None),
        ("p_folder=/", "KF003", None),
        ("p_folder=a%00b", "KF003", None),
        ("p_folder=%ff", "PGRST100", None),
        ("", "KF014", None),
        ("p_folder=a&p_path=b", "KF014", None),
        ("p_folder=a&p_folder=a", "KF014", None),
        ("p_folder=a&other=b", "KF014", None),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_refused(editor, folder, query, code, message, method):
    assert editor.store(f"{folder}/file", b"x").status == 200
    answer = editor.request(method, "/rpc/download_folder?" + query.format(f=folder))
    assert answer.status == 400
    if method == "GET":
        assert_failure(answer, 400, code, message)


def test_others_get_nothing_and_do_not_learn_what_there_is(nobody, stranger, admin, editor, folder):
    assert editor.store(f"{folder}/file", b"secret").status == 200
    for client in (stranger, admin):
        for theirs, none in (
            (folder_target(folder), folder_target(folder + "x")),
            (selection_target(f"{folder}/file"), selection_target(f"{folder}/none")),
        ):
            answers = [client.get(target) for target in (theirs, none)]
            assert [answer.status for answer in answers] == [400, 400]
            assert answers[0].body == answers[1].body
    assert nobody.get(folder_target(folder)).status == 401


def blob_of(sql, path):
    (name,) = sql(f"select blob from internal.files where file_path = '{path}'")
    return f"{name[:2]}/{name}"


# How the bytes of one file in the middle can be lost.
LOSSES = {
    "absent": lambda blob: blob.unlink(),
    "short": lambda blob: os.truncate(blob, 5),
    "empty": lambda blob: os.truncate(blob, 0),
    "long": lambda blob: os.truncate(blob, blob.stat().st_size + 1),
    "not a file": lambda blob: (blob.unlink(), blob.mkdir()),
}


@pytest.fixture(params=["nginx", "apache pool", "apache cgi"])
def site(request, instance, editor):
    """The editor behind a web server that keeps idle connections for an hour."""
    kind = request.param.rpartition(" ")[2]
    server = Nginx(instance, "keepalive_timeout 1h;")
    if kind != "nginx":
        server = Apache(kind, instance, settings="KeepAliveTimeout 3600\n")
    with server:
        yield Client(server.url, editor.token)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", [10, 2 * MIB])
def test_a_file_that_cannot_be_read_breaks_the_connection(editor, site, sql, blobs, folder, loss, size):
    store_all(editor, folder, {"1": os.urandom(MIB), "2": os.urandom(size), "3": b"x"})
    blob = blobs / blob_of(sql, f"{folder}/2")
    LOSSES[loss](blob)
    try:
        connection, response = site.send("GET", folder_target(folder))
        assert response.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)) as broken:
            response.read()
        connection.close()
        if isinstance(broken.value, http.client.IncompleteRead):
            assert b"PK\5\6" not in broken.value.partial[-1000:], "no end of an archive"
    finally:
        if blob.is_dir():
            blob.rmdir()


def test_a_program_gets_less_than_announced_in_plain_cgi(editor, sql, blobs, folder):
    store_all(editor, folder, {"1": b"x", "2": b"y"})
    (blobs / blob_of(sql, f"{folder}/2")).unlink()
    answer = ask("GET", folder_target(folder), editor.token)
    assert answer.status == 200 and len(answer.body) < int(answer.header("Content-Length"))


def test_a_store_that_is_unavailable_is_503(editor, folder):
    store_all(editor, folder, {"1": b"", "2": b"y"})
    gone = {"COFFER_STORAGE_URL": "file:///nowhere"}
    answer = ask("GET", folder_target(folder), editor.token, configuration=gone)
    assert_failure(answer, 503, "KF008")
    assert answer.header("Retry-After")


def test_plain_cgi_sends_the_same(editor, filled):
    answer = ask("GET", folder_target(filled), editor.token)
    assert contents(answer) == FILES
    assert answer.body == editor.get(folder_target(filled)).body


def test_each_file_is_recorded_if_downloads_are(account, sql):
    client = account.log_in()
    store_all(client, "a", {"1": b"x", "b/2": b"y"})

    def recorded():
        return sql(f"""select subject from internal.audit_log
            where action = 'retrieve' and user_id = (select id from internal.users where email = '{account.email}')
            order by subject""")

    audited = {"COFFER_AUDIT_DOWNLOADS": "on"}
    for method in ("GET", "HEAD"):
        assert ask(method, folder_target("a"), client.token).status == 200
    assert ask("HEAD", folder_target("a"), client.token, configuration=audited).status == 200
    assert ask("GET", selection_target("a/1", "none"), client.token, configuration=audited).status == 400
    assert recorded() == []
    assert contents(ask("GET", folder_target("a"), client.token, configuration=audited)) == {"1": b"x", "b/2": b"y"}
    assert recorded() == ["a/1", "a/b/2"]


@pytest.fixture
def endless(editor, folder):
    """A folder that is larger than everything that may buffer it, so that a client that does not read is waited for."""
    assert editor.store(f"{folder}/large", bytes(64 * MIB)).status == 200
    return folder_target(folder)


@contextlib.contextmanager
def begun(client, target, count):
    """The responses of archives that nobody reads. In the end their clients go away."""
    sent = [client.send("GET", target) for _ in range(count)]
    try:
        yield [response for _, response in sent]
    finally:
        for connection, response in sent:
            response.close()
            connection.close()


def test_archives_never_take_more_than_half_of_the_pool(editor, endless):
    half = len(workers()) // 2
    with begun(editor, endless, half) as responses:
        assert [response.status for response in responses] == [200] * half
        answer = editor.get(endless)
        assert_failure(answer, 503, "KF048")
        assert int(answer.header("Retry-After")) > 0
        # The others are free for what is short, the head of an archive among it.
        for _ in range(2 * len(workers())):
            assert editor.files("limit=1").status == 200
        assert editor.head(endless).status == 200
    # A client that has gone ends the work.
    wait_until(lambda: editor.get(endless).status == 200, 120, "a free worker")


def test_a_file_that_is_cut_while_it_is_sent_breaks_the_connection(editor, sql, blobs, folder, endless):
    with begun(editor, endless, 1) as (response,):
        os.truncate(blobs / blob_of(sql, f"{folder}/large"), MIB)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()


@pytest.mark.parametrize("site", ["nginx", "apache pool"], indirect=True)
def test_a_worker_that_is_killed_gives_its_slot_back_and_breaks_the_connection(editor, site, endless):
    before = workers()
    with begun(site, endless, len(before) // 2) as responses:
        assert_failure(editor.get(endless), 503, "KF048")
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        for response in responses:
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                response.read()
        wait_until(lambda: editor.get(endless).status == 200, 120, "a free worker")
    wait_for_workers(len(before), without=before)


def insert_rows(sql, editor, folder, count, size=0):
    """Rows of files by SQL, whose blobs it returns. Nothing reads the blob of an empty file."""
    user = editor.get("/rpc/whoami").json()["user_id"]
    seed = secrets.token_hex(4)
    sql(f"""insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
        select '{user}', '{folder}/' || repeat('long', 20) || '/' || n, 'text/plain', {size}, sha256(''),
            md5('{seed}' || n) from generate_series(1, {count}) n""")
    return sql(f"select blob from internal.files where file_path like '{folder}/%'")


def save(client, target, path):
    """Downloads in pieces, and leaves out pages of zeros, so that the file needs little space."""
    connection, response = client.send("GET", target)
    assert response.status == 200, response.read()
    length = int(response.headers["Content-Length"])
    zeros, received = bytes(MIB), 0
    with path.open("wb") as file:
        while piece := response.read(MIB):
            received += len(piece)
            if piece == zeros:
                file.seek(MIB, os.SEEK_CUR)
            else:
                file.write(piece)
        file.truncate(received)
    connection.close()
    assert received == length
    return path


def test_a_hundred_thousand_files_take_little_memory_and_are_all_there(account, sql, tmp_path):
    client = account.log_in()
    insert_rows(sql, client, "many", 100_000)
    assert client.store("many/large", os.urandom(8 * MIB)).status == 200
    archive = save(client, folder_target("many"), tmp_path / "archive.zip")
    assert readers.checked(archive) == {100_001}
    assert {pid: peak for pid in workers() if (peak := peak_memory(pid)) > 32 * MIB} == {}


@pytest.mark.skipif(not os.environ.get("COFFER_TEST_LONG"), reason="takes minutes; COFFER_TEST_LONG=on runs it")
def test_a_file_of_4_gib_and_what_follows_it(editor, instance, sql, blobs, folder, tmp_path):
    """The size whose 32 bits say that it is elsewhere; zeros that need no space."""
    size = (1 << 32) - 1
    assert editor.store(f"{folder}/1", b"before").status == 200
    (name,) = insert_rows(sql, editor, f"{folder}/2", 1, size=size)
    assert editor.store(f"{folder}/3", b"after").status == 200
    blob = blobs / name[:2] / name
    blob.parent.mkdir(exist_ok=True)
    with blob.open("wb") as file:
        file.truncate(size)
    for path in (blob.parent, blob):
        instance.own(path)
    archive = save(editor, folder_target(folder), tmp_path / "archive.zip")
    assert readers.checked(archive) == {3}
    archive.unlink()
