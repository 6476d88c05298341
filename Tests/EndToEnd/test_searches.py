"""Searches by pattern, which can be made to take any time: they have little of it, few run at once, others do not wait."""

import statistics
import threading
import time
from urllib.parse import quote

import pytest

from client import assert_failure, log_in

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


def active(sql):
    return int(sql("select count(*) from pg_stat_activity where usename = 'coffer_authenticator' and state = 'active'")[0])


@pytest.mark.parametrize("filter", [
    f"file_path=match.{CATASTROPHE}", f"file_path=imatch.{CATASTROPHE}", f"file_path=not.match.{CATASTROPHE}",
    f'or=(id.is.null,file_path.match."{QUOTED}")', f'file_path=match(any).{{zz,"{QUOTED}"}}',
])  # fmt: skip
@pytest.mark.parametrize("count", [None, "count=exact"])
def test_a_search_that_takes_long_is_ended_and_says_so(attacker, sql, filter, count):
    answer = attacker.files(f"select=id&{filter}", **({"Prefer": count} if count else {}))
    failure = assert_failure(answer, 400, "KF031")
    assert "900 ms" in failure["details"] and failure["hint"]
    assert active(sql) == 0, "the server goes on with it"


@pytest.mark.parametrize("method, body", [("DELETE", None), ("PATCH", '{"description":"x"}')])
def test_a_change_whose_search_takes_long_changes_nothing(attacker, sql, method, body):
    answer = attacker.request(method, f"/files?file_path=not.match.{CATASTROPHE}", JSON, body)
    assert_failure(answer, 400, "KF031")
    time.sleep(1)
    count, described = attacker.files("select=id", Prefer="count=exact"), attacker.files("description=not.is.null")
    assert count.header("Content-Range").endswith("/1000")
    assert described.json() == []
    assert active(sql) == 0


def test_others_are_served_while_one_user_searches(attacker, editor):
    editor.get("/rpc/whoami")
    answers, took, cut_off = [], [], []
    stop = time.monotonic() + 4

    def search():
        while time.monotonic() < stop:
            started = time.monotonic()
            answers.append(attacker.files(f"select=id&file_path=match.{CATASTROPHE}"))
            if answers[-1].status == 400:
                cut_off.append(time.monotonic() - started)

    threads = [threading.Thread(target=search) for _ in range(8)]
    for thread in threads:
        thread.start()
    while time.monotonic() < stop - 0.5 or not took:
        started = time.monotonic()
        assert editor.get("/rpc/whoami").status == 200
        took.append(time.monotonic() - started)
    for thread in threads:
        thread.join()
    # Behind the searches they would have to wait for one of them to be cut off.
    assert statistics.median(took) < statistics.median(cut_off) / 2, (sorted(took), sorted(cut_off))
    assert {(answer.status, answer.json()["code"]) for answer in answers} == {(400, "KF031"), (429, "KF032")}
    refused = next(answer for answer in answers if answer.status == 429)
    assert int(refused.header("Retry-After")) > 0


def test_a_search_that_is_over_makes_room_for_the_next_one(attacker):
    for _ in range(5):
        assert attacker.files("select=id&file_path=match.searches/.*1$&limit=1").status == 200


def test_the_beginning_of_a_path_is_no_search(attacker):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(attacker.files("select=id&file_path=like.searches/*").status))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
