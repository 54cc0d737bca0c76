"""What happens on every forge: small scenes of which each tells how it went, in a few words.

An answer is `done` or the status of the refusal, followed by what became of the merge request.
"""

from collections.abc import Callable
from itertools import count

from bot.model import CheckState
from tests.contract.forge_worlds import BOT
from tests.contract.scene_people import READER, OnGitea, People, answer, report

SCENES: dict[str, Callable[[People], str]] = {}

_NUMBERS = count(1)
_NOWHERE = "0" * 40


def scene(words: str) -> Callable[[Callable[[People], str]], Callable[[People], str]]:
    """The decorated function plays this."""

    def add(play: Callable[[People], str]) -> Callable[[People], str]:
        SCENES[words] = play
        return play

    return add


def branch(people: People, by: str = "ana") -> str:
    """A new branch with a commit of somebody's."""
    number = next(_NUMBERS)
    name = f"promote/{number}"
    people.world.push(name, {f"{number}.yaml": "tag: v1.0\n"}, by)
    return name


def merging(people: People, number: int, head: str | None = None, by: str = BOT) -> str:
    """How a merge ends: its answer and the state after it."""
    at = head or people.head(number)
    said = answer(lambda: people.merge(number, at, by))
    return f"{said}, {people.state(number)}"


# --- opening ------------------------------------------------------------------------------------


@scene("another one is opened for the same two branches")
def _(people: People) -> str:
    source = branch(people)
    people.open(source)
    return answer(lambda: people.open(source))


@scene("one is opened from a branch without new commits")
def _(people: People) -> str:
    source = f"empty/{next(_NUMBERS)}"
    people.world.force(source, people.world.head("main") or "", "ana")
    return answer(lambda: people.open(source))


@scene("one is opened from a branch that is not there")
def _(people: People) -> str:
    return answer(lambda: people.open("nowhere"))


@scene("one is opened without a title")
def _(people: People) -> str:
    source = branch(people)
    return answer(lambda: people.open(source, ""))


@scene("one is opened by somebody who may only read")
def _(people: People) -> str:
    people.reader()
    source = branch(people)
    return answer(lambda: people.open(source, by=READER))


@scene("one that is not there is asked for")
def _(people: People) -> str:
    return answer(lambda: people.state(9999))


# --- merging ------------------------------------------------------------------------------------


@scene("it is merged at its head")
def _(people: People) -> str:
    number = people.open(branch(people))
    head = people.head(number)
    told = merging(people, number)
    commit = people.world.commit(people.world.head("main") or "")
    second = commit is not None and commit.parents[1:] == (head,)
    return f"{told}, its head the {'second parent' if second else 'lost one'}"


@scene("it is merged after the target moved on elsewhere")
def _(people: People) -> str:
    number = people.open(branch(people))
    people.world.push("main", {f"elsewhere-{next(_NUMBERS)}.yaml": "x: 1\n"}, "bo")
    return merging(people, number)


@scene("it is merged at a head that it no longer has")
def _(people: People) -> str:
    source = branch(people)
    number = people.open(source)
    before = people.head(number)
    people.world.push(source, {"late.yaml": "x: 1\n"}, "bo")
    return merging(people, number, before)


@scene("it is merged at a head that it never had")
def _(people: People) -> str:
    return merging(people, people.open(branch(people)), _NOWHERE)


@scene("it is merged though it conflicts")
def _(people: People) -> str:
    name = f"conflict-{next(_NUMBERS)}"
    people.world.push(f"promote/{name}", {f"{name}.yaml": "one\n"}, "ana")
    number = people.open(f"promote/{name}")
    people.world.push("main", {f"{name}.yaml": "two\n"}, "bo")
    said = merging(people, number)
    # Gitea's answer depends on whether it has looked again since that push.
    either = isinstance(people, OnGitea) and said in {"405, open", "409, open"}
    return "405 or 409, open" if either else said


@scene("it is merged after it was closed")
def _(people: People) -> str:
    number = people.open(branch(people))
    people.edit(number, "closed")
    return merging(people, number)


