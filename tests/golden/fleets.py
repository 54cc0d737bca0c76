"""Whole fleets as `fairlead new` writes them, one for each forge, kept in `tests/golden/fleets/`.

`python -m tests.golden.fleets` writes them anew; look at the difference before it is committed.
"""

import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import typer
from typer.testing import CliRunner

from gitops.cli import add_verbs
from gitops.directory import read_directory, write_directory
from gitops.tree import Tree

KEPT = Path(__file__).parent / "fleets"

WHEEL = f"https://example.com/fairlead_gitops-0.1.0-py3-none-any.whl#sha256={'0' * 64}"
IMAGE = f"registry.example.com/fairlead@sha256:{'0' * 64}"
KEY = f"age1{'q' * 58}"
"""Of nobody: no key has this recipient, so nothing could be decrypted with it."""

COMMANDS: Mapping[str, str] = {
    "gitlab": f"""\
        --name acme --forge gitlab --project acme/platform/fleet --install {WHEEL}
        --secrets sops --age-recipient {KEY} --cluster prod=prod-eu --cluster prod=prod-us
        --alerts gitlab --registry registry.gitlab.com
        --bootstrap operator --bot-image {IMAGE} --domain acme.example
        --have cni-netpol""",
    "github": f"""\
        --name acme --forge github --topology single --install {IMAGE} --defaults inline
        --alerts slack --local kind --registry ghcr.io""",
    "gitea": """\
        --name acme --forge gitea --environment dev --environment test --environment stage
        --environment prod --owners @acme/operators --local kind --health statuses""",
    "local": "--name acme --environment dev --environment prod --local minikube",
}
"""The flags of each."""

_SCHEMAS = ".fairlead/schemas/"
"""They have a test of their own, and would change here with every word of theirs."""


def scaffolded(name: str) -> Tree:
    """What the command writes now."""
    app = typer.Typer()
    add_verbs(app)
    with tempfile.TemporaryDirectory() as directory:
        words = ["new", directory, "--yes", *shlex.split(COMMANDS[name])]
        CliRunner().invoke(app, words, catch_exceptions=False)
        return _without_schemas(read_directory(Path(directory)))


def kept(name: str) -> Tree:
    """What is kept here."""
    return read_directory(KEPT / name)


def _without_schemas(tree: Tree) -> Tree:
    return Tree({path: file for path, file in tree.items() if not path.startswith(_SCHEMAS)})


if __name__ == "__main__":
    for each in COMMANDS:
        shutil.rmtree(KEPT / each, ignore_errors=True)
        (KEPT / each).mkdir(parents=True)
        write_directory(KEPT / each, Tree({}), scaffolded(each))
