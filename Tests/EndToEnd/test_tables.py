"""What PostgREST's conventions promise of tables: heads of answers, preferences, formats, changes, and the grammar."""

import csv
import io
import json
import secrets
from urllib.parse import quote

import pytest

from client import SINGULAR, assert_failure

JSON = {"Content-Type": "application/json"}


def put_five(editor, folder):
    """Files a to e of 1 to 5 bytes; a and e are vowels."""
    for count, name in enumerate("abcde", 1):
        headers = {"Description": "vowel"} if name in "ae" else {}
        assert editor.store(f"{folder}/{name}", b"x" * count, **headers).status == 200


@pytest.fixture(scope="module")
def shelf(editor):
    """The filter of a folder that is only read."""
    folder = f"end-to-end/{secrets.token_hex(8)}"
    put_five(editor, folder)
    yield f"file_path=like.{folder}/*"
    editor.clear(folder)


@pytest.fixture
def five(editor, folder):
    """The filter of a folder that is changed."""
    put_five(editor, folder)
    return f"file_path=like.{folder}/*"


def names(answer):
    assert answer.status in (200, 206), answer
    return "".join(row["file_path"][-1] for row in answer.json())


def patch(client, query, value, **headers):
    headers = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.request("PATCH", f"/files?{query}", {**JSON, **headers}, json.dumps(value))


def described(editor, query):
    return [row["description"] for row in editor.files(f"{query}&order=file_path").json()]


# Pages


@pytest.mark.parametrize(
    "query,headers,status,range,found",
    [
        ("", {}, 200, "0-4/*", "abcde"),
        ("limit=2", {}, 200, "0-1/*", "ab"),
        ("limit=2&offset=4", {}, 200, "4-4/*", "e"),
        ("offset=-3", {}, 200, "0-4/*", "abcde"),
        ("limit=0", {}, 200, "*/*", ""),
        ("limit=two&offset=x", {}, 200, "0-4/*", "abcde"),
        ("offset=5", {}, 200, "*/*", ""),
        ("limit=99999999999999999999", {}, 200, "0-4/*", "abcde"),
        ("", {"Prefer": "count=exact"}, 200, "0-4/5", "abcde"),
        ("limit=2", {"Prefer": "count=exact"}, 206, "0-1/5", "ab"),
        ("offset=3", {"Prefer": "count=exact"}, 206, "3-4/5", "de"),
        ("offset=5", {"Prefer": "count=exact"}, 206, "*/5", ""),
        ("size_bytes=gt.9", {"Prefer": "count=exact"}, 200, "*/0", ""),
        ("limit=2", {"Prefer": "count=estimated"}, 206, "0-1/5", "ab"),
        ("", {"Range": "1-2"}, 200, "1-2/*", "bc"),
        ("", {"Range": "3-"}, 200, "3-4/*", "de"),
        ("", {"Range": "0-0", "Prefer": "count=exact"}, 206, "0-0/5", "a"),
        ("limit=3&offset=1", {"Range": "2-9"}, 200, "2-3/*", "cd"),
        ("limit=1", {"Range": "0-9"}, 200, "0-0/*", "a"),
        ("", {"Range": "bytes=0-1"}, 200, "0-4/*", "abcde"),
        ("", {"Range": "1"}, 200, "0-4/*", "abcde"),
        ("", {"Range": "-2"}, 200, "0-4/*", "abcde"),
        ("", {"Range": "1-2", "Range-Unit": "items"}, 200, "1-2/*", "bc"),
    ],
)
def test_pages(editor, shelf, query, headers, status, range, found):
    answer = editor.request("GET", f"/files?{shelf}&order=file_path&{query}", headers)
    assert (answer.status, answer.header("Content-Range"), names(answer)) == (status, range, found)
    assert answer.header("Range-Unit") is None


def test_a_planned_count_is_what_is_there(editor, shelf):
    answer = editor.files(f"{shelf}&order=file_path&limit=3", Prefer="count=planned")
    assert (answer.status, answer.header("Content-Range")) == (206, "0-2/5")
    assert answer.header("Preference-Applied") == "count=planned"


