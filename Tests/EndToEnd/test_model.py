"""Random changes by two users, each compared with a model: files, folders, trash, versions and totals are what it says.

COFFER_TEST_LONG=on makes 2,000 for each seed.
"""

import hashlib
import json
import os
import random
import zlib
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest

from client import Client
from installation import EMAIL
from transports import FastCGI

STEPS = 2_000 if os.environ.get("COFFER_TEST_LONG") else 70


def above(path):
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def is_below(path, folder):
    return not folder or path.startswith(folder + "/")


@dataclass(frozen=True)
class Content:
    """What a file has or had. stored and removed are numbers of steps. id: of the file, from the API."""

    path: str
    body: bytes
    stored: int
    id: str | None = None
    reason: str | None = None
    removed: int | None = None

    @property
    def digest(self):
        return hashlib.sha256(self.body).hexdigest()


class Refused(Exception):
    """The status that the API must answer."""


class Model:
    """What one user has. trash: by the API's id of the row; gone: rows whose ids the API has not told yet; lost: the
    created folders that were deleted with files, by the number of the step; left: the paths that files were moved from."""

    def __init__(self):
        self.step, self.files, self.created, self.trash, self.gone, self.moments = 0, {}, set(), {}, [], []
        self.lost, self.left = {}, []

    def is_folder(self, path):
        return path in self.created or any(is_below(name, path) for name in self.files)

    def folders(self):
        return self.created | {folder for path in self.files for folder in above(path)}

    def require_one_kind(self):
        if self.folders() & set(self.files):
            raise Refused(409)

    def add(self, content):
        if content.path in self.files:
            raise Refused(409)
        self.files[content.path] = replace(content, reason=None, removed=None)

    def remove(self, path, reason="deleted"):
        self.gone.append(replace(self.files.pop(path), reason=reason, removed=self.step))

    def leave(self, path):
        content = self.files.pop(path)
        self.left.append((self.step, content.id, path))
        return content

    def below(self, folder):
        return [path for path in self.files if is_below(path, folder)]

    def make(self, folder):
        self.created |= {folder, *above(folder)}

    def replace_content(self, path, content):
        """The old one is a version, unless it is empty or the same."""
        old = self.files[path]
        if old.body and old.body != content.body:
            self.remove(path, "replaced")
        self.files[path] = replace(content, path=path, id=old.id, reason=None, removed=None)

    # The changes. Each returns what the API answers.

    def store(self, path, body):
        content = Content(path, body, self.step)
        if path not in self.files:
            self.add(content)
        elif self.files[path].body != body:
            self.replace_content(path, content)

    def delete(self, path):
        if path in self.files:
            self.remove(path)

    def move(self, path, target):
        if path in self.files:
            self.add(replace(self.leave(path), path=target))

    def move_folder(self, source, target):
        if is_below(target + "/", source):
            raise Refused(400)
        moved = [self.leave(path) for path in self.below(source)]
        created = {folder for folder in self.created if folder == source or is_below(folder, source)}
        self.created -= created
        for content in moved:
            self.add(replace(content, path=target + content.path[len(source) :]))
        for folder in created:
            self.make(target + folder[len(source) :])
        return len(moved)

    def copy(self, source, target):
        if source in self.files:
            copied = [self.files[source]]
        elif self.is_folder(source):
            copied = [self.files[path] for path in self.below(source)]
        else:
            raise Refused(400)
        if source not in self.files and is_below(target, source):
            raise Refused(400)
        if target in self.files or self.is_folder(target):
            raise Refused(409)
        for content in copied:
            self.add(replace(content, path=target + content.path[len(source) :], stored=self.step, id=None))
        for folder in {folder for folder in self.created if folder == source or is_below(folder, source)}:
            self.make(target + folder[len(source) :])
        return len(copied)

    def create_folder(self, folder):
        if self.is_folder(folder):
            raise Refused(409)
        self.make(folder)

    def delete_folder(self, folder):
        if not self.is_folder(folder):
            raise Refused(400)
        below = self.below(folder)
        for path in below:
            self.remove(path)
        lost = {path for path in self.created if path == folder or is_below(path, folder)}
        self.created -= lost
        if below:
            self.lost[self.step] = lost
        return len(below)

    def make_lost(self, folders):
        for folder in folders:
            self.make(folder)
        removed = {row.removed for row in [*self.trash.values(), *self.gone]}
        self.lost = {step: folders for step, folders in self.lost.items() if step in removed}

    def restore_entry(self, ids):
        folders = self.lost.get(self.trash[ids[0]].removed, set())
        self.restore(ids)
        self.make_lost(folders)

    def restore(self, ids, path=None):
        ids_of_files = {content.id: name for name, content in self.files.items()}
        rows = [self.trash.pop(id) for id in ids]
        versions = [row for row in rows if not path and row.reason == "replaced" and row.id in ids_of_files]
        for row in versions:
            self.replace_content(ids_of_files[row.id], row)
        for row in [row for row in rows if row not in versions]:
            self.add(replace(row, path=path or row.path, id=None if row.id in ids_of_files else row.id))
        self.make_lost([])

    def restore_folder(self, folder, moment):
        """Of each file the newest content that it had then, of each path the newest of these."""
        places = {}
        for step, id, path in self.left:
            if step > moment:
                places.setdefault(id, path)
        candidates = [(content, None) for content in self.files.values()]
        candidates += [(row, id) for id, row in self.trash.items() if row.removed > moment]
        newest, chosen = {}, {}
        for pair in candidates:
            if pair[0].stored <= moment:
                newest[pair[0].id] = max(newest.get(pair[0].id, pair), pair, key=lambda each: each[0].stored)
        for pair in newest.values():
            place = places.get(pair[0].id, pair[0].path)
            if is_below(place, folder):
                other = chosen.setdefault(place, pair)
                if other is not pair and other[0].stored == pair[0].stored:
                    raise Ambiguous
                chosen[place] = max(other, pair, key=lambda each: each[0].stored)
        kept = {place for place, (content, id) in chosen.items() if id is None and content.path == place}
        moved = {place: content.path for place, (content, id) in chosen.items() if id is None and place not in kept}
        taken = {place: self.files.pop(path) for place, path in moved.items()}
        removed = [path for path in self.below(folder) if path not in kept]
        for path in removed:
            self.remove(path)
        taken |= {place: self.trash.pop(id) for place, (_, id) in chosen.items() if id}
        lost = {path for step, paths in self.lost.items() if step > moment for path in paths}
        ids = {content.id for content in self.files.values()}
        for place, content in taken.items():
            self.add(replace(content, path=place, id=None if content.id in ids else content.id))
        self.make_lost(path for path in lost if path == folder or is_below(path, folder))
        return {"kept": len(kept), "restored": len(taken), "removed": len(removed)}

    def purge(self, ids):
        for id in ids:
            del self.trash[id]
        self.make_lost([])


