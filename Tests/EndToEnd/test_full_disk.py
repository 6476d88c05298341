"""A store that is full, read-only or gone, in both ways to upload: earlier files stay, and it goes on without a restart."""

import json
import os
import subprocess

import pytest
import tus

from client import Client, assert_failure, etag
from instance import mount
from pool import wait_until
from transports import FastCGI

EARLIER, LARGE = os.urandom(1 << 20), os.urandom(3 << 20)


@pytest.fixture(scope="module")
def site(own):
    if not own.is_mounted:
        pytest.skip("mounting a small file system needs root")
    return own


@pytest.fixture(scope="module")
def owner(site):
    return site.log_in()


@pytest.fixture(autouse=True)
def undisturbed(site, owner):
    """No worker dies of it, the earlier file stays, all is accounted for, and both ways work afterwards."""
    assert owner.store("earlier", EARLIER).status == 200
    workers = site.workers()
    yield
    assert site.workers() == workers
    assert owner.retrieve("earlier").body == EARLIER
    for upload in (handed_over, streamed):
        assert upload(site, owner, LARGE)[0] == 200
        assert owner.retrieve("disk").body == LARGE
    assert owner.get("/health/ready").status == 200
    site.collect()
    assert site.wrongs() == []


def handed_over(site, owner, body):
    answer = owner.store("disk", body)
    if answer.status != 200:
        assert_failure(answer, answer.status)
        assert answer.status == 507 or int(answer.header("Retry-After")) > 0
    return answer.status, answer.body


def streamed(site, owner, body):
    answer = site.stream(owner, "disk", body)
    return answer.status, answer.body


def outcomes(site, owner, body=LARGE):
    """Status and code of an upload in either way."""
    found = []
    for upload in (handed_over, streamed):
        status, content = upload(site, owner, body)
        found.append((status, json.loads(content)["code"] if status != 200 else None))
    return found


def remove_for_good(owner, paths):
    """Also what the trash has of other tests."""
    assert owner.delete(f"/files?file_path={paths}").status == 204
    assert owner.delete("/trash?expires_at=gt.2000-01-01").status == 204


FULL, AWAY = [(507, "KF007")] * 2, [(503, "KF008")] * 2


def fill(path, leave):
    """A file that takes all room but so many bytes."""
    free = os.statvfs(path.parent)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - leave)
    return path


def test_a_full_disk_is_507_and_room_made_is_used(site, owner):
    filler = fill(site.mount / "filler", 2 << 20)
    try:
        assert outcomes(site, owner) == FULL
        assert owner.retrieve("disk").status in (200, 400), "lists and downloads need no room"
        assert owner.retrieve("earlier").body == EARLIER
        assert outcomes(site, owner, b"small") == [(200, None)] * 2
    finally:
        filler.unlink()


def test_a_disk_that_fills_up_during_a_resumable_upload_keeps_what_was_recorded(site, owner):
    body = os.urandom(12 << 20)
    upload = tus.location(owner, "resumed", len(body))
    assert tus.proceed(owner, upload, 0, body[: 1 << 20]).status == 204
    filler = fill(site.mount / "filler", 9 << 20)
    try:
        for _ in range(2):
            at = tus.offset(owner, upload)
            # By FastCGI, as a client behind nginx may not read an answer before it has sent the body.
            worker = Client(FastCGI(site["SOCKET"]), owner.token)
            assert_failure(tus.proceed(worker, upload, at, body[at:]), 507, "KF007")
        assert tus.offset(owner, upload) == at == 9 << 20, "one piece had room"
        assert owner.retrieve("earlier").body == EARLIER
    finally:
        filler.unlink()
    assert tus.proceed(owner, upload, at, body[at:]).header("ETag") == etag(body)
    assert tus.retrieved(owner, "resumed") == body
    remove_for_good(owner, "eq.resumed")


def test_files_that_are_deleted_make_room(site, owner):
    assert owner.store("victim", LARGE).status == 200
    filler = fill(site.mount / "filler", 1 << 20)
    try:
        assert outcomes(site, owner) == FULL
        assert owner.delete("/files?file_path=eq.victim").status == 204
        site.collect()
        assert outcomes(site, owner) == FULL, "what is in the trash is kept"
        assert owner.delete("/trash?file_path=eq.victim").status == 204
        site.collect()
        assert streamed(site, owner, LARGE)[0] == 200
    finally:
        filler.unlink()


def test_no_inodes_left_is_507(site, owner):
    def used():
        inodes = os.statvfs(site.mount)
        return inodes.f_files - inodes.f_ffree

    def settled():
        """Nothing is about to go: no removed file still has a reader, and nginx has no body whose answer it has sent."""
        paths = list(site.mount.rglob("*"))
        return used() == 1 + len(paths) and not any(path.is_file() for path in (site.store() / "incoming").rglob("*"))

    wait_until(settled, 120, "the inodes of what has been done with")
    assert mount("-o", f"remount,nr_inodes={used()}", site.mount)
    try:
        assert outcomes(site, owner) == FULL
        ready = assert_failure(owner.get("/health/ready"), 503)
        assert "storage" in ready["details"] and "database" not in ready["details"]
        assert owner.retrieve("earlier").body == EARLIER
    finally:
        assert mount("-o", "remount,nr_inodes=100000", site.mount)


