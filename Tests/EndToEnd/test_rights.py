"""The table of rights: who may do what to whose, over HTTP, and in SQL for what the database guards.

One row is one operation. The columns are the statuses that a stranger without a token, an editor and an admin get for
what is their own, and for what is another's.
"""

import json
import secrets
from types import SimpleNamespace

import pytest

from client import Client, retrieve_target

# What a cell can say: a status; or how many rows a read or change answers with, as `rows(n)`.


def rows(count):
    return ("rows", count)


NOBODY_MAY = 401
HIDDEN = rows(0)
ONE = rows(1)

# operation: (nobody, (editor: own, another's), (admin: own, another's))
RIGHTS = {
    "list files": (NOBODY_MAY, (ONE, HIDDEN), (ONE, ONE)),
    "list a folder": (NOBODY_MAY, (ONE, HIDDEN), (ONE, HIDDEN)),
    "download": (NOBODY_MAY, (304, 400), (304, 400)),
    "download, the head": (NOBODY_MAY, (304, 400), (304, 400)),
    "download a folder": (NOBODY_MAY, (200, 400), (200, 400)),
    "overwrite": (NOBODY_MAY, (200, 412), (200, 412)),
    "describe": (NOBODY_MAY, (ONE, HIDDEN), (ONE, HIDDEN)),
    "rename": (NOBODY_MAY, (ONE, HIDDEN), (ONE, HIDDEN)),
    "move a folder": (NOBODY_MAY, (ONE, HIDDEN), (ONE, HIDDEN)),
    "copy": (NOBODY_MAY, (503, 400), (503, 400)),
    "delete files": (NOBODY_MAY, (ONE, HIDDEN), (ONE, HIDDEN)),
    "see an account": (NOBODY_MAY, (ONE, HIDDEN), (ONE, ONE)),
    "set a quota": (NOBODY_MAY, (403, 403), (ONE, ONE)),
    "disable an account": (NOBODY_MAY, (403, 403), (ONE, ONE)),
    "make an admin": (NOBODY_MAY, (403, 403), (ONE, ONE)),
    "reset a password": (NOBODY_MAY, (403, 403), (204, 204)),
    "delete an account": (NOBODY_MAY, (403, 403), (204, 204)),
    "create an account": (NOBODY_MAY, (403, 403), (200, 200)),
    "see the audit log": (NOBODY_MAY, (ONE, HIDDEN), (ONE, ONE)),
    "change the password": (NOBODY_MAY, (204, 400), (204, 400)),
    "whoami": (NOBODY_MAY, (200, 200), (200, 200)),
    "see sessions": (NOBODY_MAY, (ONE, HIDDEN), (ONE, ONE)),
    "end sessions": (NOBODY_MAY, (ONE, HIDDEN), (ONE, ONE)),
    "log out": (NOBODY_MAY, (204, 204), (204, 204)),
    # No session opens them: see test_metrics.py.
    "see the metrics": (404, (404, 404), (404, 404)),
}

REPRESENTATION = {"Prefer": "return=representation"}


def patch(client, target, value, **headers):
    fields = {"Content-Type": "application/json", **REPRESENTATION, **headers}
    return client.request("PATCH", target, fields, json.dumps(value))


