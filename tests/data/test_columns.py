"""Words and tags in columns: found by content, and nothing of them is lost without a word."""

import contextlib
import gzip
import zipfile
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.training.converters import conll_ner_to_docs, iob_to_docs

from spacy_halfree.data.annotated_texts import find_annotated_files, read_annotated_texts
from spacy_halfree.data.read_settings import ColumnSettings, ReadSettings
from spacy_halfree.data.records import AnnotatedText, Annotation, InvalidRecord, LabelledSpan

NLP = spacy.blank("en")
Text = tuple[str, list[tuple[int, int, str]]]


def read(path: Path, lang: str = "en", **columns: str | bool | None) -> list[Text | str]:
    """The texts of a file with their spans, and the reasons why sentences cannot be used."""
    settings = ReadSettings(columns=ColumnSettings(**columns))
    (file,) = find_annotated_files([path], settings, lang=lang)
    found: list[Text | str] = []
    for number, record in file.read():
        if isinstance(record, Annotation):
            spans = [(span.start, span.end, span.label) for span in record.spans]
            assert [record.text[span.start : span.end] for span in record.spans] or not spans
            found.append((record.text, spans))
        else:
            assert isinstance(record, InvalidRecord)
            assert (record.file, record.line) == (str(path), number)
            found.append(f"{number}: {record.reason}")
    return found


CONLL_2003 = """-DOCSTART- -X- -X- O

U.N. NNP I-NP I-ORG
official NN I-NP O
Ekeus NNP I-NP I-PER

Paris NNP I-NP I-LOC
Berlin NNP I-NP B-LOC
"""
TABS = "# id = 1\tdomain=train\nNew York\tB-GPE\nnow\tO\n"
FLIGHT: Text = ("We fly to Rome", [(10, 14, "CITY")])
OSLO: Text = ("Oslo is cold", [(0, 4, "CITY")])
WORDS = ["We O", "fly O", "to O", "Rome B-CITY", "", "Oslo B-CITY", "is O", "cold O"]
"""The sentences FLIGHT and OSLO."""


