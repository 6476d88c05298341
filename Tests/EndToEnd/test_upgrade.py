"""Databases of earlier versions: brought to the schema of a fresh one, or refused and left exactly as they were.

`databases/released` has a `pg_dump --format=custom` of a database of each released version, made by its own `coffer
migrate` and requests; a new one only needs to be added. `databases/before-first-release` has those that cannot be
upgraded: the last ones of the two histories before the migrations were written anew.
"""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from instance import OwnInstance, postgres_program

DATABASES = Path(__file__).parent / "databases"
REFUSED = sorted((DATABASES / "before-first-release").glob("*.dump"))
UPGRADED = sorted((DATABASES / "released").glob("*.dump"))
SQL = Path(__file__).parents[2] / "sql"
CODE = SQL / "code"


def dump(installation, *options):
    """All statements that make the database, without what changes from one call of pg_dump to the next."""
    command = [postgres_program("pg_dump"), *options, installation["OWNER_DATABASE_URL"]]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.MULTILINE)


def schema(installation):
    """The statements of the schema. Their order is that of names; grants come in the order in which they were given."""
    parts = re.split(r"(?m)^--\n-- (?=Name: )", dump(installation, "--schema-only"))
    return sorted("\n".join(sorted(part.split("\n")) if "Type: ACL" in part else [part]) for part in parts)


