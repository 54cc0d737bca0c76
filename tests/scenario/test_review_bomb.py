"""A branch whose base stands for a hundred million files is its pusher's trouble alone."""

import subprocess
from dataclasses import replace
from pathlib import Path

from bot.demo.world import World
from bot.describe import branch_name, commit_message
from bot.model import Target
from bot.plan import Open, Promotion
from tests.scenario.steps import APP, head_of, tag

PROD = Target("prod", APP)


def git(repository: Path, *arguments: str, feed: str = "") -> str:
    """What git prints, run in the bare repository as somebody with push rights would."""
    environment = {
        "GIT_DIR": str(repository),
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        **{
            f"GIT_{who}_{what}": "mal@example.com"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    ended = subprocess.run(
        ["git", *arguments], input=feed, env=environment, capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def bomb(repository: Path) -> str:
    """A commit of a hundred million files: four levels of a hundred entries each."""
    blob = git(repository, "hash-object", "-w", "--stdin", feed="x\n")
    tree = git(repository, "mktree", feed="".join(f"100644 blob {blob}\t{n}\n" for n in range(100)))
    for _ in range(3):
        rows = "".join(f"040000 tree {tree}\t{n}\n" for n in range(100))
        tree = git(repository, "mktree", feed=rows)
    return git(repository, "commit-tree", tree, feed="many files\n")


def test_a_branch_on_a_base_that_cannot_be_read_stops_nobody_else(proven: World) -> None:
    tag(proven, "v1.0", head_of(proven))
    repository = proven.directory / "fleet.git"
    proof = next(p for p in proven.plan().observation.state.proofs if p.target.app == APP)
    name = branch_name(PROD, "v9.9")
    release = replace(proof.release, version="v9.9")
    message = commit_message([Promotion(PROD, release, name)], "0" * 40)
    base = bomb(repository)
    head = git(repository, "commit-tree", f"{base}^{{tree}}", "-p", base, feed=message)
    git(repository, "update-ref", f"refs/heads/{name}", head)
    ticked = proven.plan()
    (branch,) = (b for b in ticked.observation.branches if b.name == name)
    assert not branch.authentic
    steps = [a for a in ticked.plan.actions if isinstance(a, Open)]
    assert [a.promotion.release.version for a in steps] == ["v1.0"]
