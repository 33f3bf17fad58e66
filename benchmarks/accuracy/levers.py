"""What might make a system better, each measured by itself against the recipe."""

from dataclasses import replace
from typing import Any

from .systems import SYSTEMS, TEACHER, System, training

STUDENT = next(system for system in SYSTEMS if system.name == "student_first_order_soft")


def tagger(**settings: Any) -> dict[str, Any]:
    """Changes to the component's settings."""
    return {"components": {"halfree_tagger": settings}}


def vary(
    system: System, lever: str, changes: dict[str, Any] | None = None, **fields: Any
) -> System:
    """A system that differs in one thing."""
    return replace(
        system,
        name=f"{system.name}/{lever}",
        changes=system.changes | (changes or {}),
        **fields,
    )


LEVERS = [
    vary(TEACHER, "no_adaptation", encoder_steps=0),
    vary(TEACHER, "steps_250", training(max_steps=250)),
]