@pytest.mark.parametrize(
    "query,headers,details,range",
    [
        ("offset=6", {"Prefer": "count=exact"}, "An offset of 6 was requested, but there are only 5 rows.", "*/5"),
        ("", {"Range": "9-", "Prefer": "count=exact"}, "An offset of 9 was requested, but there are only 5 rows.", "*/5"),
        ("limit=-1", {}, "Limit should be greater than or equal to zero.", None),
        (
            "",
            {"Range": "4-2"},
            "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
            None,
        ),
    ],
)
def test_ranges_that_cannot_be(editor, shelf, query, headers, details, range):
    answer = editor.request("GET", f"/files?{shelf}&{query}", headers)
    failure = assert_failure(answer, 416, "PGRST103", "Requested range not satisfiable")
    assert (failure["details"], failure["hint"], answer.header("Content-Range")) == (details, None, range)


# The heads of answers


def test_the_head_of_a_list(editor, shelf):
    query = f"{shelf}&select=id&order=id"
    answer = editor.files(query)
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    assert answer.header("Content-Location") == "/files?" + "&".join(sorted(query.split("&")))
    assert answer.header("Vary") == "Accept, Prefer, Range"
    assert answer.header("Content-Length") == str(len(answer.body))
    assert answer.header("Preference-Applied") is None
    head = editor.head(f"/files?{query}")
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", None)
    for name in ("Content-Type", "Content-Range", "Content-Location", "Vary"):
        assert head.header(name) == answer.header(name)
    assert editor.get("/users").header("Content-Location") == "/users"
    # A head has less room than a request.
    long = editor.files(f"{query}&id=in.({','.join(['00000000-0000-4000-8000-000000000000'] * 500)})")
    assert (long.status, long.json(), long.header("Content-Location")) == (200, [], None)


def test_a_head_has_no_range(editor, shelf):
    assert editor.head(f"/files?{shelf}", Range="1-2").header("Content-Range") == "0-4/*"
    assert editor.head(f"/files?{shelf}&limit=1", Prefer="count=exact").header("Content-Range") == "0-0/5"
    assert editor.head(f"/files?{shelf}&limit=1", Prefer="count=exact").status == 206


@pytest.mark.parametrize(
    "prefer,applied",
    [
        ("count=exact", "count=exact"),
        ("return=representation", None),
        ("handling=lenient", "handling=lenient"),
        ("handling=strict, count=exact", "count=exact, handling=strict"),
        ("count=exact, count=planned", "count=exact"),
        ("count=many", None),
        ("colour=blue, count=exact", "count=exact"),
        ("max-affected=2", None),
        ("tx=rollback, timezone=UTC, resolution=merge-duplicates, missing=default", None),
        (" ,, count = exact ,", "count=exact"),
    ],
)
def test_preferences_of_a_read(editor, shelf, prefer, applied):
    answer = editor.files(shelf, Prefer=prefer)
    assert (answer.status, answer.header("Preference-Applied")) == (200, applied)


def test_preferences_in_two_headers(editor, shelf):
    data = (
        f"GET /files?{shelf} HTTP/1.1\r\nHost: {editor.host}:{editor.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {editor.token}\r\nPrefer: handling=strict\r\nPrefer: count=exact\r\n\r\n"
    )
    head = editor.raw(data.encode()).partition(b"\r\n\r\n")[0]
    assert b"Preference-Applied: count=exact, handling=strict" in head, head


@pytest.mark.parametrize(
    "prefer,details",
    [
        ("handling=strict, foo, bar", "Invalid preferences: foo, bar"),
        ("foo=1, handling=strict", "Invalid preferences: foo=1"),
        ("handling=strict, count=many", "Invalid preferences: count=many"),
        ("handling=strict, max-affected=some", "Invalid preferences: max-affected=some"),
    ],
)
def test_unknown_preferences_under_strict_handling(editor, five, prefer, details):
    for answer in (
        editor.files(five, Prefer=prefer),
        patch(editor, five, {"description": "x"}, Prefer=prefer),
        editor.delete(f"/files?{five}", Prefer=prefer),
    ):
        assert assert_failure(answer, 400, "PGRST122")["details"] == details
    assert described(editor, five) == ["vowel", None, None, None, "vowel"]


# Formats