def restore(installation, path):
    """Brings the dump into the installation's empty database."""
    url = installation["OWNER_DATABASE_URL"]
    command = [postgres_program("pg_restore"), "--exit-on-error", f"--dbname={url}", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return installation


def assert_as_fresh(installation, fresh):
    assert schema(installation) == schema(fresh)
    level = "select * from internal.schema_level()"
    assert installation.sql(level) == fresh.sql(level)
    assert installation.worker.ask("GET", "/health/ready")[0] == 200


# `installation` comes first in these tests, as it makes the cluster's roles.


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_database_from_before_the_first_release_is_refused_and_left_as_it_was(installation, new_installation, path):
    old = restore(new_installation().make_empty(), path)
    before = dump(old)
    assert "0001-roles.sql" in before and "COPY internal.users" in before
    for _ in range(2):
        refused = old.run("migrate")
        assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
        assert "before its first release" in refused.stderr and "coffer export" in refused.stderr
    assert dump(old) == before
    assert not old.store().exists()


def test_a_backup_from_before_the_first_release_is_refused_before_anything_is_restored(new_installation):
    empty = new_installation().make_empty()
    before = dump(empty)
    backup = empty.folder / "backup"
    backup.mkdir()
    (backup / "manifest").write_text("coffer-backup 1\nlevel 19\ndump database.dump 00\nfiles 0 0\nend 0\n")
    empty.own(backup)
    refused = empty.run("restore", backup)
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "before its first release" in refused.stderr and "coffer export" in refused.stderr
    assert dump(empty) == before and not empty.store().exists()


def test_a_run_folder_from_before_the_first_release_is_refused_in_one_line_and_left_as_it_was(instance):
    with OwnInstance() as own:
        server = own["OWNER_DATABASE_URL"].replace("/coffer?", "/postgres?")
        own.sql("drop database coffer with (force)", url=server)
        own.sql("create database coffer", url=server)
        before = dump(restore(own, REFUSED[-1]))
        environment = (own.folder / "run/environment").read_text()
        refused = own.script("run")
        assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
        assert "first release" in refused.stderr and "COFFER_RUN_DIR" in refused.stderr
        assert dump(own) == before
        assert (own.folder / "run/environment").read_text() == environment


@pytest.mark.parametrize("path", UPGRADED, ids=lambda path: path.stem)
def test_a_database_of_a_released_version_becomes_like_a_fresh_one(installation, new_installation, path):
    old = restore(new_installation().make_empty(), path)
    old.coffer("migrate")
    assert_as_fresh(old, installation)


@pytest.fixture
def before_the_trash(new_installation):
    """A database of the first migration alone, without code: a user's files and folders go in by hand."""
    old = new_installation().make_empty()
    first = SQL / "migrations/0001-schema.sql"
    checksum = hashlib.sha256(first.read_bytes()).hexdigest()
    old.sql("begin;" + (SQL / "roles.sql").read_text() + "reset role;" + first.read_text() + "commit;")
    old.sql(f"""insert into internal.migrations (name, checksum) values ('0001-schema.sql', '{checksum}');
        insert into internal.ledgers (user_id) values ('00000000-0000-4000-8000-000000000001');
        insert into internal.users (id, email, password_hash, role)
            values ('00000000-0000-4000-8000-000000000001', 'old@installation.example', 'x', 'editor')""")

    def fill(*paths):
        for path in paths:
            old.sql(f"""insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob,
                created_at, updated_at) values ('00000000-0000-4000-8000-000000000001', '{path}', 'text/plain', 1,
                sha256('x'), md5('{path}'), '2026-01-02', '2026-03-04')""")
            for depth in range(1, path.count("/") + 1):
                names = path.split("/")[:depth]
                old.sql(f"""insert into internal.folders (user_id, parent, name, file_count, size_bytes)
                    values ('00000000-0000-4000-8000-000000000001', '{"/".join(names[:-1])}', '{names[-1]}', 1, 1)
                    on conflict do nothing""")
        return old

    return fill


def test_paths_that_are_a_file_and_a_folder_stop_the_upgrade(before_the_trash):
    old = before_the_trash("a", "a/b", "c/d", "c/d/e", "f")
    before = dump(old)
    refused = old.run("migrate")
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "2 old@installation.example" in refused.stderr and "rename" in refused.stderr
    assert dump(old) == before
    old.sql("delete from internal.files where file_path in ('a', 'c/d')")
    old.coffer("migrate")


def test_files_from_before_the_trash_keep_their_times(before_the_trash):
    old = before_the_trash("a/b")
    old.coffer("migrate")
    times = "select modified_at::date, stored_at::date, created_at::date from internal.files"
    assert old.sql(times) == ["2026-03-04|2026-01-02|2026-01-02"]


def test_code_that_is_older_missing_or_left_over_is_replaced(installation, new_installation):
    old = new_installation().set_up()
    old.put("kept.txt", b"kept")
    changed, missing = sorted(path.name for path in CODE.iterdir())[4:6]
    # The state that another version's code leaves: another result, another view, functions and grants that are gone.
    old.sql(
        "set role coffer_owner;"
        "drop function api.whoami(); create function api.whoami() returns integer language sql return 1;"
        "drop view internal.live_sessions; drop policy authenticator_select_named on internal.sessions;"
        "create view api.old as select internal.current_user_id() as id;"
        "create function internal.old() returns uuid language sql begin atomic select id from api.old; end;"
        "create function internal.old_trigger() returns trigger language plpgsql as 'begin return new; end';"
        "create trigger old before insert on internal.files for each row execute function internal.old_trigger();"
        "create policy old on internal.jwt_keys for select to coffer_editor using (true);"
        "grant select on internal.jwt_keys to coffer_editor;"
        "grant execute on function internal.is_email(text) to coffer_anonymous;"
        f"update internal.code_files set checksum = repeat('0', 64) where name = '{changed}';"
        f"delete from internal.code_files where name = '{missing}';"
        "insert into internal.code_files (name, checksum) values ('99-old.sql', repeat('1', 64))"
    )
    assert old.worker.ask("GET", "/health/ready")[0] == 503
    keys = old.sql("select kid from internal.jwt_keys")
    assert old.coffer("migrate").splitlines()[:3] == [
        f"applied code/{changed}",
        f"applied code/{missing}",
        "applied the removal of code/99-old.sql",
    ]
    assert_as_fresh(old, installation)
    assert old.get("kept.txt")[1] == b"kept"
    assert old.sql("select kid from internal.jwt_keys") == keys
    assert old.coffer("migrate").splitlines()[0] == "nothing to apply"


def test_what_stands_in_the_way_of_a_migration_leaves_all_as_it_was(installation):
    installation.sql(
        "create view public.report as select count(*) from api.files;"
        "update internal.code_files set checksum = repeat('0', 64)"
    )
    before = dump(installation)
    refused = installation.run("migrate")
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "view report depends on view api.files" in refused.stderr and "CASCADE" not in refused.stderr
    assert dump(installation) == before
