"""The audit log: what it records of whom, what it never holds, and that it shows when it was tampered with."""

import json
import os
import secrets
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from client import Client, log_in, retrieve_target
from worker import ask


def recorded(admin, user, select="action,subject", since=0):
    query = f"/audit_log?user_id=eq.{user}&id=gt.{since}&order=id&select={select}"
    return [tuple(row.values()) for row in admin.get(query).json()]


@pytest.fixture
def person(account, sql):
    """An editor of this test alone, with a session and an id."""
    client = account.log_in()
    user = client.get("/rpc/whoami").json()["user_id"]
    return SimpleNamespace(**vars(account), client=client, user=user)


# What is recorded


def test_a_day_of_an_editor(person, admin, nobody):
    client, user = person.client, person.user
    assert recorded(admin, user) == [("user_create", person.email), ("login", None)]
    (start,) = recorded(admin, user, "id")[-1]
    nobody.post("/rpc/login", {"email": person.email, "password": "wrong"})
    client.store("a/x", b"1")
    client.store("a/x", b"22")
    client.store("a/y", b"3", Description="about y")
    client.retrieve("a/x")
    client.files("order=id")
    client.get("/rpc/list_folder")
    client.get("/audit_log")
    patch = {"Content-Type": "application/json"}
    client.request("PATCH", "/files?file_path=eq.a/x", patch, '{"description":"secret thoughts"}')
    client.request("PATCH", "/files?file_path=eq.a/x", patch, '{"file_path":"b/x"}')
    client.post("/rpc/move_folder", {"p_from": "a", "p_to": "c"})
    client.delete(f"/files?user_id=eq.{user}")
    client.post("/rpc/change_password", {"p_current_password": "wrong", "p_new_password": "a new password"})
    client.post("/rpc/change_password", {"p_current_password": person.password, "p_new_password": "a new password"})
    client.post("/rpc/logout")
    assert recorded(admin, user, since=start) == [
        ("login_failed", None),
        ("store", "a/x"),
        ("store", "a/x"),
        ("store", "a/y"),
        ("move", "b/x"),
        ("move", "c/y"),
        ("trash", "b/x"),
        ("trash", "c/y"),
        ("login_failed", None),
        ("user_password", person.email),
        ("logout", None),
    ]
    assert {row for row in recorded(admin, user, "user_id", start)} == {(user,)}


def test_what_an_admin_does_to_an_account(person, admin, instance):
    me = admin.get("/rpc/whoami").json()["user_id"]
    (start,) = recorded(admin, person.user, "id")[-1]
    fields = {"Content-Type": "application/json"}
    for value in ('{"quota_bytes":5}', '{"role":"admin"}', '{"disabled":true}', '{"disabled":false}', '{"disabled":false}'):
        assert admin.request("PATCH", f"/users?id=eq.{person.user}", fields, value).status == 204
    admin.post("/rpc/reset_password", {"p_user_id": person.user, "p_new_password": "another password"})
    instance.run("session", "revoke", "--user", person.email)
    admin.post("/rpc/delete_user", {"p_user_id": person.user})
    rows = recorded(admin, person.user, "action,subject,actor_id", start)
    actions = ["user_quota", "user_role", "user_disable", "user_enable", "user_password", "user_delete"]
    assert rows == [(action, person.email, me) for action in actions]


def test_ended_sessions_are_recorded(person, admin, instance):
    other = person.log_in()
    (session,) = [row["id"] for row in json.loads(instance.coffer("session", "list", "--user", person.email, "--json"))][:1]
    (start,) = recorded(admin, person.user, "id")[-1]
    instance.coffer("session", "revoke", session)
    instance.coffer("session", "revoke", "--user", person.email)
    assert recorded(admin, person.user, since=start) == [("session_revoke", person.email)] * 2
    assert {client.get("/rpc/whoami").status for client in (person.client, other)} == {401}


def test_the_request_and_its_address_are_in_the_row(person, admin, nobody):
    answer = person.client.store("a", b"x")
    failed = nobody.post("/rpc/login", {"email": person.email, "password": "wrong"})
    rows = recorded(admin, person.user, "action,request_id,remote_address,actor_id")[-2:]
    assert rows == [
        ("store", answer.header("X-Request-Id"), "127.0.0.1", person.user),
        ("login_failed", failed.header("X-Request-Id"), "127.0.0.1", None),
    ]
    answer = ask(
        "DELETE", "/files?file_path=eq.a", person.client.token, REMOTE_ADDR="2001:db8::7", COFFER_REQUEST_ID="by-hand-1"
    )
    assert answer.status == 204
    assert recorded(admin, person.user, "action,request_id,remote_address")[-1] == ("trash", "by-hand-1", "2001:db8::7")


