"""What keeps the package readable: few parameters, and one meaning for a module's name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import spacy_halfree

ROOT = Path(spacy_halfree.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
MOST_PARAMETERS = 8
USERS_SETTINGS = {
    "cli/options.py": {"read_options"},
    "pipeline/factory.py": {"make_halfree_tagger"},
    "pipeline/tagger.py": {"__init__"},
    "models/architectures.py": {"build_sentinel_seq2seq"},
}
"""Options, config factories and the component's constructor, with a parameter for each setting."""
COMMANDS_OF_FUNCTIONS = {"suggest", "calibrate"}
"""A command in `cli/` may have the name of the module whose function it calls."""


def parameters(path: Path) -> Iterator[tuple[str, int]]:
    """The functions and dataclasses of a file, and how many arguments they take."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.FunctionDef):
            own = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield node.name, sum(argument.arg not in ("self", "cls") for argument in own)
        elif isinstance(node, ast.ClassDef) and any(
            "dataclass" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            fields = [ast.unparse(own) for own in node.body if isinstance(own, ast.AnnAssign)]
            no_arguments = ("init=False", "ClassVar", "KW_ONLY")
            yield node.name, sum(not any(name in own for name in no_arguments) for own in fields)


def test_few_parameters() -> None:
    too_many = {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in FILES
        for name, n in parameters(path)
        if n > MOST_PARAMETERS and not name.endswith("_cli")
    }
    assert too_many == {f"{path}: {name}" for path, own in USERS_SETTINGS.items() for name in own}


def test_no_two_modules_of_one_name() -> None:
    folders = defaultdict(list)
    for path in FILES:
        if path.stem != "__init__":
            folders[path.stem].append(path.parent.name)
    twice = {name: own for name, own in folders.items() if len(own) > 1}
    assert set(twice) == COMMANDS_OF_FUNCTIONS
    assert all("cli" in own and len(own) == 2 for own in twice.values())
