"""The list of files, its filters, order and pages, and deletion, through the web server."""

from urllib.parse import quote

import pytest

from client import SINGULAR, assert_failure

COLUMNS = [
    "id",
    "user_id",
    "file_path",
    "description",
    "content_type",
    "size_bytes",
    "sha256",
    "created_at",
    "updated_at", "modified_at",
]


@pytest.fixture
def five(editor, folder):
    for count, name in enumerate("abcde", 1):
        assert (
            editor.store(f"{folder}/{name}", b"x" * count, **({"Description": "vowel"} if name in "ae" else {})).status
            == 200
        )
    return f"file_path=like.{folder}/*"


def names(answer):
    assert answer.status in (200, 206), answer
    return "".join(row["file_path"][-1] for row in answer.json())


def test_a_row_has_the_columns_of_the_contract(editor, admin, five):
    rows = editor.files(five).json()
    assert [list(row) for row in rows] == [COLUMNS] * 5
    assert [list(row) for row in admin.files(five).json()] == [[*COLUMNS, "owner_email"]] * 5


def test_a_list_has_postgrests_headers(editor, five):
    answer = editor.files(five)
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    assert answer.header("Content-Range") == "0-4/*"
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.header("X-Request-Id")
    head = editor.head(f"/files?{five}")
    assert (head.status, head.body, head.header("Content-Range")) == (200, b"", "0-4/*")


@pytest.mark.parametrize(
    "query,expected",
    [
        ("order=file_path", "abcde"),
        ("order=file_path.desc", "edcba"),
        ("order=size_bytes.desc&limit=2", "ed"),
        ("order=file_path&offset=3", "de"),
        ("order=file_path&limit=2&offset=1", "bc"),
        ("order=file_path&limit=0", ""),
        ("order=description.nullsfirst,file_path", "bcdae"),
        ("order=description,file_path.desc", "eadcb"),
        ("size_bytes=eq.3", "c"),
        ("size_bytes=gt.3&order=file_path", "de"),
        ("size_bytes=not.gt.2&order=file_path", "ab"),
        ("size_bytes=gte.2&size_bytes=lte.3&order=file_path", "bc"),
        ("description=eq.vowel&order=file_path", "ae"),
        ("description=like.v*&order=file_path", "ae"),
        ("description=ilike.VOW*&order=file_path", "ae"),
        ("size_bytes=neq.1&order=file_path.asc", "bcde"),
    ],
)
def test_filters_order_and_pages(editor, five, query, expected):
    assert names(editor.files(f"{five}&{query}")) == expected


def test_the_range_header_is_a_page(editor, five):
    answer = editor.files(f"{five}&order=file_path", Range="1-2")
    assert names(answer) == "bc"
    assert answer.header("Content-Range") == "1-2/*"


def test_an_exact_count(editor, five):
    page = editor.files(f"{five}&limit=2", Prefer="count=exact")
    assert (page.status, page.header("Content-Range")) == (206, "0-1/5")
    assert page.header("Preference-Applied") == "count=exact"
    whole = editor.files(five, Prefer="count=exact")
    assert (whole.status, whole.header("Content-Range")) == (200, "0-4/5")
    end = editor.files(f"{five}&offset=5", Prefer="count=exact")
    assert (end.status, end.header("Content-Range"), end.json()) == (206, "*/5", [])
    beyond = editor.files(f"{five}&offset=6", Prefer="count=exact")
    assert_failure(beyond, 416, "PGRST103", "Requested range not satisfiable")
    assert beyond.header("Content-Range") == "*/5"


def test_a_single_object(editor, five):
    answer = editor.files(f"{five}&size_bytes=eq.1&select=file_path", Accept=SINGULAR)
    assert answer.header("Content-Type") == f"{SINGULAR}; charset=utf-8"
    assert list(answer.json()) == ["file_path"]
    failure = assert_failure(editor.files(five, Accept=SINGULAR), 406, "PGRST116")
    assert failure["details"] == "The result contains 5 rows"
    failure = assert_failure(editor.files(f"{five}&size_bytes=eq.9", Accept=SINGULAR), 406, "PGRST116")
    assert failure["details"] == "The result contains 0 rows"


@pytest.mark.parametrize(
    "injection",
    [
        "' or 1=1 --",
        "'; drop table internal.files; --",
        '" or ""="',
        "\\' or 1=1",
        "$1",
        "%00",
        "1) or (1=1",
        "null",
        "' union select secret from internal.jwt_keys --",
    ],
)
def test_values_are_values_and_nothing_else(editor, five, injection):
    value = injection if injection == "%00" else quote(injection)
    for column in ("description", "file_path", "content_type", "sha256"):
        answer = editor.files(f"{column}=eq.{value}&{five}")
        assert (answer.status == 200 and answer.json() == []) or answer.status == 400, answer
    for column in ("size_bytes", "id", "created_at"):
        assert_failure(editor.files(f"{column}=eq.{value}"), 400)
    assert names(editor.files(f"{five}&order=file_path")) == "abcde"


