"""Tokenizers from configs and pipelines, and tokens that files store."""

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from own_functions import CONFIG, TEXTS, TOKENIZER, forget, write_code, write_config, write_pipeline
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.util import registry

from spacy_halfree import check_files
from spacy_halfree.custom_code import import_code
from spacy_halfree.data.annotated_texts import read_annotated_texts
from spacy_halfree.data.gold import make_gold
from spacy_halfree.data.records import AnnotatedText
from spacy_halfree.data.stored_tokens import has_same_tokens
from spacy_halfree.data.tokenizers import is_made_by_settings, make_tokenizing_pipeline

TEXT = "unit PUMP1_G2 is off"
PARTS = ["unit", "PUMP1", "_", "G2", "is", "off"]


@pytest.fixture
def code(tmp_path: Path) -> Iterator[Path]:
    """A Python file whose functions are registered."""
    path = write_code(tmp_path)
    import_code(path)
    yield path
    forget(path)


def words(nlp: Language, text: str = TEXT) -> list[str]:
    return [token.text for token in nlp.make_doc(text)]


def config(folder: Path, content: str) -> Path:
    path = folder / "some.cfg"
    path.write_text(content, encoding="utf8")
    return path


def test_without_a_source() -> None:
    assert make_tokenizing_pipeline().lang == "en"
    nlp = make_tokenizing_pipeline("de")
    assert nlp.lang == "de"
    assert is_made_by_settings(nlp)


def test_a_tokenizer_of_ones_own(tmp_path: Path, code: Path) -> None:
    nlp = make_tokenizing_pipeline(source=write_config(tmp_path))
    assert words(nlp) == PARTS
    assert is_made_by_settings(nlp)
    assert make_tokenizing_pipeline("en", str(write_config(tmp_path))).lang == "en"


def test_a_function_that_is_not_registered(tmp_path: Path) -> None:
    forget(write_code(tmp_path))
    with pytest.raises(ValueError, match=rf"^\[E893\] .*{TOKENIZER}"):
        make_tokenizing_pipeline(source=write_config(tmp_path))


def test_language_and_callbacks_of_a_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @registry.callbacks("test_split_gimme.v1")
    def make_split():
        def split(nlp: Language) -> Language:
            nlp.tokenizer.add_special_case("gimme", [{"ORTH": "gim"}, {"ORTH": "me"}])
            return nlp

        return split

    @registry.callbacks("test_without_exceptions.v1")
    def make_without():
        def without(cls: type[Language]) -> type[Language]:
            # spaCy takes no other class, so this one is changed
            monkeypatch.setattr(cls.Defaults, "tokenizer_exceptions", {})
            return cls

        return without

    lang = '[nlp]\nlang = "de"\n'
    gimme = '@callbacks = "test_split_gimme.v1"\n'
    assert make_tokenizing_pipeline(source=config(tmp_path, lang)).lang == "de"
    for section in ("nlp.after_creation", "initialize.before_init"):
        head = "\n[initialize]\n" if section.startswith("init") else ""
        path = config(tmp_path, f"{lang}{head}\n[{section}]\n{gimme}")
        nlp = make_tokenizing_pipeline(source=path)
        assert words(nlp, "gimme") == ["gim", "me"]
        # what is done at initialization is in no setting that a pipeline keeps
        assert is_made_by_settings(nlp) == (section == "nlp.after_creation")
    before = '\n[nlp.before_creation]\n@callbacks = "test_without_exceptions.v1"\n'
    assert words(make_tokenizing_pipeline("en"), "don't") == ["do", "n't"]
    path = config(tmp_path, '[nlp]\nlang = "en"\n' + before)
    assert words(make_tokenizing_pipeline(source=path), "don't") == ["don't"]