def rows(separator: str = "\t", *before: str, tag: str = "{tag}") -> str:
    """The lines of WORDS with other columns before the word, where {n} is the line's number."""
    lines = []
    n = 0
    for line in WORDS:
        word, _, own = line.partition(" ")
        columns = [*(column.format(n=n) for column in before), word, tag.format(tag=own)]
        n += bool(word)
        lines.append(separator.join(columns) if word else "")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.conll",
            CONLL_2003,
            [
                ("U.N. official Ekeus", [(0, 4, "ORG"), (14, 19, "PER")]),
                ("Paris Berlin", [(0, 5, "LOC"), (6, 12, "LOC")]),
            ],
        ),
        (
            "a.conll",
            "-DOCSTART- -X- O\nAbbey -X- _ B-ALBUM\nRoad -X- _ I-ALBUM\n\n",
            [("Abbey Road", [(0, 10, "ALBUM")])],
        ),
        ("A.IOB", "# O\n", [("#", [])]),
        ("a.tsv", "\n# nothing\n\n", []),
        *[
            ("a.tsv", TABS.replace("\n", end), [("New York now", [(0, 8, "GPE")])])
            for end in ("\n", "\r\n", "\r", "\r\r\n")
        ],
        # any suffix, and none
        *[
            (name, rows(separator), [FLIGHT, OSLO])
            for name in ("a.txt", "a.iob2", "a.train", "a.data", "train", "a.csv", "a.conllu")
            for separator in ("\t", " ", "  ", ",", ";")
        ],
        (
            "a.txt",
            "We|O\nfly|O to|TO|O\nRome|B-CITY\n",
            [("We", []), ("fly to", []), ("Rome", [(0, 4, "CITY")])],
        ),
        # several empty lines, and lines of blanks
        ("a.txt", "\n\n" + rows().replace("\n\n", "\n\n \n\t\n\t \t\n") + "\n\n", [FLIGHT, OSLO]),
        ("a.txt", rows().replace("\n\n", "\n \n"), [FLIGHT, OSLO]),
        ("a.txt", rows().replace("\n\n", "\n\t\t\n"), [FLIGHT, OSLO]),
        ("a.csv", rows(",").replace("\n\n", "\n,\n"), [FLIGHT, OSLO]),
        # a comma and a quote are words of CSV files, if they are quoted
        (
            "a.csv",
            '"We","O"\n",","O\n"""","O"\n"Rome, Italy","B-CITY"\n',
            [('We , " Rome, Italy', [(7, 18, "CITY")])],
        ),
        # many words without an entity
        ("a.txt", "a O\nb O\n" * 25, [(" ".join("ab" * 25), [])]),
        # every way to begin a document
        *[
            ("a.txt", f"{start}\n\n{rows()}{start}\n{rows()}", [FLIGHT, OSLO] * 2)
            for start in (
                "-DOCSTART-",
                "-DOCSTART- -X- O O",
                "-DOCSTART-\tO",
                "-DOCSTART- (1)",
                "-DOCSTART-\t-X-\t-X-\tO",
                "-DOCSTART- -X- _ O",
            )
        ],
        ("a.txt", "0\t-DOCSTART-\tO\n" + rows("\t", "{n}"), [FLIGHT, OSLO]),
        # comments
        *[
            ("a.txt", f"{comment}\n{rows()}\n{comment}\n{rows()}", [FLIGHT, OSLO] * 2)
            for comment in (
                "# text = We fly",
                "#\tsource [2001-01-01]",
                "# sent_id = 1",
                "#",
                "#newdoc",
                "# id\tx\tB-1",
                "# We are in Rome O",
            )
        ],
        # numbers are no words
        *[
            ("a.txt", rows(separator, number, tag=tag), [FLIGHT, OSLO])
            for separator in ("\t", " ")
            for number in ("{n}", "1{n}", "7")
            for tag in ("{tag}", "x" + separator + "{tag}", "_" + separator + "{tag}")
        ],
        ("a.txt", rows("\t", "news1", "{n}"), [FLIGHT, OSLO]),
        ("a.tsv", "1\tB-N\n2\tO\n3\tO\n", [("1 2 3", [(0, 1, "N")])]),
        ("a.tsv", "1\tCD\tB-N\n2\tCD\tO\n3\tCD\tO\n", [("1 2 3", [(0, 1, "N")])]),
        # tags before words
        (
            "a.txt",
            "".join(f"{line.split()[1]}\t{line.split()[0]}\n" for line in WORDS if line),
            [("We fly to Rome Oslo is cold", [(10, 14, "CITY"), (15, 19, "CITY")])],
        ),
        # labels with spaces, and words with white space of other kinds
        (
            "a.tsv",
            rows().replace("CITY", "Home City"),
            [("We fly to Rome", [(10, 14, "Home City")]), ("Oslo is cold", [(0, 4, "Home City")])],
        ),
        *[
            (
                "a.txt",
                rows(separator).replace("Rome", f"Ro{space}me"),
                [(f"We fly to Ro{space}me", [(10, 15, "CITY")]), OSLO],
            )
            for separator in ("\t", " ")
            for space in "\u00a0\u2028\u3000\u0085\x0c\x1c"
        ],
        (
            "a.tsv",
            rows().replace("fly", "\u00a0"),
            [("We \u00a0 to Rome", [(8, 12, "CITY")]), OSLO],
        ),
        # hash signs are words, too
        (
            "a.txt",
            rows().replace("Rome", "#Rome").replace("We", "#"),
            [("# fly to #Rome", [(9, 14, "CITY")]), OSLO],
        ),
        # 0 for O, in lower case, and with other separators
        *[
            ("a.txt", rows().replace("\tO", "\t0").replace("B-", begin), [FLIGHT, OSLO])
            for begin in ("B-", "b-", "B_", "U:", "S-", "W-")
        ],
        ("a.txt", rows().replace("\tO", "\to"), [FLIGHT, OSLO]),
    ],
)
def test_files(tmp_path: Path, name: str, content: str, expected: list[Text]) -> None:
    path = tmp_path / name
    for mark in ("", "\ufeff"):
        path.write_bytes((mark + content).encode())
        assert read(path) == expected
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content.encode()))
    assert read(packed) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("word\ttag\n" + rows(), [FLIGHT, OSLO]),
        ("Wort;NER\n" + rows(";"), [FLIGHT, OSLO]),
        (
            "tag\tword\nO\tWe\nO\tfly\nO\tto\nB-CITY\tRome\n\nB-CITY\tOslo\nO\tis\nO\tcold\n",
            [FLIGHT, OSLO],
        ),
        ("Tokens,Labels\n\n" + rows(","), [FLIGHT, OSLO]),
        (",Word,NER Tag\n" + rows(",", "{n}"), [FLIGHT, OSLO]),
        ("id token ner_tags\n" + rows(" ", "{n}"), [FLIGHT, OSLO]),
        # Kaggle's numbers of sentences are in first lines alone; a comma is a word
        (
            "Sentence #,Word,POS,Tag\nSentence: 1,We,PRP,O\n,fly,VB,O\n,to,TO,O\n"
            ",Rome,NNP,B-CITY\nSentence: 2,Oslo,NNP,B-CITY\n,is,VB,O\n"
            ',cold,JJ,O\nSentence: 3,",",",",O\n,"""",``,O\n',
            [FLIGHT, OSLO, (', "', [])],
        ),
        # or in all of them
        (
            "sentence_id,words,labels\n0,We,O\n0,fly,O\n0,to,O\n0,Rome,B-CITY\n"
            "1,Oslo,B-CITY\n1,is,O\n1,cold,O\n",
            [FLIGHT, OSLO],
        ),
        (
            "0\tWe\tO\n0\tfly\tO\n0\tto\tO\n0\tRome\tB-CITY\n"
            "1\tOslo\tB-CITY\n1\tis\tO\n1\tcold\tO\n",
            [FLIGHT, OSLO],
        ),
        # tables with tabs have quotes as CSV files have, other files do not
        ('word\ttag\n""""\tO\n"\tO\nRome\tB-CITY\n', [('" " Rome', [(4, 8, "CITY")])]),
        ('""""\tO\n"\tO\nRome\tB-CITY\n', [('"""" " Rome', [(7, 11, "CITY")])]),
        # names in a comment of CoNLL-U Plus
        ("# global.columns = ID FORM NER\n" + rows("\t", "{n}"), [FLIGHT, OSLO]),
    ],
)
def test_tables_with_names(tmp_path: Path, content: str, expected: list[Text]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf8")
    assert read(path) == expected


CONLL_U = """# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC
# sent_id = 1
# text = Oslo's am Wasser
1-2\tOslo's\t_\t_\t_\t_\t_\t_\t_\t_
1\tOslo\tOslo\tPROPN\t_\t_\t0\troot\t_\tNER=B-CITY|SpaceAfter=No
2\t's\t's\tPART\t_\t_\t1\tcase\t_\t_
2.1\tgone\tgo\tVERB\t_\t_\t_\t_\t_\t_
3\tam\tan\tADP\t_\t_\t4\tcase\t_\tNER=O
4\tWasser\tWasser\tNOUN\t_\t_\t1\tnmod\t_\t_
"""
CONLL_2012 = """#begin document (bc/a/00/a_0001); part 000
bc/a/00/a_0001   0   0   We   PRP  (TOP(S(NP*)  -  -  -  Ann  *        (ARG0*)  -
bc/a/00/a_0001   0   1   like VB   (VP*         -  -  -  Ann  *        (V*)     -
bc/a/00/a_0001   0   2   New  NNP  (NP*         -  -  -  Ann  (GPE*    (ARG1*   (0
bc/a/00/a_0001   0   3   York NNP  *            -  -  -  Ann  *        *        -
bc/a/00/a_0001   0   4   City NNP  *))))        -  -  -  Ann  *)       *)       0)

bc/a/00/a_0001   0   0   Rome NNP  (TOP(NP*))   -  -  -  Ann  (GPE)   -

#end document
"""


def test_other_tasks_of_conll(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.conllu"
    path.write_text(CONLL_U, encoding="utf8")
    assert read(path) == [("Oslo 's am Wasser", [(0, 4, "CITY")])]
    for key in ("NE=", "name=", ""):
        path.write_text(CONLL_U.replace("NER=", key), encoding="utf8")
        assert read(path) == [("Oslo 's am Wasser", [(0, 4, "CITY")])]
    # the tag of a contraction cannot be given to its words
    path.write_text(CONLL_U.replace("_\n1\t", "NER=B-CITY\n1\t"), encoding="utf8")
    assert read(path) == [
        '4: has a line 4 ("1-2\\tOslo\'s\\t_\\t_\\t_\\t_\\t_\\t_\\t_\\tNER=B-CITY") with a tag, '
        "though it is not a single word"
    ]
    path.write_text(CONLL_U.replace("NER=", "Foreign="), encoding="utf8")
    with pytest.raises(ValueError, match=r"H118.*looks like CoNLL-U.*NER=B-CITY"):
        read(path)
    path = tmp_path / "a.gold_conll"
    path.write_text(CONLL_2012, encoding="utf8")
    assert read(path) == [("We like New York City", [(8, 21, "GPE")]), ("Rome", [(0, 4, "GPE")])]
    path.write_text(CONLL_2012.replace("(GPE) ", "(GPE(X)"), encoding="utf8")
    assert read(path)[1].startswith("8: has a line 8 ('Rome') with a tag '(GPE(X)'")
    assert not caplog.records


def test_lines_with_other_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("Ann _ O I-PER\nvan Dam _ O I-PER\nsleeps _ O O\n\nOslo _ O I-LOC\n")
    reason = (
        "1: has a line 2 ('van Dam _ O I-PER') of 5 columns, not 4 like the others; spaces "
        "separate columns here, so words and labels with spaces need tabs"
    )
    assert read(path) == [reason, ("Oslo", [(0, 4, "LOC")])]
    path.write_text(rows(" ").replace("B-CITY", "B-Home City").replace("\nOslo", "\n\nWe O\nOslo"))
    assert read(path) == [
        "1: has a line 4 ('Rome B-Home City') of 3 columns, not 2 like the others; spaces separate "
        "columns here, so words and labels with spaces need tabs",
        "7: has a line 8 ('Oslo B-Home City') of 3 columns, not 2 like the others; spaces separate "
        "columns here, so words and labels with spaces need tabs",
    ]
    path.write_text(rows().replace("fly\tO", "fly") + "\nx\ty\tO\n\n\tO\n\nx\tX-1\n\n#\tO\n#x\n")
    assert read(path) == [
        "1: has a line 2 ('fly') of 1 column, not 2 like the others",
        OSLO,
        "10: has a line 10 ('x\\ty\\tO') of 3 columns, not 2 like the others",
        "12: has a line 12 ('\\tO') without a word",
        "14: has a line 14 ('x') with a tag 'X-1' that is not a tag; tags look like 'B-CITY' or "
        "'O'",
        "16: has a line 17 ('#x') of 1 column, not 2 like the others",
    ]
    # empty columns at the end are nothing
    path.write_text(rows().replace("fly\tO", "fly\tO\t\t"))
    assert read(path) == [FLIGHT, OSLO]
    path.write_text("a|O b|O\na|O b\nRome|B-CITY\n")
    assert read(path) == [
        ("a b", []),
        "2: has a line 2 ('a|O b') that is not of words with tags, as 'Rome|B-CITY'",
        ("Rome", [(0, 4, "CITY")]),
    ]


TWO = "We\tPRP\tO\tO\nfly\tVB\tO\tO\nto\tTO\tO\tO\nRome\tNNP\tB-LOC\tO\nCity\tNNP\tI-LOC\tB-ORG\n"
LOC, ORG = ("We fly to Rome City", [(10, 19, "LOC")]), ("We fly to Rome City", [(15, 19, "ORG")])
NAMES = "Text\tPOS\tner\tinner ner\n"


@pytest.mark.parametrize(
    ("content", "told", "expected"),
    [
        (TWO, "2 in column 3, 1 in column 4. Column 3 is read", LOC),
        (
            NAMES + TWO,
            "2 in column 3 (ner), 1 in column 4 (inner ner). Column 3 (ner) is read",
            LOC,
        ),
        # the last one of equal columns
        (TWO.replace("I-LOC", "O"), "1 in column 3, 1 in column 4", ORG),
        # phrases are no entities, even where there is no entity
        (TWO.replace("LOC", "NP"), "Column 4 is read", ORG),
        (
            TWO.replace("LOC", "NP").replace("B-ORG", "O"),
            "2 in column 3, 0 in column 4. Column 4 is read",
            ("We fly to Rome City", []),
        ),
    ],
)
def test_several_columns_of_tags_are_told(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: str,
    told: str,
    expected: Text,
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content)
    assert read(path) == [expected]
    assert "W032" in caplog.text
    assert told in caplog.text


def test_columns_are_chosen(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.txt"
    path.write_text(NAMES + TWO)
    for column in ("3", "-2", "ner"):
        assert read(path, tags=column) == [LOC]
    for column in ("4", "-1", "inner ner"):
        assert read(path, tags=column) == [ORG]
    assert read(path, tags="3", words="2") == [("PRP VB TO NNP NNP", [(10, 17, "LOC")])]
    # names that nobody knows are found if they are chosen
    path.write_text("Wort\tArt\tMarke\tMarke2\n" + TWO)
    assert read(path, tags="Marke2") == [ORG]
    assert not caplog.records
    assert read(path) == [LOC]
    assert "W041" in caplog.text
    for column in ("0", "5", "-5", "x", "1.0"):
        with pytest.raises(ValueError, match=f"H117.*no column '{column}'.*4 columns without"):
            read(path, tags=column)
        with pytest.raises(ValueError, match="H117"):
            read(path, words=column)
    with pytest.raises(ValueError, match="H119"):
        read(path, words="3", tags="3")
    path.write_text("We|O fly|O\n")
    with pytest.raises(ValueError, match="H097"):
        read(path, words="1")


def test_words_are_joined_without_spaces(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.txt"
    path.write_text("我\tO\n去\t-\n羅馬\t-\n城\tB-CITY\n市\tI-CITY\n", encoding="utf8")
    expected = [("我去羅馬城市", [(4, 6, "CITY")])]
    assert read(path, spaces=False) == expected
    assert read(path, lang="zh", spaces=False) == expected
    assert read(path, lang="zh", spaces=True) == [("我 去 羅馬 城 市", [(7, 10, "CITY")])]
    assert not caplog.records
    assert read(path, lang="zh") == expected
    assert f"[W026] The words of {path} are joined without spaces, as 'zh' is" in caplog.text
    settings = ReadSettings(columns=ColumnSettings(spaces=False))
    (file,) = find_annotated_files([path], settings)
    ((_, record),) = file.read()
    assert isinstance(record, Annotation)
    assert record.unknown == ((1, 4),)


def test_tags_that_do_not_follow_the_scheme_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(rows() + "\nin\tO\nBari\tI-CITY\nand\tO\nPisa\tI-CITY\n")
    assert read(path)[2] == ("in Bari and Pisa", [(3, 7, "CITY"), (12, 16, "CITY")])
    assert (
        "some tags (2) do not follow the scheme of the file (IOB2); the first one is in line 11"
        in (caplog.text)
    )


def test_words_without_annotation(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.conll"
    path.write_text("don't -\ngo O\nRome U-X\n")
    (text,) = read_annotated_texts(path, NLP)
    assert isinstance(text, AnnotatedText)
    assert [text.doc[i].text for i in text.missing] == ["do", "n't"]
    assert text.spans == (LabelledSpan(9, 13, "X"),)
    assert not caplog.records
    for unknown in "-_":
        path.write_text(rows().replace("\tO", f"\t{unknown}"))
        assert read(path) == [FLIGHT, OSLO]
        told = f"[W033] {path}: no word has the tag O, and 5 words have the tags - or _"
        assert told in caplog.text
        caplog.clear()


@pytest.mark.parametrize(("n_words", "told"), [(200, False), (201, True)])
def test_sentences_that_nothing_separates(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, n_words: int, told: bool
) -> None:
    path = tmp_path / "a.conll"
    path.write_text("first O\n\n" + "word O\n" * n_words + "\nlast O\n", encoding="utf8")
    assert len(read(path)) == 3
    assert (f"[W020] {path}, line 3: a sentence of 201 words" in caplog.text) == told


@pytest.mark.parametrize(
    ("content", "guess"),
    [
        ("We\tO\nRome\tCITY\nand\tO\nOslo\tCITY\n", "Column 2 has labels without a scheme .CITY."),
        ("We\tO\nRome\tB\nand\tI\n", "Column 2 has tags without labels .B, I."),
        ("We\tO\nRome\tCITY-B\nand\tO\n", "Column 2 has tags with their letters last .CITY-B."),
        ("We\tNONE\nRome\tB-CITY\nand\tNONE\n", "Column 2 has the tag 'NONE' outside of ent"),
        ("We\t0\nRome\t3\nand\t0\n", "Column 2 has class numbers .3."),
        (
            "\n".join(["We\tO\nfly\tO\nto\tO\nRome\tCITY\n"] * 50),
            "Column 2 has labels without a scheme .CITY.",
        ),
        ("We\tPRP\nfly\tVB\n", "No column holds tags"),
        ("We fly to Rome.\nHello.\nHow are you?\n", "No column holds tags"),
        ("We\nfly\n", "No column holds tags"),
    ],
)
def test_files_without_tags(tmp_path: Path, content: str, guess: str) -> None:
    path = tmp_path / "a.conll"
    path.write_text(content)
    with pytest.raises(ValueError, match=f"H118.*{guess}"):
        read(path)
    if "Column" in guess:
        with pytest.raises(ValueError, match=f"H047.*{guess}"):
            read(path.rename(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    "content",
    [
        "We fly to Rome.\nOslo is cold.\n",
        "I take vitamin B-12\nI fly to Rome\n",
        "vitamin B-12\nvitamin B-6\n",
        "plan O\n",
        "a\tb\nc\td\n",
        "Rome\n\nOslo\n",
        "a|b\nc|d\n",
        "",
    ],
)
def test_raw_texts_are_no_columns(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.raises(ValueError, match="H047"):
        read(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((rows() + "Genève\tB-CITY\n").encode("latin-1"))
    with pytest.raises(ValueError, match=r"H046.*line 9 is not UTF-8"):
        read(path)


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r ")
RANDOM_WORDS = st.lists(
    st.tuples(st.text(CHARACTERS, min_size=1, max_size=4), st.sampled_from(["O", "B-X", "S-Y"])),
    min_size=1,
    max_size=5,
)
START = ["We", "fly", "to", "Rome", "and", "not", "to", "Oslo"]


@given(
    st.lists(RANDOM_WORDS, max_size=4),
    st.sampled_from(["\t", " ", "  ", "\t\t"[:1]]),
    st.sampled_from([(), ("{n}",), ("doc", "{n}")]),
    st.sampled_from([(), ("_",), ("NN", "x")]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_any_words_are_read_as_written(
    tmp_path_factory: pytest.TempPathFactory,
    sentences: list[list[tuple[str, str]]],
    separator: str,
    before: tuple[str, ...],
    between: tuple[str, ...],
    end: str,
    has_comments: bool,
) -> None:
    known = [(word, "B-CITY" if word in ("Rome", "Oslo") else "O") for word in START]
    lines, expected = [], []
    for own in [known, *sentences]:
        lines += ["# a comment that is not short"] * has_comments
        for n, (word, tag) in enumerate(own):
            numbers = [column.format(n=n) for column in before]
            lines.append(separator.join([*numbers, word, *between, tag]))
        lines.append("")
        spans, start = [], 0
        for word, tag in own:
            if tag != "O":
                spans.append((start, start + len(word), tag[2:]))
            start += len(word) + 1
        expected.append((" ".join(word for word, _ in own), spans))
    path = tmp_path_factory.mktemp("columns") / "a.conll"
    path.write_bytes(end.join(lines).encode())
    assert read(path) == expected


@given(st.text(st.sampled_from("\t ,;|#-\"'01OBI_\ufeff\u2028\r\n") | CHARACTERS, max_size=60))
def test_no_content_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: str
) -> None:
    path = tmp_path_factory.mktemp("columns") / "a.conll"
    path.write_bytes((rows() + "\n" + content).encode())
    assert read(path)[:1] == [FLIGHT]
    path.write_bytes(content.encode())
    try:
        found = read(path)
    except ValueError as error:
        found = [str(error)[:6]]
    assert found != ["[H046]"]


@pytest.mark.parametrize("scheme", ["IOB2", "BILUO"])
def test_what_spacy_converts(tmp_path: Path, scheme: str) -> None:
    """The readers of `spacy convert` find the same words and entities."""
    first, last, single = ("B", "I", "B") if scheme == "IOB2" else ("B", "L", "U")
    content = (
        f"-DOCSTART- -X- O O\n\nWe PRP O O\nlike VB O O\nNew NNP B-NP {first}-GPE\n"
        f"York NNP I-NP {last}-GPE\n\nRome NNP B-NP {single}-GPE\nwaits VB O O\n"
    )
    (doc,) = conll_ner_to_docs(content, no_print=True)
    path = tmp_path / "a.conll"
    path.write_text(content)
    compare(read(path), doc)
    content = f"We|PRP|O like|VB|O New|NNP|{first}-GPE York|NNP|{last}-GPE\nRome|NNP|{single}-GPE\n"
    (doc,) = iob_to_docs(content, no_print=True)
    path.write_text(content)
    compare(read(path), doc)


def compare(found: list[Text | str], doc: spacy.tokens.Doc) -> None:
    texts = [own for own in found if not isinstance(own, str)]
    assert len(texts) == len(found)
    assert [word for text, _ in texts for word in text.split(" ")] == [own.text for own in doc]
    spans = [(text[start:end], label) for text, own in texts for start, end, label in own]
    assert spans == [(ent.text, ent.label_) for ent in doc.ents]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # all cells are quoted, as R does
        ('"word"\t"tag"\n"to"\t"O"\n"""Rome"\t"B-CITY"\n', [('to "Rome', [(3, 8, "CITY")])]),
        ('1\t"to"\t"O"\n2\t"Rome"\t"B-CITY"\n', [("to Rome", [(3, 7, "CITY")])]),
        # a pipe between columns, not in lines of sentences
        ("\n".join(["We|O", "fly|O", "to|O", "Rome|B-CITY", "", "Oslo|B-CITY"]), "Oslo"),
        ("word|pos|tag\nWe|PRP|O\nfly|VB|O\nto|TO|O\nRome|NNP|B-CITY\n\nOslo|NN|B-CITY\n", "Oslo"),
        # sentences with their tags behind a tab
        ("We fly to Rome\tO O O B-CITY\nOslo\tB-CITY\n", "Oslo"),
        # the words' numbers alone separate sentences
        ("1\tWe\tO\n2\tfly\tO\n3\tto\tO\n4\tRome\tB-CITY\n1\tOslo\tB-CITY\n", "Oslo"),
        # each document counts its sentences anew
        (
            "doc,sentence,token,tag\na,1,We,O\na,1,fly,O\na,1,to,O\na,1,Rome,B-CITY\n"
            "b,1,Oslo,B-CITY\n",
            "Oslo",
        ),
        # comments stand for empty lines
        (
            "# sent_id = 1\n1\tWe\tO\n2\tfly\tO\n3\tto\tO\n4\tRome\tB-CITY\n"
            "# sent_id = 2\n# text = Oslo\n1\tOslo\tB-CITY\n",
            "Oslo",
        ),
        # words that are numbers
        (
            "1\t1990\tO\n2\t1991\tB-YEAR\n\n1\t1992\tO\n",
            [("1990 1991", [(5, 9, "YEAR")]), ("1992", [])],
        ),
        # joined files
        (
            "word,tag\nWe,O\nfly,O\nto,O\nRome,B-CITY\nword,tag\nOslo,B-CITY\n",
            "Oslo",
        ),
        # names of columns that no other program uses, as in HIPE
        (
            "TOKEN\tNE-COARSE-LIT\tNEL-LIT\n# language = en\nWe\tO\t_\nfly\tO\t_\nto\tO\t_\n"
            "Rome\tB-CITY\tQ220\n\nOslo\tB-CITY\tQ585\n",
            "Oslo",
        ),
    ],
)
def test_what_separates_columns_and_sentences(
    tmp_path: Path, content: str, expected: list[Text] | str
) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(content, encoding="utf8")
    two = [FLIGHT, ("Oslo", [(0, 4, "CITY")])]
    assert read(path) == (two if expected == "Oslo" else expected)


@pytest.mark.parametrize("flags", ["1 1 1 1 1 1 1", "0 1 0 0 1 0 0", "0 1 0 1 0 1 0"])
def test_flags_do_not_separate_sentences(tmp_path: Path, flags: str) -> None:
    path = tmp_path / "a.tsv"
    lines = [line for line in rows("\t").splitlines() if line]
    flagged = zip(flags.split(), lines, strict=True)
    path.write_text("".join(f"{flag}\t{line}\n" for flag, line in flagged), encoding="utf8")
    assert [text for text, _ in read(path)] == ["We fly to Rome Oslo is cold"]


def test_unknown_names_of_columns_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mot,étiquette\n\n" + rows(","), encoding="utf8")
    assert read(path) == [FLIGHT, OSLO]
    assert "W041" in caplog.text
    assert "mot, étiquette" in caplog.text
    caplog.clear()
    # a word whose tag is wrong
    path.write_text("Rome,CITY\n\n" + rows(","), encoding="utf8")
    assert [own for own in read(path) if not isinstance(own, str)] == [FLIGHT, OSLO]
    assert "W041" not in caplog.text


def test_marks_of_words_are_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "train"
    lines = [f"en:{line}" if line else "" for line in rows("\t").splitlines()]
    text = "\n".join(lines) + "\n"
    path.write_text(text, encoding="utf8")
    assert read(path) == [FLIGHT, OSLO]
    assert "'en:We'" in caplog.text
    assert "'We' is read" in caplog.text
    caplog.clear()
    path.write_text("罗0\tB-CITY\n马1\tI-CITY\n很0\tO\n大0\tO\n。0\tO\n", encoding="utf8")
    assert read(path, spaces=False) == [("罗马很大。", [(0, 2, "CITY")])]
    assert "W040" in caplog.text
    caplog.clear()
    # one word is without it
    path.write_text(text.replace("en:fly", "fly"), encoding="utf8")
    assert read(path)[0] == ("en:We fly en:to en:Rome", [(16, 23, "CITY")])
    assert "W040" not in caplog.text


def test_columns_of_phrases_in_other_languages(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    lines = ["We I-NC O", "fly I-VC O", "to I-PC O", "Rome I-NC I-CITY"]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    assert read(path) == [FLIGHT]
    # Hindi and others have more labels of phrases
    path.write_text("\n".join(lines).replace("VC", "VGF") + "\n", encoding="utf8")
    assert read(path) == [FLIGHT]


def test_labels_without_scheme_are_refused_among_many_o(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    sentence = "We\tO\nfly\tO\nto\tO\nRome\tCITY\nnow\tO\n.\tO\n\nHello\tO\n.\tO\n\n"
    path.write_text(sentence * 20, encoding="utf8")
    with pytest.raises(ValueError, match=r"H118.*Column 2 has labels without a scheme .CITY."):
        read(path)


def test_cells_that_are_no_tag_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    good = "We\tO\nfly\tO\nto\tO\nRome\tB-CITY\n\n"
    path.write_text(good * 3 + "Oslo\tB-CITY|B-TEAM\n\nOslo\tB\n\nOslo\t\n", encoding="utf8")
    found = [own for own in read(path) if isinstance(own, str)]
    assert len(found) == 3
    assert "with several tags ('B-CITY|B-TEAM')" in found[0]
    assert "with a tag 'B' without a label" in found[1]
    assert "without a tag; words outside of entities have the tag O" in found[2]


def test_tags_in_other_entries_of_conll_u(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    rows_of = [("We", "O"), ("fly", "O"), ("to", "O"), ("Rome", "B-CITY")]
    lines = [
        f"{i}\t{word}" + "\t_" * 7 + f"\tTag={tag}|SpaceAfter=No"
        for i, (word, tag) in enumerate(rows_of, start=1)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    assert read(path) == [FLIGHT]


def test_texts_that_are_too_long_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("Rome\tB-CITY\n\n" + "Rome\tB-CITY\n" * 200_001, encoding="utf8")
    first, second = read_annotated_texts(path, NLP)
    assert isinstance(first, AnnotatedText)
    reason = "has 1000004 characters, more than 1000000: split it"
    assert second == InvalidRecord(str(path), 3, reason)


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    content = gzip.compress(rows("\t").encode())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tsv.gz", content)
    (file,) = find_annotated_files([path])
    texts = [record.text for _, record in file.read() if isinstance(record, Annotation)]
    assert texts == [FLIGHT[0], OSLO[0]]
    original = path.read_bytes()
    for place in range(0, len(original), 5):
        path.write_bytes(original[:place] + bytes([original[place] ^ 0x55]) + original[place + 1 :])
        # a changed name or date does no harm
        with contextlib.suppress(ValueError):
            for file in find_annotated_files([path]):
                list(file.read())
    damaged = tmp_path / "a.tsv.gz"
    for place in range(10, len(content) - 8, 3):
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with pytest.raises(ValueError, match=r"H04[67]|H118"):
            read(damaged)


def test_a_file_may_begin_without_annotation(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("".join(f"w{i} -\n" for i in range(9000)) + "\nRome B-CITY\n", encoding="utf8")
    first, second = read_annotated_texts(path, NLP)
    assert isinstance(first, AnnotatedText)
    assert isinstance(second, AnnotatedText)
    assert (len(first.missing), first.spans) == (9000, ())
    assert second.spans == (LabelledSpan(0, 4, "CITY"),)
