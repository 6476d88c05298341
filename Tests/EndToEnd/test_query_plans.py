"""No request reads a whole table, however small the table was when PostgreSQL made its statistics."""

import os
import signal

from pool import pool, wait_for_workers, workers

JSON = {"Content-Type": "application/json"}
REQUESTS = 40


def scans(sql):
    """How often each table has been read from its first to its last row. Workers report it when they end."""
    before = workers()
    os.kill(pool(), signal.SIGHUP)
    wait_for_workers(len(before), without=before)
    rows = sql("select relname, seq_scan from pg_stat_user_tables where schemaname = 'internal'")
    return {table: int(count) for table, count in (row.split("|") for row in rows)}


def use(client, folder):
    """One request of each kind that looks rows up."""
    for answer in (
        client.store(f"{folder}/a", b"x"),
        client.store(f"{folder}/a", b"y"),
        client.retrieve(f"{folder}/a"),
        client.files(f"file_path=eq.{folder}/a"),
        client.get(f"/rpc/list_folder?p_folder={folder}"),
        client.get("/rpc/whoami"),
        client.request("PATCH", f"/files?file_path=eq.{folder}/a", JSON, b'{"description": "z"}'),
        client.request("PATCH", f"/files?file_path=eq.{folder}/a", JSON, b'{"file_path": "%s/b"}' % folder.encode()),
        client.delete(f"/files?file_path=eq.{folder}/b"),
        client.get("/trash"),
    ):
        assert answer.status in (200, 204), answer


def test_no_request_reads_a_whole_table(sql, editor, folder):
    use(editor, folder)
    sql("analyze")
    before = scans(sql)
    for _ in range(REQUESTS):
        use(editor, folder)
    # A collection of blobs, which may happen meanwhile, reads whole tables.
    assert {table: count for table, count in scans(sql).items() if count - before[table] > REQUESTS // 4} == {}


def test_no_request_plans_a_function_anew(sql, account):
    """PostgreSQL keeps the plans of PL/pgSQL, and inlines most functions in SQL. It counts those that it cannot."""
    sql(f"update internal.users set quota_bytes = 1000000 where email = '{account.email}'")
    editor, folder = account.log_in(), "plans"
    sql("alter role coffer_authenticator set track_functions to 'all'")
    try:
        scans(sql)
        use(editor, folder)
        called = "select funcname, f.calls from pg_stat_user_functions f join pg_proc p on p.oid = f.funcid"
        in_sql = "where p.prolang = (select oid from pg_language where lanname = 'sql')"
        scans(sql)
        before = dict(row.split("|") for row in sql(f"{called} {in_sql}"))
        for _ in range(REQUESTS):
            use(editor, folder)
        scans(sql)
        after = dict(row.split("|") for row in sql(f"{called} {in_sql}"))
    finally:
        sql("alter role coffer_authenticator reset track_functions")
        scans(sql)
    assert {name for name, count in after.items() if int(count) - int(before.get(name, 0)) >= REQUESTS} == set()
