"""The real client of PostgREST, the PyPI package `postgrest`, as it comes: everything it can ask of a table or function."""

import inspect
import os
import secrets

import pytest
from postgrest import APIError, CountMethod, ReturnMethod, SyncPostgrestClient, SyncSelectRequestBuilder

ODD = 'a, "b" \\ (c): {d}'


def connect(client):
    """The library with the session of one of our own clients, or without any."""
    headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
    return SyncPostgrestClient(client.url, headers=headers)


@pytest.fixture(scope="module")
def api(editor):
    with connect(editor) as api:
        yield api


@pytest.fixture(scope="module")
def admin_api(admin):
    with connect(admin) as api:
        yield api


def put_five(editor, folder):
    """Files a to e of 1 to 5 bytes; a and e are vowels, c has an odd description, the others none."""
    descriptions = {"a": "vowel", "c": ODD, "e": "Vowel"}
    for count, name in enumerate("abcde", 1):
        headers = {"Description": descriptions[name]} if name in descriptions else {}
        assert editor.store(f"{folder}/{name}", b"x" * count, **headers).status == 200


@pytest.fixture(scope="module")
def shelf(editor):
    """A folder that is only read."""
    folder = f"end-to-end/{secrets.token_hex(8)}"
    put_five(editor, folder)
    yield folder
    editor.clear(folder)


@pytest.fixture
def five(editor, folder):
    """A folder that is changed."""
    put_five(editor, folder)
    return folder


def names(rows):
    return "".join(row["file_path"][-1] for row in rows)


def refusal(query, code, message=None):
    """The error that executing the query raises, with all four parts."""
    with pytest.raises(APIError) as raised:
        query.execute()
    error = raised.value
    assert error.code == code, error
    assert error.message and (message is None or error.message == message), error
    assert all(part is None or isinstance(part, str) for part in (error.details, error.hint))
    assert set(error.json()) == {"code", "message", "details", "hint"}
    return error


# Every method of the client that adds a filter, with what it finds of a to e.
FILTERS = [
    ("eq", lambda query: query.eq("size_bytes", 3), "c"),
    ("eq", lambda query: query.eq("description", ODD), "c"),
    ("neq", lambda query: query.neq("size_bytes", 3), "abde"),
    ("gt", lambda query: query.gt("size_bytes", 3), "de"),
    ("gte", lambda query: query.gte("size_bytes", 3), "cde"),
    ("lt", lambda query: query.lt("size_bytes", 3), "ab"),
    ("lte", lambda query: query.lte("size_bytes", 3), "abc"),
    ("lte", lambda query: query.lte("created_at", "2000-01-01T00:00:00+00:00"), ""),
    ("gt", lambda query: query.gt("created_at", "2000-01-01T00:00:00+00:00"), "abcde"),
    ("is_", lambda query: query.is_("description", None), "bd"),
    ("is_", lambda query: query.is_("description", "not_null"), "ace"),
    ("not_", lambda query: query.not_.is_("description", None), "ace"),
    ("not_", lambda query: query.not_.eq("size_bytes", 3), "abde"),
    ("not_", lambda query: query.not_.in_("size_bytes", [1, 2]), "cde"),
    ("not_", lambda query: query.not_.or_("size_bytes.eq.1,size_bytes.eq.2"), "cde"),
    ("like", lambda query: query.like("file_path", "%/c"), "c"),
    ("like", lambda query: query.like("description", "*owel"), "ae"),
    ("ilike", lambda query: query.ilike("description", "VOW%"), "ae"),
    ("like_all_of", lambda query: query.like_all_of("description", "v*,*l"), "a"),
    ("like_any_of", lambda query: query.like_any_of("description", "v*,V*"), "ae"),
    ("ilike_all_of", lambda query: query.ilike_all_of("description", "V*,*L"), "ae"),
    ("ilike_any_of", lambda query: query.ilike_any_of("description", "V*,*(C)*"), "ace"),
    ("in_", lambda query: query.in_("size_bytes", [2, 4, 77]), "bd"),
    ("in_", lambda query: query.in_("description", ["vowel", ODD, "("]), "ac"),
    ("in_", lambda query: query.in_("description", []), ""),
    ("or_", lambda query: query.or_("size_bytes.eq.1,and(size_bytes.gt.3,description.is.null)"), "ad"),
    ("or_", lambda query: query.or_('description.eq."a, \\"b\\" \\\\ (c): {d}",size_bytes.in.(1,2)'), "abc"),
    ("match", lambda query: query.match({"size_bytes": 1, "description": "vowel"}), "a"),
    ("match", lambda query: query.match({"size_bytes": 2, "description": "vowel"}), ""),
    ("filter", lambda query: query.filter("description", "match", "^[vV]owel$"), "ae"),
    ("filter", lambda query: query.filter("description", "imatch", "^VOWEL$"), "ae"),
    ("filter", lambda query: query.filter("description", "isdistinct", "vowel"), "bcde"),
    ("filter", lambda query: query.filter("size_bytes", "eq(any)", "{1,5}"), "ae"),
]

