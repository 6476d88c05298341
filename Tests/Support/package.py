"""The Debian package that tests install."""

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from script import CHECKOUT, SCRIPTS


@cache
def package():
    """The one that COFFER_TEST_PACKAGE names, as scripts/test has built it; or else a new one."""
    return Path(os.environ.get("COFFER_TEST_PACKAGE") or build(tempfile.mkdtemp(prefix="coffer-package.")))


def build(folder, *options):
    """Builds one of the release programs into a folder; its path."""
    environment = {"COFFER_PROGRAMS": str(CHECKOUT / ".build/release")} | os.environ
    done = subprocess.run(
        [SCRIPTS / "package", *options, folder], env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())