@pytest.mark.parametrize(
    "query",
    [
        "select=id;drop table internal.files",
        "select=id,(select secret from internal.jwt_keys)",
        "select=blob",
        "select=id--",
        "select=id::text;",
        "select=files.id",
        "order=id;select 1",
        "order=1",
        "order=blob",
        "order=id desc",
        "order=(case when true then id end)",
        "blob=eq.1",
        "id) or (true=eq.1",
        "1=1--=eq.1",
        "'=eq.1",
        "id=in.(select 1)",
        "id=eq.1 or true",
        "owner_email=eq.a",
        "select=*,password_hash",
        "size_bytes=eq.1;drop",
        "xmin=eq.1",
        "ctid=eq.1",
        "tableoid=eq.1",
    ],
)
def test_names_come_from_a_fixed_list(editor, five, query):
    name, _, value = query.partition("=")
    assert_failure(editor.files(f"{quote(name)}={quote(value)}"), 400)
    assert names(editor.files(f"{five}&order=file_path")) == "abcde"


def test_a_media_type_that_is_not_there_is_406(editor):
    assert_failure(editor.files(Accept="image/png"), 406, "PGRST107")


def test_profiles_are_ignored(editor, five):
    assert names(editor.files(f"{five}&order=file_path", Accept_Profile="public")) == "abcde"


def test_deletion_by_id_and_by_path(editor, folder, five):
    identifier = editor.files(f"{five}&size_bytes=eq.1").json()[0]["id"]
    answer = editor.delete(f"/files?id=eq.{identifier}")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("Content-Type") is None
    answer = editor.delete(f"/files?file_path=eq.{folder}/b", Prefer="return=representation")
    assert [row["file_path"] for row in answer.json()] == [f"{folder}/b"]
    assert names(editor.files(f"{five}&order=file_path")) == "cde"
    assert_failure(editor.retrieve(f"{folder}/a"), 400, "KF002")


def test_deleting_nothing_is_no_error(editor, folder):
    assert editor.delete(f"/files?file_path=eq.{folder}/absent").status == 204
    answer = editor.delete(f"/files?file_path=eq.{folder}/absent", Prefer="return=representation")
    assert (answer.status, answer.json()) == (200, [])


@pytest.mark.parametrize("query", ["", "?", "?limit=1", "?select=id", "?order=id", "?columns=id"])
def test_a_deletion_without_a_filter_is_400(editor, five, query):
    assert_failure(editor.delete(f"/files{query}"), 400, "KF013")
    assert names(editor.files(f"{five}&order=file_path")) == "abcde"


def test_a_deletion_that_must_be_of_one_deletes_none_of_many(editor, five):
    assert_failure(editor.delete(f"/files?{five}", Accept=SINGULAR, Prefer="return=representation"), 406)
    assert names(editor.files(f"{five}&order=file_path")) == "abcde"


def test_a_deletion_may_have_a_body(editor, five):
    answer = editor.request("DELETE", f"/files?{five}", {"Content-Type": "application/json"}, b"{}")
    assert answer.status == 204


def test_a_blob_that_was_removed_from_the_trash_waits_for_its_collection(editor, folder, sql):
    editor.store(f"{folder}/a", b"x")
    blob = sql(f"select blob from internal.files where file_path = '{folder}/a'")[0]
    editor.delete(f"/files?file_path=eq.{folder}/a")
    assert sql(f"select reason from internal.garbage where blob = '{blob}'") == []
    editor.delete(f"/trash?file_path=eq.{folder}/a")
    assert sql(f"select reason from internal.garbage where blob = '{blob}'") == ["deleted"]


def test_an_editor_sees_own_files_only_and_an_admin_all(editor, stranger, admin, folder, five):
    identifier = editor.files(f"{five}&size_bytes=eq.1").json()[0]["id"]
    assert stranger.files(five).json() == []
    assert stranger.files(f"id=eq.{identifier}", Prefer="count=exact").header("Content-Range") == "*/0"
    owners = {row["user_id"] for row in stranger.files("select=user_id").json()}
    assert owners <= {stranger.get("/rpc/whoami").json()["user_id"]}
    assert names(admin.files(f"{five}&order=file_path")) == "abcde"
    for client in (stranger, admin):
        answer = client.delete(f"/files?id=eq.{identifier}", Prefer="return=representation")
        assert (answer.status, answer.json()) == (200, [])
        client.delete(f"/files?{five}")
    assert names(editor.files(f"{five}&order=file_path")) == "abcde"


def test_two_users_may_have_the_same_path(editor, stranger, folder):
    editor.store(f"{folder}/same", b"mine")
    stranger.store(f"{folder}/same", b"theirs")
    assert editor.retrieve(f"{folder}/same").body == b"mine"
    assert stranger.retrieve(f"{folder}/same").body == b"theirs"
    stranger.delete(f"/files?file_path=eq.{folder}/same")
    assert editor.retrieve(f"{folder}/same").body == b"mine"


def test_a_request_gets_at_most_1000_rows(account, sql):
    client = account.log_in()
    sql(f"""insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
            select u.id, 'many/' || n, 'text/plain', 0, sha256(''), md5('{account.email}' || n)
            from internal.users u, generate_series(1, 1005) n where u.email = '{account.email}'""")
    answer = client.files("select=id", Prefer="count=exact")
    assert (answer.status, answer.header("Content-Range"), len(answer.json())) == (206, "0-999/1005", 1000)
    assert len(client.files("select=id&limit=5000").json()) == 1000
