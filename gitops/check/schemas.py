"""Whether rendered objects are what their JSON schemas allow.

A directory of schemas is a Tree. Two layouts are known, anywhere below it: kubeconform's
`KIND-GROUP-VERSION.json` (the group up to its first dot, or all of it; nothing for the core), and
that of CRD catalogues, `GROUP/KIND_VERSION.json` (`core` for the core).

Source: https://json-schema.org/draft/2020-12, kubeconform's readme ("schema-location").
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import validators
from jsonschema.exceptions import UnknownType, ValidationError
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, Unresolvable
from referencing.jsonschema import DRAFT202012

from gitops.check.finding import Finding
from gitops.check.pods import told
from gitops.check.rendered import Rendered
from gitops.errors import InvalidInput, Place
from gitops.rendering.model import Object
from gitops.tree import Tree

_SHOWN = 3
"""Of the errors of one object."""

_LONGEST = 160
"""Characters of one error."""

_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?")


class Schemas:
    """A rule, FL008, over the schemas of some directories; the first that has a kind decides.

    `missing` counts the objects of each kind that none of them has.
    """

    def __init__(self, directories: Sequence[Tree]) -> None:
        self._directories = [_Directory(tree) for tree in directories]
        self._known: dict[tuple[str, str], Validator | None] = {}
        self.missing: dict[str, int] = {}

    def __call__(self, rendered: Rendered) -> Iterator[Finding]:
        """FL008: what the schema of its kind does not allow."""
        for each in rendered.objects:
            validator = self._validator(each)
            if validator is None:
                kind = f"{each.api_version} {each.kind}"
                self.missing[kind] = self.missing.get(kind, 0) + 1
                continue
            # What SOPS adds is taken away before anything is applied.
            data: Any = {key: value for key, value in each.data.items() if key != "sops"}
            try:
                errors = [e for e in validator.iter_errors(data) if not _open(e.instance)]
            except (Unresolvable, UnknownType) as error:
                said = f"the schema of {each.api_version} {each.kind} cannot be used: {error}"
                raise InvalidInput(_short(said), "mend or remove it in --schema-dir") from error
            for wrong in sorted(errors, key=_address)[:_SHOWN]:
                where = _address(wrong) or "the object"
                hint = "compare it with the API's reference, and with its version in the cluster"
                yield told("FL008", each, f"{where}: {_short(wrong.message)}", hint)

    def _validator(self, about: Object) -> Validator | None:
        key = (about.api_version, about.kind)
        if key not in self._known:
            found = (each.validator(*key) for each in self._directories)
            self._known[key] = next((each for each in found if each is not None), None)
        return self._known[key]


class _Directory:
    """The schemas of one directory."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._paths: dict[str, str] = {}
        self._parts: dict[str, Resource[Any]] = {}
        for path in tree:
            if path.endswith(".json"):
                steps = path.lower().split("/")
                self._paths.setdefault("/".join(steps[-2:]), path)
                self._paths.setdefault(steps[-1], path)

    def validator(self, api_version: str, kind: str) -> Validator | None:
        """What judges objects of a kind; None where there is no schema of it."""
        path = next((p for name in _names(api_version, kind) if (p := self._paths.get(name))), None)
        if path is None:
            return None
        schema = self._read(path)
        above = path.rpartition("/")[0]

        def retrieve(uri: str) -> Resource[Any]:
            # Whatever host an `$id` names: nothing is fetched, and parts lie beside each other.
            name = uri.rpartition("/")[2]
            return self._part(f"{above}/{name}" if above else name, uri)

        registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg]
        return _lenient(schema)(schema, registry=registry)

    def _part(self, path: str, uri: str) -> Resource[Any]:
        # Kept, since a registry forgets: Kubernetes' schemas refer to one file of megabytes.
        if path not in self._parts:
            if path not in self._tree:
                raise NoSuchResource(uri)
            self._parts[path] = Resource.from_contents(self._read(path), DRAFT202012)
        return self._parts[path]

    def _read(self, path: str) -> Mapping[str, Any]:
        try:
            value = json.loads(self._tree.read(path))
        except (ValueError, RecursionError) as error:
            raise InvalidInput("is no JSON", place=Place(path)) from error
        if not isinstance(value, dict):
            raise InvalidInput("is no JSON schema", place=Place(path))
        return value


def _names(api_version: str, kind: str) -> Iterator[str]:
    group, slash, version = api_version.rpartition("/")
    name = kind.lower()
    if not slash:
        yield f"core/{name}_{version}.json"
        yield f"{name}-{version}.json"
        return
    yield f"{group}/{name}_{version}.json"
    yield f"{name}-{group.partition('.')[0]}-{version}.json"
    yield f"{name}-{group}-{version}.json"


def _lenient(schema: Mapping[str, Any]) -> Callable[..., Validator]:
    """A validator by which a text that reads as a number is one: documents keep floats as text.

    Such a text is a text all the same, so that of a choice between the two both are right.
    """
    judge = validators.validator_for(schema, default=validators.Draft202012Validator)
    checker = judge.TYPE_CHECKER.redefine("number", _is_number)
    either, exactly_one = judge.VALIDATORS["anyOf"], judge.VALIDATORS["oneOf"]

    def one_of(
        validator: Validator, choices: object, value: object, within: object
    ) -> Iterator[ValidationError]:
        both = isinstance(value, str) and _is_number(None, value)
        yield from (either if both else exactly_one)(validator, choices, value, within)

    extended: Callable[..., Validator] = validators.extend(  # type: ignore[no-untyped-call]
        judge, {"oneOf": one_of}, type_checker=checker
    )
    return extended


def _is_number(_: object, value: object) -> bool:
    if isinstance(value, str):
        return _FLOAT.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _open(value: object) -> bool:
    """Whether a variable decides what the value is."""
    return isinstance(value, str) and "${" in value


def _address(error: ValidationError) -> str:
    return ".".join(str(step) for step in error.absolute_path)


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}..."
