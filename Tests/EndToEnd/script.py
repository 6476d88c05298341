"""What the tests use of the scripts: those that are programs, as modules, and the FastCGI client of the bench."""

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def load_script(name):
    module_name = name.replace("-", "_")
    loader = SourceFileLoader(module_name, str(SCRIPTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(module_name, loader))
    # Dataclasses look their module up.
    sys.modules[module_name] = module
    loader.exec_module(module)
    return module


replay = load_script("replay")

sys.path.append(str(SCRIPTS / "bench.d"))
import fastcgi  # noqa: E402, F401
