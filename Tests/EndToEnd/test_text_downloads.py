"""Text that names no charset: UTF-8 is found out while it is stored, by each way of an upload."""


import pytest

from installation import EMAIL


TEXT = "Grüße aus 東京\n"
UTF8 = "text/plain; charset=utf-8"


def stored_type(editor, path):
    """As downloads have it and as the list has it."""
    shown = editor.retrieve(path).header("Content-Type")
    assert editor.files(f"select=content_type&file_path=eq.{path}").json() == [{"content_type": shown}]
    return shown


# Read whole, handed over, and streamed, as it is long or has no length.
@pytest.mark.parametrize("size", [1, 60_000, 3_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_text_in_utf_8_says_so(editor, folder, size, chunked):
    body = TEXT.encode() * (size // len(TEXT.encode()) + 1)
    sent = iter([body[:7], body[7:]]) if chunked else body
    assert editor.store(f"{folder}/a", sent, Content_Type="text/plain").status == 200
    assert stored_type(editor, f"{folder}/a") == UTF8
    assert editor.retrieve(f"{folder}/a").body == body


@pytest.mark.parametrize(
    "given,kept",
    [
        ("text/plain;format=flowed", "text/plain;format=flowed; charset=utf-8"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("TEXT/Markdown", "TEXT/Markdown; charset=utf-8"),
        ("text/plain; charset=iso-8859-1", "text/plain; charset=iso-8859-1"),
        ("text/plain; Charset=UTF-8", "text/plain; Charset=UTF-8"),
        ("application/json", "application/json"),
        ("image/png", "image/png"),
        ("application/octet-stream", UTF8),
        (None, UTF8),
    ],
)
def test_only_text_that_names_no_charset_is_labelled(editor, folder, given, kept):
    assert editor.store(f"{folder}/a.txt", TEXT.encode(), Content_Type=given).status == 200
    assert stored_type(editor, f"{folder}/a.txt") == kept


@pytest.mark.parametrize("size", [1, 60_000, 3_000_000])
@pytest.mark.parametrize(
    "text,encoding",
    [
        ("Grüße\n", "latin-1"), ("Grüße\n", "utf-16"), ("plain\n", "utf-16-le"), ("Grüße\n", "utf-16-be"),
        ("plain\n", "utf-32-be"), ("東京\n", "shift-jis"), ("東京\n", "iso2022_jp"), ("東京\n", "euc-jp"), ("plain\n", "ascii"),
    ],
)  # fmt: skip
def test_other_bytes_are_not_called_utf_8(editor, folder, text, encoding, size):
    once = text.encode(encoding)
    editor.store(f"{folder}/a", once * (size // len(once) + 1), Content_Type="text/plain")
    assert stored_type(editor, f"{folder}/a") == "text/plain"


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\x00"])
def test_one_wrong_byte_at_the_end_is_enough(editor, folder, wrong):
    for size in (10, 70_000):
        editor.store(f"{folder}/a", TEXT.encode() * (size // 18) + wrong, Content_Type="text/plain")
        assert stored_type(editor, f"{folder}/a") == "text/plain"


def test_a_new_version_has_the_charset_of_its_own_bytes(editor, folder):
    for body, kept in [(TEXT.encode(), UTF8), ("Grüße".encode("latin-1"), "text/plain"), (TEXT.encode(), UTF8)]:
        editor.store(f"{folder}/a", body, Content_Type="text/plain")
        assert stored_type(editor, f"{folder}/a") == kept


def test_an_imported_tree_is_labelled_too(installation):
    tree = installation.folder / "tree"
    tree.mkdir()
    (tree / "utf-8.txt").write_bytes(TEXT.encode())
    (tree / "latin-1.txt").write_bytes("Grüße".encode("latin-1"))
    installation.coffer("import", EMAIL, tree)
    rows = installation.sql("select file_path || '|' || content_type from internal.files order by 1")
    assert rows == ["latin-1.txt|text/plain", f"utf-8.txt|{UTF8}"]
