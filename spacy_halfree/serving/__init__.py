"""A tagger behind HTTP: worker processes tag, and one process in front of them answers."""

from typing import TYPE_CHECKING, Any

from .limits import RequestLimits, ServingSettings

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["RequestLimits", "ServingSettings", "create_app"]


def __getattr__(name: str) -> Any:
    # FastAPI is needed for this alone, and not in workers
    if name != "create_app":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from .app import create_app

    return create_app
