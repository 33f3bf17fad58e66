"""A worker's memory: it does not grow with the number of texts."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
N_PARTS = 16
MOST_MEGABYTES = 4.0
"""Of growth from the second quarter to the last: a worker that kept the 40,000 new words of the
parts in between, or the docs of some parts, would grow by several times that."""
LABEL = """
import sys
from pathlib import Path

sys.path[:0] = [{folder!r}, {pipeline!r}]

from many_texts import make_texts
from spacy_halfree.data.parts import Part
from spacy_halfree.labelling.shards import ShardTask
from spacy_halfree.labelling.worker import TeacherWorker


def resident_kilobytes():
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


teacher, shards, n_parts = sys.argv[1:]
task = ShardTask(TeacherWorker((teacher,)), Path(shards))
for number in range(int(n_parts)):
    # with words that have never been there before
    texts = [
        " ".join([text, *(f"new{{number}}word{{i}}x{{j}}" for j in range(5))])
        for i, text in enumerate(make_texts(1024))
    ]
    records = [dict(id=str(i), text=text) for i, text in enumerate(texts)]
    assert task(Part(0, number, "f", records, list(range(1024)))).texts == 1024
    (Path(shards) / f"00000-{{number:06}}.spacy").unlink()
    print(resident_kilobytes(), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="reads memory as Linux shows it")
def test_it_stays_flat(teacher_path: Path, tmp_path: Path) -> None:
    code = LABEL.format(folder=str(FOLDER), pipeline=str(FOLDER.parent / "pipeline"))
    arguments = [str(teacher_path), str(tmp_path), str(N_PARTS)]
    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True)
    assert result.returncode == 0, result.stderr
    megabytes = [int(line) / 1e3 for line in result.stdout.split()]
    assert len(megabytes) == N_PARTS
    quarter = N_PARTS // 4
    second = statistics.median(megabytes[quarter : 2 * quarter])
    last = statistics.median(megabytes[-quarter:])
    assert last - second < MOST_MEGABYTES, megabytes
