"""Docs as nobody would wish for them: any Unicode, any tokenization, annotated everywhere."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span

LABELS = ("LOC", "O", "New label", "地点")
FOREIGN_LABELS = ("OTHER", "I", "مكان")
SPANS_KEY = "sc"
"""That of the taggers."""
LANGUAGES = ("en", "de", "fr", "ar", "fa", "he", "hi", "bn", "zh", "xx", "tr", "el")
"""Those whose blank pipelines need no other package."""
LONGEST = 100_000
"""Characters of the longest single token."""

any_character = st.characters(codec="utf-8")
nasty = st.sampled_from(
    [
        "\u0301",  # combining acute
        "\u0e33",
        "\u0f71\u0f72",
        "\u200b",  # zero-width space
        "\u200d",  # zero-width joiner
        "\u202e",  # right-to-left override
        "\u2066",
        "\ufeff",
        "\x00",
        "\x1f",
        "\x7f",
        "\x85",
        "\u2028",
        "\u3000",
        "\u00a0",
        "\u180e",
        "שלום",
        "العربية",
        "हिन्दी",
        "👩‍👩‍👧‍👦",
        "🏳️‍🌈",
        "\U000e0041",  # tag character
        "\U0010ffff",
        "\ufffe",
        "ﷺ",
        "ß",
        "İ",
        "ǅ",
        "½",
        "٣",
    ]
)
white_space = st.sampled_from([" ", "  ", "\n", "\t\t", "\r\n", "\u00a0", "\u2003", "\u2029"])
plain_words = st.sampled_from(["a", "London", "12", ".", ",", "don't", "http://x.y/z", ":-)"])
pieces = st.one_of(
    plain_words,
    plain_words,
    nasty,
    white_space,
    st.text(any_character, max_size=6),
)
texts = st.lists(pieces, max_size=25).map("".join)
spaced_texts = st.lists(pieces, max_size=25).map(" ".join)
only_white_space = st.lists(white_space, min_size=1, max_size=5).map("".join)
repeated = st.builds(lambda piece, n: piece * n, nasty, st.integers(1, 200))
long_tokens = st.builds(
    lambda character, n: character * n,
    any_character,
    st.sampled_from([1_000, LONGEST // 10, LONGEST]),
)


@dataclass
class HostileDoc:
    """A doc to be built by any pipeline.

    text: The text; None if the tokens are given.
    words, spaces: The tokens, and whether each is followed by a space.
    segments: Kind ("entity", "blocked", "missing"), place as a share of the doc's length, number of
        tokens and label of what is on the doc already.
    extras: Whether others have written annotation of other kinds, too.
    group: Whether others have written a span group under the taggers' key.
    """

    text: str | None
    words: list[str] = field(default_factory=list)
    spaces: list[bool] = field(default_factory=list)
    segments: list[tuple[str, float, int, str]] = field(default_factory=list)
    extras: bool = False
    group: bool = False

    def build(self, nlp: Language) -> Doc:
        """Make the doc."""
        if self.text is None:
            doc = Doc(nlp.vocab, words=self.words, spaces=self.spaces)
        else:
            doc = nlp.make_doc(self.text)
        self.annotate(doc)
        return doc

    def annotate(self, doc: Doc) -> None:
        taken = [False] * len(doc)
        spans: dict[str, list[Span]] = {"entity": [], "blocked": [], "missing": []}
        for kind, place, length, label in self.segments:
            start = int(place * len(doc))
            end = min(start + length, len(doc))
            if start < end and not any(taken[start:end]):
                taken[start:end] = [True] * (end - start)
                spans[kind].append(
                    Span(doc, start, end, label=label, kb_id=f"Q{start}", span_id=f"id{end}")
                )
        doc.set_ents(spans["entity"], blocked=spans["blocked"], missing=spans["missing"])
        if self.extras and len(doc):
            doc.user_data["mine"] = "kept"
            doc.cats = {"mine": 0.5}
            doc[0].lemma_ = "mine"
            doc.spans["mine"] = [doc[0:1]]
            doc[-1].tag_ = LABELS[0]
        if self.group and len(doc):
            doc.spans[SPANS_KEY] = [Span(doc, 0, 1, label=LABELS[0])]


@st.composite
def hostile_docs(draw: st.DrawFn) -> HostileDoc:
    """Docs whose text, tokens and annotation are anything that spaCy itself can hold."""
    segments = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["entity", "entity", "blocked", "missing"]),
                st.floats(0, 1, exclude_max=True),
                st.integers(1, 4),
                st.sampled_from([*LABELS, *FOREIGN_LABELS]),
            ),
            max_size=6,
        )
    )
    extras = draw(st.booleans())
    group = draw(st.integers(0, 9)) == 0
    kind = draw(st.integers(0, 99))
    if kind == 0:
        # not as a text: a tokenizer may make 100,000 tokens of it
        return HostileDoc(None, [draw(long_tokens)], [False], segments, extras, group)
    if kind < 60:
        text = draw(st.one_of(texts, spaced_texts, only_white_space, repeated))
        return HostileDoc(text, segments=segments, extras=extras, group=group)
    # spaCy itself refuses empty tokens (E031)
    words = draw(st.lists(pieces.filter(bool), max_size=25))
    spaces = draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    return HostileDoc(None, words, spaces, segments, extras, group)
