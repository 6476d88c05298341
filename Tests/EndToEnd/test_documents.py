"""The documents: their shell blocks run, their links lead somewhere, and the generated ones are up to date.

A block that is marked `sh` runs as it stands, in order: those of README.md, which starts an instance, and then API.md;
those of INSTALL.md and then GUIDE.md on a server of their own. What cannot run (other hosts, other systems) is `text`.
"""

import functools
import re
import subprocess
import sys

import pytest

from blocks import script_of
from instance import OwnInstance
from machine import can_have_one, run_on_a_server
from package import package
from script import SCRIPTS

CHECKOUT = SCRIPTS.parent
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("sql/*.md")])
NAMES = [str(path.relative_to(CHECKOUT)) for path in DOCUMENTS]


def assert_all_ran(done):
    assert done.returncode == 0 and "== all blocks have run" in done.stdout, done.stdout[-4000:]


@pytest.mark.parametrize("name", ["CONFIGURATION.md", "COMMANDS.md", "DOCTOR.md"])
def test_a_generated_document_is_up_to_date(name, instance, tmp_path):
    command = [SCRIPTS / "docs", "--command", instance["COMMAND"], tmp_path]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    assert (CHECKOUT / "docs" / name).read_text() == (tmp_path / name).read_text(), "run scripts/docs"


def words(text):
    """The words of a text, without punctuation around them."""
    return [word for part in text.split() if (word := part.strip("`.,:;()[]\"'“”…*#<>"))]


def words_of_document(name):
    text = (CHECKOUT / "docs" / name).read_text()
    # Neither the title, nor the comment, nor the marks of lists and blocks.
    text = re.sub(r"^# .*$|^<!--.*-->$|^```.*$|^- ", "", text, flags=re.MULTILINE)
    return words(re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text))


def words_of_page(path):
    """The words of a man page from its description to the last section of commands or options."""
    text = path.read_text().partition(".SH DESCRIPTION\n")[2]
    text = re.split(r"^\.SH (?:FILES|SEE ALSO)$", text, flags=re.MULTILINE)[0]
    text = re.sub(r"^\.(?:PP|TP|br|SH \w+|IP (\d+\.) 4|SS (.*))$", r"\1 \2", text, flags=re.MULTILINE)
    return words(re.sub(r"\\f[BIR]|\\&", "", text).replace(r"\-", "-").replace(r"\e", "\\"))


@pytest.mark.parametrize(("page", "document"), [("coffer.1", "COMMANDS.md"), ("coffer.conf.5", "CONFIGURATION.md")])
def test_a_man_page_says_what_the_document_says(page, document, instance, tmp_path):
    command = [SCRIPTS / "docs", "--command", instance["COMMAND"], "--man", tmp_path]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    theirs, ours = words_of_page(tmp_path / page), words_of_document(document)
    # The name of coffer.1 has the first sentence.
    first = words("Private file storage behind your web server.") if page == "coffer.1" else []
    assert first + theirs == ours


def documented_commands():
    """Each command of COMMANDS.md that has a usage: its words, and the options and arguments with what they mean."""
    for section in re.split(r"^##+ ", (CHECKOUT / "docs/COMMANDS.md").read_text(), flags=re.MULTILINE)[1:]:
        items = re.findall(r"^- `([^`]+)`: (.*?)(?=\n- |\n\n|\Z)", section, re.MULTILINE | re.DOTALL)
        if "```text\n" in section:
            yield section.partition("\n")[0], [(shape, " ".join(meaning.split())) for shape, meaning in items]


@pytest.mark.parametrize(("command", "items"), [pytest.param(*each, id=each[0]) for each in documented_commands()])
def test_a_help_text_says_what_the_document_says(command, items, instance):
    shown = " ".join(instance.coffer(*command.split()[1:], "--help").split())
    listed = set(re.findall(r" (--[a-z-]+)(?= |,)", shown.partition("OPTIONS:")[2])) - {"--version", "--help"}
    assert listed == {shape.split()[0] for shape, _ in items if shape.startswith("--")}
    for shape, meaning in items:
        meaning = re.sub(r"( One of [^.]*\.)?( Default: \S+\.)?$", "", meaning)
        assert meaning in shown, shape


def test_the_api_document_lists_every_code_with_its_status_and_message():
    registry = (CHECKOUT / "Sources/CofferCore/Failure.swift").read_text()
    codes = re.findall(r'case (\w+) = "(\w+)"', registry)
    entries = re.findall(r'case ((?:\.\w+(?:, )?)+): \((\d+), "([^"]*)"\)', registry)
    texts = {name: (status, text) for names, status, text in entries for name in re.findall(r"\w+", names)}
    rows = [f"| `{code}` | {texts[name][0]} | {texts[name][1]} |" for name, code in codes]
    assert len(rows) > 60
    listed = re.findall(r"^\| `\w+` \| \d+ \| .* \|$", (CHECKOUT / "docs/API.md").read_text(), re.MULTILINE)
    assert listed == rows


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_a_document_fit(name):
    lines = enumerate((CHECKOUT / name).read_text().splitlines(), 1)
    assert [(number, line) for number, line in lines if len(line) > 120] == []


def test_the_readme_is_one_page():
    assert len((CHECKOUT / "README.md").read_text().splitlines()) <= 120


