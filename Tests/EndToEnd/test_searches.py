"""Searches by pattern, which can be made to take any time: they have little of it, few run at once, others do not wait."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from client import Client, assert_failure, log_in
from processes import wait_until
from transports import FastCGI

# Backreferences make the engine try every way of cutting a path into pieces.
CATASTROPHE = quote(r"^(.+)(.+)(.+).*\1\2\3$")
# Between quotes a backslash stands for the character behind it.
QUOTED = quote(r"^(.+)(.+)(.+).*\\1\\2\\3$")
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def attacker(instance, sql):
    """An editor with a thousand long paths."""
    email, password = "searches@end-to-end.example", "long paths are slow"
    sql(f"select internal.create_user('{email}', '{password}', 'editor', null)")
    sql(f"""
        insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
        select u.id, 'searches/' || repeat(md5(n::text), 7) || '/' || n, 'text/plain', 0, sha256(''), md5('searches' || n)
        from internal.users u, generate_series(1, 1000) n where u.email = '{email}'""")
    yield log_in(instance["URL"], email, password)
    sql(f"select internal.delete_user('{email}'); delete from internal.garbage where blob in "
        "(select md5('searches' || n) from generate_series(1, 1000) n)")  # fmt: skip


def wait_for_end(sql):
    """Waits until the server is at no search any more. By itself the catastrophe would take it far longer."""
    searches = "usename = 'coffer_authenticator' and state = 'active' and query like '%file_path%'"
    wait_until(lambda: not sql(f"select 1 from pg_stat_activity where {searches}"), 60, "the end of the search")


@pytest.mark.parametrize("filter", [
    f"file_path=match.{CATASTROPHE}", f"file_path=imatch.{CATASTROPHE}", f"file_path=not.match.{CATASTROPHE}",
    f'or=(id.is.null,file_path.match."{QUOTED}")', f'file_path=match(any).{{zz,"{QUOTED}"}}',
])  # fmt: skip
@pytest.mark.parametrize("count", [None, "count=exact"])
def test_a_search_that_takes_long_is_ended_and_says_so(attacker, sql, filter, count):
    answer = attacker.files(f"select=id&{filter}", **({"Prefer": count} if count else {}))
    failure = assert_failure(answer, 400, "KF031")
    assert "900 ms" in failure["details"] and failure["hint"]
    wait_for_end(sql)


@pytest.mark.parametrize("method, body", [("DELETE", None), ("PATCH", '{"description":"x"}')])
def test_a_change_whose_search_takes_long_changes_nothing(attacker, sql, method, body):
    answer = attacker.request(method, f"/files?file_path=not.match.{CATASTROPHE}", JSON, body)
    assert_failure(answer, 400, "KF031")
    wait_for_end(sql)
    count, described = attacker.files("select=id", Prefer="count=exact"), attacker.files("description=not.is.null")
    assert count.header("Content-Range").endswith("/1000")
    assert described.json() == []


# Searches may take ten minutes. So the one that waits for a lock waits as long as the test wants it to.
MUCH_TIME = """
    alter function internal.begin_search(uuid, integer, integer) rename to begin_search_of_product;
    create function internal.begin_search(p_user_id uuid, p_limit integer, p_milliseconds integer) returns void
    language sql security definer set search_path = ''
    as 'select internal.begin_search_of_product(p_user_id, p_limit, 600000)';
    grant execute on function internal.begin_search(uuid, integer, integer) to coffer_authenticator;
"""


def test_others_are_served_while_one_user_searches(new_installation):
    """However many searches a user sends, a quarter of the workers is at them: of four, one."""
    site = new_installation(COFFER_WORKERS="4", COFFER_DATABASE_TIMEOUT_SECONDS="60").set_up()
    site.sql(MUCH_TIME)
    first, second = (Client(FastCGI(site.work().path), site.token()) for _ in range(2))
    other = "other@installation.example"
    site.add(other)
    others = Client(second.transport, site.token(other))
    search = "select=id&file_path=match.^searches/.*1$"
    waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    with ThreadPoolExecutor(1) as threads:
        with site.holding("begin; lock table internal.files in access exclusive mode"):
            searching = threads.submit(first.files, search)
            wait_until(lambda: site.sql(waiting), 120, "the search to wait")
            for _ in range(3):
                refused = second.files(search)
                assert_failure(refused, 429, "KF032")
                assert int(refused.header("Retry-After")) > 0
                assert others.get("/rpc/whoami").status == 200
            assert not searching.done()
        assert searching.result().status == 200
    assert second.files(search).status == 200


def test_a_search_that_is_over_makes_room_for_the_next_one(attacker):
    for _ in range(5):
        assert attacker.files("select=id&file_path=match.searches/.*1$&limit=1").status == 200


def test_the_beginning_of_a_path_is_no_search(attacker):
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: attacker.files("select=id&file_path=like.searches/*"), range(12)))
    assert [answer.status for answer in answers] == [200] * 12
