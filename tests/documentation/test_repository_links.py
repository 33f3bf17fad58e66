"""Links of pages lead to pages of the site, or name a file of the repository."""

import pytest

pytest.importorskip("mkdocs")

from code_blocks import ROOT
from mkdocs.exceptions import PluginError
from repository_links import rewrite_links

DOCS = ROOT / "docs"


@pytest.mark.parametrize(
    ("source", "page", "before", "after"),
    [
        # from page to page nothing changes
        ("docs/report.md", "report.md", "[a](confidence.md#calibration)", None),
        ("docs/report.md", "report.md", "![a](images/report.png) [b](#x)", None),
        ("docs/report.md", "report.md", "[a](https://example.org/b.md) [b](mailto:a@b)", None),
        ("docs/reference/python.md", "reference/python.md", "[a](../suggest.md)", None),
        # what is generated exists in the site alone
        ("docs/index.md", "index.md", "[a](reference/messages.md#H001)", None),
        # what is no page is named
        (
            "docs/benchmarks.md",
            "benchmarks.md",
            "see [the figures](../benchmarks/results/addresses.json)",
            "see the figures (`benchmarks/results/addresses.json`)",
        ),
        ("docs/benchmarks.md", "benchmarks.md", "[`setup.cfg`](../setup.cfg).", "`setup.cfg`."),
        # files of the root that are pages
        ("docs/report.md", "report.md", "[a](../CHANGELOG.md)", "[a](changelog.md)"),
        ("CONTRIBUTING.md", "contributing.md", "[a](CHANGELOG.md)", "[a](changelog.md)"),
        ("CONTRIBUTING.md", "contributing.md", "[a](docs/report.md)", "[a](report.md)"),
        (
            "README.md",
            "reference/component.md",
            "[`a`](docs/report.md#options) [b](LICENSE)",
            "[`a`](../report.md#options) b (`LICENSE`)",
        ),
        # code is no link
        ("docs/report.md", "report.md", "`[a](nowhere.txt)`", None),
        ("docs/report.md", "report.md", "x\n```\n[a](../no.md)\n```\n", None),
    ],
)
def test_links(source: str, page: str, before: str, after: str | None) -> None:
    assert rewrite_links(before, ROOT / source, page) == (before if after is None else after)


def test_links_that_lead_nowhere_are_noticed() -> None:
    with pytest.raises(PluginError, match=r"no file \.\./no_such\.txt"):
        rewrite_links("[a](../no_such.txt)", DOCS / "report.md", "report.md")
