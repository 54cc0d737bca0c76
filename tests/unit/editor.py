"""What an editor makes of a configuration by its JSON Schema, and what the reader makes of it.

Source of the validator: https://python-jsonschema.readthedocs.io/
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from pydantic import BaseModel

from gitops.config import AppConfig, FleetConfig, HoldConfig, StandingFreezeConfig, read
from gitops.config.json_schema import NAMES, SchemaName, json_schema
from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.tree import Tree
from tests.unit import test_config_app as apps

MODELS: Mapping[SchemaName, type[BaseModel]] = {
    "fleet": FleetConfig,
    "app": AppConfig,
    "hold": HoldConfig,
    "freeze": StandingFreezeConfig,
}


def _pattern(
    _: object, pattern: str, value: object, __: Mapping[str, Any]
) -> Iterator[ValidationError]:
    # Python's `$` matches before a last line break; that of JSON Schema does not (ECMA-262).
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


Editor: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
EDITORS = {name: Editor(json_schema(name)) for name in NAMES}


def data_of(text: str | bytes) -> Any:
    """The one document of a file, as the reader sees it."""
    data = text.encode() if isinstance(text, str) else text
    return documents("a.yaml", data)[0].data()


def faults(name: SchemaName, text: str | bytes) -> list[str]:
    """What an editor would mark."""
    return [error.message for error in EDITORS[name].iter_errors(data_of(text))]


def is_read(name: SchemaName, text: str) -> bool:
    """Whether the reader takes it, an app as `payments` or `podinfo` of `test_config_app`."""
    if name == "fleet":
        try:
            read(Tree.of({"fleet.yaml": text}))
        except InvalidInput:
            return False
        return True
    app = "podinfo" if "podinfo" in text else "payments"
    return not read(Tree.of({"fleet.yaml": apps.FLEET, f"apps/{app}/app.yaml": text})).broken
