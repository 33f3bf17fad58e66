"""What is said if `presidio-analyzer` is not installed."""

import subprocess
import sys

CODE = """
import sys
sys.modules["presidio_analyzer"] = None
import spacy_halfree.presidio
"""


def test_it_says_what_to_install() -> None:
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert result.returncode == 1
    assert "[H054] spacy_halfree.presidio needs presidio-analyzer" in result.stderr
    assert "'.[presidio]'" in result.stderr
