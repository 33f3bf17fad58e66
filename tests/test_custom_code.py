"""A user's Python file is run when it is named, once, and its failures are told."""

from pathlib import Path

import pytest
from own_functions import CODE, TOKENIZER, forget, write_code
from spacy.util import registry

from spacy_halfree.custom_code import import_code


def test_a_file_is_imported_once_and_again_after_a_change(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    line = f"from pathlib import Path\nwith Path({str(tmp_path / 'n')!r}).open('a') as file:\n"
    path.write_text(f"{line}    file.write('x')\n", encoding="utf8")
    hashes = [import_code(path), import_code(str(path))]
    assert (tmp_path / "n").read_text() == "x"
    path.write_text(f"{line}    file.write('y')\n", encoding="utf8")
    hashes.append(import_code(path))
    assert (tmp_path / "n").read_text() == "xy"
    assert hashes[0] == hashes[1] != hashes[2]
    assert import_code(None) == ""


def test_functions_are_registered(tmp_path: Path) -> None:
    path = write_code(tmp_path)
    assert not registry.has("tokenizers", TOKENIZER)
    import_code(path)
    assert registry.has("tokenizers", TOKENIZER)
    forget(path)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = 1\n\nx.no_such\n", r"AttributeError: .*no_such.* \(line 3\)"),
        ("def f(:\n", "SyntaxError: .*line 1"),
        ("import no_such_module\n", r"ModuleNotFoundError: .* \(line 1\)"),
        (CODE + "\nraise SystemExit(0)\n", "SystemExit: 0"),
        ("\0", "(SyntaxError|ValueError): .*null"),
        (None, "FileNotFoundError"),
    ],
)
def test_what_cannot_be_imported(tmp_path: Path, code: str | None, reason: str) -> None:
    path = tmp_path / "own.py"
    if code is not None:
        path.write_text(code, encoding="utf8")
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"^\[H127\] .*own.py: {reason}"):
            import_code(path)
    forget(path)
