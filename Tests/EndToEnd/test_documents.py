"""The documents: the generated ones are up to date."""

import subprocess

import pytest

from script import SCRIPTS

CHECKOUT = SCRIPTS.parent


@pytest.mark.parametrize("name", ["CONFIGURATION.md", "COMMANDS.md"])
def test_a_generated_document_is_up_to_date(name, instance, tmp_path):
    command = [SCRIPTS / "docs", "--command", instance["COMMAND"], tmp_path]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert (CHECKOUT / "docs" / name).read_text() == (tmp_path / name).read_text(), "run scripts/docs"