# How an operation is tried by `client` on what `owner` has: an account, its file and folder.
TRIES = {
    "list files": lambda client, owner: client.files(f"id=eq.{owner.file}"),
    "list a folder": lambda client, owner: client.get(f"/rpc/list_folder?p_folder={owner.folder}"),
    # There are no bytes behind the row: who may have them learns so by 304 and not by 200.
    "download": lambda client, owner: client.retrieve(owner.path, **{"If-None-Match": "*"}),
    "download, the head": lambda client, owner: client.head(
        retrieve_target(owner.path), **{"If-None-Match": "*"}
    ),
    # The head alone, as there are no bytes.
    "download a folder": lambda client, owner: client.head(f"/rpc/download_folder?p_folder={owner.folder}"),
    # Only the version that is there: one's own file is made of another's path otherwise.
    "overwrite": lambda client, owner: client.store(owner.path, b"new", **{"If-Match": "*"}),
    "describe": lambda client, owner: patch(client, f"/files?id=eq.{owner.file}", {"description": "mine"}),
    "rename": lambda client, owner: patch(client, f"/files?id=eq.{owner.file}", {"file_path": f"{owner.folder}/renamed"}),
    "move a folder": lambda client, owner: client.post(
        "/rpc/move_folder", {"p_from": owner.folder, "p_to": f"{owner.folder}-moved"}
    ),
    # There are no bytes behind the row: who may have them learns so by 503.
    "copy": lambda client, owner: client.post("/rpc/copy", {"p_from": owner.path, "p_to": f"{owner.path}-copy"}),
    "delete files": lambda client, owner: client.delete(f"/files?id=eq.{owner.file}", **REPRESENTATION),
    "see an account": lambda client, owner: client.get(f"/users?id=eq.{owner.id}"),
    "set a quota": lambda client, owner: patch(client, f"/users?id=eq.{owner.id}", {"quota_bytes": 1_000_000}),
    "disable an account": lambda client, owner: patch(client, f"/users?id=eq.{owner.id}", {"disabled": True}),
    "make an admin": lambda client, owner: patch(client, f"/users?id=eq.{owner.id}", {"role": "admin"}),
    "reset a password": lambda client, owner: client.post(
        "/rpc/reset_password", {"p_user_id": owner.id, "p_new_password": secrets.token_urlsafe(12)}
    ),
    "delete an account": lambda client, owner: client.post("/rpc/delete_user", {"p_user_id": owner.id}),
    "create an account": lambda client, owner: client.post(
        "/rpc/create_user",
        {"p_email": f"{secrets.token_hex(8)}@rights.example", "p_password": secrets.token_urlsafe(12), "p_role": "editor"},
    ),
    "see the audit log": lambda client, owner: client.get(f"/audit_log?user_id=eq.{owner.id}&action=eq.store"),
    # Whose password it is shows in the current one.
    "change the password": lambda client, owner: client.post(
        "/rpc/change_password", {"p_current_password": owner.password, "p_new_password": secrets.token_urlsafe(12)}
    ),
    "whoami": lambda client, owner: client.get("/rpc/whoami"),
    "see sessions": lambda client, owner: client.get(f"/sessions?user_id=eq.{owner.id}"),
    "end sessions": lambda client, owner: client.delete(f"/sessions?user_id=eq.{owner.id}", **REPRESENTATION),
    "log out": lambda client, owner: client.post("/rpc/logout"),
    "see the metrics": lambda client, owner: client.get("/metrics"),
}

# The same of the database alone: a statement as the request role, `{…}` filled in; the rows it gives, or a refusal.
DENIED = "denied"
SQL_RIGHTS = {
    "list files": ("select id from api.files where id = '{file}'", (1, 0), (1, 1)),
    "list a folder": ("select name from api.list_folder('{folder}', 10, null)", (1, 0), (1, 0)),
    "download": ("select blob from api.retrieve_file('{path}')", (1, 0), (1, 0)),
    "download, audited": ("select blob from api.retrieve_file_audited('{path}')", (1, 0), (1, 0)),
    "download a folder": (
        "select blob from api.download_folder(array['{folder}'], false) where blob is not null",
        (1, 0),
        (1, 0),
    ),
    "download a folder, audited": (
        "select blob from api.download_folder_audited(array['{folder}'], false) where blob is not null",
        (1, 0),
        (1, 0),
    ),
    "describe": ("update api.files set description = 'x' where id = '{file}' returning id", (1, 0), (1, 0)),
    "rename": ("update api.files set file_path = 'x' where id = '{file}' returning id", (1, 0), (1, 0)),
    "give away": ("update api.files set user_id = '{id}' where id = '{file}' returning id", (DENIED, DENIED), (DENIED, DENIED)),
    "delete files": ("delete from api.files where id = '{file}' returning id", (1, 0), (1, 0)),
    "name a blob": ("select blob from internal.files where id = '{file}'", (DENIED, DENIED), (DENIED, DENIED)),
    "see an account": ("select id from api.users where id = '{id}'", (1, 0), (1, 1)),
    "see a hash": ("select password_hash from internal.users where id = '{id}'", (DENIED, DENIED), (DENIED, DENIED)),
    "set a quota": (
        "update api.users set quota_bytes = 10 where id = '{id}' returning id",
        (DENIED, DENIED),
        (1, 1),
    ),
    "set the totals": (
        "update internal.ledgers set used_bytes = 0 where user_id = '{id}' returning user_id",
        (DENIED, DENIED),
        (DENIED, DENIED),
    ),
    "reset a password": ("select api.reset_password('{id}', 'ten letters')", (DENIED, DENIED), (1, 1)),
    "delete an account": ("select api.delete_user('{id}')", (DENIED, DENIED), (1, 1)),
    "create an account": ("select api.create_user('{id}@x', 'ten letters', 'admin', null)", (DENIED, DENIED), (1, 1)),
    "see the audit log": ("select id from api.audit_log where user_id = '{id}' and action = 'store'", (1, 0), (1, 1)),
    "see sessions": ("select id from api.sessions where user_id = '{id}'", (1, 0), (1, 1)),
    "end sessions": ("delete from api.sessions where user_id = '{id}' returning id", (1, 0), (1, 1)),
    "see the id of a session": (
        "select id from internal.sessions where user_id = '{id}'",
        (DENIED, DENIED),
        (DENIED, DENIED),
    ),
    "forge an audit row": (
        "insert into internal.audit_log (action) values ('login')",
        (DENIED, DENIED),
        (DENIED, DENIED),
    ),
    "sign a token": (
        "select internal.sign_token('{id}', '{id}', 'admin', 0, 9999999999)",
        (DENIED, DENIED),
        (DENIED, DENIED),
    ),
    "read the keys": ("select secret from internal.jwt_keys", (DENIED, DENIED), (DENIED, DENIED)),
    "see folders": ("select name from internal.folders", (DENIED, DENIED), (DENIED, DENIED)),
    "see the metrics": ("select users from internal.metrics()", (DENIED, DENIED), (DENIED, DENIED)),
}


