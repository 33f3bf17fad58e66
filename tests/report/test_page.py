"""The page: alone in one file, the same again, harmless, and made for everyone."""

import json
import re
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from toy_reports import HOSTILE, HOSTILE_LABEL, gold_docs, make_figures, unsure

from spacy_halfree.report.collect import Figures, collect
from spacy_halfree.report.rendering import KINDS, hash_for_policy, make_diagrams, render

VOID = {"meta", "input", "br", "img", "link"}
LOADING = ("src", "srcset", "data", "poster", "action", "formaction", "background", "ping")


class Page(HTMLParser):
    """All elements of a page: tag, attributes, and the text directly in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[int] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.elements[self.open[-1]][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attrs, "".join(text)) for own, attrs, text in self.elements if own == tag]


@pytest.fixture(scope="module")
def figures() -> Figures:
    return make_figures()


@pytest.fixture(scope="module")
def source(figures: Figures) -> str:
    pytest.importorskip("matplotlib")
    return render(figures, make_diagrams(figures))


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def test_the_same_again(source: str) -> None:
    again = make_figures()
    assert render(again, make_diagrams(again)) == source


def test_nothing_is_loaded(source: str, page: Page) -> None:
    for tag, attrs, _ in page.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "image"}
        assert not set(LOADING) & set(attrs)
        for name in ("href", "xlink:href"):
            assert (attrs.get(name) or "#").startswith("#")
        assert not any(name.startswith("on") for name in attrs)
        assert "http" not in (attrs.get("style") or "")
    # names of XML's vocabularies are all there is of this kind
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<>]+", source))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in source
    assert not re.search(r"url\((?!#)", source)
    (policy,) = (attrs["content"] for attrs, _ in page.all("meta") if "http-equiv" in attrs)
    data, script = page.all("script")
    assert data[0]["type"] == "application/json"
    assert f"script-src '{hash_for_policy(script[1])}'" in (policy or "")
    assert "default-src 'none'" in (policy or "")


def test_hostile_texts_are_data(source: str, page: Page) -> None:
    assert len(page.all("script")) == 2
    assert not page.all("b")
    assert "<img" not in source
    assert "onmouseover='x'" not in source
    assert HOSTILE_LABEL in [text for _, text in page.all("option")]
    data = json.loads(page.all("script")[0][1])
    assert HOSTILE_LABEL in data["labels"]
    for text in data["texts"]:
        for key in ("found", "gold", "teacher"):
            for layer in text.get(key, ()):
                shown = Page(layer)
                assert {tag for tag, *_ in shown.elements} <= {"div", "mark", "span"}
    (hostile,) = (text for text in data["texts"] if text["number"] == 5)
    plain = "".join("".join(text) for tag, _, text in Page(hostile["found"][0]).elements)
    assert "<script>" in plain
    (layer,) = hostile["gold"]
    # without what is written at the marks, it is the text
    bare = re.sub(r' <span class="\w+">.*?</span>', "", layer)
    unmarked = re.sub(r"</?(mark|div)\b[^>]*>", "", bare)
    (only,) = Page(f"<p>{unmarked}</p>").all("p")
    assert only[1] == HOSTILE


def test_everything_that_can_be_filtered_by(figures: Figures, page: Page) -> None:
    data = json.loads(page.all("script")[0][1])
    assert [text["number"] for text in data["texts"]] == [text.number for text in figures.texts]
    for text, shown in zip(figures.texts, data["texts"], strict=True):
        assert shown["errors"] == text.n_errors
        assert Counter(KINDS[item[0]] for item in shown["items"]) == Counter(
            [*(pair.kind for pair in text.pairs), *("disagreement" for _ in text.disagreements)]
        )
        for kind, gold, found, confidence in shown["items"]:
            assert (gold == -1) == (KINDS[kind] == "invented") or KINDS[kind] == "disagreement"
            assert confidence == -1 or (found >= 0 and 0 <= confidence <= 100)
    offered = {attrs.get("value") for attrs, _ in page.all("option")}
    assert {"missed", "invented", "label", "bounds", "correct", "disagreement"} <= offered
    assert "unknown" not in offered


def test_for_keyboards_and_screen_readers(page: Page) -> None:
    ids = [attrs["id"] for _, attrs, _ in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    labelled = {attrs["for"] for attrs, _ in page.all("label")}
    for tag in ("input", "select"):
        assert {attrs["id"] for attrs, _ in page.all(tag)} <= labelled
    assert all("scope" in attrs for attrs, _ in page.all("th"))
    assert all(text.strip() for _, text in page.all("button"))
    for _, attrs, _ in page.elements:
        for name in ("aria-labelledby", "for"):
            assert attrs.get(name) is None or attrs[name] in ids
        target = attrs.get("href") or ""
        assert not target.startswith("#") or "=" in target or target[1:] in ids
    assert [attrs for attrs, _ in page.all("p") if attrs.get("aria-live") == "polite"]
    assert all(attrs.get("role") == "img" for attrs, _ in page.all("svg"))
    assert len(page.all("svg")) == 2
    levels = [int(tag[1]) for tag, *_ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert page.all("html")[0][0]["lang"] == "en"
    assert page.all("main")


def test_without_diagrams(figures: Figures) -> None:
    page = Page(render(figures, None))
    assert not page.all("svg")
    assert [attrs for attrs, _ in page.all("details") if "open" in attrs]


def test_diagrams_without_matplotlib(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="H045"):
        make_diagrams(figures)


def test_many_labels_have_no_matrix(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "too many for a table" not in render(figures, None)
    monkeypatch.setattr("spacy_halfree.report.rendering.MOST_LABELS", 2)
    assert "too many for a table" in render(figures, None)


@pytest.mark.parametrize("target", ["spans", "tags"])
def test_other_targets(target: str) -> None:
    figures = collect(unsure(target), gold_docs(target), "test", with_speed=False)
    page = Page(render(figures, None))
    offered = {attrs.get("value") for attrs, _ in page.all("option")}
    assert "disagreement" not in offered
    assert f"{target.capitalize()} are right" in page.all("p")[0][1].replace("entities", "")


def test_nothing_found(figures: Figures) -> None:
    """A model that finds nothing is told of, too."""
    (text, *_) = figures.texts
    system = unsure()
    system.tagger.threshold = 1.0
    silent = collect(system, gold_docs(), "test", with_speed=False)
    assert silent.model.reliability is None
    assert make_diagrams(silent) == {}
    assert "Nothing was found with a confidence" in render(silent, {})
    assert render(replace(silent, texts=[text]), {})
