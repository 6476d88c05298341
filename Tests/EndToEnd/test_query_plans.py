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
        client.get("/rpc/whoami"),
        client.request("PATCH", f"/files?file_path=eq.{folder}/a", JSON, b'{"description": "z"}'),
        client.delete(f"/files?file_path=eq.{folder}/a"),
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
