"""The operator's command run by root, as docs/INSTALL.md installs it: what it makes belongs to the store's owner."""

import json
import os
import pwd
import secrets
import subprocess
from pathlib import Path

import pytest
from client import Client
from installation import EMAIL
from instance import ahead, let_in
from transports import PlainCGI

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files in others' names")


def as_root(installation, *words, umask="022", status=0):
    """The command with root's rights; what it prints."""
    command = ["sh", "-c", f'umask {umask}; exec "$@"', "sh", installation["COMMAND"], *map(str, words)]
    done = subprocess.run(command, env=installation.environment, cwd="/", capture_output=True, text=True, timeout=300)
    assert done.returncode == status, (words, done)
    return done.stdout + done.stderr


def owner(installation):
    return os.stat(installation["BLOBS"])[4:6]


def strangers(installation, url=None):
    """What in a store is not its owner's, or has another mode than a worker gives."""
    found = []
    for path in [installation.store(url), *installation.store(url).rglob("*")]:
        status = path.lstat()
        mode = 0o750 if path.is_dir() else 0o640
        if (status.st_uid, status.st_gid) != owner(installation) or status.st_mode & 0o777 != mode:
            found.append((str(path), status.st_uid, oct(status.st_mode)))
    return found


def tree(installation, count=30):
    folder = Path(installation.folder) / f"tree-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    contents = {f"{number:02}": os.urandom(100 + number) for number in range(count)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder, contents


def assert_usable(installation, contents):
    for path, content in contents.items():
        assert installation.get(path) == (200, content)
    # In every folder that root may have made.
    for number in range(40):
        assert installation.put(f"more/{number}", b"more") == 200
    assert installation.worker.ask("GET", "/health/ready")[0] == 200


@pytest.mark.parametrize("umask", ["022", "077"])
def test_what_root_imports_is_the_workers(installation, umask):
    folder, contents = tree(installation)
    assert "imported 30" in as_root(installation, "import", EMAIL, folder, umask=umask)
    assert strangers(installation) == []
    assert_usable(installation, contents)


def test_a_store_that_root_makes_belongs_to_the_owner_of_the_folder_around_it(new_installation):
    made = new_installation().make_empty()
    as_root(made, "migrate", umask="077")
    assert strangers(made) == []
    made.add(EMAIL)
    assert_usable(made, {})


@pytest.mark.parametrize("umask", ["022", "077"])
def test_what_root_copies_and_switches_to_is_the_workers(installation, umask):
    contents = installation.fill(30)
    other = f"file://{installation.folder}/elsewhere/{secrets.token_hex(4)}"
    as_root(installation, "storage", "copy", "--to", other, umask=umask)
    as_root(installation, "storage", "switch", "--to", other, umask=umask)
    assert strangers(installation, other) == []
    assert_usable(installation, contents)


def test_a_new_store_is_the_workers_wherever_it_lies(installation, tmp_path):
    contents = installation.fill(5)
    let_in(tmp_path)
    other = f"file://{tmp_path}/store"
    as_root(installation, "storage", "copy", "--to", other)
    assert strangers(installation, other) == []
    as_root(installation, "storage", "switch", "--to", other)
    assert_usable(installation, contents)


def test_nothing_is_switched_to_a_store_of_another_user(installation, tmp_path):
    installation.fill(2)
    let_in(tmp_path)
    store = tmp_path / "store"
    store.mkdir()
    as_root(installation, "storage", "copy", "--to", f"file://{store}")
    said = as_root(installation, "storage", "switch", "--to", f"file://{store}", status=1)
    assert "belongs to root" in said and "chown" in said
    assert installation.worker.ask("GET", "/health/ready")[0] == 200


def test_what_root_restores_is_the_workers(installation, new_installation):
    contents = installation.fill(20)
    backup = installation.folder / "backup"
    as_root(installation, "backup", backup)
    assert backup.stat().st_uid == 0
    other = new_installation().make_empty()
    as_root(other, "restore", backup, umask="077")
    assert strangers(other) == []
    assert_usable(other, contents)


def test_what_a_worker_of_root_stores_is_the_workers(installation):
    """An administrator may try a request with a worker as a CGI program."""
    program = PlainCGI(installation["WORKER"], installation.configuration)
    program.runner = []
    client = Client(program, installation.token())
    for number in range(5):
        assert client.store(f"root/{number}", b"root").status == 200
    assert strangers(installation) == []
    assert_usable(installation, {f"root/{number}": b"root" for number in range(5)})


def test_folders_that_root_made_before_are_given_back(installation):
    installation.fill(5)
    for path in installation.store().glob("??"):
        os.chown(path, 0, 0)
    folder, contents = tree(installation)
    as_root(installation, "migrate")
    as_root(installation, "import", EMAIL, folder)
    for path in contents:
        assert installation.get(path)[0] == 200


