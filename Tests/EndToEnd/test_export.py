"""coffer export and import: a user's files as a tree and back, and nothing lost without a word."""

import os
import unicodedata

import pytest

from installation import EMAIL

NAMES = ["a", "folder/b.txt", "folder/deep/er/c", "Größe/ünïcode ☃.txt", ".hidden", "with 'quotes' and $", "x" * 255]


@pytest.fixture
def tree(installation):
    return installation.folder / "tree"


def export(installation, tree, *options, status=0):
    return installation.coffer("export", EMAIL, tree, *options, status=status)


def read(tree):
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def write(installation, tree, files):
    """A tree that the store's owner can read."""
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)
    return tree


def fill(installation):
    contents = {name: os.urandom(100 + number) for number, name in enumerate(NAMES)}
    for name, content in contents.items():
        assert installation.put(name, content) == 200
    return contents


def test_a_tree_there_and_back(installation, tree):
    contents = fill(installation)
    installation.sql("update internal.files set modified_at = '2001-02-03 04:05:06 UTC' where file_path like 'folder/%'")
    assert export(installation, tree) == f"exported {len(NAMES)} files, skipped 0 that already existed\n"
    assert read(tree) == contents
    assert (tree / "folder/b.txt").stat().st_mtime == 981173106
    assert oct((tree / "a").stat().st_mode)[-3:] == "600"

    other = "other@installation.example"
    installation.add(other)
    assert installation.coffer("import", other, tree) == f"imported {len(NAMES)} files, skipped 0 that already existed\n"
    for name, content in contents.items():
        assert installation.get(name, other) == (200, content)
    facts = installation.sql(
        f"select f.modified_at = '2001-02-03 04:05:06 UTC', f.content_type, l.used_bytes from internal.files f "
        f"join internal.users u on u.id = f.user_id join internal.ledgers l on l.user_id = u.id where u.email = '{other}' and file_path = 'folder/b.txt'"
    )
    assert facts == [f"t|text/plain|{sum(map(len, contents.values()))}"]
    audited = f"select count(*) from internal.audit_log a join internal.users u on u.id = a.actor_id where u.email = '{other}' and action = 'store'"
    assert installation.sql(audited) == [str(len(NAMES))]
    assert "0 problems" in installation.coffer("check", "--digest", "--age", "0")


def test_both_go_on_where_they_stopped(installation, tree):
    fill(installation)
    export(installation, tree)
    (tree / "folder/b.txt").unlink()
    assert f"exported 1 files, skipped {len(NAMES) - 1}" in export(installation, tree)
    assert f"imported 0 files, skipped {len(NAMES)}" in installation.coffer("import", EMAIL, tree)
    for changed in (b"changed", b"another"):
        (tree / "a").write_bytes(changed)
        assert "imported 1 files" in installation.coffer("import", EMAIL, tree)
        assert installation.get("a") == (200, changed)


def test_a_file_with_other_bytes_is_replaced_only_when_asked(installation, tree):
    contents = fill(installation)
    export(installation, tree)
    (tree / "a").write_bytes(b"somebody's work")
    assert "a: a file with other bytes exists" in export(installation, tree, status=1)
    assert (tree / "a").read_bytes() == b"somebody's work"
    export(installation, tree, "--overwrite")
    assert read(tree) == contents


def test_a_file_with_the_name_of_a_folder_is_reported(installation, tree):
    for name in ("both/inside", "fine"):
        assert installation.put(name, name.encode()) == 200
    tree.mkdir()
    (tree / "both").write_bytes(b"somebody's")
    installation.own(tree)
    output = export(installation, tree, status=1)
    assert "both/inside: a file has the name of its directory" in output
    assert "exported 1 files" in output
    assert read(tree) == {"both": b"somebody's", "fine": b"fine"}


def test_what_is_no_file_is_not_written_through(installation, tree):
    for name in ("link", "sub/file"):
        assert installation.put(name, b"content") == 200
    tree.mkdir()
    outside = installation.folder / "outside"
    outside.mkdir()
    for path in (tree, outside):
        installation.own(path)
    (tree / "link").symlink_to(outside / "target")
    (tree / "sub").symlink_to(outside)
    output = export(installation, tree, "--overwrite", status=1)
    assert "link: this name exists and is not a file" in output and "sub/file: a file has" in output
    assert list(outside.iterdir()) == []


def test_damaged_bytes_are_not_exported(installation, tree):
    assert installation.put("a", b"12345") == 200
    installation.blobs()[installation.blob("a")].write_bytes(b"54321")
    assert "do not match its digest" in export(installation, tree, status=1)
    assert read(tree) == {}


def test_what_cannot_be_a_file_of_a_user_is_reported(installation, tree):
    write(installation, tree, {"good": b"good", "back\\slash": b"x", "tab\tname": b"x"})
    (tree / "empty").mkdir()
    (tree / "link").symlink_to("good")
    os.mkfifo(tree / "pipe")
    (tree / os.fsdecode(b"latin-\xe9")).write_bytes(b"x")
    output = installation.coffer("import", EMAIL, tree, status=1)
    assert "imported 1 files" in output
    reported = ("back\\slash: ", "tab name: ", "empty/: an empty directory", "link: a symbolic link", "pipe: neither")
    for words in (*reported, "1 names in this directory are not UTF-8"):
        assert words in output, output


def test_names_are_stored_composed(installation, tree):
    name = "café"
    write(installation, tree, {unicodedata.normalize("NFD", name): b"x"})
    installation.coffer("import", EMAIL, tree)
    assert installation.get(name) == (200, b"x")
    assert "skipped 1" in installation.coffer("import", EMAIL, tree)


def test_an_import_keeps_the_quota(installation, tree):
    installation.sql("update internal.users set quota_bytes = 150")
    write(installation, tree, {"a": b"x" * 100, "b": b"x" * 100, "c": b"x" * 50})
    output = installation.coffer("import", EMAIL, tree, status=1)
    assert "b: The quota would be exceeded" in output and "imported 2 files" in output
    assert len(installation.blobs()) == 2
    assert "0 problems" in installation.coffer("check", "--age", "0")


def test_an_import_that_is_refused_in_the_end_leaves_no_blob(installation, tree):
    installation.sql("""
        create function internal.refuse() returns trigger language plpgsql as $$
        begin
            raise exception using errcode = 'KF006', message = 'Somebody was faster.';
        end
        $$;
        create trigger refuse before insert on internal.files for each row execute function internal.refuse()""")
    write(installation, tree, {"a": b"x"})
    assert "a: Somebody was faster." in installation.coffer("import", EMAIL, tree, status=1)
    assert installation.blobs() == {} and installation.listed() == set()


def test_an_unknown_user_is_reported(installation, tree):
    installation.coffer("export", "nobody@installation.example", tree, status=1)
    assert not tree.exists()
