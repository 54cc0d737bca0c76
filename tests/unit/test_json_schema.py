"""The JSON Schema of both files: it takes what the reader takes, and refuses what it can tell."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gitops.config.json_schema import (
    NAMES,
    STORED,
    SchemaName,
    json_schema,
    json_schema_text,
)
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import ForgeKind
from gitops.tree import Tree
from tests.conftest import ROOT
from tests.unit import test_config_app as apps
from tests.unit import test_config_fleet as fleets
from tests.unit import test_config_read as whole
from tests.unit.editor import EDITORS, MODELS, data_of, faults, is_read

# --- what it takes --------------------------------------------------------------------------------


def good_ones(test: Any) -> Iterator[tuple[str, str]]:
    """What to replace, and by what, in each case of a table whose third column is right."""
    for mark in test.pytestmark:
        for case in mark.args[1]:
            yield case.values[0], case.values[2]


FLEETS = [
    fleets.FLEET,
    apps.FLEET,
    whole.FLEET,
    *(fleets.changed(old, good) for old, good in good_ones(fleets.test_refusal)),
]
APPS = [
    apps.APP,
    apps.PODINFO,
    whole.APP,
    *(apps.changed(apps.APP, old, good) for old, good in good_ones(apps.test_refusal)),
    *(
        apps.changed(apps.PODINFO, old, good)
        for old, good in good_ones(apps.test_refusal_without_a_source)
    ),
]


@pytest.mark.parametrize("text", FLEETS)
def test_every_fleet_that_is_read_fits(text: str) -> None:
    assert is_read("fleet", text)
    assert faults("fleet", text) == []


@pytest.mark.parametrize("text", APPS)
def test_every_app_that_is_read_fits(text: str) -> None:
    assert faults("app", text) == []


def test_the_reference_fleet_fits() -> None:
    assert faults("fleet", (ROOT / "fleet.yaml").read_bytes()) == []
    found = sorted(ROOT.glob("apps/*/app.yaml"))
    assert len(found) == 7
    assert [faults("app", path.read_bytes()) for path in found] == [[]] * 7


@pytest.mark.parametrize("forge", list(ForgeKind))
def test_what_the_scaffold_writes_fits(forge: ForgeKind) -> None:
    tree = new_fleet(Tree({}), FleetAnswers("acme", forge, clusters={"prod": ["eu", "us"]}))
    image = "registry.example.com/shop/a"
    tree = add_app(tree, AppAnswers("own", "shop", (image,), source="https://g.example.com/a.git"))
    tree = add_app(tree, AppAnswers("theirs", "shop", (f"{image}b",), range="6.x || ^7"))
    assert faults("fleet", tree["fleet.yaml"].data) == []
    assert [faults("app", tree[f"apps/{a}/app.yaml"].data) for a in ("own", "theirs")] == [[], []]


# --- what it refuses ------------------------------------------------------------------------------

MUTANTS: list[tuple[SchemaName, str, str]] = [
    ("fleet", "name: acme\n", ""),
    ("fleet", "name: acme", "nmae: acme"),
    ("fleet", "name: acme", "name: Acme"),
    ("fleet", "name: acme", "name: 7"),
    ("fleet", "name: acme", "name:"),
    ("fleet", "name: acme", "name: acme\nwaves: []"),
    ("fleet", "name: acme", "name: acme\nbranch: promote/x"),
    ("fleet", "name: acme", "name: acme\nbranch: a..b"),
    ("fleet", "kind: Fleet", "kind: App"),
    ("fleet", "kind: Fleet\n", ""),
    ("fleet", "v1alpha1", "v1"),
    ("fleet", "kind: gitlab", "kind: gitlap"),
    ("fleet", "kind: gitlab", "kind: local"),
    ("fleet", ", project: platform/fleet", ""),
    ("fleet", "platform/fleet", "fleet"),
    ("fleet", "emails: [bo@example.com]", "emails: bo@example.com"),
    ("fleet", "bo@example.com", "bo"),
    ("fleet", "bot: true", "bot: 'true'"),
    ("fleet", "  bo: ", "  b/o: "),
    ("fleet", "  qa: ", "  QA: "),
    ("fleet", "[dev-1]", "[]"),
    ("fleet", "[dev-1]", "dev-1"),
    ("fleet", "[dev-1]", "[dev_1]"),
    ("fleet", "[dev-1]", "[{name: dev-1}]"),
    ("fleet", "path: clusters/us", "path: ../us"),
    ("fleet", "path: clusters/us", "path: clusters/us, region: us"),
    ("fleet", "{branch: main}", "{branch: main, tags: release}"),
    ("fleet", "{branch: main}", "{}"),
    ("fleet", "{branch: main}", "{branch: null}"),
    ("fleet", "{branch: main}", "main"),
    ("fleet", "{branch: main}", "{range: one}"),
    ("fleet", "{branch: main}", "{pattern: main-.*}"),
    ("fleet", "{tags: prerelease}", "{tags: beta}"),
    ("fleet", "    artifacts: tagged\n", ""),
    ("fleet", "proof: contained", "proof: contain"),
    ("fleet", "    after: stage\n", "    after: stage\n    deliver: mr\n"),
    ("fleet", "required: 1", "required: -1"),
    ("fleet", "required: 1", "required: 101"),
    ("fleet", "required: 1", "required: '1'"),
    ("fleet", "required: 1", "requires: 1"),
    ("fleet", "required: 1, from: [qa]", "required: 1, from: ['group:']"),
    ("fleet", "name: render, source: ci", "name: render"),
    ("fleet", "soak: 30m", "soak: 30"),
    ("fleet", "soak: 30m", "soak: 30 m"),
    ("fleet", "soak: 30m", "soak: 30m1h"),
    ("fleet", "soak: 30m", "max_age: 0s"),
    ("fleet", "Mon-Thu 09:00", "Mo-Thu 09:00"),
    ("fleet", "Mon-Thu 09:00", "Thu-Mon 09:00"),
    ("fleet", "09:00-16:00", "9:00-16:00"),
    ("fleet", "09:00-16:00", "09:00-24:30"),
    ("fleet", "16:00 Europe/Budapest", "16:00 CET"),
    ("fleet", "from: 2026-12-20", "from: 20.12.2026"),
    ("fleet", "from: 2026-12-20", "from: 2026-13-20"),
    ("fleet", "reason: holidays", "reason: holidays, environments: []"),
    ("app", "name: payments", "name: Payments"),
    ("app", "team: shop", "taem: shop"),
    ("app", "team: shop", "team: the shop"),
    ("app", "https://gitlab.example.com", "gitlab.example.com"),
    ("app", "https://gitlab.example.com", "https://ana:pw@gitlab.example.com"),
    ("app", "v{version}", "v{verson}"),
    ("app", "v{version}", "v"),
    ("app", '"{tag}"', '"{branch}"'),
    ("app", '"{tag}"', '"{tag}-{version}"'),
    ("app", "main-{sha:7}", "main"),
    ("app", "main-{sha:7}", "main-{sha:6}"),
    ("app", "%H%M%S", "%H:%M"),
    ("app", "com/shop/payments\n", "com/shop/payments:v1\n"),
    ("app", "com/shop/payments\n", "com/shop/payments\n    platforms: [linux]\n"),
    ("app", "environments:", "build_checks: [unit]\nenvironments:"),
    ("app", "prod: {}", "prod:"),
    ("app", "prod: {}", "prod: {clusters: [prod-eu]}"),
    ("app", "prod: {}", "prod: {approvals: {from: []}}"),
]


@pytest.mark.parametrize(("name", "old", "new"), MUTANTS)
def test_what_the_schema_and_the_reader_both_refuse(name: SchemaName, old: str, new: str) -> None:
    right = fleets.FLEET if name == "fleet" else apps.APP
    assert right.count(old) == 1
    assert (is_read(name, right), faults(name, right)) == (True, [])
    wrong = right.replace(old, new)
    assert not is_read(name, wrong)
    assert faults(name, wrong)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("fleet", "after: dev", "after: dve", id="which names there are"),
        pytest.param("fleet", "required: 2", "required: 9", id="how many people there are"),
        pytest.param("fleet", "[dev-1]", "[dev-1, dev-1]", id="that names differ"),
        pytest.param("fleet", "proof: commit", "proof: none", id="what goes with what"),
        pytest.param("fleet", "to: 2027", "to: 2025", id="the order of days"),
        pytest.param("fleet", "09:00-16:00", "16:00-09:00", id="the order of times"),
        pytest.param("fleet", "16:00 Europe/Bud", "16:00 Europe/Pest", id="which zones there are"),
        pytest.param("app", "prod: {}", "prd: {}", id="what the fleet says"),
        pytest.param("app", "name: payments", "name: pay", id="where the file lies"),
    ],
)
def test_what_only_the_reader_can_tell(name: SchemaName, old: str, new: str) -> None:
    right = fleets.FLEET if name == "fleet" else apps.APP
    wrong = right.replace(old, new)
    assert wrong != right
    assert faults(name, wrong) == []
    assert not is_read(name, wrong)


# --- what an editor makes of it -------------------------------------------------------------------


def schemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and every one inside it."""
    yield schema
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            yield from schemas(inner)
    for key in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        if isinstance(schema.get(key), dict):
            yield from schemas(schema[key])
    for key in ("anyOf", "oneOf"):
        for inner in schema.get(key, ()):
            yield from schemas(inner)


