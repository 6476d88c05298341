"""The shell blocks of the documents, which tests run as they stand."""

import re

from script import CHECKOUT


def shell_blocks(name):
    """Line and text of each block marked sh."""
    text = (CHECKOUT / name).read_text()
    for found in re.finditer(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, found.start()) + 2, found[1]


def script_of(*names):
    """The blocks as one script that ends at the first failure, having said which block it was in."""
    blocks = [f"echo '== {name}:{line}'\n{block}" for name in names for line, block in shell_blocks(name)]
    return "\n".join([*blocks, "echo '== all blocks have run'\n"])