def test_csv_distinguishes_null_from_empty_and_can_be_read_back(editor, folder):
    texts = {"a": "", "b": None, "c": 'two "quotes", a comma', "d": "line\nbreak\r\n", "e": " spaces ", "f": "é 日 😀"}
    for name, text in texts.items():
        editor.store(f"{folder}/{name}", b"x")
        assert patch(editor, f"file_path=eq.{folder}/{name}", {"description": text}).status == 204
    query = f"file_path=like.{folder}/*&order=file_path&select=name:description,size_bytes"
    answer = editor.files(query, Accept="text/csv", Prefer="count=exact")
    assert answer.header("Content-Type") == "text/csv; charset=utf-8"
    assert (answer.status, answer.header("Content-Range")) == (200, "0-5/6")
    text = answer.body.decode()
    assert text.startswith('name,size_bytes\r\n"",1\r\n,1\r\n"two ""quotes"", a comma",1\r\n')
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1:] == [[description or "", "1"] for description in texts.values()]
    empty = editor.files(f"file_path=eq.{folder}/none&select=id", Accept="text/csv")
    assert (empty.status, empty.body) == (200, b"id\r\n")


@pytest.mark.parametrize(
    "accept,type",
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/csv, application/json;q=0.5", "text/csv"),
        ("text/csv;q=0.1, application/json", "application/json"),
        ("text/html, text/csv", "text/csv"),
        ("application/json;q=0, text/*", "text/csv"),
    ],
)
def test_negotiation(editor, shelf, accept, type):
    assert editor.files(shelf, Accept=accept).header("Content-Type") == f"{type}; charset=utf-8"


@pytest.mark.parametrize("accept", [SINGULAR, "application/vnd.pgrst.object"])
def test_one_object(editor, shelf, accept):
    answer = editor.files(f"{shelf}&size_bytes=eq.2&select=size_bytes", Accept=accept, Prefer="count=exact")
    assert (answer.status, answer.body) == (200, b'{"size_bytes":2}')
    assert answer.header("Content-Type") == f"{SINGULAR}; charset=utf-8"
    assert answer.header("Content-Range") == "0-0/1"
    for query, count in ((shelf, 5), (f"{shelf}&size_bytes=eq.9", 0)):
        failure = assert_failure(editor.files(query, Accept=accept), 406, "PGRST116")
        assert failure["message"] == "Cannot coerce the result to a single JSON object"
        assert failure["details"] == f"The result contains {count} rows"


# Changes


def test_a_patch_is_204_or_200(editor, five):
    answer = patch(editor, f"{five}&size_bytes=lt.3", {"description": "small"})
    assert (answer.status, answer.body, answer.header("Content-Range")) == (204, b"", "0-1/*")
    assert answer.header("Content-Type") is None and answer.header("Content-Length") is None
    assert answer.header("Preference-Applied") is None
    answer = patch(editor, f"{five}&size_bytes=lt.3", {"description": "tiny"}, Prefer="return=minimal, count=exact")
    assert (answer.status, answer.header("Content-Range")) == (204, "0-1/2")
    assert answer.header("Preference-Applied") == "return=minimal, count=exact"
    query = f"{five}&size_bytes=gte.4&select=d:description&order=size_bytes.desc"
    answer = patch(editor, query, {"description": "big"}, Prefer="return=representation")
    assert (answer.status, answer.json(), answer.header("Content-Range")) == (200, [{"d": "big"}, {"d": "big"}], "0-1/*")
    assert answer.header("Preference-Applied") == "return=representation"
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    assert described(editor, five) == ["tiny", "tiny", None, "big", "big"]


def test_a_patch_of_nothing(editor, five):
    for query, value in ((f"{five}&size_bytes=eq.9", {"description": "x"}), (five, {})):
        answer = patch(editor, query, value)
        assert (answer.status, answer.body, answer.header("Content-Range")) == (204, b"", "*/*")
        answer = patch(editor, query, value, Prefer="return=representation, count=exact")
        assert (answer.status, answer.json(), answer.header("Content-Range")) == (200, [], "*/0")
    assert described(editor, five) == ["vowel", None, None, None, "vowel"]


@pytest.mark.parametrize("window", ["limit=1", "offset=2", "limit=1&offset=2", "limit=0", "limit=", "limit=x", "offset=0"])
def test_a_limit_on_a_change_is_refused(editor, five, window):
    assert_failure(patch(editor, f"{five}&{window}", {"description": "x"}), 400, "KF030")
    assert_failure(editor.delete(f"/files?{five}&{window}"), 400, "KF030")
    assert described(editor, five) == ["vowel", None, None, None, "vowel"]


def test_a_range_is_for_reading(editor, five):
    assert patch(editor, five, {"description": "x"}, Range="0-0").status == 204
    assert described(editor, five) == ["x"] * 5


