"""Where the scripts are, and those of them that are Python programs as modules."""

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPTS = CHECKOUT / "scripts"


def load_script(name):
    module_name = name.replace("-", "_")
    loader = SourceFileLoader(module_name, str(SCRIPTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(module_name, loader))
    # Dataclasses look their module up.
    sys.modules[module_name] = module
    loader.exec_module(module)
    return module
