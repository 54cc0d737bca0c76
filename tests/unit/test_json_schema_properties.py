"""Whatever is read fits the JSON Schema, and a value of a wrong type or form does not."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gitops.config import scalars
from gitops.config.json_schema import SchemaName
from tests.unit import test_config_app as apps
from tests.unit import test_config_fleet as fleets
from tests.unit.editor import MODELS, Editor, data_of, faults, is_read
from tests.unit.test_config_scalars import accepts, test_value

# --- single values --------------------------------------------------------------------------------

SCALARS: Mapping[str, Any] = {
    name: kind
    for name, kind in vars(scalars).items()
    # Whether there is a group of this name is asked later, so any text is one at first.
    if hasattr(kind, "__metadata__") and name != "Group"
}
FORMS: Mapping[str, dict[str, Any]] = {
    name: TypeAdapter(kind).json_schema() for name, kind in SCALARS.items()
}
CASES = next(iter(test_value.pytestmark)).args[1]
SEEDS = {
    name: sorted(
        {str(value) for kind, *both in (c.values for c in CASES) if kind is found for value in both}
        | {str(example) for example in FORMS[name].get("examples", ["a"])}
    )
    for name, found in SCALARS.items()
}
CHARACTERS = st.sampled_from("aZ09.-_/:@{}<>[]()*?^~|=!,+%\\ \tvxTMon日é\n")


@st.composite
def near(draw: st.DrawFn, texts: list[str]) -> str:
    """One of some texts with up to three characters put in, left out or replaced."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.just("") | CHARACTERS) + text[at + draw(st.integers(0, 1)) :]
    return text


def test_every_scalar_is_tried() -> None:
    assert SCALARS.keys() >= {"Label", "GitUrl", "Duration", "SomeDuration", "Day", "OpenWindow"}
    assert all(len(seeds) >= 1 for seeds in SEEDS.values())


@pytest.mark.parametrize("name", sorted(SCALARS))
@given(data=st.data())
def test_a_value_that_is_read_fits(name: str, data: st.DataObject) -> None:
    odd = st.one_of(st.none(), st.booleans(), st.integers(-2, 101))
    value = data.draw(st.one_of(near(SEEDS[name]), near(SEEDS[name]), odd))
    if accepts(SCALARS[name], value):
        assert Editor(FORMS[name]).is_valid(value)


@pytest.mark.parametrize("name", sorted(SCALARS))
def test_examples_are_right(name: str) -> None:
    for example in FORMS[name].get("examples", ()):
        assert accepts(SCALARS[name], example)


@pytest.mark.parametrize(("kind", "good", "bad"), CASES)
def test_a_wrong_value_does_not_fit(kind: Any, good: object, bad: object) -> None:
    editor = Editor(TypeAdapter(kind).json_schema())
    assert editor.is_valid(good)
    # Brackets begin an address of the internet's sixth version; their inside has no form of ours.
    assert not editor.is_valid(bad) or bad == "https://[h/a"


# --- whole files ----------------------------------------------------------------------------------

HEADERS = {
    "fleet": {"apiVersion": "fairlead.dev/v1alpha1", "kind": "Fleet"},
    "app": {"apiVersion": "fairlead.dev/v1alpha1", "kind": "App"},
}
VALUES: list[object] = [
    *(None, True, 0, 1, 7, -1, "", "0", "x", "30s", "qa", "main", "2026-12-20"),
    *([], {}, ["x"], [{}]),
]
ODD = st.sampled_from(VALUES).map(copy.deepcopy)
KEYS = st.sampled_from(["name", "from", "path", "waves", "branch", "tags", "proof", "X", "windows"])
OURS = frozenset({"refused", "is_instance_of"})
"""Pydantic's types of errors that our own code raises, or leaves behind."""


def addresses(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every node below a value."""
    items: Any = value.items() if isinstance(value, dict) else ()
    for key, inner in enumerate(value) if isinstance(value, list) else items:
        yield (*at, key)
        yield from addresses(inner, (*at, key))


@st.composite
def broken(draw: st.DrawFn, text: str) -> Any:
    """A configuration without its header, with up to three nodes replaced, lost or added."""
    data = copy.deepcopy(data_of(text))
    del data["apiVersion"], data["kind"]
    for _ in range(draw(st.integers(0, 3))):
        *above, last = draw(st.sampled_from([*addresses(data)] or [("name",)]))
        holder = data
        for key in above:
            holder = holder[key]
        change = draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "remove" and (last in holder or isinstance(last, int)):
            del holder[last]
        elif change == "add" and isinstance(holder, dict):
            holder[draw(KEYS)] = draw(ODD)
        else:
            holder[last] = draw(ODD)
    return data


@pytest.mark.parametrize(
    ("name", "text"), [("fleet", fleets.FLEET), ("app", apps.APP), ("app", apps.PODINFO)]
)
@settings(max_examples=150)
@given(data=st.data())
def test_a_file_fits_as_it_is_read(name: SchemaName, text: str, data: st.DataObject) -> None:
    document = data.draw(broken(text))
    whole = json.dumps(HEADERS[name] | document, ensure_ascii=False)
    told = faults(name, whole)
    if is_read(name, whole):
        assert told == []
    assert told or wrong_types(name, document) <= OURS


def wrong_types(name: SchemaName, document: object) -> set[str]:
    """What pydantic finds in single values, by its own words."""
    try:
        MODELS[name].model_validate(document)
    except ValidationError as invalid:
        return {error["type"] for error in invalid.errors()}
    return set()
