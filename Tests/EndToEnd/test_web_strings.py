"""The texts of the web app: complete in both languages, and each of them used."""

import json
import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).resolve().parents[2] / "web" / "assets"
SCRIPTS = {path.name: path.read_text() for path in sorted(ASSETS.glob("*.js"))}
# A value is a string, or a list of two; the strings have no escaped quotes. A long string is in pieces that are added.
TEXT = r'"(?:[^"\\]|\\.)*"'
ENTRY = re.compile(rf"(?:^|[\s,{{])(\w+): ({TEXT}|\[\s*{TEXT},\s*{TEXT},?\s*\])", re.MULTILINE)


def texts_of(language):
    """Each key with its texts, as often as it is there."""
    block = re.search(rf"const {language} = \{{\n(.*?)\n\}};", SCRIPTS["strings.js"], re.DOTALL)[1]
    without_comments = re.sub(r"^\s*//.*$", "", block, flags=re.MULTILINE)
    in_one_piece = re.sub(r'" \+\n *"', "", without_comments)
    entries = ENTRY.findall(in_one_piece)
    # What is no entry would be overlooked.
    assert re.sub(r"[\s,]", "", ENTRY.sub("", in_one_piece)) == ""
    return [(key, json.loads(re.sub(r",\s*\]$", "]", value))) for key, value in entries]


ENGLISH, GERMAN = texts_of("ENGLISH"), texts_of("GERMAN")


def placeholders(value):
    return {name for text in ([value] if isinstance(value, str) else value) for name in re.findall(r"\{(\w+)\}", text)}


@pytest.mark.parametrize("texts", [ENGLISH, GERMAN], ids=["English", "German"])
def test_no_text_is_there_twice_and_none_is_empty(texts):
    keys = [key for key, _ in texts]
    assert [key for key in keys if keys.count(key) > 1] == []
    assert [key for key, value in texts if not all([value] if isinstance(value, str) else value)] == []


def test_both_languages_have_the_same_texts_with_the_same_values():
    english, german = dict(ENGLISH), dict(GERMAN)
    assert len(english) > 300
    assert set(english) == set(german)
    assert [key for key in english if placeholders(english[key]) != placeholders(german[key])] == []
    assert [key for key in english if isinstance(english[key], list) != isinstance(german[key], list)] == []


def test_german_texts_speak_politely_and_are_no_english():
    assert [key for key, value in GERMAN if re.search(r"\b([Dd]u|[Dd]ein\w*|dich|dir)\b", str(value))] == []
    letters = lambda value: re.sub(r"\{\w+\}|\W", "", str(value))  # noqa: E731
    same = [key for key, value in GERMAN if value == dict(ENGLISH)[key] and len(letters(value)) > 8]
    assert same == []


# Which keys a script uses: those in quotes that are given to t or tn, directly or by a list, and those that it puts
# together.
USED = {name: script for name, script in SCRIPTS.items() if name != "strings.js"}
# A chord of the help, such as "keyShift+up", names its keys.
WORD = re.compile(r'["\']([A-Za-z]\w*)["\']|(?<=["\' +])(key[A-Z]\w*)')
WORDS = set().union(*(WORD.findall(script) for script in USED.values()))
WORDS = {word for pair in WORDS for word in pair if word}
JOINED = re.compile(r"`(\w+\$\{[^{}]*\}\w*|\$\{[^{}]*\}\w+)`")
PATTERNS = set().union(*(JOINED.findall(script) for script in USED.values()))


def is_put_together(key):
    return any(re.fullmatch(re.sub(r"\$\{[^{}]*\}", r"\\w+", pattern), key) for pattern in PATTERNS)


def test_no_text_is_unused():
    assert [key for key, _ in ENGLISH if key not in WORDS and not is_put_together(key)] == []


def test_no_text_that_is_used_is_missing():
    keys = set(dict(ENGLISH))
    asked = [(name, key) for name, script in USED.items() for call in re.findall(r"\btn?\(([^()`]*)", script)
             for key in re.findall(r'"([A-Za-z]\w*)"', call.split(", {")[0])]  # fmt: skip
    assert len(asked) > 200
    assert [(name, key) for name, key in asked if key not in keys] == []


def test_each_action_of_the_audit_log_has_its_words(sql):
    constraint = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'audit_action_check'"
    actions = set(re.findall(r"'(\w+)'::text", sql(constraint)[0]))
    assert len(actions) > 20
    assert {key.removeprefix("did_") for key, _ in ENGLISH if key.startswith("did_")} == actions
    listed = re.search(r"const ACTIONS = \[(.*?)\];", SCRIPTS["admin-audit.js"], re.DOTALL)[1]
    assert set(re.findall(r'"(\w+)"', listed)) == actions


def test_the_code_of_each_error_with_words_of_its_own_exists():
    registry = (ASSETS.parents[1] / "Sources" / "CofferCore" / "Failure.swift").read_text()
    codes = {key.removeprefix("error") for key, _ in ENGLISH if re.match(r"error(KF|PGRST|\d{5})", key)}
    assert codes and codes <= set(re.findall(r'case \w+ = "(\w+)"', registry))