KNOWN_TO_ALL = frozenset(
    (
        *("$schema", "$id", "$ref", "$defs", "title", "description", "default", "examples"),
        *("type", "enum", "const", "properties", "required", "additionalProperties"),
        *("propertyNames", "items", "minItems", "maxItems", "minLength", "maxLength"),
        *("minimum", "maximum", "pattern", "format", "anyOf", "oneOf", "if", "then", "else"),
    )
)
"""Draft 7 and `$defs`. Source: https://json-schema.org/draft-07/json-schema-validation"""

ALIKE = re.compile(r"\\x[0-9a-f]{2}|\\[sSnrtf]|\\[.?*+^$|()\[\]{}\\]|\(\?[:=!]|[^\\(]|\((?!\?)")
"""What Python and JavaScript with the `u` flag read alike. Source: ECMA-262, "Patterns"."""


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_schema_that_every_editor_reads(name: SchemaName) -> None:
    schema = json_schema(name)
    Draft202012Validator.check_schema(schema)
    for inner in schemas(schema):
        assert set(inner) <= KNOWN_TO_ALL
        pattern = inner.get("pattern", "")
        assert ALIKE.sub("", pattern) == "", pattern
    assert schema["$id"] == f"urn:fairlead:v1alpha1:{name}"
    assert json_schema_text(name).endswith("\n}\n")


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_described_in_its_order(name: SchemaName) -> None:
    schema: Any = json_schema(name)
    fields = [field.alias or key for key, field in MODELS[name].model_fields.items()]
    assert list(schema["properties"]) == ["apiVersion", "kind", *fields]
    closed = [inner for inner in schemas(schema) if inner.get("additionalProperties") is False]
    assert len(closed) >= (5 if name in STORED else 1)
    for inner in closed:
        for key, value in inner["properties"].items():
            told = value.get("description") or schema["$defs"][value["$ref"].split("/")[-1]]
            assert told, key
    assert [inner for inner in schemas(schema) if "title" in inner] == [schema]


def test_defaults_are_written_as_in_the_file() -> None:
    schema: Any = json_schema("fleet")
    found = schema["$defs"]["EnvironmentConfig"]["properties"]
    keys = ("settle", "max_age", "build_timeout", "deliver", "windows", "after")
    assert [found[key].get("default") for key in keys] == [
        *("1m", "10m", "24h"),
        *("merge-request", None, None),
    ]


def test_a_decimal_number_is_the_one_thing_an_editor_is_stricter_about() -> None:
    text = apps.PODINFO.replace('">=6.0.0"', "6.0")
    assert is_read("app", text)
    assert faults("app", text) == []
    data: Any = data_of(text)
    data["environments"]["dev"]["follow"]["range"] = 6.0
    assert [error.message for error in EDITORS["app"].iter_errors(data)]


def test_the_settings_that_the_manual_shows_name_both_schemas() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    shown = page.split("<!-- editor:begin -->\n```json\n")[1].split("```\n")[0]
    assert list(json.loads(shown)["yaml.schemas"]) == list(STORED.values())
    for name, path in STORED.items():
        assert f"fairlead schema {name} > {path}\n" in page
