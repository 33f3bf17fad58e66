"""Settings: which values they may have, and which of them a saved component keeps."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, overload

from ..errors import Errors, Warnings
from ..ranges import check, check_share, check_within

CONFIG = "config"
"""Under which a component's `cfg` has the settings that it was made with."""
Value = TypeVar("Value")


class Setting(Generic[Value]):
    """A setting of a component, which can be changed at any time and is saved with it.

    Its value is in the component's `cfg`, so it is where `spacy find-threshold` sets it.

    convert: Gets the component, the setting's name and a value. It returns the value as JSON has
        it, and raises ValueError (H013) for one that the setting must not have.
    """

    def __init__(self, convert: Callable[[Any, str, Any], Value]) -> None:
        self.convert = convert
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, component: None, owner: type) -> "Setting[Value]": ...

    @overload
    def __get__(self, component: object, owner: type) -> Value: ...

    def __get__(self, component: Any, owner: type) -> "Setting[Value] | Value":
        if component is None:
            return self
        value: Value = component.cfg[self.name]
        return value

    def __set__(self, component: Any, value: Any) -> None:
        component.cfg[self.name] = self.convert(component, self.name, value)


def setting_names(component: object) -> list[str]:
    """The names of a component's settings."""
    return [name for name, value in vars(type(component)).items() if isinstance(value, Setting)]


def keep_config(component: Any) -> None:
    """Keep what a component was made with beside what may be changed."""
    component.cfg[CONFIG] = {name: component.cfg[name] for name in setting_names(component)}


def take_loaded_settings(component: Any, before: Mapping[str, Any]) -> None:
    """Choose between the settings that were loaded and those that a component was made with.

    A setting that was changed on the saved component is taken if the saved component was made with
    the same value as this one. Otherwise the loader has asked for another value, which stays:
    `spacy.load(path, config={"components": {"halfree_tagger": {"threshold": 0.5}}})`.

    component: Its `cfg` has what was loaded.
    before: Its `cfg` before that.
    RAISES: ValueError (H013) for a value that a setting must not have.
    """
    made_with, saved_with = before[CONFIG], component.cfg[CONFIG]
    component.cfg[CONFIG] = made_with
    for name in made_with:
        is_same = saved_with.get(name, ...) == made_with[name]
        setattr(component, name, (component.cfg if is_same else before)[name])


def from_least_to_most(least: float, most: float) -> Callable[[Any, str, Any], float]:
    """Numbers in a range; see `Setting`."""

    def convert(component: Any, name: str, value: Any) -> float:
        check_within(least, most, **{name: value})
        return float(value)

    return convert


def head_factor(component: Any, name: str, value: Any) -> float:
    """The learning rate's factor for the part behind an encoder; see `Setting`.

    RAISES: ValueError (H013) for a value out of range, (H028) if the model has no such part.
    """
    check_within(LEAST_WEIGHT, MOST_WEIGHT, **{name: value})
    if value != 1.0 and not component.model.has_ref("head"):
        model = component.model.name
        raise ValueError(Errors.H028.format(name=component.name, value=value, model=model))
    return float(value)


def share_for_spans(component: Any, name: str, value: Any) -> float:
    """A share that must be 0 where every word gets a tag, sure or not; see `Setting`."""
    check_share(**{name: value})
    expected = f"0 if the target is '{component.layer.name}', where every word gets a tag"
    check(name, value, not value or component.layer.has_spans, expected)
    return float(value)


def truth_value(component: Any, name: str, value: Any) -> bool:
    """Yes or no; see `Setting`."""
    check(name, value, is_truth_value(value), "true or false")
    return bool(value)


def truth_value_or_none(component: Any, name: str, value: Any) -> bool | None:
    """Yes, no, or neither; see `Setting`."""
    check(name, value, value is None or is_truth_value(value), "true, false or null")
    return None if value is None else bool(value)


def is_truth_value(value: Any) -> bool:
    # numpy's, too
    return type(value).__name__ in ("bool", "bool_")


LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.01, 100.0
"""Within these, losses and gradients have a few digits that are right in float32."""
LEAST_WEIGHT, MOST_WEIGHT = 1e-6, 1e6
"""Within these, no product with a loss or gradient vanishes or overflows in float32."""


def warn_of_no_evaluation(training: Mapping[str, Any]) -> None:
    """Warn if `spacy train` may end before it has looked at what the model has learned.

    training: The section `[training]` of the pipeline's config; empty if there is none.
    """
    if "eval_frequency" not in training:
        return
    eval_frequency, max_steps = training["eval_frequency"], training.get("max_steps", 0)
    patience, max_epochs = training.get("patience", 0), training.get("max_epochs", 0)
    too_soon = 0 < max_steps < eval_frequency or 0 < patience < eval_frequency
    # the epochs may be over before that many steps are
    by_epochs = max_epochs > 0 and eval_frequency == max_steps
    if eval_frequency <= 0 or too_soon or by_epochs:
        warnings.warn(
            Warnings.W021.format(
                eval_frequency=eval_frequency,
                max_steps=max_steps,
                max_epochs=max_epochs,
                patience=patience,
            ),
            stacklevel=2,
        )