@scene("it is merged twice")
def _(people: People) -> str:
    number = people.open(branch(people))
    head = people.head(number)
    people.merge(number, head)
    return merging(people, number, head)


@scene("it is merged by somebody who may only read")
def _(people: People) -> str:
    people.reader()
    return merging(people, people.open(branch(people)), by=READER)


# --- rules --------------------------------------------------------------------------------------


@scene("somebody pushes to the protected target")
def _(people: People) -> str:
    people.protect()
    return answer(lambda: people.world.push("main", {"past.yaml": "x: 1\n"}, "ana"))


@scene("it is merged before the approval that is wanted, and after it")
def _(people: People) -> str:
    people.protect(approvals=1)
    number = people.open(branch(people))
    before = merging(people, number)
    people.approve(number, people.head(number), "bo")
    return f"{before}; {merging(people, number)}"


@scene("it is merged before the check that is wanted, after its failure, and after its success")
def _(people: People) -> str:
    people.protect(check=True)
    number = people.open(branch(people))
    told = [merging(people, number)]
    for state in (CheckState.FAILURE, CheckState.SUCCESS):
        report(people, number, state)
        told.append(merging(people, number))
    return "; ".join(told)


@scene("its author approves it")
def _(people: People) -> str:
    people.protect(approvals=1)
    number = people.open(branch(people))
    said = answer(lambda: people.approve(number, people.head(number), "ana"))
    return f"{said}; merged: {merging(people, number)}"


@scene("somebody who may only read approves it")
def _(people: People) -> str:
    people.reader()
    people.protect(approvals=1)
    number = people.open(branch(people))
    said = answer(lambda: people.approve(number, people.head(number), READER))
    return f"{said}; merged: {merging(people, number)}"


@scene("a head that it no longer has is approved")
def _(people: People) -> str:
    source = branch(people)
    number = people.open(source)
    before = people.head(number)
    people.world.push(source, {"late.yaml": "x: 2\n"}, "ana")
    return answer(lambda: people.approve(number, before, "bo"))


@scene("it is pushed to after the approval, where that takes approvals back")
def _(people: People) -> str:
    return _pushed_after(people, reset=True)


@scene("it is pushed to after the approval, where approvals stay")
def _(people: People) -> str:
    return _pushed_after(people, reset=False)


def _pushed_after(people: People, *, reset: bool) -> str:
    people.protect(approvals=1, reset=reset)
    source = branch(people)
    number = people.open(source)
    people.approve(number, people.head(number), "bo")
    people.world.push(source, {f"after-{next(_NUMBERS)}.yaml": "x: 1\n"}, "ana")
    people.settle(number, "pushed")
    return merging(people, number)


# --- what becomes of it -------------------------------------------------------------------------


@scene("somebody else pushes to its branch")
def _(people: People) -> str:
    source = branch(people)
    number = people.open(source)
    pushed = people.world.push(source, {"theirs.yaml": "x: 3\n"}, "eve")
    return "told" if people.head(number) == pushed else "not told"


@scene("its branch is deleted")
def _(people: People) -> str:
    source = branch(people)
    number = people.open(source)
    people.world.delete(source)
    people.settle(number, "deleted")
    return people.state(number)


@scene("it is closed and opened again")
def _(people: People) -> str:
    number = people.open(branch(people))
    people.edit(number, "closed")
    closed = people.state(number)
    return f"{closed}; {answer(lambda: people.edit(number, 'open'))}, {people.state(number)}"


@scene("it is closed after it was merged")
def _(people: People) -> str:
    number = people.open(branch(people))
    people.merge(number, people.head(number))
    return f"{answer(lambda: people.edit(number, 'closed'))}, {people.state(number)}"


@scene("it is opened again after it was merged")
def _(people: People) -> str:
    number = people.open(branch(people))
    people.merge(number, people.head(number))
    return f"{answer(lambda: people.edit(number, 'open'))}, {people.state(number)}"