# What the client can ask and Coffer does not know.
FOREIGN = [
    ("cs", lambda query: query.cs("description", ["a"])),
    ("cd", lambda query: query.cd("description", ["a"])),
    ("ov", lambda query: query.ov("description", ["a"])),
    ("contains", lambda query: query.contains("description", {"a": 1})),
    ("contained_by", lambda query: query.contained_by("description", ["a"])),
    ("overlaps", lambda query: query.overlaps("description", ["a"])),
    ("sl", lambda query: query.sl("size_bytes", (1, 2))),
    ("sr", lambda query: query.sr("size_bytes", (1, 2))),
    ("nxl", lambda query: query.nxl("size_bytes", (1, 2))),
    ("nxr", lambda query: query.nxr("size_bytes", (1, 2))),
    ("adj", lambda query: query.adj("size_bytes", (1, 2))),
    ("range_gt", lambda query: query.range_gt("size_bytes", (1, 2))),
    ("range_gte", lambda query: query.range_gte("size_bytes", (1, 2))),
    ("range_lt", lambda query: query.range_lt("size_bytes", (1, 2))),
    ("range_lte", lambda query: query.range_lte("size_bytes", (1, 2))),
    ("range_adjacent", lambda query: query.range_adjacent("size_bytes", (1, 2))),
    ("fts", lambda query: query.fts("description", "vowel")),
    ("plfts", lambda query: query.plfts("description", "vowel")),
    ("phfts", lambda query: query.phfts("description", "vowel")),
    ("wfts", lambda query: query.wfts("description", "vowel")),
    ("text_search", lambda query: query.text_search("description", "vowel", {"config": "english"})),
]

OTHER_METHODS = {
    "select", "order", "limit", "offset", "range", "single", "maybe_single", "csv", "explain", "strip_nulls", "execute",
    "max_affected", "retry",
}  # fmt: skip


def test_no_method_of_the_client_is_left_out():
    methods = {name for name, _ in inspect.getmembers(SyncSelectRequestBuilder) if not name.startswith("_")}
    assert methods == OTHER_METHODS | {name for name, *_ in FILTERS} | {name for name, _ in FOREIGN}


@pytest.mark.parametrize("name,narrow,expected", FILTERS, ids=[f"{name}-{found}" for name, _, found in FILTERS])
def test_a_filter(api, shelf, name, narrow, expected):
    query = narrow(api.from_("files").select("file_path").like("file_path", f"{shelf}/*"))
    assert names(query.order("file_path").execute().data) == expected


@pytest.mark.parametrize("name,narrow", FOREIGN, ids=[name for name, _ in FOREIGN])
def test_a_filter_that_is_not_supported(api, name, narrow):
    error = refusal(narrow(api.from_("files").select("file_path")), "PGRST100")
    assert "not supported" in error.details


def test_a_state_of_truth_is_for_booleans(api):
    refusal(api.from_("files").select().is_("description", True), "42804")


def test_columns_aliases_and_casts(api, shelf):
    row = api.from_("files").select("file_path, size:size_bytes::text", "size_bytes::int").eq("file_path", f"{shelf}/c")
    assert row.execute().data == [{"file_path": f"{shelf}/c", "size": "3", "size_bytes": 3}]
    whole = api.from_("files").select().eq("file_path", f"{shelf}/c").execute().data
    assert {"id", "user_id", "file_path", "sha256", "created_at"} < set(whole[0])


