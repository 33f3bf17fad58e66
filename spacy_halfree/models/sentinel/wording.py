"""How labels are said in the words of a language, so that a pretrained model understands them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class TagStyle:
    """How tags are written.

    one_token: Whether each is a new token, or its wording.
    label_words: Wordings for labels that are not to be derived.
    outside_words: The wording of O.
    inside_words: That of I.
    """

    one_token: bool
    label_words: Mapping[str, str]
    outside_words: str
    inside_words: str


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
        word
        if any(map(str.isdigit, word)) or (mixed and len(word) > 1 and word.isupper())
        else word.lower()
        for word in words
    ]
    return " ".join(kept) or label


def tag_wordings(labels: Sequence[str], *, spans: bool, style: TagStyle) -> list[str]:
    """The wordings of all tags, in their order.

    Labels whose derived wordings would be the same are left as they are.

    labels: The labels.
    spans: Whether the tags are those of spans, with O and I before the labels'.
    style: How tags are written.
    RAISES: ValueError (H031) for a wording of something that is not a label.
    """
    given = style.label_words
    for label in given:
        if label not in labels:
            raise ValueError(Errors.H031.format(label=label, labels=list(labels)))
    own = [style.outside_words, style.inside_words] if spans else []
    derived = {label: wording(label) for label in labels if label not in given}
    counts = Counter([*own, *given.values(), *derived.values()])
    chosen = {label: words if counts[words] == 1 else label for label, words in derived.items()}
    chosen.update(given)
    return own + [chosen[label] for label in labels]