def test_a_user_who_is_not_the_owner_is_refused_with_a_remedy(installation):
    folder, _ = tree(installation, 2)
    for path in (folder, *folder.iterdir()):
        installation.own(path)
    nobody = pwd.getpwnam("nobody")
    for path in (installation.store(), *installation.store().iterdir()):
        path.chmod(0o777 if path.is_dir() else 0o666)
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    for words in (["import", EMAIL, folder], ["storage", "relocate", installation.storage_url]):
        done = installation.run(*words)
        assert done.returncode == 1 and "runuser -u nobody -- coffer" in done.stderr, (words, done)
    assert list(installation.store().glob("??")) == [] and installation.in_flight() == []


def test_check_and_ready_notice_what_the_workers_cannot_use(installation):
    installation.fill(3)
    assert installation.worker.ask("GET", "/health/ready")[0] == 200
    blob = next(iter(installation.blobs().values()))
    os.chown(blob, 0, 0)
    assert_noticed(installation, files=1, folders=0)
    os.chown(blob, *owner(installation))
    blob.chmod(0o000)
    assert_noticed(installation, files=1, folders=0)
    blob.chmod(0o640)
    for mode in (0o755, 0o750):
        os.chown(blob.parent, 0, 0)
        blob.parent.chmod(mode)
        assert_noticed(installation, files=0, folders=1)
    said = as_root(installation, "check", status=1)
    remedy = said.split("workers; ")[1].splitlines()[0]
    subprocess.run(["sh", "-c", remedy], check=True)
    as_root(installation, "check")
    assert installation.worker.ask("GET", "/health/ready")[0] == 200


def assert_noticed(installation, files, folders):
    said = as_root(installation, "check", "--json", status=1)
    problem = next(json.loads(line) for line in said.splitlines() if "inaccessible" in line)
    assert (problem["files"], problem["folders"]) == (files, folders)
    assert "chown" in problem["text"]
    status, body = installation.worker.ask("GET", "/health/ready")
    assert status == 503 and "storage" in json.loads(body)["details"]


def test_a_file_of_root_in_stage_does_not_stop_the_removal_of_others(installation):
    for name, who in (("-" + "a" * 32, (0, 0)), ("-" + "b" * 32, owner(installation))):
        path = installation.store() / "stage" / name
        path.write_bytes(b"left")
        os.chown(path, *who)
        path.chmod(0o640)
    installation.coffer("gc", before=ahead("+9d"))
    assert [path.name for path in (installation.store() / "stage").iterdir()] == ["-" + "a" * 32]
    command = [*ahead("+9d"), installation["COMMAND"], "gc"]
    by_root = subprocess.run(command, env=installation.environment, capture_output=True, check=True)
    assert b"1 abandoned" in by_root.stdout


# What is no folder of the store


def everything(folder):
    """Names, owners, modes and contents."""
    return {
        str(path): (path.lstat()[:1], path.lstat()[4:6], path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.rglob("*")]
    }


@pytest.fixture
def victim(installation):
    """A folder of root's with old files in it, beside the store."""
    folder = Path(installation.folder) / f"victim-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    for name in ("shadow", "-" + "a" * 32, "ab" + "0" * 30):
        (folder / name).write_text("root's")
        os.utime(folder / name, (1, 1))
    return folder


def replace(path, target):
    if path.exists():
        path.rename(path.with_name(path.name + "-old"))
    path.symlink_to(target)


LINKED = {"stage": ["stage"], "incoming": ["incoming"], "blobs": [f"{number:02x}" for number in range(256)]}
AS_ROOT = [
    ("stage", "import"), ("stage", "gc"), ("stage", "migrate"), ("incoming", "gc"), ("incoming", "migrate"),
    ("blobs", "import"), ("blobs", "gc"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "command"), AS_ROOT)
def test_root_follows_no_link_in_a_store(installation, victim, part, command):
    installation.fill(3)
    if (part, command) == ("blobs", "gc"):
        for path in installation.blobs().values():
            (victim / path.name).write_text("root's")
        installation.sql("set coffer.trash_days = 0; delete from internal.files")
    folder, _ = tree(installation, 2)
    for name in LINKED[part]:
        replace(installation.store() / name, victim)
    before = everything(victim)
    words = {"import": [EMAIL, folder], "gc": ["--grace", "0"], "migrate": []}
    command = [*ahead("+9d"), installation["COMMAND"], command, *map(str, words[command])]
    done = subprocess.run(command, env=installation.environment, cwd="/", capture_output=True, text=True, timeout=300)
    assert everything(victim) == before, done
    assert done.returncode == 1 and "must be a directory" in done.stdout + done.stderr, done


@pytest.mark.parametrize("part", ["stage", "incoming"])
def test_root_follows_no_link_in_a_backup_of_the_workers(installation, victim, part):
    installation.fill(3)
    backup = installation.folder / "backup"
    as_root(installation, "backup", backup)
    os.chown(backup / "blobs", *owner(installation))
    replace(backup / "blobs" / part, victim)
    before = everything(victim)
    said = as_root(installation, "backup", backup, status=1)
    assert everything(victim) == before
    assert "must be a directory" in said
