"""Archives: a folder as Coffer sends it, beside the zip of its files that Info-ZIP writes to a pipe."""

import os
import subprocess

from figures import MEBIBYTE, Row, Sample, samples
from load import curl

COUNT = 1000
FOLDER, MANY = "bench/archive", "bench/many"
# Nothing reads the blob of an empty file.
ROWS = f"""
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
    select '{{user}}', '{MANY}/' || repeat('a longer name', 5) || '/' || n, 'text/plain', 0, sha256(''), md5('many' || n)
    from generate_series(1, 100000) n;
"""


class Archives:
    """A thousand files of 1 MiB, in Coffer and in a directory beside it."""

    def __init__(self, bench):
        self.bench, self.directory = bench, bench.work / "archive"
        self.directory.mkdir()
        for number in range(COUNT):
            file = self.directory / str(number)
            file.write_bytes(os.urandom(MEBIBYTE))
            bench.upload(bench.site, file, f"{FOLDER}/{number}")

    def download(self, folder=FOLDER):
        return curl("-H", self.bench.authorization, f"{self.bench.site}/rpc/download_folder?p_folder={folder}")

    def info_zip(self):
        command = ["zip", "-q", "-r", "-0", "-", "."]
        with subprocess.Popen(command, cwd=self.directory, stdout=subprocess.PIPE) as program:
            options = ["--silent", "--show-error", "-o", "/dev/null", "-w", "%{speed_download}", "file:///dev/stdin"]
            done = subprocess.run(["curl", *options], stdin=program.stdout, stdout=subprocess.PIPE, check=True)
        return float(done.stdout)

    def peak_memory(self):
        """After an archive of 100,000 files."""
        self.bench.instance.sql(ROWS.format(user=self.bench.download[1]))
        self.download(MANY)
        return self.bench.peak_memory()


def archives(bench, rounds):
    measured = Archives(bench)
    ours, theirs = samples(rounds, "bytes a second", measured.download, measured.info_zip)
    yield Row("archive of 1,000 × 1 MiB", ours, "zip -0 - into curl", theirs, 0.8)
    peak, limit = (Sample([value], "bytes") for value in (measured.peak_memory(), 32 * MEBIBYTE))
    yield Row("peak memory of a worker, 100,000 files", peak, "", limit, 1.0, more=False)