def test_columns_say_what_counts_of_the_body(editor, five):
    value = {"description": "x", "file_path": "elsewhere", "colour": "blue"}
    assert patch(editor, f"{five}&columns=description", value).status == 204
    assert patch(editor, f'{five}&columns="description"', value).status == 204
    assert described(editor, five) == ["x"] * 5
    failure = assert_failure(patch(editor, f"{five}&columns=colour", value), 400, "PGRST204")
    assert failure["message"] == "Could not find the 'colour' column of 'files' in the schema cache"


@pytest.mark.parametrize(
    "body,status,code",
    [
        ("", 400, "PGRST102"),
        ("{", 400, "PGRST102"),
        ("null", 400, "PGRST102"),
        ("[]", 400, "PGRST102"),
        ('[{"description":"x"}]', 400, "PGRST102"),
        ('{"description":"x","description":"y"}', 400, "PGRST102"),
        ('{"description":"\\ud800"}', 400, "PGRST102"),
        ('{"colour":"blue"}', 400, "PGRST204"),
        ('{"blob":"x"}', 400, "PGRST204"),
        ('{"id":"x"}', 403, "42501"),
        ('{"user_id":null}', 403, "42501"),
        ('{"size_bytes":1}', 403, "42501"),
        ('{"description":1}', 400, "22P02"),
        ('{"description":"a\\u0000b"}', 400, "22P02"),
        ('{"file_path":null}', 400, "23502"),
        ('{"file_path":"a/../b"}', 400, "KF003"),
        ('{"description":' + json.dumps("x" * 2001) + "}", 400, "23514"),
        ('{"description":' + json.dumps("x" * 70_000) + "}", 413, "KF005"),
        ("[" * 10_000, 400, "PGRST102"),
    ],
)
def test_a_body_that_cannot_be(editor, five, body, status, code):
    assert_failure(editor.request("PATCH", f"/files?{five}", JSON, body), status, code)
    assert described(editor, five) == ["vowel", None, None, None, "vowel"]


def test_a_body_of_another_type(editor, five):
    for type in ("text/csv", "application/x-www-form-urlencoded", "text/plain"):
        answer = editor.request("PATCH", f"/files?{five}", {"Content-Type": type}, "description=x")
        failure = assert_failure(answer, 400, "PGRST102")
        assert failure["message"] == f"Content-Type not acceptable: {type}"
    assert editor.request("PATCH", f"/files?{five}", {}, '{"description":"x"}').status == 204


def test_max_affected_rolls_back(editor, five):
    strict = "handling=strict, max-affected=4"
    for answer in (
        patch(editor, five, {"description": "x"}, Prefer=strict),
        patch(editor, five, {"description": "x"}, Prefer=f"{strict}, return=representation"),
        editor.delete(f"/files?{five}", Prefer=strict),
    ):
        assert assert_failure(answer, 400, "PGRST124")["details"] == "The query affects 5 rows"
    assert described(editor, five) == ["vowel", None, None, None, "vowel"]
    answer = patch(editor, five, {"description": "x"}, Prefer="handling=strict, max-affected=5")
    assert (answer.status, answer.header("Preference-Applied")) == (204, "handling=strict, max-affected=5")
    answer = editor.delete(f"/files?{five}", Prefer="max-affected=1")
    assert (answer.status, answer.header("Preference-Applied")) == (204, None), "it counts under strict handling only"


@pytest.mark.parametrize("prefer", ["return=minimal", "return=representation", None])
def test_a_change_that_must_be_of_one_rolls_back(editor, five, prefer):
    for query, count in ((five, 5), (f"{five}&size_bytes=eq.9", 0)):
        for answer in (
            patch(editor, query, {"description": "x"}, Accept=SINGULAR, Prefer=prefer),
            editor.delete(f"/files?{query}", Accept=SINGULAR, Prefer=prefer),
        ):
            assert assert_failure(answer, 406, "PGRST116")["details"] == f"The result contains {count} rows"
    assert described(editor, five) == ["vowel", None, None, None, "vowel"]
    answer = patch(editor, f"{five}&size_bytes=eq.3", {"description": "x"}, Accept=SINGULAR, Prefer=prefer)
    assert answer.status == (200 if prefer == "return=representation" else 204)
    if answer.status == 200:
        assert answer.json()["description"] == "x"


