"""Figures of coffer check: files per second, and reading all bytes against sha256sum on the same files.

The files are created directly in the database and the store, because 100,000 uploads would take minutes.
"""

import hashlib
import os
import subprocess
import time
from pathlib import Path

from figures import Row, Sample, alternately, samples
from instance import Instance

SMALL = 100_000
LARGE = 4
LARGE_BYTES = 128 << 20

# Without the triggers, whose counts and audit rows do not matter here.
INSERT = """
set session_replication_role = replica;
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select u.id, 'check/' || n % 1000 || '/' || n, 'text/plain', 1024, sha256(convert_to(repeat(md5(n::text), 32), 'UTF8')),
    md5('check' || n)
from internal.users u, generate_series(1, {count}) n where u.email = '{email}';
"""
REMOVE = """
set session_replication_role = replica;
delete from internal.files where file_path like 'check/%' or file_path like 'large/%';
"""
LARGE_ROW = """
set session_replication_role = replica;
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select u.id, 'large/{blob}', 'text/plain', {size}, '\\x{sha256}', '{blob}'
from internal.users u where u.email = '{email}';
"""


class Checks:
    def __init__(self):
        self.blobs = Path(os.environ["COFFER_BLOBS"])
        self.email = os.environ["COFFER_EDITOR_EMAIL"]
        self.made = []

    def sql(self, script):
        Instance().sql(script)

    def put(self, blob, content):
        path = self.blobs / blob[:2] / blob
        if not path.parent.exists():
            # The workers must be able to write to this directory afterwards.
            path.parent.mkdir()
            store = self.blobs.stat()
            os.chown(path.parent, store.st_uid, store.st_gid)
        path.write_bytes(content)
        self.made.append(str(path))

    def make_small(self):
        for number in range(1, SMALL + 1):
            content = hashlib.md5(str(number).encode()).hexdigest().encode() * 32
            self.put(hashlib.md5(f"check{number}".encode()).hexdigest(), content)
        self.sql(INSERT.format(count=SMALL, email=self.email) + "analyze internal.files;")

    def make_large(self):
        for number in range(LARGE):
            content = os.urandom(1 << 20) * (LARGE_BYTES >> 20)
            blob = hashlib.md5(f"large{number}".encode()).hexdigest()
            self.put(blob, content)
            digest = hashlib.sha256(content).hexdigest()
            self.sql(LARGE_ROW.format(blob=blob, size=len(content), sha256=digest, email=self.email))

    def remove(self):
        self.sql(REMOVE)
        for path in self.made:
            os.unlink(path)
        self.made = []

    def check(self, *options):
        """Files a second."""
        begin = time.perf_counter()
        subprocess.run([os.environ["COFFER_COMMAND"], "check", *options], check=True, capture_output=True)
        return len(self.made) / (time.perf_counter() - begin)

    def digests(self):
        return self.check("--digest")

    def sha256sum(self):
        begin = time.perf_counter()
        names = "\0".join(self.made).encode()
        subprocess.run(["xargs", "-0", "sha256sum"], input=names, check=True, stdout=subprocess.DEVNULL)
        return len(self.made) / (time.perf_counter() - begin)


def checks(rounds):
    """The rows of the table."""
    site = Checks()
    try:
        site.make_small()
        plain, digests, sums = samples(rounds, "requests", site.check, site.digests, site.sha256sum)
        yield Row("check, 100,000 files", plain, "", Sample([50_000], "requests"), 1.0)
        yield Row("… with digests, 1 KiB each", digests, "sha256sum", sums, 0.7)
        site.remove()
        site.make_large()
        rounds_of_both = alternately(rounds, site.digests, site.sha256sum)
        digests, sums = (Sample([value * LARGE_BYTES for value in each], "bytes a second") for each in rounds_of_both)
        yield Row("… with digests, 128 MiB each", digests, "sha256sum", sums, 0.7)
    finally:
        site.remove()
