"""Names on the page: what cannot be seen or changes the direction of text is shown, and nothing around it moves."""

import secrets
from urllib.parse import quote

import pytest
from browser import app, logged_in, quiet_console  # noqa: F401

FOLDER = f"!names-{secrets.token_hex(4)}"

SHOW = """
const [url, text, kind, done] = arguments;
import(`${url}/assets/names.js`).then((names) => {
  const made = names[kind](text);
  done(typeof made === "string" ? made : made.textContent);
});
"""

# Direction, width, soft hyphen, fillers, separators, tags, variation selectors, controls, annotations, notation,
# blanks.
UNSEEN = [
    *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C,
    0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD, 0x34F, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x180B, 0x180E, 0x17B4,
    0x2028, 0x2029, 0x2061, 0x206A, 0xE0001, 0xE0041, 0xE007F, 0xFE0E, 0xFE0F, 0xE0100, 0x85, 0x9B,
    0xFFF9, 0xFFFB, 0xFFFC, 0x1D173, 0x1D159, 0x2800, 0x1BCA0, 0xE000, 0xFFFE, 0x13441,
    0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000,
]  # fmt: skip


@pytest.fixture
def show(app):
    app.open("/login")

    def show(text, kind="pathText"):
        return app.driver.execute_async_script(SHOW, app.url, text, kind)

    return show


@pytest.fixture
def named(logged_in, editor):
    """Stores an empty file of this name, shows the list, and returns the file's row."""

    def named(name):
        store(editor, name)
        logged_in.desktop()
        logged_in.go(FOLDER)
        rows = lambda: logged_in.driver.find_elements("css selector", ".grid-body [role=row]")
        logged_in.wait(rows, "the rows")
        return rows()[0]

    yield named
    logged_in.run("document.querySelector('dialog[open]')?.close()")
    assert editor.clear(FOLDER).status == 204


def store(client, name):
    # The form of RFC 8187, as HTTP trims the spaces of a plain value.
    assert client.store(f"UTF-8''{quote(f'{FOLDER}/{name}', safe='')}", b"").status == 200


@pytest.mark.parametrize("code", UNSEEN, ids=lambda code: f"U+{code:04X}")
def test_a_sign_that_cannot_be_seen_is_shown_as_what_it_is(show, code):
    sign = chr(code)
    for name in (f"a{sign}b", f"{sign}a", f"a{sign}", sign, f"a{sign}{sign}b"):
        for kind in ("pathText", "shownPath", "shownName", "shownProse"):
            assert show(name, kind) == name.replace(sign, f"‹U+{code:04X}›"), kind


def test_spaces_at_the_ends_of_names_and_next_to_each_other_are_shown(show):
    for name, text in {
        " ": "␣", " a.txt": "␣a.txt", "a.txt ": "a.txt␣", "a.txt  ": "a.txt␣␣",
        "a  b": "a␣␣b", "a b c": "a b c",
        " a / b/c ": "␣a␣/␣b/c␣", "   ": "␣␣␣", "a.txt\u00a0": "a.txt‹U+00A0›",
    }.items():  # fmt: skip
        assert show(name) == show(name, "shownPath") == text


def test_no_name_counterfeits_what_is_shown(show):
    assert show("a‹U+202E›b") == "a‹U+2039›U+202E›b"
    assert show("␣a") == "‹U+2423›a"
    assert show("‹a›") == "‹a›"


def test_marks_without_a_letter_and_towers_of_marks_are_shown(show):
    assert show("\u0301a") == "‹U+0301›a"
    assert show("a/\u0301\u0302") == "a/‹U+0301›‹U+0302›"
    assert show("a \u0301") == "a ‹U+0301›"
    assert show("a\u200b\u0301") == "a‹U+200B›‹U+0301›"
    assert show("e\u0301\u0302\u0303\u0304\u0305\u0306") == "e\u0301\u0302\u0303\u0304‹U+0305›‹U+0306›"


@pytest.mark.parametrize(
    "name",
    [
        "👩\u200d💻.txt", "❤\ufe0f", "1\ufe0f\u20e3", "👨\u200d👩\u200d👧", "🇩🇪",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم", "برنامه\u200cها", "क्\u200dष", "ශ්\u200dරී",
        "Grüße aus 東京", "שלום עולם.txt", "tiếng Việt",
        "50% + \"a\" & (b), 'c'?#=eq.*;<img src=x onerror=alert(1)>", "\u0e01\u0e33\u0e25\u0e31\u0e07", "a‹b›",
    ],
)  # fmt: skip
def test_what_writing_needs_is_left_alone(show, name):
    for kind in ("pathText", "shownPath", "shownProse"):
        assert show(name, kind) == name


