"""nginx writes the body of an upload to a file only where a worker takes over that file."""

import os
from pathlib import Path

import pytest

from apache import UNDER_TEST
from client import Client
from nginx import Nginx

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")


def is_written_to(directory, upload):
    """Whether an upload changes a directory, even if nothing is left in it."""
    os.utime(directory, (0, 0))
    assert upload().status == 200
    return directory.stat().st_mtime != 0


def test_a_short_body_is_kept_in_memory_and_a_long_one_is_handed_off(instance, editor, folder):
    with Nginx(instance) as site:
        client = Client(site.url, editor.token)
        temporary = site.folder / "temporary"
        for size in (0, 1, 59_999):
            assert not is_written_to(temporary, lambda size=size: client.store(f"{folder}/short", b"a" * size)), size
        incoming = Path(instance["BLOBS"]) / "incoming"
        assert is_written_to(incoming, lambda: client.store(f"{folder}/long", b"a" * 60_000))
