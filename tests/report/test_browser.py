"""The page in a real browser."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import headless_browser as browser
import pytest
from toy_pipelines import LABELS
from toy_reports import HOSTILE, HOSTILE_LABEL, make_figures

from spacy_halfree.report.collect import Figures
from spacy_halfree.report.rendering import make_diagrams, render

FLAGS = [*browser.FLAGS, "--virtual-time-budget=4000"]
COPIES = 30

pytestmark = pytest.mark.skipif(
    browser.CHROMIUM is None, reason="no chromium or google-chrome on the path"
)


@pytest.fixture(scope="module")
def figures() -> Figures:
    pytest.importorskip("matplotlib")
    return make_figures(COPIES)


@pytest.fixture(scope="module")
def report(figures: Figures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(figures, make_diagrams(figures)), encoding="utf8")
    return path


@pytest.fixture
def visit(tmp_path: Path) -> Callable[..., str]:
    """Open a page; returns what it is once its script has run.

    Nothing may stand on the console but what is expected, and that must.
    """

    def visit(path: Path, fragment: str = "", *options: str, expected: str = "") -> str:
        assert browser.CHROMIUM is not None
        command = [browser.CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *options]
        address = path.as_uri() + (f"#{fragment}" if fragment else "")
        result = subprocess.run(
            [*command, "--dump-dom", address], capture_output=True, text=True, timeout=120
        )
        assert result.returncode == 0, result.stderr
        complaints = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
        assert [own for own in complaints if not expected or expected not in own] == []
        assert bool(complaints) == bool(expected)
        return result.stdout

    return visit


def status(dom: str) -> str:
    (found,) = re.findall(r'<p id="status"[^>]*>(.*?)</p>', dom)
    return found


def shown_texts(dom: str) -> list[int]:
    return [int(number) for number in re.findall(r"<h3>Text (\d+):", dom)]


def test_it_renders(
    report: Path, figures: Figures, visit: Callable[..., str], tmp_path: Path
) -> None:
    picture = tmp_path / "page.png"
    dom = visit(report, "", f"--screenshot={picture}")
    assert status(dom) == "150 of 150 texts; shown: 1 to 50"
    assert shown_texts(dom) == [text.number for text in figures.texts[:50]]
    assert dom.count("<svg") == 2
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "state",
    [
        {"error": "missed"},
        {"error": "wrong", "label": LABELS[1]},
        {"error": "correct", "from": "50", "to": "95"},
        {"error": "disagreement", "page": "2"},
        {"label": HOSTILE_LABEL},
        {"error": "nonsense", "label": "nonsense", "from": "nonsense", "page": "99"},
    ],
    ids=str,
)
def test_filters(
    report: Path, figures: Figures, visit: Callable[..., str], state: dict[str, str]
) -> None:
    dom = visit(report, urlencode(state))
    wanted = filter_in_python(figures, state)
    pages = max(-(-len(wanted) // 50), 1)
    page = min(int(state.get("page", 1)), pages)
    assert wanted
    assert shown_texts(dom) == wanted[50 * (page - 1) : 50 * page]
    assert status(dom).startswith(f"{len(wanted)} of 150 texts")


def filter_in_python(figures: Figures, state: dict[str, str]) -> list[int]:
    """The numbers of the texts that fit, found once more."""
    kind, label = (
        "" if state.get(key) == "nonsense" else state.get(key, "") for key in ("error", "label")
    )
    low = float(state["from"]) if state.get("from", "nonsense") != "nonsense" else 0
    high = float(state.get("to", 100))
    wanted = []
    for text in figures.texts:
        pairs = [(pair.kind, pair) for pair in text.pairs]
        pairs += [("disagreement", pair) for pair in text.disagreements]
        for own, pair in pairs:
            confidence = None if pair.found is None else text.found[pair.found]
            if kind == "wrong" and own in ("correct", "disagreement"):
                continue
            if kind not in ("", "wrong", own):
                continue
            if label and label not in {side[2] for side in (pair.gold, pair.found) if side}:
                continue
            if (low, high) != (0, 100) and (
                confidence is None or not low <= 100 * confidence <= high
            ):
                continue
            wanted.append(text.number)
            break
        else:
            if not kind and not label and (low, high) == (0, 100):
                wanted.append(text.number)
    return wanted


def test_hostile_texts_are_shown_as_they_are(report: Path, visit: Callable[..., str]) -> None:
    dom = visit(report, urlencode({"label": HOSTILE_LABEL}))
    assert "<title>student on test.spacy</title>" in dom
    assert "<img" not in dom
    # as a browser writes the text of an element
    for part in ("&lt;img src=x onerror=", "&amp;amp; {bg}", "&lt;!-- &lt;script&gt;"):
        assert part in dom
    assert HOSTILE.count("<") == 4


DRIVE = """
<script>
const log = [];
const note = () => log.push([
  document.getElementById("status").textContent, location.hash, document.activeElement.id
]);
const choose = (id, value) => {
  const own = document.getElementById(id);
  own.value = value;
  own.dispatchEvent(new Event("input", { bubbles: true }));
  note();
};
addEventListener("load", async () => {
  choose("error", "missed");
  choose("from", "50");
  document.querySelector("button[type=reset]").click();
  await new Promise((done) => setTimeout(done, 10));
  note();
  document.getElementById("next").click();
  note();
  document.querySelector("#labels a").click();
  await new Promise((done) => setTimeout(done, 10));
  note();
  document.title = JSON.stringify(log);
});
</script>
"""


def test_controls(
    report: Path, figures: Figures, visit: Callable[..., str], tmp_path: Path
) -> None:
    """What a reader does with the form, the pages and a link; done by a script, which the page's
    own policy would not let run."""
    source = report.read_text(encoding="utf8")
    driven = tmp_path / "driven.html"
    source = re.sub(r"<meta http-equiv=[^>]*>", "", source)
    driven.write_text(source.replace("</body>", DRIVE + "</body>"), encoding="utf8")
    dom = visit(driven)
    (title,) = re.findall("<title>(.*?)</title>", dom)
    missed, unsure, everything, second, by_label = json.loads(title.replace("&amp;", "&"))
    n_missed = len(filter_in_python(figures, {"error": "missed"}))
    assert missed[:2] == [
        f"{n_missed} of 150 texts; shown: 1 to {min(n_missed, 50)}",
        "#error=missed",
    ]
    # what was missed has no confidence
    assert unsure[:2] == ["0 of 150 texts", "#error=missed&from=50"]
    assert everything[:2] == ["150 of 150 texts; shown: 1 to 50", "#texts"]
    assert second == ["150 of 150 texts; shown: 51 to 100", "#page=2", "texts-heading"]
    assert by_label[1].startswith("#label=")
    assert by_label[2] == "texts-heading"


def test_the_policy_forbids_all_other_scripts(
    report: Path, visit: Callable[..., str], tmp_path: Path
) -> None:
    """Were something ever not escaped, it would still not run."""
    source = report.read_text(encoding="utf8")
    broken = tmp_path / "broken.html"
    added = "<script>document.title = 'changed'</script>"
    broken.write_text(source.replace("</body>", added + "</body>"), encoding="utf8")
    dom = visit(broken, expected="violates the following Content Security Policy")
    assert "<title>student on test.spacy</title>" in dom