def test_a_delete_is_204_or_200(editor, five):
    answer = editor.delete(f"/files?{five}&size_bytes=eq.1")
    assert (answer.status, answer.body, answer.header("Content-Range")) == (204, b"", "*/*")
    assert answer.header("Content-Type") is None and answer.header("Content-Length") is None
    query = f"{five}&size_bytes=lt.4&order=size_bytes.desc&select=size_bytes::text"
    answer = editor.delete(f"/files?{query}", Prefer="return=representation, count=exact")
    assert (answer.status, answer.json()) == (200, [{"size_bytes": "3"}, {"size_bytes": "2"}])
    assert answer.header("Content-Range") == "*/2"
    assert answer.header("Preference-Applied") == "return=representation, count=exact"
    answer = editor.delete(f"/files?{five}&size_bytes=eq.4&select=size_bytes", Accept="text/csv", Prefer="return=representation")
    assert (answer.status, answer.body) == (200, b"size_bytes\r\n4\r\n")
    assert names(editor.files(five)) == "e"


def test_bodies_and_profiles_do_no_harm(editor, five):
    headers = {**JSON, "Content-Profile": "internal", "Accept-Profile": "internal"}
    assert names(editor.request("GET", f"/files?{five}&order=file_path", headers, "{}")) == "abcde"
    assert editor.request("DELETE", f"/files?{five}&size_bytes=eq.1", headers, "{}").status == 204
    assert editor.request("DELETE", f"/files?{five}&size_bytes=eq.2", headers, "no json").status == 204
    assert editor.request("PATCH", f"/files?{five}", headers, '{"description":"x"}').status == 204
    assert described(editor, five) == ["x"] * 3


# The grammar


@pytest.mark.parametrize(
    "query,found",
    [
        ("or=(size_bytes.eq.1,size_bytes.eq.5)", "ae"),
        ("and=(size_bytes.gt.1,size_bytes.lt.4)", "bc"),
        ("not.or=(size_bytes.eq.1,size_bytes.eq.5)", "bcd"),
        ("not.and=(size_bytes.gt.1,size_bytes.lt.4)", "ade"),
        ("or=(size_bytes.eq.1,and(size_bytes.gt.2,not.or(size_bytes.eq.3,size_bytes.eq.4)))", "ae"),
        ("or=( size_bytes.eq.1,  size_bytes.eq.2)", "ab"),
        ("or=(description.is.null,description.eq.vowel)", "abcde"),
        ("or=(size_bytes.in.(1,2),size_bytes.not.in.(1,2,3,4))", "abe"),
        ("or=(size_bytes.eq(any).{2,3},description.like(all).{v*,*l})", "abce"),
        ('or=(description.eq."vowel",size_bytes.eq."2")', "abe"),
        ("or=(size_bytes.eq.1)&or=(size_bytes.eq.2)", ""),
        ("size_bytes=gte.2&size_bytes=lte.4&size_bytes=neq.3", "bd"),
        ("size_bytes=in.(1,5)", "ae"),
        ("size_bytes=in.()", ""),
        ("size_bytes=not.in.(1,5)", "bcd"),
        ('description=in.("vowel","a,b")', "ae"),
        ("size_bytes=eq(any).{1,2}", "ab"),
        ("size_bytes=gt(all).{1,2,3}", "de"),
        ("size_bytes=not.eq(any).{1,2}", "cde"),
        ("description=like(any).{v*,w*}", "ae"),
        ("description=isdistinct.vowel", "bcd"),
        ("description=not.isdistinct.vowel", "ae"),
        ("description=neq.vowel", ""),
        ("description=is.not_null", "ae"),
        ("description=is.NULL", "bcd"),
        ("description=match.%5Ev.w", "ae"),
        ("description=imatch.%5EVO", "ae"),
        ("description=like.v_wel", "ae"),
        ("size_bytes=like.3", "c"),
        ("created_at=gt.2000-01-01", "abcde"),
        ("created_at=lt.2000-01-01T00:00:00.5%2B02:00", ""),
        ("file_path=ilike.END-TO-END/*/A", "a"),
        ("columns=id&on_conflict=id", "abcde"),
    ],
)
def test_conditions(editor, shelf, query, found):
    assert names(editor.files(f"{shelf}&order=file_path&{quote(query, safe='=&%.()*+')}")) == found


