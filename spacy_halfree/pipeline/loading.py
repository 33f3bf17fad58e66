"""What may be wrong with a saved component, told with an error's number."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import Errors
from ..models.tagger_model import TaggerModel
from ..tagging.scheme import TagScheme


@contextmanager
def explained_loading(name: str, source: str | Path) -> Iterator[None]:
    """Turn whatever goes wrong while files are read into one numbered error.

    name: The component's name.
    source: What is loaded.
    RAISES: ValueError (H010) if anything is raised inside.
    """
    collects_garbage = gc.isenabled()
    try:
        yield
    except Exception as error:
        # srsly switches collection off while it reads, and leaves it off when it fails
        if collects_garbage:
            gc.enable()
        raise ValueError(Errors.H010.format(name=name, path=source, reason=error)) from error


def check_sizes(name: str, model: TaggerModel, scheme: TagScheme) -> None:
    """Check that weights and labels belong together.

    name: The component's name.
    model: The model; one without parameters fits every scheme.
    scheme: The tags.
    RAISES: ValueError (H011) if the weights are for another number of tags.
    """
    n_tags = model.maybe_get_dim("nO")
    if n_tags is not None and n_tags != scheme.n_tags:
        raise ValueError(
            Errors.H011.format(
                name=name, n_tags=n_tags, n_labels=len(scheme.labels), expected=scheme.n_tags
            )
        )
