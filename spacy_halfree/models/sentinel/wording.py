"""How labels are said in the words of a language, so that a pretrained model understands them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ...errors import Errors
from ..label_names import split_name

ABBREVIATIONS = {
    "PER": "person",
    "ORG": "organization",
    "LOC": "location",
    "MISC": "miscellaneous",
    "GPE": "geopolitical entity",
    "NORP": "nationality",
    "FAC": "facility",
}
"""Labels of CoNLL 2003 and OntoNotes that no reader would take for words."""


def wording(label: str) -> str:
    """Say a label in words: `object_name` is "object name", `StreetName` "street name".

    A label is taken apart at everything that is no letter or digit, and where a capital starts a
    new word; the words are written small. Abbreviations keep their capitals: words with a digit
    (`B2B-Deal` is "B2B deal"), and words all in capitals beside others that are not. Well-known
    abbreviations are written out. A label without letters and digits stays as it is.

    label: The label.
    """
    if label in ABBREVIATIONS:
        return ABBREVIATIONS[label]
    words = split_name(label)
    mixed = label != label.upper()
    kept = [
        word if _has_digit(word) or (mixed and len(word) > 1 and word.isupper()) else word.lower()
        for word in words
    ]
    return " ".join(kept) or label


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


def tag_wordings(
    labels: Sequence[str],
    *,
    spans: bool,
    label_words: Mapping[str, str],
    outside_words: str,
    inside_words: str,
) -> list[str]:
    """The wordings of all tags, in their order.

    Labels whose derived wordings would be the same are left as they are.

    labels: The labels.
    spans: Whether the tags are those of spans, with O and I before the labels'.
    label_words: The user's own wordings.
    outside_words: That of O.
    inside_words: That of I.
    RAISES: ValueError (H031) for a wording of something that is not a label.
    """
    for label in label_words:
        if label not in labels:
            raise ValueError(Errors.H031.format(label=label, labels=list(labels)))
    own = [outside_words, inside_words] if spans else []
    derived = {label: wording(label) for label in labels if label not in label_words}
    counts = Counter([*own, *label_words.values(), *derived.values()])
    return own + [
        label_words[label]
        if label in label_words
        else (derived[label] if counts[derived[label]] == 1 else label)
        for label in labels
    ]