def test_variables_and_other_sections_of_a_config(tmp_path: Path) -> None:
    """A whole config of `spacy init config`, whose components are not built."""
    path = config(
        tmp_path,
        '[paths]\ntrain = null\n\n[system]\nlang = "de"\n\n[nlp]\nlang = ${system.lang}\n'
        'pipeline = ["ner"]\nbatch_size = 5\n\n[components]\n\n[components.ner]\n'
        'factory = "no_such_factory"\n\n[corpora]\n\n[corpora.train]\n'
        '@readers = "no_such_reader.v1"\npath = ${paths.train}\n\n'
        '[initialize]\nvectors = "nowhere"\n',
    )
    nlp = make_tokenizing_pipeline(source=path)
    assert nlp.lang == "de"
    assert nlp.pipe_names == []


def test_settings_of_a_tokenizers_initialization(tmp_path: Path) -> None:
    """As the Chinese tokenizer has them."""

    class Cutter:
        def __init__(self, nlp: Language) -> None:
            self.vocab, self.size = nlp.vocab, 100

        def initialize(self, get_examples=None, *, nlp=None, size: int = 100) -> None:
            self.size = size

        def __call__(self, text: str) -> Doc:
            found = [text[i : i + self.size] for i in range(0, len(text), self.size)]
            return Doc(self.vocab, words=found, spaces=[False] * len(found))

    @registry.tokenizers("test_cutter.v1")
    def make():
        return Cutter

    path = config(
        tmp_path,
        '[nlp]\nlang = "en"\n\n[nlp.tokenizer]\n@tokenizers = "test_cutter.v1"\n\n'
        "[initialize]\n\n[initialize.tokenizer]\nsize = 3\n",
    )
    assert words(make_tokenizing_pipeline(source=path), "abcdefg") == ["abc", "def", "g"]


def test_a_pipelines_folder_and_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = spacy.blank("en")
    nlp.tokenizer.add_special_case("gimme", [{"ORTH": "gim"}, {"ORTH": "me"}])
    # components and vectors are not needed, and not loaded
    nlp.add_pipe("sentencizer")
    nlp.meta["name"] = "gimme_test"
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "pipeline" / "vocab" / "vectors").write_bytes(b"damaged")
    name = "en_gimme_test"
    version = nlp.meta["version"]
    package = tmp_path / "site" / name
    shutil.copytree(tmp_path / "pipeline", package / f"{name}-{version}")
    shutil.copyfile(tmp_path / "pipeline" / "meta.json", package / "meta.json")
    (package / "__init__.py").write_text("", encoding="utf8")
    info = tmp_path / "site" / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    for source in (tmp_path / "pipeline", str(tmp_path / "pipeline"), name):
        found = make_tokenizing_pipeline(source=source)
        assert words(found, "gimme") == ["gim", "me"]
        assert found.pipe_names == []
        assert not is_made_by_settings(found)
    sys.modules.pop(name)


def test_a_pipeline_that_needs_code(tmp_path: Path) -> None:
    pipeline, _ = write_pipeline(tmp_path)
    with pytest.raises(ValueError, match=r"\[E893\]"):
        make_tokenizing_pipeline(source=pipeline)
    code = write_code(tmp_path)
    import_code(code)
    assert words(make_tokenizing_pipeline(source=pipeline)) == PARTS
    forget(code)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("no_such", None, "no file, folder or installed package"),
        ("numpy", None, "E053|meta.json"),
        ("a.cfg", "no config", "own|header|pars"),
        ("a.cfg", '[training]\nx = 1\n\n[nlp]\nbatch_size = 1\n', "no `lang`"),
        ("a.cfg", '[nlp]\nlang = "de"\n', r"'de', but `--lang` is 'en'"),
        ("a.cfg", "[nlp]\nlang = ${paths.x}\n", "paths"),
        ("a.cfg", "[nlp]\nlang = \"en\"\n[nlp]\n", "nlp"),
        ("a.cfg", b"\xff\xfe\0", "decode"),
        ("a.cfg", CONFIG.replace(TOKENIZER, "spacy.Tokenizer.v1") + "y = 1\n", "y"),
        ("folder", "", "no `config.cfg`"),
    ],
)  # fmt: skip
def test_sources_that_cannot_be_used(
    tmp_path: Path, name: str, content: str | bytes | None, reason: str
) -> None:
    source: str | Path = name
    if name == "folder":
        source = tmp_path
    elif content is not None:
        source = tmp_path / name
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
    lang = "en" if "--lang" in reason else None
    with pytest.raises(ValueError, match=rf"(?s)^\[H128\] .*({reason})"):
        make_tokenizing_pipeline(lang, source)


