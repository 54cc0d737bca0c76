"""Gitea's answers beside those of the stand-ins, as docs/fidelity.md tells them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.contract.answers import Dialect, OnGitea, OnGitHub, OnGitLab
from tests.contract.forge_worlds import GiteaWorld
from tests.contract.github_world import GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.real.gitea import Gitea
from tests.stand_ins.github import GitHub
from tests.stand_ins.gitlab import GitLab

COLUMNS = ("Gitea", "GitLab Free", "GitLab Premium", "GitHub Free", "GitHub Team")
STORIES: dict[str, Callable[[Dialect], object]] = {}

Story = Callable[[Dialect], object]


def story(text: str) -> Callable[[Story], Story]:
    """The decorated function does it; what it returns is the answer."""

    def keep(tell: Story) -> Story:
        STORIES[text] = tell
        return tell

    return keep


# --- opening ------------------------------------------------------------------------------------


@story("one is opened")
def opened(on: Dialect) -> object:
    on.push()
    return on.open(on.branch)[0]


@story("a second one for the same branches")
def opened_twice(on: Dialect) -> object:
    on.push()
    on.opened()
    return on.open(on.branch)[0]


@story("one from a branch that is not there")
def from_nowhere(on: Dialect) -> object:
    return on.open("nowhere")[0]


@story("one without a title")
def without_title(on: Dialect) -> object:
    on.push()
    return on.open(on.branch, title="")[0]


# --- merging ------------------------------------------------------------------------------------


@story("it is merged at its head")
def merged(on: Dialect) -> object:
    head = on.push()
    return on.merge(on.opened(), head)


@story("merged at another sha")
def other_sha(on: Dialect) -> object:
    old = on.push()
    number = on.opened()
    on.push(text="tag: v1.1\n")
    on.settle(number)
    return on.merge(number, old)


@story("merged while it is a draft")
def draft(on: Dialect) -> object:
    head = on.push()
    status, told = on.open(on.branch, **on.draft)
    if status != 201:
        return f"{status}, not opened"
    return on.merge(on.settled(told), head)


@story("merged while it conflicts")
def conflict(on: Dialect) -> object:
    head = on.push()
    number = on.opened()
    on.push("main", text="tag: v0.9\n")
    on.settle(number)
    return on.merge(number, head)


@story("merged a second time")
def merged_twice(on: Dialect) -> object:
    head = on.push()
    number = on.opened()
    on.merge(number, head)
    return on.merge(number, head)


@story("merged when it is closed")
def merged_closed(on: Dialect) -> object:
    head = on.push()
    number = on.opened()
    on.set(number, "closed")
    return on.merge(number, head)


@story("opened again when it is merged: its state")
def reopened(on: Dialect) -> object:
    head = on.push()
    number = on.opened()
    on.merge(number, head)
    on.set(number, "open")
    return on.state(number)


@story("its head is pushed to the target: its state")
def pushed_to_target(on: Dialect) -> object:
    on.push()
    number = on.opened()
    mirror = on.world.head(on.branch)
    assert mirror is not None
    on.world.force("main", mirror, "ana")
    return on.eventually(number, {"merged", "closed"})


@story("its branch is deleted: its state")
def deleted(on: Dialect) -> object:
    on.push()
    number = on.opened()
    on.world.delete(on.branch)
    return on.eventually(number, {"closed"})


# --- approvals, comments, statuses --------------------------------------------------------------


@story("somebody else approves it")
def approved(on: Dialect) -> object:
    head = on.push()
    return on.approve(on.opened(), head)


@story("its author approves it")
def approved_by_author(on: Dialect) -> object:
    head = on.push()
    return on.approve(on.opened(), head, "ana")


@story("an approval that names a commit before")
def approved_before(on: Dialect) -> object:
    old = on.push()
    number = on.opened()
    on.push(text="tag: v1.1\n")
    on.settle(number)
    return on.approve(number, old)


@story("approved a second time")
def approved_twice(on: Dialect) -> object:
    head = on.push()
    number = on.opened()
    on.approve(number, head)
    return on.approve(number, head)


@story("a comment when it is merged")
def commented(on: Dialect) -> object:
    head = on.push()
    number = on.opened()
    on.merge(number, head)
    return on.comment(number)


@story("a status of its head")
def status(on: Dialect) -> object:
    return on.status(on.push())


@story("the same status once more")
def same_status(on: Dialect) -> object:
    head = on.push()
    on.status(head)
    return on.status(head)


@story("a status of a commit that is not there")
def status_of_nothing(on: Dialect) -> object:
    return on.status("1" * 40)


# --- looking ------------------------------------------------------------------------------------


@story("one that is not there")
def absent(on: Dialect) -> object:
    return on.get(4711)[0]


@story("looked at with a wrong token")
def wrong_token(on: Dialect) -> object:
    on.push()
    return on.get(on.opened(), "nobody")[0]


@story("looked at by a stranger")
def stranger(on: Dialect) -> object:
    on.push()
    return on.get(on.opened(), "mallory")[0]


# --- the page -----------------------------------------------------------------------------------


def told() -> Iterator[tuple[str, list[str], str]]:
    """The rows of the page: what is done, the answers, and why they differ."""
    page = (ROOT / "docs" / "fidelity.md").read_text()
    table = page.split("| What is done |", 1)[1].split("\n\n", 1)[0]
    for line in table.splitlines()[2:]:
        what, *answers, why = (cell.strip() for cell in line.strip("|").split("|"))
        yield what, answers, why


def answers_of(on: Dialect) -> dict[str, str]:
    answers = {}
    for number, (what, tell) in enumerate(STORIES.items()):
        on.begin(number)
        answers[what] = str(tell(on))
    return answers


def column(name: str) -> dict[str, str]:
    number = COLUMNS.index(name)
    return {what: answers[number] for what, answers, _ in told()}


@pytest.mark.real
@pytest.mark.slow
def test_gitea_answers_so(server: Gitea, tmp_path: Path) -> None:
    assert answers_of(OnGitea(GiteaWorld(server, tmp_path))) == column("Gitea")


@pytest.mark.parametrize("tier", ["Free", "Premium"])
def test_gitlab_answers_so(tier: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server: GitLab = request.getfixturevalue(f"gitlab_{tier.lower()}_server")
    made = answers_of(OnGitLab(GitLabWorld(server, tmp_path)))
    assert made == column(f"GitLab {tier}")


@pytest.mark.parametrize("plan", ["Free", "Team"])
def test_github_answers_so(plan: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server: GitHub = request.getfixturevalue(f"github_{plan.lower()}_server")
    made = answers_of(OnGitHub(GitHubWorld(server, tmp_path)))
    assert made == column(f"GitHub {plan}")


def test_what_differs_has_its_reason() -> None:
    for what, answers, why in told():
        assert (len(set(answers)) > 1) == bool(re.search(r"\w", why)), what
