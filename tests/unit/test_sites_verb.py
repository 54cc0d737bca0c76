"""The verb `sites`: what it lists, what it says of the rest, and how it takes a path."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from gitops.cli import sites
from gitops.errors import InvalidInput
from gitops.sites import ArtifactKind, Part
from tests.conftest import ROOT

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: payments, namespace: shop}
spec:
  chart:
    spec: {chart: payments, version: 1.10, sourceRef: {kind: HelmRepository, name: c}}
  valuesFrom: [{kind: Secret, name: s}]
  values:
    image: {repository: ghcr.io/shop/payments, tag: v1.0, digest: ""}
    sidecar: {image: {tag: true}}
"""


def run(*arguments: str | Path) -> Result:
    """What the verb answers with; what it raises is raised here too."""
    app = typer.Typer()
    sites.add_verbs(app)
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def answer(*arguments: str | Path) -> Any:
    result = run(*arguments, "--json")
    assert result.stderr == ""
    return json.loads(result.stdout)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "apps" / "payments.yaml"
    path.parent.mkdir()
    path.write_text(RELEASE)
    return tmp_path


def test_a_line_for_each_site_in_aligned_columns(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fleet)
    place = "apps/payments.yaml"
    title = "HelmRelease/shop/payments"
    refusal = "(not editable: is read as true or false, not as text)"
    assert run().stdout.splitlines() == [
        f"{place}:6:38   chart  {title}  payments               1.10",
        f"{place}:9:53   image  {title}  ghcr.io/shop/payments  v1.0",
        f'{place}:9:67   image  {title}  ghcr.io/shop/payments  ""',
        f"{place}:10:28  image  {title}  -                      true  {refusal}",
    ]


def test_what_is_skipped_and_how_many_there_are_is_talk(fleet: Path) -> None:
    assert run(fleet).stderr.splitlines() == [
        f"{fleet}/apps/payments.yaml:7:16 skipped: the values in the Secret s are not read",
        "fairlead: 4 versions in 1 of 1 YAML file: image 3, chart 1; 1 skipped",
    ]


def test_json_has_a_line_for_each_entry(fleet: Path) -> None:
    text = run(fleet, "--json").stdout
    assert len(text.splitlines()) == 1 + 4 + 1
    found = json.loads(text)
    path = f"{fleet}/apps/payments.yaml"
    assert found["sites"][0] == {
        "path": path,
        "line": 6,
        "column": 38,
        "kind": "chart",
        "part": "chart version",
        "object": "HelmRelease shop/payments",
        "name": "payments",
        "value": "1.10",
        "source": "HelmRepository shop/c",
        "policy": None,
        "editable": True,
        "reason": None,
    }
    assert [(s["name"], s["editable"]) for s in found["sites"][1:]] == [
        ("ghcr.io/shop/payments", True),
        ("ghcr.io/shop/payments", True),
        (None, False),
    ]
    reason = "the values in the Secret s are not read"
    assert found["skipped"] == [{"path": path, "line": 7, "column": 16, "reason": reason}]


def test_the_page_describes_the_json(fleet: Path) -> None:
    page = (ROOT / "docs" / "sites.md").read_text(encoding="utf-8").split("## As JSON")[1]
    page = page.split("## ")[0]
    described = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE))
    found = answer(fleet)
    assert list(found["sites"][0]) == list(described)
    named = re.search(r"An entry of `skipped` has (.*) \(null", page)
    assert named
    assert [*re.findall(r"`(\w+)`", named[1]), "reason"] == list(found["skipped"][0])
    parts = {part.value for part in Part if part is not Part.SUSPEND}
    assert all(f"`{part}`" in described["part"] for part in parts)
    assert all(f"`{kind.value}`" in described["kind"] for kind in ArtifactKind)


