"""What the manuals show is true: examples parse, and every verb, setting and code is described."""

import re
import tomllib
from pathlib import Path

import pytest
import typer
import typer.main

from bot import given_secrets
from bot import settings as settings_module
from bot.adapters.status_file import StatusFile
from bot.cli import app
from bot.model import Gap
from gitops import config, errors
from gitops.carriers import Carried
from gitops.tree import Tree

DOCS = Path(__file__).parents[2] / "docs"


def example(page: str, name: str) -> str:
    """The fenced example between the marks `name:begin` and `name:end`."""
    text = (DOCS / page).read_text(encoding="utf-8")
    match = re.search(
        rf"<!-- {name}:begin -->\n```\w+\n(.*?)```\n<!-- {name}:end -->", text, re.DOTALL
    )
    assert match, f"{page} has no example {name}"
    return match.group(1)


def test_the_example_fleet_and_app_are_right() -> None:
    tree = Tree.of(
        {
            "fleet.yaml": example("configuration.md", "fleet"),
            "apps/payments/app.yaml": example("configuration.md", "app"),
        }
    )
    found = config.read(tree)
    assert not found.broken
    prod = found.policy("payments", "prod")
    assert prod is not None
    assert (prod.required, prod.proof, prod.artifacts) == (3, "commit", "proven")


def test_the_example_hold_is_what_the_verb_writes() -> None:
    path = config.hold_path("prod", "payments")
    text = example("configuration.md", "hold")
    (hold,) = config.read_stops(Tree.of({path: text}))
    assert hold.content is not None
    assert config.stop_text(hold.content).decode() == text


def test_the_example_settings_are_read(tmp_path: Path) -> None:
    text = example("operating.md", "settings")
    for name in ("gitlab", "git", "registry"):
        (tmp_path / name).write_text("secret")
        text = text.replace(f"/run/secrets/{name}", str(tmp_path / name))
    assert set(tomllib.loads(text)) >= {"fleet", "origins"}
    file = tmp_path / "settings.toml"
    file.write_text(text)
    found = settings_module.read({"FAIRLEAD_SETTINGS": str(file)})
    assert found.fleet == "https://git.example.com/platform/fleet.git"
    registry = found.origin("https://registry.example.com/v2/")
    assert registry is not None
    assert registry.realms == ("https://auth.example.com",)
    assert registry.private
    gitlab = found.origin("https://gitlab.example.com/shop/payments.git")
    assert gitlab is not None
    assert gitlab.forge == "gitlab"


def test_the_example_status_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "health.json"
    file.write_text(example("operating.md", "health"))
    health = StatusFile(file).health([Carried("stage", "stage-1", "payments", ())])
    assert not isinstance(health, Gap)
    assert [h.cluster for h in health] == ["stage-1"]


def commands() -> dict[str, object]:
    """Every verb with its flags, `group verb` for those of a group."""
    root = typer.main.get_command(app)
    found: dict[str, object] = {}
    for name, command in getattr(root, "commands", {}).items():
        below = getattr(command, "commands", None)
        if below:
            found |= {f"{name} {verb}": inner for verb, inner in below.items()}
        else:
            found[name] = command
    return found


def test_every_verb_is_in_the_manual() -> None:
    text = (DOCS / "operating.md").read_text(encoding="utf-8")
    table = text.split("## Verbs")[1].split("| exit code")[0]
    missing = [verb for verb in commands() if verb != "demo" and not _named(verb, table)]
    assert not missing


def _named(verb: str, table: str) -> bool:
    group, _, inner = verb.partition(" ")
    spans = [span.split() for span in re.findall(r"`([^`]+)`", table)]
    return any(span[0] == group and (not inner or inner in span) for span in spans)


def test_every_setting_is_in_the_manual() -> None:
    text = (DOCS / "operating.md").read_text(encoding="utf-8")
    for name in (
        "FAIRLEAD_SETTINGS",
        "FAIRLEAD_FLEET",
        "FAIRLEAD_BRANCH",
        "FAIRLEAD_STATUS_FILE",
        "FAIRLEAD_WORK_DIRECTORY",
        "FAIRLEAD_STATE_KEY",
        "FAIRLEAD_STATE_KEY_FILE",
    ):
        assert f"`{name}`" in text
    modules = (settings_module, given_secrets)
    source = "".join(Path(str(m.__file__)).read_text(encoding="utf-8") for m in modules)
    read = set(re.findall(r"FAIRLEAD_[A-Z_]+[A-Z]", source))
    assert all(f"`{name}`" in text for name in read), read


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidInput("x"), 2),
        (errors.Unavailable("x", service="s"), 4),
        (errors.Denied("x"), 5),
    ],
)
def test_every_exit_code_is_in_the_manual(error: errors.FairleadError, code: int) -> None:
    assert error.exit_code == code
    assert f"| {code} |" in (DOCS / "operating.md").read_text(encoding="utf-8")
