"""Totals, however they are counted: of what one may see, to the row."""

import re

import pytest

COUNTS = ["exact", "planned", "estimated"]


def total(client, target, count, **headers):
    answer = client.get(target, Prefer=f"count={count}", **headers)
    assert answer.status in (200, 206), answer
    return int(answer.header("Content-Range").partition("/")[2]), answer


@pytest.fixture(scope="module")
def crowd(sql, stranger):
    """Somebody else's two hundred files, of whose names the server has statistics."""
    sql("""
        insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
        select u.id, 'crowd/' || chr(97 + n % 26) || n, 'text/plain', n, sha256(''), md5('crowd' || n)
        from internal.users u, generate_series(1, 200) n where u.email = 'bob@example.com'""")
    sql("analyze internal.files; analyze internal.users; analyze internal.audit_log")
    yield
    sql("delete from internal.files where file_path like 'crowd/%'; "
        "delete from internal.trash where file_path like 'crowd/%'; "
        "delete from internal.garbage where blob in (select md5('crowd' || n) from generate_series(1, 200) n)")  # fmt: skip


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("filter", [
    "", "file_path=gte.crowd/p&file_path=lt.crowd/q", "file_path=like.crowd/*", "size_bytes=gt.100", "content_type=eq.text/plain",
    "or=(size_bytes.gt.1,size_bytes.lt.100)", "description=is.null", "file_path=match.^crowd", "created_at=gt.2020-01-01",
    "id=not.is.null",
])  # fmt: skip
@pytest.mark.parametrize("limit", ["", "limit=1", "limit=0"])
def test_what_others_have_changes_no_total(editor_of_file, crowd, count, filter, limit):
    query = "&".join(part for part in ("select=id", filter, limit) if part)
    counted, answer = total(editor_of_file, f"/files?{query}", count)
    assert (counted, answer.status, answer.header("Content-Range")) == (0, 200, "*/0")
    assert editor_of_file.head(f"/files?{query}", Prefer=f"count={count}").header("Content-Range") == "*/0"


@pytest.mark.parametrize("count", COUNTS)
def test_totals_are_those_of_ones_own_rows(account, crowd, count):
    client = account.log_in()
    for number in range(5):
        assert client.store(f"crowd/p{number}", b"x").status == 200
    letters = {letter: total(client, f"/files?select=id&limit=1&file_path=gte.crowd/{letter}&file_path=lt.crowd/{letter}~", count)[0]
               for letter in "abopqz"}  # fmt: skip
    assert letters == {"a": 0, "b": 0, "o": 0, "p": 5, "q": 0, "z": 0}
    assert total(client, "/files?limit=2", count)[0] == 5
    assert total(client, "/files?offset=5", count)[0] == 5
    assert total(client, "/users", count)[0] == 1
    actions = total(client, "/audit_log?select=id&action=eq.store", count)[0]
    assert actions == 5
    assert client.clear("crowd").status == 204


@pytest.mark.parametrize("relation", ["files", "users", "audit_log"])
def test_every_way_of_counting_gives_one_number(admin, editor, crowd, relation):
    for client in (admin, editor):
        for filter in ("", "id=not.is.null&limit=3", "limit=2"):
            totals = {count: total(client, f"/{relation}?{filter}", count)[0] for count in COUNTS}
            assert len(set(totals.values())) == 1, (filter, totals)
            rows = re.match(r"(\d+)-(\d+)/", client.get(f"/{relation}?{filter}", Prefer="count=planned").header("Content-Range"))
            assert not rows or totals["planned"] > int(rows[2])