@pytest.mark.parametrize(
    "query,code,message,details",
    [
        ("nonsense=eq.1", "42703", "column files.nonsense does not exist", None),
        ("order=nonsense", "42703", "column files.nonsense does not exist", None),
        ("select=nonsense", "42703", "column files.nonsense does not exist", None),
        ("or=(nonsense.eq.1)", "42703", "column files.nonsense does not exist", None),
        ("size_bytes=bigger.1", "PGRST100", '"failed to parse filter (bigger.1)" (line 1, column 1)', 'unexpected "b"'),
        ("size_bytes=1", "PGRST100", '"failed to parse filter (1)" (line 1, column 1)', 'unexpected "1"'),
        ("size_bytes=eq", "PGRST100", '"failed to parse filter (eq)" (line 1, column 1)', None),
        ("size_bytes=", "PGRST100", None, "unexpected end of input"),
        (
            "order=id.asc.x",
            "PGRST100",
            '"failed to parse order (id.asc.x)" (line 1, column 8)',
            'unexpected "x" expecting "nullsfirst" or "nullslast"',
        ),
        ("or=(size_bytes.eq.1", "PGRST100", '"failed to parse logic tree (or(size_bytes.eq.1)" (line 1, column 19)', None),
        ("or=()", "PGRST100", None, None),
        ("or=size_bytes.eq.1", "PGRST100", None, None),
        ("size_bytes=in.1,2", "PGRST100", None, 'expecting "("'),
        ("size_bytes=in.(1,2", "PGRST100", None, None),
        ("size_bytes=eq(any).1", "PGRST100", None, 'expecting "{"'),
        ("size_bytes=neq(any).{1}", "PGRST100", None, None),
        ("description=is.empty", "PGRST100", None, "null"),
        ("description=is.true", "42804", None, None),
        ("size_bytes=eq.many", "22P02", 'invalid input syntax for type bigint: "many"', None),
        ("size_bytes=in.(1,x)", "22P02", 'invalid input syntax for type bigint: "x"', None),
        ("id=eq.1", "22P02", 'invalid input syntax for type uuid: "1"', None),
        ("created_at=gt.yesterday", "22P02", None, None),
        ("created_at=gt.2026-02-30", "22P02", None, None),
        ("description=match.(", "2201B", None, None),
        ("select=id::int", "42846", "cannot cast type uuid to integer", None),
        ("select=id::jsonb", "PGRST100", None, "text, int"),
        ("select=id,users(email)", "PGRST100", None, "not supported"),
        ("select=description->>a", "PGRST100", None, "not supported"),
        ("select=size_bytes.sum()", "PGRST100", None, "not supported"),
        ("select=a:id,a:size_bytes", "PGRST100", None, None),
        ("users.limit=1", "PGRST108", None, None),
        ("users.email=eq.a", "PGRST108", None, None),
        ("description=fts.a", "PGRST100", None, "not supported"),
        ("size_bytes=not.not.eq.1", "PGRST100", None, None),
        ("select=id,", "PGRST100", None, None),
        ("a%FF=eq.1", None, None, None),
        ("description=eq.%FF", None, None, None),
    ],
)
def test_what_cannot_be_understood(editor, query, code, message, details):
    failure = assert_failure(editor.files(quote(query, safe="=&%.()*")), 400, code, message)
    if details:
        assert details in failure["details"], failure


HOSTILE = [
    "' or '1'='1",
    "'; drop table internal.files; --",
    "/* comment */ -- and another",
    '"',
    '\\"',
    "\\",
    "\\\\' \\x27",
    "100%",
    "_",
    "*",
    "a,b",
    ")",
    "(a.eq.1)",
    "{a,b}",
    "{}",
    "null",
    "NULL",
    "$1",
    "$$a$$",
    ":name",
    "eq.1",
    "a&b=c",
    "a+b",
    "%00",
    "\t\n",
    "\u200b\u202e",
    "é e\u0301",
    "😀👩‍👩‍👧",
    "\x7f",
    "\ud7ff\uffff",
    "x" * 2000,
    "'" * 2000,
    "",
    " ",
]


@pytest.fixture(scope="module")
def hostile(editor):
    """One file for each hostile text, which is its description; the filter of the folder."""
    folder = f"end-to-end/{secrets.token_hex(8)}"
    for number, text in enumerate(HOSTILE):
        assert editor.store(f"{folder}/{number}", b"x").status == 200
        assert patch(editor, f"file_path=eq.{folder}/{number}", {"description": text}).status == 204
    yield f"file_path=like.{folder}/*&select=description"
    editor.clear(folder)