@pytest.mark.parametrize(
    "name",
    [
        "a\u200cb", "کار\u200cها", "می\u200c", "😀\ufe0f", "a\ufe0f",
        "👩\u200d", "\u200d💻", "क्\u200d.",
    ],
)  # fmt: skip
def test_joiners_and_selectors_without_an_effect_are_shown(show, name):
    assert "‹U+" in show(name)


def test_prose_keeps_its_spaces_and_lines(show):
    assert show("  a\n  b\t\u202ec", "shownProse") == "  a\n  b\t‹U+202E›c"


def test_a_name_that_changes_direction_is_shown_as_it_is_in_list_menu_and_message(logged_in, named):
    row = named("invoice\u202efdp.exe")
    text = "invoice‹U+202E›fdp.exe"
    assert logged_in.names() == [text]
    (sign,) = row.find_elements("class name", "sign")
    assert sign.get_attribute("title") == "A sign that changes the direction of the text (U+202E)"
    assert logged_in.button(f"Download {text}").is_enabled()
    logged_in.menu(text, "Delete")
    logged_in.wait_for_message(f"“{text}”")


@pytest.mark.parametrize("code", [0x202E, 0x2067, 0x5D0, 0x627])
def test_the_words_around_a_name_stay_in_their_places(logged_in, named, code):
    """By where the signs are drawn, from left to right: what stands before the name, the name, and what follows."""
    named(f"{chr(code)}1 2")
    logged_in.menu(logged_in.names()[0], "Rename")
    logged_in.type("New name", f"{chr(code)}3 4")
    logged_in.press("Rename")
    logged_in.wait_for_message("Renamed to")
    places = logged_in.run("""
    const text = document.querySelector(".message p");
    const place = (node, at) => {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      return range.getBoundingClientRect();
    };
    const [before, name, after] = text.childNodes;
    const last = name.getBoundingClientRect();
    return [place(before, 0).left, place(before, before.length - 1).right, last.left, last.right, place(after, 0).left,
      place(after, after.length - 1).right];
    """)
    assert places == sorted(places), places


def test_names_that_differ_by_spaces_alone_differ_to_the_eye(logged_in, editor, named):
    names = ["a.txt", " a.txt", "a.txt ", "a.txt\u00a0", " ", "\u3000", "a .txt", "a  .txt"]
    for name in names[1:]:
        store(editor, name)
    named(names[0])
    assert sorted(logged_in.names()) == sorted(
        ["a.txt", "␣a.txt", "a.txt␣", "a.txt‹U+00A0›", "␣", "‹U+3000›", "a .txt", "a␣␣.txt"]
    )


HARD = [
    "a", "...", ".hidden", "é" * 127, "Grüße aus 東京.txt",
    "שלום עולם.txt", "می\u200cخواهم", "👩\u200d💻.txt", "tiếng Việt",
    " leading", "trailing ", "two  spaces.txt", "50%.txt", "100%25.txt", "a+b&c=d.txt", "question?.txt", "hash#.txt",
    "semi;colon.txt", "quote\"d\".txt", "it's.txt", "<img src=x onerror=alert(1)>", "star*.txt", "pipe|.txt", "a:b.txt",
    "$(rm -rf).txt", "`x`.txt", "{a,b}.txt", "[1].txt", "a,b.txt", "(1).txt", "UTF-8''not%20decoded", "~.txt", "-rf",
    "invoice\u202efdp.exe",
]  # fmt: skip


def test_hard_names_are_listed_opened_renamed_and_deleted(logged_in, editor, named):
    """Each is a folder with a file of the same name, so it stands in addresses, too."""
    for name in HARD:
        store(editor, f"{name}/{name}")
    named("first.txt")
    # All rows are in sight, and so in the document.
    logged_in.resize(1440, 48 * (len(HARD) + 8))
    logged_in.wait(lambda: len(logged_in.names()) == len(HARD) + 1, "all rows")
    shown = logged_in.names()
    # Some are opened, too, as each takes a second.
    for name in shown[::4]:
        if name == "first.txt":
            continue
        logged_in.find("link", name).click()
        logged_in.wait(lambda name=name: logged_in.names() == [name], f"the file in {name!r}")
        logged_in.driver.back()
        logged_in.wait_for_row("first.txt")
    logged_in.field("Select all").click()
    logged_in.press("Delete")
    logged_in.wait(lambda: editor.get(f"/files?select=id&file_path=like.{FOLDER}/*").json() == [], "nothing")


def test_a_file_is_saved_under_its_own_name(logged_in, named):
    named("two  spaces.txt")
    assert logged_in.download("two␣␣spaces.txt").name == "two  spaces.txt"
