"""Messages can be searched for by their numbers."""

import re

import pytest

from spacy_halfree.errors import Errors, Warnings


def messages(holder: type) -> dict[str, str]:
    return {name: text for name, text in vars(holder).items() if not name.startswith("_")}


@pytest.mark.parametrize(("holder", "letter"), [(Errors, "H"), (Warnings, "W")])
def test_every_message_starts_with_its_own_number(holder: type, letter: str) -> None:
    texts = messages(holder)
    assert texts
    for name, text in texts.items():
        assert re.fullmatch(rf"{letter}\d{{3}}", name)
        assert text.startswith(f"[{name}] ")
        assert len(re.findall(r"\[[HW]\d{3}\]", text)) == 1
        assert text.rstrip().endswith((".", "`.", "'."))


def test_no_message_stands_twice() -> None:
    texts = [*messages(Errors).values(), *messages(Warnings).values()]
    assert len(set(texts)) == len(texts)
