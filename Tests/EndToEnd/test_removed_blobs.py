"""What gc has removed gives its room back, though nobody asks the web server for anything."""

import os

import pytest

from client import Client
from instance import OwnInstance
from pool import wait_until
from test_full_disk import fill

MIB = 1 << 20


@pytest.fixture(scope="module")
def site():
    with OwnInstance(small_disk=True) as instance:
        if not instance.is_mounted:
            pytest.skip("needs a small file system of its own")
        yield instance


def free_bytes(site):
    disk = os.statvfs(site.mount)
    return disk.f_bavail * disk.f_frsize


@pytest.mark.parametrize("ranges", [None, "bytes=1-"])
def test_the_room_of_removed_blobs_becomes_free(site, ranges):
    owner = Client(site["URL"], site.log_in().token)
    for number in range(16):
        body = os.urandom(4 * MIB)
        assert owner.store(f"room/{number}", body).status == 200
        # So that the web server has had each in its hands.
        assert owner.retrieve(f"room/{number}", Range=ranges).body == (body if ranges is None else body[1:])
    filler = fill(site.mount / "filler", 0)
    try:
        before = free_bytes(site)
        for number in range(8):
            assert owner.delete(f"/files?file_path=eq.room/{number}").status == 204
        assert owner.delete("/trash?file_path=like.room/*").status == 204
        site.coffer("gc", "--grace", "0")
        wait_until(lambda: free_bytes(site) - before >= 32 * MIB, 120, "the room of eight files")
        assert owner.store("room/new", os.urandom(16 * MIB)).status == 200
    finally:
        filler.unlink()
        owner.clear("room")
        owner.delete("/trash?file_path=like.room/*")
        site.coffer("gc", "--grace", "0")
