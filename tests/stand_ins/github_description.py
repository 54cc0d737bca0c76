"""Judges answers by GitHub's own description of its API.

An answer is judged whole: that its call and its status are described, and that its body has the
keys, types, formats and values that are described, and no key besides.

Source: OpenAPI Specification 3.0.3, "Schema Object" and "Path Templating".
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

Json = Any

_BODILESS = frozenset({204, 304})
# In these a slash is part of the value.
_LONG = frozenset({"path", "ref", "branch", "base", "head", "basehead", "dir"})
_KEPT = ("type", "enum", "format", "pattern", "required", "minItems", "maxItems", "minimum")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call below the API's root and its answer; `body` is None for an empty one.

    `query` and `sent` are what the call asked with.
    """

    method: str
    path: str
    status: int
    body: Json
    content_type: str = "application/json; charset=utf-8"
    query: Mapping[str, Json] = field(default_factory=dict)
    sent: Json = None


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is not as described: `call` is `METHOD /template`, `place` a path into the body."""

    call: str
    status: int
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A call that is described; `call` is `METHOD /template`."""

    call: str
    responses: Mapping[str, Json]
    parameters: frozenset[str] = frozenset()
    """Of its query."""
    request: Json = None
    """What describes its body, None for none."""


class Description:
    """An OpenAPI 3.0 description."""

    def __init__(self, content: Json) -> None:
        self._content = content
        self._converted: dict[tuple[str, bool], Json] = {}
        self._validators: dict[tuple[str, int], Draft202012Validator | None] = {}
        self._paths = sorted(
            ((_pattern(path), path) for path in content["paths"]),
            key=lambda pair: (-len(re.sub(r"\{\w+\}", "", pair[1])), pair[1]),
        )

    @classmethod
    @lru_cache(maxsize=1)
    def read(cls, path: Path) -> "Description":
        """Of a JSON file; read once."""
        return cls(json.loads(path.read_bytes()))

    def operation(self, method: str, path: str) -> Operation | None:
        """The call that a path below the API's root, without a query, is; None for none."""
        for pattern, template in self._paths:
            described = self._content["paths"][template].get(method.lower())
            if described is not None and pattern.fullmatch(path):
                return self._operation(f"{method} {template}", template, described)
        return None

    def _operation(self, call: str, template: str, described: Json) -> Operation:
        around = self._content["paths"][template].get("parameters", [])
        known = [self._resolved(one) for one in (*around, *described.get("parameters", ()))]
        names = frozenset(one["name"] for one in known if one["in"] == "query")
        body = described.get("requestBody")
        return Operation(call, described["responses"], names, body)

    def misasked(self, exchange: Exchange) -> tuple[Finding, ...]:
        """What a call asked otherwise than is described; what answers 404 or 422 anyway too."""
        operation = self.operation(exchange.method, exchange.path)
        if operation is None:
            return ()
        told = [
            (f"?{name}", "no such parameter is described")
            for name in exchange.query.keys() - operation.parameters
        ]
        if exchange.sent is not None:
            told += self._missent(operation, exchange.sent)
        return tuple(sorted({Finding(operation.call, exchange.status, *one) for one in told}))

    def _missent(self, operation: Operation, sent: Json) -> Iterator[tuple[str, str]]:
        content = self._resolved(operation.request or {}).get("content", {})
        if "application/json" not in content:
            if sent:
                yield "", "no body is described"
            return
        schema = self._convert(content["application/json"]["schema"], closed=True)
        yield from _errors(Draft202012Validator(schema, format_checker=_FORMATS), sent)

    def findings(self, exchange: Exchange) -> tuple[Finding, ...]:
        """What is not as described; () for an answer as GitHub's."""
        operation = self.operation(exchange.method, exchange.path)
        if operation is None:
            call = f"{exchange.method} {exchange.path}"
            return (Finding(call, exchange.status, "", "no such call is described"),)
        judged = self._judged(operation, exchange)
        return tuple(sorted({Finding(operation.call, exchange.status, *told) for told in judged}))

    def _judged(self, operation: Operation, exchange: Exchange) -> Iterable[tuple[str, str]]:
        response = operation.responses.get(str(exchange.status))
        if response is None:
            yield "", "no such status is described"
        if exchange.body is None or exchange.status in _BODILESS:
            if exchange.body is not None:
                yield "", "it has a body"
            elif exchange.status not in _BODILESS and self._resolved(response or {}).get("content"):
                yield "", "it has no body"
            return
        if not exchange.content_type.startswith("application/json"):
            yield "", f"it is {exchange.content_type}"
        validator = self._validator(operation, exchange.status)
        if validator is None:
            if response is not None:
                yield "", "no body is described"
            validator = self._error
        yield from _errors(validator, exchange.body)

    @property
    def _error(self) -> Draft202012Validator:
        """What every refusal looks like, where a call's own are not described."""
        schema = self._convert({"$ref": "#/components/schemas/basic-error"}, closed=True)
        return Draft202012Validator({"anyOf": [{"required": ["errors"]}, schema]})

    def _validator(self, operation: Operation, status: int) -> Draft202012Validator | None:
        key = (operation.call, status)
        if key not in self._validators:
            response = operation.responses.get(str(status), {})
            content = self._resolved(response).get("content", {})
            described = content.get("application/json")
            self._validators[key] = (
                Draft202012Validator(
                    self._convert(described["schema"], closed=True), format_checker=_FORMATS
                )
                if described
                else None
            )
        return self._validators[key]

    def _resolved(self, node: Json) -> Json:
        while "$ref" in node:
            found = self._content
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def _convert(self, node: Json, *, closed: bool) -> Json:
        """As JSON Schema, references replaced by what they name.

        A `closed` object has no keys besides those described.
        """
        if (name := node.get("$ref")) is not None:
            if (name, closed) not in self._converted:
                # It may mention itself: the place is taken before it is filled.
                made = self._converted[name, closed] = {}
                made.update(self._convert(self._resolved(node), closed=closed))
            return self._converted[name, closed]
        schema = {key: node[key] for key in _KEPT if key in node}
        self._convert_object(node, schema, closed=closed)
        if isinstance(node.get("items"), dict):
            schema["items"] = self._convert(node["items"], closed=True)
        for key in ("allOf", "anyOf", "oneOf"):
            if key in node:
                alone = closed and key != "allOf" and "properties" not in node
                # An alternative is closed by itself unless keys are described outside of it. And
                # several that fit are no fault: many of GitHub's alternatives overlap.
                parts = [self._convert(part, closed=alone) for part in node[key]]
                schema["anyOf" if key == "oneOf" else key] = parts
        if node.get("nullable"):
            return {"anyOf": [{"type": "null"}, schema]}
        return schema

    def _convert_object(self, node: Json, schema: Json, *, closed: bool) -> None:
        if "properties" in node:
            schema["properties"] = {
                key: self._convert(value, closed=True) for key, value in node["properties"].items()
            }
        extra = node.get("additionalProperties")
        if isinstance(extra, dict):
            schema["additionalProperties"] = self._convert(extra, closed=True)
        elif extra is False:
            schema["additionalProperties"] = False
        elif closed and extra is None and ("properties" in node or "allOf" in node):
            schema["unevaluatedProperties"] = False


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    names = (".+" if part in _LONG else "[^/]+" for part in parts[1::2])
    literals = [re.escape(part) for part in parts[::2]]
    return re.compile(
        literals[0] + "".join(a + b for a, b in zip(names, literals[1:], strict=True))
    )


def _errors(validator: Draft202012Validator, value: Json) -> Iterator[tuple[str, str]]:
    """Places and words."""
    for error in validator.iter_errors(value):
        # Of several alternatives the nearest one says most.
        nearest = error if not error.context else best_match(iter([error])) or error
        place = "/".join("[]" if isinstance(p, int) else str(p) for p in nearest.absolute_path)
        yield place, _text(nearest.message)


def _text(message: str) -> str:
    """A message without the value it speaks of, which differs from run to run."""
    shortened = re.sub(r"^(\{.*\}|\[.*\]|'(?:[^'\\]|\\.)*'|\S+) (is|does)", r"it \2", message)
    return shortened[:300]


_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    if isinstance(value, str):
        return datetime.fromisoformat(value).tzinfo is not None
    return True


@_FORMATS.checks("uri", raises=ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)