@pytest.mark.parametrize(
    "sort,expected",
    [
        (lambda query: query.order("size_bytes"), "abcde"),
        (lambda query: query.order("size_bytes", desc=True), "edcba"),
        (lambda query: query.order("description", nullsfirst=True).order("file_path").limit(2), "bd"),
        (lambda query: query.order("description", nullsfirst=True).order("file_path", desc=True).limit(2), "db"),
        (lambda query: query.order("description", desc=True, nullsfirst=False).order("file_path").offset(3), "bd"),
        (lambda query: query.order("description", desc=True).order("file_path").limit(2), "bd"),
        (lambda query: query.order("file_path").limit(2), "ab"),
        (lambda query: query.order("file_path").limit(2).offset(3), "de"),
        (lambda query: query.order("file_path").range(1, 3), "bcd"),
        (lambda query: query.order("file_path").limit(0), ""),
        (lambda query: query.order("file_path").offset(5), ""),
    ],
)
def test_order_and_pages(api, shelf, sort, expected):
    query = sort(api.from_("files").select("file_path").like("file_path", f"{shelf}/*"))
    assert names(query.execute().data) == expected


@pytest.mark.parametrize("count", CountMethod)
def test_a_count(api, shelf, count):
    answer = api.from_("files").select("id", count=count).like("file_path", f"{shelf}/*").limit(2).execute()
    assert len(answer.data) == 2
    assert answer.count == 5
    head = api.from_("files").select("id", count=count, head=True).like("file_path", f"{shelf}/*").execute()
    assert head.data == []
    assert head.count == 5


def test_a_page_beyond_the_end(api, shelf):
    query = api.from_("files").select("id", count="exact").like("file_path", f"{shelf}/*").offset(9)
    error = refusal(query, "PGRST103", "Requested range not satisfiable")
    assert error.details == "An offset of 9 was requested, but there are only 5 rows."


def test_single(api, shelf):
    files = api.from_("files")
    assert files.select("file_path").eq("file_path", f"{shelf}/c").single().execute().data == {"file_path": f"{shelf}/c"}
    many = files.select("file_path").like("file_path", f"{shelf}/*").single()
    assert refusal(many, "PGRST116").details == "The result contains 5 rows"
    none = files.select("file_path").eq("file_path", f"{shelf}/z").single()
    assert refusal(none, "PGRST116").details == "The result contains 0 rows"


def test_maybe_single(api, shelf):
    files = api.from_("files")
    one = files.select("file_path").eq("file_path", f"{shelf}/c").maybe_single().execute()
    assert one.data == {"file_path": f"{shelf}/c"}
    assert files.select("file_path").eq("file_path", f"{shelf}/z").maybe_single().execute() is None
    with pytest.raises(APIError):
        files.select("file_path").like("file_path", f"{shelf}/*").maybe_single().execute()


def test_csv(api, shelf):
    query = api.from_("files").select("size_bytes", "description").like("file_path", f"{shelf}/*").order("file_path")
    expected = 'size_bytes,description\r\n1,vowel\r\n2,\r\n3,"a, ""b"" \\ (c): {d}"\r\n4,\r\n5,Vowel\r\n'
    assert query.csv().execute().data == expected


def test_plans_are_not_shown(api):
    refusal(api.from_("files").select().explain(), "PGRST107")


def test_update(api, five):
    files = api.from_("files")
    changed = files.update({"description": "new"}).eq("file_path", f"{five}/b").execute()
    assert [(row["file_path"], row["description"]) for row in changed.data] == [(f"{five}/b", "new")]
    silent = files.update({"description": None}, returning=ReturnMethod.minimal, count="exact")
    answer = silent.like("file_path", f"{five}/*").execute()
    assert (answer.data, answer.count) == ([], 5)
    assert len(files.select("id").like("file_path", f"{five}/*").is_("description", None).execute().data) == 5
    renamed = files.update({"file_path": f"{five}/z"}).eq("file_path", f"{five}/b").select("file_path").single()
    assert renamed.execute().data == {"file_path": f"{five}/z"}
    nothing = files.update({"description": "x"}).eq("file_path", f"{five}/absent").execute()
    assert nothing.data == []
    error = refusal(files.update({"file_path": f"{five}/a"}).eq("file_path", f"{five}/c"), "23505")
    assert error.message
    refusal(files.update({"colour": "blue"}).eq("file_path", f"{five}/c"), "PGRST204")
    refusal(files.update({"size_bytes": 1}).eq("file_path", f"{five}/c"), "42501")