def test_what_fails_leaves_no_record(person, admin):
    client = person.client
    client.store("a", b"x")
    client.store("b", b"x")
    before = recorded(admin, person.user)
    client.store("a", b"y", If_None_Match="*")
    client.store("a", b"y", Repr_Digest="sha-256=:AAAA:")
    client.store("a/../b", b"y")
    client.post("/rpc/move_folder", {"p_from": "a", "p_to": "a/b"})
    fields = {"Content-Type": "application/json"}
    client.request("PATCH", "/files?file_path=eq.a", fields, '{"file_path":"b"}')
    client.request("DELETE", "/files?file_path=in.(a,b)", {"Prefer": "handling=strict, max-affected=1"})
    client.request("PATCH", f"/users?id=eq.{person.user}", fields, '{"role":"admin"}')
    assert recorded(admin, person.user) == before


def test_downloads_are_recorded_where_an_option_says_so(person, admin):
    client = person.client
    client.store("a/e\u0301", b"bytes")
    before = recorded(admin, person.user)
    on = {"COFFER_AUDIT_DOWNLOADS": "on"}
    target = retrieve_target("a/e\u0301")
    assert ask("GET", target, client.token).status == 200
    assert ask("HEAD", target, client.token, configuration=on).status == 200
    assert ask("GET", retrieve_target("absent"), client.token, configuration=on).status == 400
    assert recorded(admin, person.user) == before
    answer = ask("GET", target, client.token, configuration=on, REMOTE_ADDR="192.0.2.1")
    assert (answer.status, answer.body) == (200, b"bytes")
    assert recorded(admin, person.user)[len(before) :] == [("retrieve", "a/é")]
    assert recorded(admin, person.user, "actor_id,remote_address")[-1] == (person.user, "192.0.2.1")


def test_the_log_contains_no_secret(person, admin, url, nobody, sql):
    client, mark = person.client, secrets.token_hex(12)
    client.store("a", f"content-{mark}".encode(), Description=f"description-{mark}")
    nobody.post("/rpc/login", {"email": person.email, "password": f"wrong-{mark}"})
    nobody.post("/rpc/login", {"email": f"password-{mark}@typed.into.the.wrong.field", "password": "x"})
    nobody.get("/rpc/whoami", Authorization=f"Bearer token-{mark}")
    new = f"new-{mark}"
    client.post("/rpc/change_password", {"p_current_password": person.password, "p_new_password": new})
    admin.post("/rpc/reset_password", {"p_user_id": person.user, "p_new_password": f"reset-{mark}"})
    email = f"{secrets.token_hex(6)}@audit.example"
    value = {"p_email": email, "p_password": f"made-{mark}", "p_role": "editor"}
    made = admin.post("/rpc/create_user", value).json()
    again = log_in(url, person.email, f"reset-{mark}")
    (session,) = sql(f"select id from internal.sessions where user_id = '{person.user}'")
    again.post("/rpc/logout")
    admin.post("/rpc/delete_user", {"p_user_id": made})
    whole = "\n".join(sql("select to_json(a)::text from internal.audit_log a"))
    assert email in whole and person.email in whole
    keys = sql("select encode(secret, 'hex') from internal.jwt_keys where secret is not null")
    hashes = sql("select password_hash from internal.users")
    tokens = [part for held in (client, again, admin) for part in held.token.split(".")[1:]]
    for secret in [mark, person.password, session, *keys, *hashes, *tokens]:
        assert secret not in whole


def test_no_client_can_write_the_log(person, admin):
    for client in (person.client, admin):
        for method in ("POST", "PATCH", "DELETE", "PUT"):
            answer = client.request(method, "/audit_log?id=gt.0", {"Content-Type": "application/json"}, '{"subject":"x"}')
            assert answer.status == 405, answer
        assert client.get("/audit_log?select=hash").status == 400
    assert {row["user_id"] for row in person.client.get("/audit_log").json()} == {person.user}


# Tampering


@pytest.fixture(scope="module")
def template(instance):
    """A database with a log of two users who did things; it is only copied."""
    with instance.other_database() as made:
        made.coffer("migrate", "--skip-storage")
        for email in ("one@audit.example", "two@audit.example"):
            (user,) = made.sql(f"select internal.create_user('{email}', 'long enough 1', 'editor', null)")
            made.sql(f"select internal.record_all('store', '{user}', array['a', 'b', 'c', 'd'])")
            made.sql(f"select internal.record('delete', '{user}', 'b')")
        made.sql("select internal.rotate_key()")
        yield made.database


