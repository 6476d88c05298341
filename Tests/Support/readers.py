"""Four programs that read ZIP archives, and what each finds in one."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

# Readers show names as they are in this locale. Their clock is not UTC: a time without a zone would be another one.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "America/New_York"}


def run(*command, **more):
    done = subprocess.run([*map(str, command)], capture_output=True, env=ENVIRONMENT, timeout=900, **more)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    # unzip warns, and ends with 0 all the same.
    assert b"warning" not in done.stdout.lower() + done.stderr.lower(), done
    return done.stdout


def unzip(archive, folder):
    run("unzip", "-q", archive, "-d", folder)


def seven_zip(archive, folder):
    run("7z", "x", "-bd", f"-o{folder}", archive)


def python(archive, folder):
    run(sys.executable, "-m", "zipfile", "-e", archive, folder)


def bsdtar(archive, folder):
    folder.mkdir()
    run("bsdtar", "-xf", archive, "-C", folder)


def bsdtar_from_a_pipe(archive, folder):
    """It has no central directory, and so needs what is in front of each file."""
    folder.mkdir()
    with subprocess.Popen(["cat", archive], stdout=subprocess.PIPE) as pipe:
        run("bsdtar", "-xf", "-", "-C", folder, stdin=pipe.stdout)


READERS = [unzip, seven_zip, python, bsdtar, bsdtar_from_a_pipe]
# Python's zipfile sets no times.
KEEP_TIMES = [unzip, seven_zip, bsdtar, bsdtar_from_a_pipe]


def tree(folder):
    """The files below a folder by their paths: their bytes and times."""
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), int(path.stat().st_mtime)) for path in files}


def checked(archive):
    """Lets every reader check an archive that is too large to extract. Returns how many entries each finds."""
    run("unzip", "-tqq", archive)
    run("7z", "t", "-bd", archive)
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        found = {len(opened.namelist())}
    found.add(listed_by_bsdtar(archive, "-"))
    found.add(listed_by_bsdtar(archive, archive))
    return found


def listed_by_bsdtar(archive, source):
    """Writes all contents to nowhere, and with -v each name to standard error."""
    command = ["bsdtar", "-xvO", "-f", str(source)]
    with open(archive, "rb") as file:
        done = subprocess.run(
            command, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT, timeout=900
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return len(done.stderr.splitlines())
