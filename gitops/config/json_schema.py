"""The JSON Schema of `fleet.yaml`, `app.yaml` and stops, for editors: made of what reads them.

It takes every configuration that `read` takes. It is wider where a rule holds between values, and
where a text must name something that only the reader can look up.

Source: https://json-schema.org/draft/2020-12/schema; of it, only what draft 7 has too, apart from
the name `$defs`: many editors know no more.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Final, Literal, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from gitops.config.app_schema import AppConfig
from gitops.config.faults import nearest
from gitops.config.scalars import duration_text
from gitops.config.schema import API_VERSION, FleetConfig, Model
from gitops.config.stops import HoldConfig, StandingFreezeConfig
from gitops.errors import InvalidInput

SchemaName = Literal["fleet", "app", "hold", "freeze"]
NAMES: Final[tuple[SchemaName, ...]] = get_args(SchemaName)

_MODELS: Final[dict[SchemaName, tuple[str, type[Model]]]] = {
    "fleet": ("Fleet", FleetConfig),
    "app": ("App", AppConfig),
    "hold": ("Hold", HoldConfig),
    "freeze": ("Freeze", StandingFreezeConfig),
}
"""What `kind` says, and what reads the rest."""

STORED: Final[Mapping[SchemaName, str]] = {
    "fleet": ".fairlead/schemas/fleet.json",
    "app": ".fairlead/schemas/app.json",
}
"""Where a fleet keeps those of files that people write: no Flux path may reach this directory, and
editors need no network."""


class _ForEditors(GenerateJsonSchema):
    """Keys as they are declared; neither titles nor defaults that say nothing."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's
        return value

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's
        return False

    def encode_default(self, dft: object) -> object:
        return duration_text(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        default = schema.get("default")
        if not default or isinstance(default, BaseModel):
            found.pop("default", None)
        return found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        # One schema of several types: an editor then says what is wrong with the value, instead of
        # that it is neither of two things.
        found = self.generate_inner(schema["schema"])
        types = found.get("type")
        if types is None:
            return {"anyOf": [found, {"type": "null"}]}
        values = {"enum": [*found["enum"], None]} if "enum" in found else {}
        return {
            **found,
            "type": [*([types] if isinstance(types, str) else types), "null"],
            **values,
        }

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        # Pydantic's own says of a key that fits no pattern neither that it is wrong nor why.
        names = self.generate_inner(schema["keys_schema"])
        values = self.generate_inner(schema["values_schema"])
        return {"type": "object", "propertyNames": names, "additionalProperties": values}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return {key: value for key, value in super().model_schema(schema).items() if key != "title"}


def json_schema(name: SchemaName) -> dict[str, object]:
    """The schema of one of the files, as JSON values; keys in the order of the fields."""
    kind, model = _MODELS[name]
    made = model.model_json_schema(by_alias=True, schema_generator=_ForEditors)
    header = {
        "apiVersion": {"const": API_VERSION, "description": "The form of this file."},
        "kind": {"const": kind, "description": "What this file describes."},
    }
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:fairlead:{API_VERSION.rpartition('/')[2]}:{name}",
        "title": f"{name}.yaml of Fairlead" if name in STORED else f"{kind} of Fairlead",
        "description": made["description"],
        "type": "object",
        "additionalProperties": False,
        "required": [*header, *made["required"]],
        "properties": header | made["properties"],
        **({"$defs": made["$defs"]} if "$defs" in made else {}),
    }


@cache
def json_schema_text(name: SchemaName) -> str:
    """The same as a file: ASCII, indented by two, with a line break at the end."""
    return json.dumps(json_schema(name), indent=2) + "\n"


def schema_name(text: str) -> SchemaName:
    """The name of a schema.

    Raises:
        InvalidInput: there is no schema of this name.
    """
    found = next((name for name in NAMES if name == text), None)
    if found is None:
        raise InvalidInput(f"no schema {text!r} is known", nearest(text, NAMES))
    return found