def test_the_blocks_of_readme_and_api_run(tmp_path):
    own = OwnInstance()
    run = own.folder / "run"
    script = script_of("README.md", "docs/API.md").replace("scripts/run", f"{SCRIPTS}/run").replace(".run/", f"{run}/")
    # An answer with a failure is one, as a reader of the document would see it.
    script = 'set -euo pipefail\ncurl() { command curl --fail "$@"; }\n' + script
    try:
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=own.script_environment, text=True, timeout=1800,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    finally:
        own.__exit__()
    assert_all_ran(done)
    assert "copy.txt: OK" in done.stdout, done.stdout


@pytest.mark.skipif(not can_have_one(), reason="needs root, namespaces and Debian's PostgreSQL")
def test_the_blocks_of_install_and_guide_run():
    script = script_of("docs/INSTALL.md", "docs/GUIDE.md")
    done = run_on_a_server(script, CHECKOUT, timeout=3600, packages=[package()])
    assert_all_ran(done)


def test_the_screenshots_can_be_taken_anew(tmp_path):
    script = SCRIPTS.parent / "Tests/Support/screenshots.py"
    subprocess.run([sys.executable, script, tmp_path], check=True, capture_output=True, timeout=1800)
    for scheme in ("light", "dark"):
        old, new = ((folder / f"screenshot-{scheme}.png").read_bytes() for folder in (CHECKOUT / "docs", tmp_path))
        # The size of a picture, in its first chunk.
        assert old[:24] == new[:24] and len(old) < 150_000, scheme


PROGRAMS = [path.name for path in sorted(SCRIPTS.iterdir()) if path.is_file() and path.stat().st_mode & 0o100]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_script_has_help(name):
    """A script that does not know --help would start its work, so none is run that does not seem to."""
    assert re.search(r"help_if_asked|--help|import argparse|import main", (SCRIPTS / name).read_text())
    done = subprocess.run([SCRIPTS / name, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    assert f"scripts/{name}" in done.stdout or f"usage: {name}" in done.stdout


def links(name):
    """The targets of all links and pictures in a document, outside of code."""
    text = re.sub(r"^ *```.*?^ *```$", "", (CHECKOUT / name).read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset|href)="([^"]+)"', text)


def anchors(path):
    """What a link can name in a document, as GitHub makes it of the headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name):
    for link in links(name):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = CHECKOUT / name if not target else (CHECKOUT / name).parent / target
        assert path.exists(), f"{name} links to {link}"
        assert not anchor or anchor in anchors(path), f"{name} links to {link}"


def tracked_files():
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [path for path in done.stdout.splitlines() if (CHECKOUT / path).exists()]


def words_in_code(name):
    """What stands between backticks in a document, outside of blocks."""
    text = re.sub(r"^ *```.*?^ *```$", "", (CHECKOUT / name).read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`]+)`", text)


# Functions and tables, options and variables, codes of failures.
NAMED = re.compile(r"\b(?:(?:internal|api)\.[a-z_]+|COFFER_[A-Z0-9_]+|KF[0-9]{3})\b")


@functools.cache
def names_in_the_programs():
    files = [path for path in tracked_files() if not path.endswith((".md", ".png", ".dump"))]
    return {name for path in files for name in NAMED.findall((CHECKOUT / path).read_text(errors="replace"))}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "CHANGELOG.md"])
def test_every_function_option_and_code_that_a_document_names_exists(name):
    named = {found for word in words_in_code(name) for found in NAMED.findall(word)}
    assert named <= names_in_the_programs()


def modules_of_the_code_map():
    """The directories in Sources, in the order of ARCHITECTURE.md."""
    code_map = (CHECKOUT / "ARCHITECTURE.md").read_text().partition("## The code map")[2].partition("\n## ")[0]
    entries = [entry for entry in re.findall(r"\*\*`([^`]+)`\*\*", code_map) if entry.startswith("Sources/")]
    return [word.removeprefix("Sources/") for entry in entries for word in entry.split()]


def test_the_code_map_has_every_module():
    modules = {path.split("/")[1] for path in tracked_files() if path.startswith("Sources/")}
    assert sorted(modules_of_the_code_map()) == sorted(modules)


def test_a_module_imports_only_modules_above_it_in_the_code_map():
    above = []
    for module in modules_of_the_code_map():
        code = "\n".join(path.read_text() for path in (CHECKOUT / "Sources" / module).rglob("*.swift"))
        imported = set(re.findall(r"^\w+ import (\w+)$", code, re.MULTILINE))
        assert imported & {*modules_of_the_code_map()} <= {*above}, module
        above.append(module)


# What is made, or is somewhere else.
ELSEWHERE = ("/", ".", "~", "$", "pg_hba.conf", "nginx.conf", "coffer.conf")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "CHANGELOG.md"])
def test_every_file_that_a_document_names_exists(name):
    tracked = tracked_files()
    words = words_in_code(name)
    for word in words:
        if not re.fullmatch(r"\S+\.(?:swift|py|sql|conf|md|js|sh|json)", word):
            continue
        if word.startswith(ELSEWHERE) or re.search(r"[*{}<>…]|NN", word):
            continue
        assert any(f"/{path}".endswith(f"/{word}") for path in tracked), f"{name} names {word}"
    for word in re.findall(r"`(scripts/[\w-]+)\b", "".join(f"`{word}" for word in words)):
        assert (CHECKOUT / word).exists(), f"{name} names {word}"