@pytest.fixture
def people(url, sql):
    """Makes an editor or an admin with a file and a session. By SQL and with a cheap hash: there are hundreds."""

    def make(role):
        name = secrets.token_hex(8)
        email, password = f"{name}@rights.example", secrets.token_urlsafe(24)
        user, token, file = sql(f"""
            insert into internal.users (email, password_hash, role)
            values ('{email}', extensions.crypt('{password}', extensions.gen_salt('bf', 4)), '{role}') returning id;
            select s.token from internal.users u, internal.open_session(u.id, u.role) s where u.email = '{email}';
            insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
            select u.id, '{name}/file', 'text/plain', 0, sha256(''), md5('{name}')
            from internal.users u where u.email = '{email}' returning id;""")
        client = Client(url, token)
        folder, path = name, f"{name}/file"
        return SimpleNamespace(
            id=user, email=email, password=password, client=client, folder=folder, path=path, file=file
        )

    yield make
    sql("select internal.delete_user(email) from internal.users where email like '%@rights.example'")


CASES = [(operation, role) for operation in RIGHTS for role in ("nobody", "editor", "admin")]


@pytest.mark.parametrize("operation,role", CASES, ids=[f"{role}: {operation}" for operation, role in CASES])
def test_over_http(operation, role, people, url):
    nobody, *columns = RIGHTS[operation]
    another = people("editor")
    if role == "nobody":
        assert_allowed(TRIES[operation](Client(url), another), nobody)
        return
    own, others = columns[("editor", "admin").index(role)]
    somebody = people(role)
    # One's own last, as it may be the end of the account.
    assert_allowed(TRIES[operation](somebody.client, another), others)
    assert_allowed(TRIES[operation](somebody.client if operation != "log out" else another.client, somebody), own)


def assert_allowed(answer, cell):
    if not isinstance(cell, tuple):
        assert answer.status == cell, answer
        return
    assert answer.status in (200, 206), answer
    value = answer.json()
    assert (value if isinstance(value, int) else len(value)) == cell[1], answer


SQL_CASES = [(operation, role) for operation in SQL_RIGHTS for role in ("anonymous", "editor", "admin")]


@pytest.mark.parametrize("operation,role", SQL_CASES, ids=[f"{role}: {operation}" for operation, role in SQL_CASES])
def test_in_sql(operation, role, people, sql):
    statement, *columns = SQL_RIGHTS[operation]
    another = people("editor")
    if role == "anonymous":
        assert run_as(sql, "coffer_anonymous", None, statement, another) == DENIED
        return
    own, others = columns[("editor", "admin").index(role)]
    somebody = people(role)
    assert run_as(sql, f"coffer_{role}", somebody.id, statement, another) == others
    assert run_as(sql, f"coffer_{role}", somebody.id, statement, somebody) == own


def run_as(sql, role, user, statement, owner):
    """The number of rows, or DENIED; rolled back."""
    text = statement.format(**vars(owner))
    identity = f"select set_config('coffer.user_id', '{user or ''}', true) \\gset"
    done = sql(f"\\pset null (null)\nbegin;\n{identity}\nset local role {role};\n{text};\n\\echo rows :ROW_COUNT\nrollback;", check=False)
    if done.returncode:
        assert "permission denied" in done.stderr, done.stderr
        return DENIED
    return int(done.stdout.splitlines()[-1].split()[-1])