def test_delete(api, five):
    files = api.from_("files")
    gone = files.delete(count="exact").lte("size_bytes", 2).like("file_path", f"{five}/*").execute()
    assert (sorted(names(gone.data)), gone.count) == (["a", "b"], 2)
    silent = files.delete(returning=ReturnMethod.minimal).eq("file_path", f"{five}/c").execute()
    assert silent.data == []
    assert names(files.select("file_path").like("file_path", f"{five}/*").order("file_path").execute().data) == "de"
    refusal(files.delete(), "KF013")


def test_no_more_than_max_affected(api, five):
    files = api.from_("files")
    error = refusal(files.delete().like("file_path", f"{five}/*").max_affected(4), "PGRST124")
    assert error.details == "The query affects 5 rows"
    refusal(files.update({"description": "x"}).like("file_path", f"{five}/*").max_affected(4), "PGRST124")
    rows = files.select("description").like("file_path", f"{five}/*").execute().data
    assert len(rows) == 5 and {"description": "x"} not in rows
    assert len(files.delete().like("file_path", f"{five}/*").max_affected(5).execute().data) == 5


@pytest.mark.parametrize("table", ["files", "users", "audit_log"])
def test_rows_are_not_inserted(admin_api, table):
    refusal(admin_api.from_(table).insert({"a": 1}), "PGRST117")
    refusal(admin_api.from_(table).insert([{"a": 1}, {"a": 2}]), "PGRST117")
    refusal(admin_api.from_(table).upsert({"a": 1}), "PGRST117")


def test_functions(api, editor, five):
    email = os.environ["COFFER_EDITOR_EMAIL"]
    for options in ({}, {"get": True}):
        assert api.rpc("whoami", {}, **options).execute().data["email"] == email
        page = api.rpc("list_folder", {"p_folder": five, "p_limit": 2}, **options).execute().data
        assert [(row["name"], row["is_folder"]) for row in page] == [("a", False), ("b", False)]
        page = api.rpc("list_folder", {"p_folder": five, "p_cursor": page[-1]["cursor"]}, **options).execute().data
        assert [row["name"] for row in page] == ["c", "d", "e"]
    assert api.rpc("whoami", {}, head=True).execute().data == []
    assert api.rpc("list_folder", {"p_folder": five}, head=True).execute().data == []
    assert api.rpc("move_folder", {"p_from": five, "p_to": f"{five}-moved"}).execute().data == 5
    assert api.rpc("move_folder", {"p_from": f"{five}-moved", "p_to": five}).execute().data == 5


def test_functions_that_refuse(api, five):
    refusal(api.rpc("list_folder", {"p_folder": "a//b"}), "KF003")
    refusal(api.rpc("list_folder", {"p_depth": 2}), "KF014")
    refusal(api.rpc("list_folder", {"p_depth": 2}, get=True), "KF014")
    refusal(api.rpc("move_folder", {"p_from": five, "p_to": f"{five}/b"}), "KF029")
    refusal(api.rpc("move_folder", {}), "KF014")
    refusal(api.rpc("move_folder", {"p_from": "a", "p_to": "b"}, get=True), "PGRST101")
    refusal(api.rpc("sign_token", {}), "PGRST202")
    # What would narrow a result must not be ignored.
    refusal(api.rpc("list_folder", {"p_folder": five}).select("name"), "KF014")
    refusal(api.rpc("list_folder", {"p_folder": five}).eq("name", "a"), "KF014")
    refusal(api.rpc("list_folder", {"p_folder": five}, get=True).eq("name", "a"), "KF014")
    refusal(api.rpc("create_user", {"p_email": "a@b", "p_password": "1234567890", "p_role": "editor"}), "42501")