def test_a_disk_that_is_read_only_is_503_and_still_read(site, owner):
    wait_until(lambda: mount("-o", "remount,ro", site.mount), 120, "nobody writing")
    try:
        assert outcomes(site, owner) == AWAY
        assert owner.retrieve("earlier").body == EARLIER
        assert "storage" in assert_failure(owner.get("/health/ready"), 503)["details"]
        assert owner.delete("/files?file_path=eq.absent").status == 204
    finally:
        assert mount("-o", "remount,rw", site.mount)


@pytest.mark.parametrize("way", ["renamed", "unmounted"])
def test_a_store_that_is_gone_is_503_until_it_is_back(site, owner, way):
    other = site.folder / "elsewhere"
    other.mkdir(exist_ok=True)
    # The tree of a shared mount cannot be moved, so what is unmounted here is the way to it.
    if way == "renamed":
        site.store().rename(site.mount / "away")
    else:
        assert mount("--bind", site.mount, other)
        subprocess.run(["umount", "--lazy", site.mount], check=True)
    try:
        assert outcomes(site, owner) == AWAY
        failure = assert_failure(owner.retrieve("earlier"), 503, "KF008")
        assert failure["message"] == "The storage is not available"
        assert "storage" in assert_failure(owner.get("/health/ready"), 503)["details"]
        assert owner.files("file_path=eq.earlier").json()[0]["size_bytes"] == len(EARLIER)
    finally:
        if way == "renamed":
            (site.mount / "away").rename(site.store())
        else:
            assert mount("--bind", other, site.mount)
            subprocess.run(["umount", "--lazy", other], check=True)


def test_a_web_server_without_room_for_a_body_is_507(site, owner):
    """Its folder on a smaller disk of its own, from which the worker copies."""
    incoming = site.store() / "incoming"
    stat = os.stat(incoming)
    assert mount("-t", "tmpfs", "-o", f"size=2m,uid={stat.st_uid},gid={stat.st_gid},mode=700", "tmpfs", incoming)
    try:
        status, body = handed_over(site, owner, LARGE)
        assert (status, json.loads(body)["code"]) == (507, "KF007")
        assert streamed(site, owner, LARGE)[0] == 200
        assert handed_over(site, owner, EARLIER)[0] == 200
        assert owner.retrieve("disk").body == EARLIER
    finally:
        wait_until(lambda: subprocess.run(["umount", incoming], check=False).returncode == 0, 120, "nobody writing")


def test_a_quota_of_the_file_system_that_is_used_up_is_507(site, owner, tmp_path):
    """The store moved to a file system with a quota for the while of one test."""
    disk = QuotaDisk(tmp_path)
    if disk.problem:
        pytest.skip(disk.problem)
    try:
        # What gc takes from that file system would stay on the one below.
        remove_for_good(owner, "eq.disk")
        site.collect()
        disk.take_the_place_of(site)
        assert owner.store("quota", b"x").status == 200
        disk.leave(len(LARGE) // 2)
        assert outcomes(site, owner) == FULL
        assert owner.retrieve("quota").body == b"x"
        assert streamed(site, owner, EARLIER)[0] == 200, "there was room, and only the quota was in the way"
        disk.lift()
        assert outcomes(site, owner) == [(200, None)] * 2
        remove_for_good(owner, "in.(quota,disk)")
        site.collect()
    finally:
        disk.remove()


class QuotaDisk:
    """A btrfs in a file, mounted over the store's mount; its quota is one of the whole tree."""

    def __init__(self, folder):
        self.image, self.trial, self.place, self.problem = folder / "image", folder / "trial", None, None
        with self.image.open("wb") as file:
            file.truncate(256 << 20)
        subprocess.run(["mkfs.btrfs", "-q", self.image], check=True, capture_output=True)
        self.trial.mkdir()
        if not mount("-o", "loop", self.image, self.trial):
            self.problem = "this kernel mounts no btrfs on a loop device"
            return
        self.btrfs("quota", "enable")

    def btrfs(self, *words):
        done = subprocess.run(["btrfs", *words, self.trial], check=True, capture_output=True, text=True)
        return done.stdout

    def take_the_place_of(self, site):
        # What is there comes along, or the earlier file would be gone.
        subprocess.run(["cp", "-a", site.store(), self.trial], check=True)
        assert mount("--bind", self.trial, site.mount)
        self.place = site.mount

    def leave(self, size):
        """Lets the quota have room for so many bytes more."""
        self.btrfs("filesystem", "sync")
        used = int(self.btrfs("qgroup", "show", "--raw", "-f").split()[-2])
        self.btrfs("qgroup", "limit", str(used + size))

    def lift(self):
        self.btrfs("qgroup", "limit", "none")

    def remove(self):
        for place in (self.place, self.trial):
            if place:
                subprocess.run(["umount", "--lazy", place], check=False)