def quoted(text):
    """As a value of a list or a group."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_values_are_only_values(editor, hostile, number):
    text = HOSTILE[number]
    pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    ways = [
        f"description=eq.{quote(text)}",
        f"description=in.({quote(quoted(text))})",
        f"description=eq(any).{{{quote(quoted(text))}}}",
        f"description=not.isdistinct.{quote(text)}",
        f"or=(description.eq.{quote(quoted(text))})",
        f"and=(description.in.({quote(quoted(text))},{quote(quoted(text))}))",
    ]
    if "*" not in text:
        ways.append(f"description=like.{quote(pattern)}")
    for way in ways:
        assert editor.files(f"{hostile}&{way}").json() == [{"description": text}], way
    others = editor.files(f"{hostile}&description=neq.{quote(text)}").json()
    assert len(others) == len(HOSTILE) - 1 and {"description": text} not in others


def test_a_zero_byte_is_no_text(editor, hostile):
    for query in ("description=eq.a%00b", "description=in.(%00)", "or=(description.eq.%00)", "description=like.%00"):
        assert_failure(editor.files(f"{hostile}&{query}"), 400, "22P02")
    for query in ("select=a%00:id", "order=id%00", "a%00b=eq.1"):
        assert_failure(editor.files(query), 400)


def test_sizes_that_are_taken_and_sizes_that_are_not(editor, shelf):
    def nested(depth):
        return "or=(" + "and(" * (depth - 1) + "size_bytes.eq.3" + ")" * depth

    assert names(editor.files(f"{shelf}&{nested(30)}")) == "c"
    failure = assert_failure(editor.files(f"{shelf}&{nested(40)}"), 400, "PGRST100")
    assert "nested" in failure["details"]
    few = "&".join("size_bytes=gt.2" for _ in range(900))
    assert names(editor.files(f"{shelf}&order=file_path&{few}")) == "cde"
    many = ",".join("id.is.null" for _ in range(2000))
    failure = assert_failure(editor.files(f"{shelf}&or=({many})"), 400, "PGRST100")
    assert "filters" in failure["message"]
    long = "x" * 20_000
    assert editor.files(f"{shelf}&description=eq.{long}").json() == []
    listed = ",".join(str(number) for number in range(3, 4500))
    assert names(editor.files(f"{shelf}&order=file_path&size_bytes=in.({listed})")) == "cde"
    # PostgreSQL refuses what would grow without end, or has not finished counting when a search has had its time.
    answer = editor.files(f"{shelf}&description=match.{quote('(((x{1,100}){1,100}){1,100})')}")
    assert assert_failure(answer, 400)["code"] in ("2201B", "KF031")
    assert_failure(editor.files(f"{shelf}&description=like.{quote('v' + chr(92))}"), 400, "22025")


# Methods


@pytest.mark.parametrize(
    "target,allow",
    [
        ("/files", "OPTIONS,GET,HEAD,PATCH,DELETE"),
        ("/users", "OPTIONS,GET,HEAD,PATCH"),
        ("/audit_log", "OPTIONS,GET,HEAD"),
        ("/rpc/login", "OPTIONS,POST"),
        ("/rpc/whoami", "OPTIONS,GET,HEAD,POST"),
        ("/rpc/list_folder", "OPTIONS,GET,HEAD,POST"),
        ("/rpc/move_folder", "OPTIONS,POST"),
        ("/rpc/copy", "OPTIONS,POST"),
        ("/rpc/retrieve_file", "OPTIONS,GET,HEAD"),
        ("/rpc/download_folder", "OPTIONS,GET,HEAD"),
        ("/openapi.json", "OPTIONS,GET,HEAD"),
        ("/", "OPTIONS,GET,HEAD"),
    ],
)
def test_options_and_405_list_the_allowed_methods(nobody, editor, target, allow):
    answer = nobody.request("OPTIONS", target)
    assert (answer.status, answer.header("Allow"), answer.header("Content-Length")) == (200, allow, "0")
    for method in {"POST", "PUT", "PATCH", "DELETE", "GET", "FETCH"} - set(allow.split(",")):
        refused = editor.request(method, target, JSON, "{}")
        code = "PGRST101" if target.startswith("/rpc/") else "PGRST117"
        message = f"Cannot use the {method} method on RPC" if code == "PGRST101" else f"Unsupported HTTP method: {method}"
        assert_failure(refused, 405, code, message)
        assert refused.header("Allow") == allow