def test_a_login_through_the_client(url, account):
    with SyncPostgrestClient(url) as api:
        login = {"email": account.email, "password": account.password}
        (row,) = api.rpc("login", login).execute().data
        assert set(row) == {"token"}
        token = api.rpc("login", login).single().execute().data["token"]
        refusal(api.rpc("login", {**login, "password": "wrong"}), "KF001", "Invalid email or password")
        api.auth(token)
        assert api.rpc("whoami", {}).execute().data["email"] == account.email
        assert api.rpc("logout", {}).execute().data == []
        refusal(api.rpc("whoami", {}), "KF011")


def test_the_administration_of_users(admin_api, url, sql):
    email, password = f"{secrets.token_hex(8)}@postgrest.example", "long enough 1"
    create = {"p_email": email, "p_password": password, "p_role": "editor", "p_quota_bytes": 1000}
    user = admin_api.rpc("create_user", create).execute().data
    try:
        users = admin_api.from_("users")
        found = users.select("email, role, quota_bytes").eq("id", user).single().execute().data
        assert found == {"email": email, "role": "editor", "quota_bytes": 1000}
        assert users.select("id", count="exact").ilike("email", email.upper()).execute().count == 1
        (row,) = users.update({"quota_bytes": None, "disabled": True}).eq("id", user).execute().data
        assert row["quota_bytes"] is None and row["disabled_at"]
        assert users.select("id").eq("id", user).not_.is_("disabled_at", None).execute().data == [{"id": user}]
        refusal(users.update({"email": "a@b"}).eq("id", user), "42501")
        refusal(users.delete().eq("id", user), "PGRST117")
        refusal(users.select("password_hash"), "42703")
        refusal(admin_api.rpc("create_user", create), "23505")
        reset = {"p_user_id": user, "p_new_password": "long enough 2"}
        assert admin_api.rpc("reset_password", reset).execute().data == []
        actions = admin_api.from_("audit_log").select("action").eq("user_id", user).order("id").execute().data
        assert [row["action"] for row in actions] == ["user_create", "user_disable", "user_quota", "user_password"]
        assert admin_api.rpc("delete_user", {"p_user_id": user}).execute().data == []
        refusal(admin_api.rpc("delete_user", {"p_user_id": user}), "KF027", "User not found.")
    finally:
        sql(f"select internal.delete_user(email) from internal.users where id = '{user}'")


def test_an_editor_changes_no_account(api, editor):
    own = editor.get("/rpc/whoami").json()["user_id"]
    assert [row["id"] for row in api.from_("users").select("id").execute().data] == [own]
    refusal(api.from_("users").update({"quota_bytes": None}).eq("id", own), "42501")
    rows = api.from_("audit_log").select("user_id").limit(50).execute().data
    assert {row["user_id"] for row in rows} == {own}


def test_errors_have_all_their_parts(api, nobody):
    error = refusal(api.from_("files").select("nonsense"), "42703", "column files.nonsense does not exist")
    assert "file_path" in error.hint
    error = refusal(api.from_("files").select().order("id.sideways"), "PGRST100")
    assert error.message.startswith('"failed to parse order (id.sideways') and "expecting" in error.details
    refusal(api.from_("files").select().eq("size_bytes", "many"), "22P02")
    refusal(api.from_("nonsense").select(), "PGRST205", "Could not find the table 'api.nonsense' in the schema cache")
    # An answer to HEAD has no body, so the client knows the status alone.
    refusal(api.from_("files").select("nonsense", head=True), "400")
    with connect(nobody) as stranger:
        refusal(stranger.from_("files").select(), "PGRST302", "Anonymous access is disabled")
        refusal(stranger.rpc("whoami", {}), "PGRST302")
        refusal(stranger.from_("files").delete().eq("size_bytes", 1), "PGRST302")


def test_the_schema_of_the_client_does_not_matter(editor, shelf):
    with connect(editor) as api:
        query = api.schema("anything").from_("files").select("file_path").eq("file_path", f"{shelf}/a")
        assert names(query.execute().data) == "a"


def test_nulls_are_stripped_on_request(api, editor, folder):
    path = f"{folder}/plain"
    assert editor.store(path, b"x").status == 200
    query = api.from_("files").select("file_path", "description").eq("file_path", path)
    assert query.strip_nulls().execute().data == [{"file_path": path}]
    query = api.from_("files").select("file_path", "description").eq("file_path", path)
    assert query.strip_nulls().single().execute().data == {"file_path": path}