@pytest.fixture
def log(instance, template):
    """A copy of this test's own: `run` is SQL there, `verify` the operator's check."""
    with instance.other_database(template) as copy:
        one, two = copy.sql("select id from internal.users order by email")
        yield SimpleNamespace(
            run=copy.sql,
            verify=lambda *arguments: copy.run("audit", "verify", *arguments),
            heads=lambda: copy.coffer("audit", "heads"),
            one=one,
            two=two,
        )


@pytest.fixture
def kept():
    """Writes what was printed into a file that the operator's command can read, whoever it runs as."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)

        def keep(text):
            path = Path(folder) / "heads.json"
            path.write_text(text)
            return str(path)

        yield keep


def assert_found(log, *words, arguments=(), rows=None):
    """The check fails, its table names the chain and what is wrong, and so does its JSON."""
    done = log.verify(*arguments)
    assert done.returncode == 1, done
    assert all(word in done.stdout for word in words), done.stdout
    assert "was altered" in done.stderr
    problems = json.loads(log.verify("--json", *arguments).stdout)
    assert all(any(word in str(problem) for problem in problems) for word in words), problems
    if rows is not None:
        assert len(problems) == rows, problems


def test_a_log_that_is_whole(log, kept):
    done = log.verify()
    (count,) = log.run("select count(*) from internal.audit_log")
    assert (done.returncode, done.stdout) == (0, f"{count} rows, no problems\n"), done
    assert json.loads(log.verify("--json").stdout) == []
    heads = kept(log.heads())
    assert len(json.loads(Path(heads).read_text())) == 3
    log.run(f"select internal.record('login', '{log.one}', null)")
    assert log.verify("--heads", heads).returncode == 0, "a log that has grown is whole"


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'other'",
        "subject = null",
        "action = 'store'",
        "user_id = '{two}'",
        "actor_id = '{two}'",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "request_id = 'x'",
        "request_id = ''",
        "remote_address = '192.0.2.1'",
        "hash = sha256('')",
    ],
)
def test_a_changed_row_is_found(log, change):
    change = change.format(two=log.two)
    log.run(f"update internal.audit_log set {change} where chain = '{log.one}' and action = 'delete'")
    assert_found(log, log.one)
    assert log.two not in log.verify().stdout


def test_a_changed_id_is_found(log):
    log.run(f"""alter table internal.audit_log alter id drop identity;
        update internal.audit_log set id = id + 1000 where chain = '{log.one}' and position = 6""")
    assert_found(log, log.one, "Altered", rows=1)


def test_one_changed_row_is_one_problem(log):
    log.run(f"update internal.audit_log set subject = 'x' where chain = '{log.one}' and position = 3")
    assert_found(log, log.one, "Altered", rows=1)


def test_a_removed_row_is_found(log):
    log.run(f"delete from internal.audit_log where chain = '{log.one}' and position = 3")
    assert_found(log, log.one, "Missing: 1 rows")


def test_a_removed_first_row_is_found(log):
    log.run(f"delete from internal.audit_log where chain = '{log.one}' and position = 1")
    assert_found(log, log.one, "Missing: 1 rows")


def test_removed_rows_whose_gap_is_closed_are_found(log):
    log.run(f"""delete from internal.audit_log where chain = '{log.one}' and position = 3;
        alter table internal.audit_log drop constraint audit_log_chain_key;
        update internal.audit_log set position = position - 1 where chain = '{log.one}' and position > 3;
        update internal.ledgers set chain_length = chain_length - 1 where user_id = '{log.one}'""")
    assert_found(log, log.one, "Altered")


def test_swapped_rows_are_found(log):
    log.run(f"""alter table internal.audit_log drop constraint audit_log_chain_key;
        update internal.audit_log set position = 7 - position where chain = '{log.one}' and position in (3, 4)""")
    assert_found(log, log.one)


def test_swapped_contents_are_found(log):
    log.run(f"""update internal.audit_log set subject = case subject when 'a' then 'd' else 'a' end
        where chain = '{log.one}' and subject in ('a', 'd')""")
    assert_found(log, log.one, "Altered", rows=2)


def test_a_row_moved_to_another_chain_is_found(log):
    log.run(f"""update internal.audit_log set chain = '{log.two}', position = 7
        where chain = '{log.one}' and position = 6""")
    assert_found(log, log.one, log.two)


def test_a_cut_tail_is_found(log):
    log.run(f"delete from internal.audit_log where chain = '{log.one}' and position > 4")
    assert_found(log, log.one, "The head says 6 rows, there are 4.")


def test_a_removed_chain_is_found(log):
    log.run(f"delete from internal.audit_log where chain = '{log.one}'")
    assert_found(log, log.one, "The head says 6 rows, there are 0.")


def test_a_forged_row_is_found(log):
    log.run(f"""insert into internal.audit_log (chain, position, hash, user_id, action, subject)
        values ('{log.one}', 7, sha256('guess'), '{log.one}', 'store', 'planted')""")
    assert_found(log, log.one, "Altered")


def test_a_forged_chain_without_a_head_is_found(log):
    chain = "11111111-1111-4111-8111-111111111111"
    log.run(f"""insert into internal.audit_log (chain, position, hash, user_id, action)
        values ('{chain}', 1, sha256(''), '{chain}', 'login')""")
    assert_found(log, chain, "no head")


REBUILD = """
create function pg_temp.rebuild(p_chain uuid) returns void language plpgsql as $$
declare
    v_row internal.audit_log;
    v_hash bytea := '';
    v_position bigint := 0;