def test_the_config_of_a_file_that_is_checked(tmp_path: Path, code: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"text": "unit PUMP1_G2 is off", "spans": [{"start": 5, "end": 10, "label": "PUMP"}]}\n'
    )
    (report,) = check_files(tmp_path / "a.jsonl").train
    assert [problem.kind for problem in report.problems] == ["not aligned with tokens"]
    (report,) = check_files(tmp_path / "a.jsonl", tokenizer=write_config(tmp_path)).train
    assert not report.problems
    assert report.n_tokens == len(PARTS)


def test_stored_tokens_are_used_and_compared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, gold = write_pipeline(tmp_path)
    code = write_code(tmp_path)
    with caplog.at_level(logging.WARNING, "spacy.halfree"):
        (report,) = check_files(gold).train
    assert not report.problems
    assert report.labels == {"PUMP": len(TEXTS)}
    n = len(TEXTS)
    assert f"[W037] {n} of {n} texts in {gold}" in caplog.text
    assert f"{n} of {n} spans do not align" in caplog.text
    caplog.clear()
    import_code(code)
    (report,) = check_files(gold, tokenizer=write_config(tmp_path)).train
    forget(code)
    assert not report.problems
    assert "W037" not in caplog.text


def test_other_tokens_at_which_spans_align(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nlp = spacy.blank("en")
    same = nlp("don't go to Rome")
    other = Doc(nlp.vocab, words=["don't", "go", "to", "Oslo"])
    for doc in (same, other):
        doc.set_ents([Span(doc, len(doc) - 1, len(doc), label="CITY")])
    DocBin(docs=[same, other]).to_disk(tmp_path / "a.spacy")
    check_files(tmp_path / "a.spacy")
    assert "[W037] 1 of 2 texts" in caplog.text
    assert "0 of 2 spans" in caplog.text


@given(st.text("a b-_'\n", min_size=1), st.text("a b-_'\n", min_size=1))
def test_equal_tokens(first: str, second: str) -> None:
    nlp = spacy.blank("en")
    one, other = nlp.make_doc(first), nlp.make_doc(second)
    expected = [token.text for token in one] == [token.text for token in other]
    assert has_same_tokens(one, other) == expected


def test_a_tokenizer_that_changes_texts(tmp_path: Path) -> None:
    """Its offsets would be those of another text, so nothing is learned of such texts."""

    @registry.tokenizers("test_single_spaces.v1")
    def make():
        return lambda nlp: lambda text: Doc(nlp.vocab, words=text.split())

    path = config(tmp_path, CONFIG.replace(TOKENIZER, "test_single_spaces.v1"))
    nlp = make_tokenizing_pipeline(source=path)
    lines = [
        '{"text": "to Rome now", "spans": [{"start": 3, "end": 7, "label": "CITY"}]}',
        '{"text": "to  Oslo now ", "spans": [{"start": 4, "end": 8, "label": "CITY"}]}',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf8")
    records = list(read_annotated_texts(tmp_path / "a.jsonl", nlp))
    golds = [make_gold(record) for record in records if isinstance(record, AnnotatedText)]
    assert [len(gold.left_out) for gold in golds] == [0, 1]
    assert {token.ent_iob for token in golds[1].doc} == {0}
    (report,) = check_files(tmp_path / "a.jsonl", tokenizer=path).train
    assert [problem.kind for problem in report.problems] == ["text changed by the tokenizer"]


@pytest.mark.parametrize("lang", ["ja", "th", "ko"])
def test_languages_that_need_a_package(lang: str) -> None:
    package = {"ja": "sudachipy", "th": "pythainlp", "ko": "natto"}[lang]
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(ImportError, match=r"requires|not installed"):
            make_tokenizing_pipeline(lang)
    else:
        pytest.skip("it is installed")


def test_chinese_is_split_into_characters() -> None:
    assert words(make_tokenizing_pipeline("zh"), "我在北京") == list("我在北京")
