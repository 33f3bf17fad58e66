"""One part after another, in this process."""

from collections.abc import Iterator

from ...data.parts import PartSource
from ..shards import ShardTask, Summary
from ..worker import Progress


def run_locally(source: PartSource, task: ShardTask, on_progress: Progress) -> Iterator[Summary]:
    """Label all parts.

    source: The parts.
    task: What is done to each.
    on_progress: Is called with the number of texts tagged since the last call.
    YIELDS: A summary of each part, as soon as it is finished.
    """
    for part in source.parts():
        yield task(part, on_progress)