begin
    alter table internal.audit_log drop constraint audit_log_chain_key;
    for v_row in select * from internal.audit_log a where a.chain = p_chain order by a.id loop
        v_position := v_position + 1;
        v_hash := internal.audit_hash(v_hash, v_row.chain, v_position, v_row.id, v_row.occurred_at, v_row.actor_id,
            v_row.user_id, v_row.action, v_row.subject, v_row.request_id, v_row.remote_address);
        update internal.audit_log a set position = v_position, hash = v_hash where a.id = v_row.id;
    end loop;
    update internal.ledgers l set chain_length = v_position, chain_hash = v_hash where l.user_id = p_chain;
end
$$;
"""


@pytest.mark.parametrize(
    "forgery",
    [
        "update internal.audit_log set subject = 'x' where chain = '{one}' and position = 3;",
        "delete from internal.audit_log where chain = '{one}' and position = 3;",
        "delete from internal.audit_log where chain = '{one}' and position > 3;",
    ],
)
def test_a_chain_that_was_rebuilt_is_found_by_saved_heads(log, kept, forgery):
    heads = kept(log.heads())
    log.run(REBUILD + forgery.format(one=log.one) + f"select pg_temp.rebuild('{log.one}')")
    assert log.verify().returncode == 0, "who can write everything can forge everything"
    assert_found(log, log.one, "saved head", arguments=("--heads", heads), rows=1)
    # More of it does not hide it.
    log.run(f"select internal.record_all('store', '{log.one}', array['x', 'y', 'z'])")
    assert_found(log, log.one, "saved head", arguments=("--heads", heads), rows=1)


def test_a_chain_that_was_removed_with_its_head_is_found_by_saved_heads(log, kept):
    heads = kept(log.heads())
    log.run(f"""delete from internal.audit_log where chain = '{log.one}';
        delete from internal.ledgers where user_id = '{log.one}'""")
    assert log.verify().returncode == 0
    assert_found(log, log.one, "saved head", arguments=("--heads", heads), rows=1)


@pytest.mark.parametrize("content", ["", "nonsense", "{}", '[{"chain":"x"}]', "[1]"])
def test_invalid_saved_heads_are_an_error(log, kept, content):
    heads = kept(content)
    done = log.verify("--heads", heads)
    assert done.returncode == 1 and "no problem" not in done.stdout, done
    assert "cannot be read" not in done.stderr and len(done.stderr.splitlines()) == 1, done
    done = log.verify("--heads", heads + ".absent")
    assert done.returncode == 1 and "cannot be read" in done.stderr, done


# Concurrency


def test_uploads_of_two_users_do_not_wait_for_each_other(person, stranger, folder, instance):
    """One user's upload is held open, with the user and the ledger locked, while another's goes through."""
    person.client.store("a", b"x")
    script = f"""begin;
        select internal.record('store', '{person.user}', 'held');
        update internal.users set email = email where id = '{person.user}'"""
    with instance.holding(script):
        # Had they to wait, the database's timeout would make it 503.
        assert stranger.store(f"{folder}/a", b"x").status == 200
        assert stranger.delete(f"/files?file_path=eq.{folder}/a").status == 204
        assert Client(stranger.url).post("/rpc/login", {"email": person.email, "password": "wrong"}).status == 400
        waiting = ask(
            "POST", "/rpc/store_file", person.client.token, b"y", {"COFFER_DATABASE_TIMEOUT_SECONDS": "1"},
            HTTP_FILE_PATH="a", CONTENT_TYPE="text/plain",
        )  # fmt: skip
        assert waiting.status == 503, "the same user's wait, so the lock was really held"
    assert person.client.store("a", b"y").status == 200