class Ambiguous(Exception):
    """Two files had one path with contents of the same time; nobody says which of them comes back."""


class Person:
    """One user's client and model."""

    def __init__(self, site, email):
        self.site, self.dice = site, None
        self.client, self.model, self.bodies = Client(FastCGI(site.worker.path), site.token(email)), Model(), 0

    def path(self):
        """Seldom that of a file where a folder is, or the other way round."""
        names = [self.dice.choice("ab") for _ in range(self.dice.randint(0, 2))]
        return "/".join([*names, self.dice.choice("abxyz")])

    def folder(self):
        return "/".join(self.dice.choice("abc") for _ in range(self.dice.randint(1, 2)))

    def body(self):
        """Empty, a known one, or a new one."""
        self.bodies += 1
        return self.dice.choice([b"", b"same", *[b"%d" % self.bodies] * 4])

    def call(self, name, **arguments):
        return self.client.post(f"/rpc/{name}", {f"p_{key}": value for key, value in arguments.items()})

    def patch(self, path, target):
        fields = {"Content-Type": "application/json"}
        return self.client.request("PATCH", f"/files?file_path=eq.{path}", fields, json.dumps({"file_path": target}))

    def entry(self):
        """The ids of all rows that were removed together with one."""
        rows = self.rows()
        row = self.dice.choice(rows)
        return row["entry_id"], [each["id"] for each in rows if each["entry_id"] == row["entry_id"]]

    def rows(self):
        return self.client.get("/trash?select=id,entry_id,file_id,file_path,reason,sha256&order=id").json()

    def change(self, kind):
        """A random change of this kind: a function of the model, and one that asks the API."""
        path, target = self.path(), self.path()
        if "folder" in kind or kind == "copy" and self.dice.random() < 0.5:
            path, target = self.folder(), self.folder()
        if kind == "store":
            body = self.body()
            return lambda model: model.store(path, body), lambda: self.client.store(path, body)
        if kind in ("create_folder", "delete_folder"):
            return lambda model: getattr(model, kind)(path), lambda: self.call(kind, folder=path)
        if kind in ("move_folder", "copy"):
            arguments = {"from": path, "to": target}
            return lambda model: getattr(model, kind)(path, target), lambda: self.call(kind, **arguments)
        if kind == "delete":
            return lambda model: model.delete(path), lambda: self.client.delete(f"/files?file_path=eq.{quote(path)}")
        if kind == "move":
            return lambda model: model.move(path, target), lambda: self.patch(path, target)
        if kind == "restore_folder":
            folder, (moment, at) = self.dice.choice(["", path]), self.dice.choice(self.model.moments)
            arguments = {"folder": folder, "at": at}
            return lambda model: model.restore_folder(folder, moment), lambda: self.call(kind, **arguments)
        entry_id, ids = self.entry()
        if kind == "restore_entry":
            return lambda model: model.restore_entry(ids), lambda: self.call("restore", entry_id=entry_id)
        if kind == "purge":
            return lambda model: model.purge(ids), lambda: self.client.delete(f"/trash?entry_id=eq.{entry_id}")
        arguments = {"id": ids[0]} | ({"file_path": target} if kind == "restore_to" else {})
        place = arguments.get("file_path")
        return lambda model: model.restore(ids[:1], place), lambda: self.call("restore", **arguments)

    def step(self, dice):
        self.dice = dice
        kinds = ["store"] * 5 + ["delete", "move", "move_folder", "copy", "copy", "create_folder", "delete_folder"]
        kinds += ["restore", "restore_to", "restore_entry", "purge"] if self.model.trash else []
        kinds += ["restore_folder"] if self.model.moments else []
        kind = dice.choice(kinds)
        self.model.step += 1
        after, (expect, ask) = deepcopy(self.model), self.change(kind)
        try:
            expected = expect(after)
            after.require_one_kind()
            status = None
        except Ambiguous:
            return kind
        except Refused as refusal:
            status = refusal.args[0]
        answer = ask()
        assert answer.status == status if status else answer.status in (200, 204), (kind, status, answer)
        if not status:
            self.model = after
            if expected is not None and answer.status == 200:
                assert answer.json() == expected, (kind, answer)
        self.agree()
        if dice.random() < 0.15:
            assert self.folders() == self.model.folders()
            at = self.site.sql("select to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SS.USOF')")[0]
            self.model.moments.append((self.model.step, at + ":00"))
        return kind if not status else f"{kind} refused"

    def agree(self):
        """Whether the API has what the model has; the ids of what is new are the API's."""
        model = self.model
        rows = self.client.files("select=id,file_path,sha256").json()
        assert {row["file_path"]: row["sha256"] for row in rows} == {p: c.digest for p, c in model.files.items()}
        for row in rows:
            content = model.files[row["file_path"]]
            assert content.id in (None, row["id"]), row
            model.files[row["file_path"]] = replace(content, id=row["id"])
        rows = self.rows()
        for row in rows:
            found = (row["file_path"], row["sha256"], row["reason"], row["file_id"])
            if row["id"] not in model.trash:
                model.trash[row["id"]] = next(c for c in model.gone if (c.path, c.digest, c.reason, c.id) == found)
                model.gone.remove(model.trash[row["id"]])
            content = model.trash[row["id"]]
            assert (content.path, content.digest, content.reason, content.id) == found
        assert (model.gone, set(model.trash)) == ([], {row["id"] for row in rows})
        who = self.client.get("/rpc/whoami").json()
        kept = Counter()
        for content in model.trash.values():
            kept[content.reason] += len(content.body)
        assert who["used_bytes"] == sum(len(content.body) for content in model.files.values())
        assert (who["trash_bytes"], who["version_bytes"]) == (kept.total(), kept["replaced"])

    def folders(self):
        """Those that the API lists, whose totals must be those of what the model has below."""
        found, todo = set(), [""]
        while todo:
            folder = todo.pop()
            for row in self.client.get(f"/rpc/list_folder?p_folder={folder}").json():
                if row["is_folder"]:
                    path = f"{folder}/{row['name']}".lstrip("/")
                    below = [self.model.files[name] for name in self.model.below(path)]
                    assert (row["file_count"], row["size_bytes"]) == (len(below), sum(len(c.body) for c in below))
                    found.add(path)
                    todo.append(path)
        return found

    def read_all(self):
        assert self.folders() == self.model.folders()
        for path, content in self.model.files.items():
            assert self.client.retrieve(path).body == content.body
        for id, content in self.model.trash.items():
            assert self.client.get(f"/rpc/retrieve_file?p_version={id}").body == content.body


@pytest.mark.parametrize("seed", range(3))
def test_two_users_and_a_model_agree_after_each_change(new_installation, seed):
    site = new_installation(COFFER_TRASH_DAYS="30", COFFER_VERSION_DAYS="30").set_up()
    site.add("other@installation.example")
    people = [Person(site, email) for email in (EMAIL, "other@installation.example")]
    dice, done = random.Random(zlib.crc32(b"model%d" % seed)), Counter()
    for _ in range(STEPS):
        done[dice.choice(people).step(dice)] += 1
    for person in people:
        person.agree()
        person.read_all()
    site.coffer("gc", "--grace", "0")
    assert "0 problems" in site.coffer("check", "--digest", "--age", "0")
    kept = sum(len(person.model.files) + len(person.model.trash) for person in people)
    assert len(site.blobs()) == kept
    # Most kinds have succeeded; with the other seeds, all.
    assert len({"store", "copy", "restore", "restore_folder", "move_folder", "purge"} & set(done)) >= 4, done
