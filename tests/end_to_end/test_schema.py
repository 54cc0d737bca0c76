"""The verb `schema`, as it is typed."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gitops.document import documents
from tests.conftest import ROOT
from tests.end_to_end.command import Command


@pytest.fixture
def fairlead(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.mark.parametrize("flags", [(), ("--json",)])
@pytest.mark.parametrize(
    ("name", "file"), [("fleet", "fleet.yaml"), ("app", "apps/payments/app.yaml")]
)
def test_the_schema_is_printed(
    fairlead: Command, name: str, file: str, flags: tuple[str, ...]
) -> None:
    said = fairlead("schema", name, *flags)
    assert said.err == ""
    assert said.out == json.dumps(said.json(), indent=2) + "\n"
    validator = Draft202012Validator(said.json())
    data = documents(file, (ROOT / file).read_bytes())[0].data()
    assert isinstance(data, dict)
    assert validator.is_valid(data)
    assert not validator.is_valid({**data, "nmae": "x"})


def test_an_unknown_schema_is_refused(fairlead: Command) -> None:
    said = fairlead("schema", "flet", code=2)
    assert said.out == ""
    assert said.err == "fairlead: no schema 'flet' is known; did you mean `fleet`?\n"


@pytest.mark.parametrize("arguments", [(), ("fleet", "app"), ("fleet", "--nice")])
def test_what_else_is_typed_is_refused(fairlead: Command, arguments: tuple[str, ...]) -> None:
    said = fairlead("schema", *arguments, code=2)
    assert said.out == ""
    assert "schema" in said.err


def found(fairlead: Command) -> list[dict[str, str]]:
    """What `check` finds in the files, which is told the same whether kustomize is there or not."""
    findings: list[dict[str, str]] = fairlead("check", "--json", "--no-render").json()["findings"]
    return findings


def test_a_stale_schema_is_found_and_the_hint_cures_it(fairlead: Command) -> None:
    fairlead("new", ".", "--name", "acme")
    stored = fairlead.directory / ".fairlead/schemas/fleet.json"
    assert found(fairlead) == []
    stored.write_text("{}\n")
    [finding] = found(fairlead)
    assert (finding["code"], finding["severity"]) == ("FL204", "info")
    assert finding["hint"] == "write `fairlead schema fleet > .fairlead/schemas/fleet.json`"
    stored.write_text(fairlead("schema", "fleet").out)
    assert found(fairlead) == []
