"""The rules of the house that no linter knows: small functions and modules, empty doors, plain names, keys that point down."""

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "officina"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
MODULE_LINES = 600
FUNCTION_LINES = 60
USUAL_FUNCTION_LINES = 12
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "core", "manager", "managers"}


@cache
def functions(path: Path) -> list[tuple[str, int]]:
    """The functions of a module, each with its length."""
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.name, (node.end_lineno or 0) - node.lineno + 1) for node in ast.walk(tree) if isinstance(node, kinds)]


def test_no_module_is_longer_than_can_be_kept_in_mind():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen():
    long = [(path.name, name, lines) for path in MODULES for name, lines in functions(path) if lines > FUNCTION_LINES]
    assert long == []


def test_half_of_the_functions_are_a_dozen_lines_or_fewer():
    lengths = sorted(lines for path in MODULES for _, lines in functions(path))
    assert lengths[len(lengths) // 2] <= USUAL_FUNCTION_LINES


def test_every_module_says_what_it_is_and_every_door_is_empty():
    silent = [
        path for path in MODULES if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    busy = [path for path in MODULES if path.name == "__init__.py" and path.read_text().strip()]
    assert (silent, busy) == ([], [])


def test_no_module_has_a_name_that_says_nothing():
    assert [path for path in MODULES if EMPTY_NAMES & {path.stem, path.parent.name}] == []


def floors() -> dict[str, int]:
    """The height of each top-level package, the ground being 0, as the import contract has it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c.get("containers") == ["officina"])
    return {name.strip(): height for height, floor in enumerate(reversed(layers)) for name in floor.split("|")}


def crossing_keys() -> list[tuple[type[Model], str, type[Model], str]]:
    """Every key of ours that points to a model of another package of ours."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("officina.")]
    return [
        (model, field.name, field.related_model, field.remote_field.related_name)
        for model in ours
        for field in [*model._meta.get_fields(include_hidden=False)]
        if field.concrete
        and field.is_relation
        and field.related_model in ours
        and model._meta.app_label != field.related_model._meta.app_label
    ]


def test_no_key_points_up():
    height = floors()
    up = [
        f"{model.__name__}.{name} → {target.__name__}"
        for model, name, target, _ in crossing_keys()
        if height[target.__module__.split(".")[1]] >= height[model.__module__.split(".")[1]]
    ]
    assert up == []


def test_a_key_across_packages_leaves_no_name_behind():
    named = [f"{model.__name__}.{name} leaves {back!r}" for model, name, _, back in crossing_keys() if back != "+"]
    assert named == []


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