def test_nothing_found_is_said_and_no_failure(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.stdout == ""
    assert result.stderr == f"fairlead: no versions found in {tmp_path}, 0 YAML files\n"
    assert answer(tmp_path) == {"sites": [], "skipped": []}


def test_one_file_is_a_path_too(fleet: Path) -> None:
    (fleet / "apps" / "other.yaml").write_text(RELEASE)
    path = fleet / "apps" / "payments.yaml"
    assert {site["path"] for site in answer(path)["sites"]} == {str(path)}
    assert len(answer(path)["sites"]) == 4
    assert len(answer(fleet)["sites"]) == 8


def test_paths_are_those_of_where_it_is_typed(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fleet)
    for arguments in ([], ["."], ["apps"], ["apps/payments.yaml"]):
        assert {s["path"] for s in answer(*arguments)["sites"]} == {"apps/payments.yaml"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("app", "no such file or directory; did you mean {}/apps?"),
        ("apps/paymens.yaml", "no such file or directory; did you mean {}/apps/payments.yaml?"),
        ("app/payments.yaml", "no such file or directory; did you mean {}/apps?"),
        ("zzz", "no such file or directory; give a directory or a YAML file"),
        ("apps/payments.yaml/x", "cannot be read (Not a directory); give a directory or"),
        ("notes.txt", "is no YAML file by its name; give a directory, or a file that ends in"),
    ],
)
def test_a_wrong_path_is_refused_with_a_cure(fleet: Path, path: str, told: str) -> None:
    (fleet / "notes.txt").write_text(RELEASE)
    with pytest.raises(InvalidInput) as caught:
        run(fleet / path)
    assert str(caught.value).startswith(f"{fleet / path}: {told.format(fleet)}")


def test_a_symlink_is_named_and_not_followed(fleet: Path) -> None:
    link = fleet / "link.yaml"
    link.symlink_to("apps/payments.yaml")
    found = answer(link)
    assert found["sites"] == []
    assert found["skipped"] == [
        {
            "path": str(link),
            "line": None,
            "column": None,
            "reason": "is a symlink; edit its target",
        }
    ]


def test_a_symlink_to_a_directory_is_told_if_it_leads_elsewhere(fleet: Path) -> None:
    elsewhere = fleet / "elsewhere"
    elsewhere.mkdir()
    (fleet / "apps" / "out").symlink_to("../elsewhere")
    (fleet / "apps" / "self").symlink_to(".")
    (fleet / "apps" / "note").symlink_to("../elsewhere/none")
    told = {each["path"]: each["reason"] for each in answer(fleet / "apps")["skipped"]}
    assert told[f"{fleet}/apps/out"] == "is a symlink to a directory elsewhere, which is not read"
    assert not {f"{fleet}/apps/self", f"{fleet}/apps/note"} & set(told)
    assert f"{fleet}/apps/out" not in {each["path"] for each in answer(fleet)["skipped"]}


def test_a_symlink_to_nothing_is_called_so(fleet: Path) -> None:
    (fleet / "link.yaml").symlink_to("none.yaml")
    with pytest.raises(InvalidInput, match=r"link\.yaml: leads nowhere; mend the symlink, or"):
        run(fleet / "link.yaml")


def test_a_file_that_is_not_read_costs_no_other(fleet: Path) -> None:
    (fleet / "apps" / "odd\nname.yaml").write_text(RELEASE)
    with (fleet / "apps" / "large.yaml").open("wb") as file:
        file.truncate(1 << 30)
    found = answer(fleet)
    assert len(found["sites"]) == 4
    assert {each["path"] for each in found["skipped"]} == {
        f"{fleet}/apps/{name}.yaml" for name in ("odd\nname", "large", "payments")
    }
    with pytest.raises(InvalidInput, match=r"large\.yaml: is larger than"):
        run(fleet / "apps" / "large.yaml")


def test_what_a_terminal_would_obey_is_shown_as_an_escape(fleet: Path) -> None:
    text = RELEASE.replace("chart: payments", r'chart: "\e[2Jx"').replace(
        "name: s}", 'name: "\\u202e"}'
    )
    (fleet / "apps" / "payments.yaml").write_text(text)
    (fleet / "apps" / "\x1b[2Jq.yaml").write_text(RELEASE)
    result = run(fleet)
    assert "\\x1b[2Jx" in result.stdout
    assert "\\x1b[2Jq.yaml:6:38" in result.stdout
    assert "\\u202e" in result.stderr
    assert not set(result.output) & set("\x1b\u202e")
    assert answer(fleet)["sites"][-4]["name"] == "\x1b[2Jx"


def test_a_long_entry_does_not_widen_its_column_for_all(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fleet)
    Path("apps", f"{'a' * 240}.yaml").write_text(RELEASE)
    widths = [len(line) for line in run().stdout.splitlines() if "payments.yaml" in line]
    assert len(widths) == 4
    assert max(widths) < 240
