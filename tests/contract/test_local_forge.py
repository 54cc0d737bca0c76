"""What the embedded forge alone does: people's verbs, its ref, and two instances at once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.local import LocalForge
from bot.adapters.local_records import Comment
from bot.adapters.local_store import ATTEMPTS, REF
from bot.forge import MergeRequestText
from bot.model import CheckState, MergeRequest, MergeRequestState, Person
from bot.ports import Draft, RefUpdate, Repository
from gitops.errors import Conflict, InvalidInput
from tests.contract.fleet_repositories import T0, FleetRepository

BRANCH = "promote/prod/payments/v1.0"
OTHER = "promote/prod/ledger/v2.0"
TEXT = MergeRequestText("payments v1.0 to prod", "why")
EVE = Person("Eve", "eve@example.com")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FleetRepository:
    fleet = FleetRepository(tmp_path_factory.mktemp("made"))
    for branch in (BRANCH, OTHER):
        fleet.push(branch, {f"{branch.split('/')[2]}.yaml": "tag: v1.0\n"})
    return fleet


@pytest.fixture
def fleet(made: FleetRepository, tmp_path: Path) -> FleetRepository:
    return made.copy(tmp_path)


@pytest.fixture
def repository(fleet: FleetRepository) -> Repository:
    return fleet.mirror()


@pytest.fixture
def forge(repository: Repository) -> LocalForge:
    return LocalForge(repository, at())


def at(minutes: int = 0) -> Callable[[], datetime]:
    return lambda: T0 + timedelta(minutes=minutes)


def told(fleet: FleetRepository) -> tuple[MergeRequest, ...]:
    """What a person sees after a fetch."""
    fleet.person.fetch()
    return LocalForge(fleet.person, at()).list()


def promote(forge: LocalForge, branch: str = BRANCH) -> MergeRequest:
    return forge.open(branch, "main", TEXT)


# --- people -------------------------------------------------------------------------------------


def test_people_see_every_branch_and_the_comments(
    fleet: FleetRepository, forge: LocalForge
) -> None:
    fleet.push("feature/x", {"x.yaml": "x: 1\n"}, EVE)
    mine = forge.open_by_person("feature/x", "main", "eve", "Mine")
    ours = promote(forge)
    forge.close(ours.number, "superseded by v1.1")
    forge.reopen(ours.number, "ana")
    assert [r.number for r in forge.list()] == [mine.number, ours.number]
    assert forge.show(ours.number).comments == (
        Comment("fairlead", "superseded by v1.1", T0),
        Comment("ana", "reopened", T0),
    )
    assert str(forge.show(ours.number).comments[1]) == "ana at 2026-03-02T09:00:00Z: reopened"
    assert forge.show(mine.number).request == mine
    assert (mine.author, mine.contributors) == ("eve", (EVE.email,))


def test_an_approval_of_another_head_is_visible(fleet: FleetRepository, forge: LocalForge) -> None:
    request = promote(forge)
    forge.approve(request.number, "f" * 40, "ana")
    forge.approve(request.number, request.head, "ana")
    (seen,) = told(fleet)
    assert [(a.person, a.sha, a.at) for a in seen.approvals] == [
        ("ana", "f" * 40, T0),
        ("ana", request.head, T0),
    ]


def test_the_bots_own_approval_is_marked(forge: LocalForge) -> None:
    request = promote(forge)
    forge.approve(request.number, request.head, "fairlead")
    assert [a.bot for a in forge.show(request.number).request.approvals] == [True]


def test_checks_differ_by_name_source_and_sha(forge: LocalForge) -> None:
    request = promote(forge)
    for name, source, sha in (
        ("a", "ci", "1"),
        ("b", "ci", "1"),
        ("a", "bo", "1"),
        ("a", "ci", "2"),
    ):
        forge.check(request.number, sha * 40, name, source, CheckState.SUCCESS)
    assert len(forge.show(request.number).request.checks) == 4


def closed(forge: LocalForge) -> int:
    number = promote(forge).number
    forge.close_by_person(number, "ana")
    return number


def merged(forge: LocalForge) -> int:
    request = promote(forge)
    forge.merge(request.number, request.head, "Merge")
    return request.number


SHA = "f" * 40
REFUSALS: dict[str, Callable[[LocalForge], object]] = {
    "approve a closed one": lambda f: f.approve(closed(f), SHA, "ana"),
    "approve a merged one": lambda f: f.approve(merged(f), SHA, "ana"),
    "approve none": lambda f: f.approve(7, SHA, "ana"),
    "approve a short sha": lambda f: f.approve(promote(f).number, "fffffff", "ana"),
    "approve as nobody": lambda f: f.approve(promote(f).number, SHA, ""),
    "approve as two": lambda f: f.approve(promote(f).number, SHA, "ana bo"),
    "check a branch": lambda f: f.check(promote(f).number, "main", "a", "ci", CheckState.SUCCESS),
    "check as nobody": lambda f: f.check(promote(f).number, SHA, "a", "", CheckState.SUCCESS),
    "close a merged one": lambda f: f.close_by_person(merged(f), "ana"),
    "close as nobody": lambda f: f.close_by_person(promote(f).number, "\n"),
    "reopen an open one": lambda f: f.reopen(promote(f).number, "ana"),
    "reopen a merged one": lambda f: f.reopen(merged(f), "ana"),
    "reopen beside another": lambda f: f.reopen((closed(f), promote(f))[0], "ana"),
    "open a second": lambda f: (promote(f), f.open_by_person(BRANCH, "main", "ana", "x")),
    "show none": lambda f: f.show(7),
    "describe none": lambda f: f.describe(7, TEXT),
    "close none": lambda f: f.close(7, ""),
    "merge none": lambda f: f.merge(7, SHA, "Merge"),
}


@pytest.mark.parametrize("refused", REFUSALS.values(), ids=REFUSALS)
def test_a_person_is_told_why_not(
    forge: LocalForge, refused: Callable[[LocalForge], object]
) -> None:
    with pytest.raises(InvalidInput):
        refused(forge)


# --- branches and the ref -----------------------------------------------------------------------


def test_without_its_branch_an_open_one_keeps_its_head(
    fleet: FleetRepository, forge: LocalForge
) -> None:
    request = promote(forge)
    fleet.delete(BRANCH)
    assert told(fleet) == (request,)
    with pytest.raises(Conflict):
        forge.merge(request.number, request.head, "Merge")
    forge.close_by_person(request.number, "ana")
    with pytest.raises(InvalidInput, match="gone"):
        forge.reopen(request.number, "ana")


def test_a_closed_one_keeps_its_head_until_it_is_reopened(
    fleet: FleetRepository, forge: LocalForge
) -> None:
    request = promote(forge)
    forge.close_by_person(request.number, "ana")
    head = fleet.push(BRANCH, {"x.yaml": "x: 1\n"}, EVE)
    assert told(fleet)[0].head == request.head
    forge.reopen(request.number, "ana")
    (seen,) = told(fleet)
    assert (seen.head, seen.contributors) == (head, ("fairlead", EVE.email))


def test_any_writing_verb_records_the_heads_of_all(
    fleet: FleetRepository, forge: LocalForge
) -> None:
    request = promote(forge)
    base = fleet.head("main")
    fleet.push(BRANCH, {"x.yaml": "x: 1\n"}, EVE)
    promote(forge, OTHER)
    fleet.push(BRANCH, {"x.yaml": "x: 2\n"}, base=base)
    assert told(fleet)[request.number - 1].contributors == ("fairlead", EVE.email)


def test_a_committer_without_an_address_is_named(fleet: FleetRepository, forge: LocalForge) -> None:
    promote(forge)
    fleet.push(BRANCH, {"x.yaml": "x: 1\n"}, Person("Eve", ""))
    assert told(fleet)[0].contributors == ("fairlead", "Eve")


def test_what_changes_nothing_moves_nothing(
    fleet: FleetRepository, repository: Repository, forge: LocalForge
) -> None:
    request = promote(forge)
    before = repository.refs(REF)
    promote(forge)
    forge.describe(request.number, TEXT)
    assert fleet.mirror().refs(REF) == before


def test_without_its_target_nothing_is_merged(fleet: FleetRepository, forge: LocalForge) -> None:
    fleet.push("release", {})
    request = forge.open(BRANCH, "release", TEXT)
    fleet.delete("release")
    with pytest.raises(Conflict, match="release is gone"):
        forge.merge(request.number, request.head, "Merge")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("README.md", "hello"),
        ("merge-requests/1.json", "{}"),
        ("merge-requests/1.json", '{"number": true}'),
        ("merge-requests/1.json", None),
    ],
)
def test_what_others_put_on_the_ref_is_named(
    repository: Repository, forge: LocalForge, path: str, content: str | None
) -> None:
    promote(forge)
    head = repository.refs(REF)[REF]
    data = repository.tree(head)["merge-requests/1.json"].data.replace(b'"open"', b'"ajar"')
    changed = {path: data if content is None else content.encode()}
    (sha,) = repository.write([Draft((head,), "Mine", EVE, T0, changed)])
    repository.push([RefUpdate(REF, head, sha)])
    with pytest.raises(InvalidInput, match=f"{REF}:{path}"):
        forge.list()


# --- two instances ------------------------------------------------------------------------------


@pytest.mark.parametrize("later", [0, 1], ids=["same second", "another second"])
def test_two_that_open_the_same_branch_open_one(fleet: FleetRepository, later: int) -> None:
    repository = fleet.interrupted()
    one, other = LocalForge(repository, at()), LocalForge(fleet.mirror(), at(later))
    repository.meanwhile = lambda: promote(other)
    assert promote(one).number == 1
    assert len(told(fleet)) == 1


def test_two_that_open_different_branches_open_both(fleet: FleetRepository) -> None:
    repository = fleet.interrupted()
    one, other = LocalForge(repository, at()), LocalForge(fleet.mirror(), at())
    repository.meanwhile = lambda: promote(other, OTHER)
    assert promote(one).number == 2
    assert [r.source_branch for r in told(fleet)] == [OTHER, BRANCH]


@pytest.mark.parametrize("later", [0, 1], ids=["same second", "another second"])
def test_two_that_merge_the_same_merge_once(fleet: FleetRepository, later: int) -> None:
    repository = fleet.interrupted()
    one, other = LocalForge(repository, at()), LocalForge(fleet.mirror(), at(later))
    request = promote(one)
    base = fleet.head("main")
    repository.meanwhile = lambda: other.merge(1, request.head, "Merge")
    with pytest.raises(Conflict):
        one.merge(1, request.head, "Merge")
    (seen,) = told(fleet)
    head = str(fleet.head("main"))
    assert (seen.state, seen.merge_sha) == (MergeRequestState.MERGED, head)
    assert [c.sha for c in fleet.person.first_parents(head, base)] == [head]


OVERTAKING: dict[str, Callable[[FleetRepository, LocalForge], object]] = {
    "closed": lambda fleet, other: other.close_by_person(1, "ana"),
    "target moved": lambda fleet, other: fleet.push("main", {"y.yaml": "y: 1\n"}, EVE),
    "another merged": lambda fleet, other: other.merge(2, str(fleet.head(OTHER)), "Merge"),
}


@pytest.mark.parametrize("overtake", OVERTAKING.values(), ids=OVERTAKING)
def test_a_merge_that_is_overtaken_moves_nothing(
    fleet: FleetRepository, overtake: Callable[[FleetRepository, LocalForge], object]
) -> None:
    repository = fleet.interrupted()
    one, other = LocalForge(repository, at()), LocalForge(fleet.mirror(), at())
    request = promote(one)
    promote(one, OTHER)
    before: list[object] = []

    def meanwhile() -> None:
        overtake(fleet, other)
        before.append((told(fleet), fleet.head("main")))

    repository.meanwhile = meanwhile
    with pytest.raises(Conflict):
        one.merge(request.number, request.head, "Merge")
    assert [(told(fleet), fleet.head("main"))] == before


def test_an_approval_does_not_fail_because_of_another(fleet: FleetRepository) -> None:
    repository = fleet.interrupted()
    one, other = LocalForge(repository, at()), LocalForge(fleet.mirror(), at())
    request = promote(one)
    repository.meanwhile = lambda: other.approve(1, request.head, "bo")
    one.approve(1, request.head, "ana")
    assert [a.person for a in told(fleet)[0].approvals] == ["bo", "ana"]


def test_a_change_gives_up_in_the_end(fleet: FleetRepository) -> None:
    repository = fleet.interrupted()
    one, other = LocalForge(repository, at()), LocalForge(fleet.mirror(), at())
    request = promote(one)

    def overtaken(count: int = 0) -> None:
        other.approve(1, request.head, f"person-{count}")
        repository.meanwhile = lambda: overtaken(count + 1)

    repository.meanwhile = overtaken
    with pytest.raises(Conflict):
        one.approve(1, request.head, "ana")
    people = [a.person for a in told(fleet)[0].approvals]
    assert people == [f"person-{count}" for count in range(ATTEMPTS)]


def test_many_at_once(fleet: FleetRepository) -> None:
    """Threads that really run beside each other: one merge request, one merge, every approval."""
    forges = [LocalForge(fleet.mirror(), at(minutes)) for minutes in range(3)]
    barrier = threading.Barrier(len(forges))
    merges: list[str] = []

    def run(forge: LocalForge, person: str) -> None:
        barrier.wait()
        request = promote(forge)
        forge.approve(request.number, request.head, person)
        barrier.wait()
        try:
            merges.append(forge.merge(request.number, request.head, "Merge"))
        except Conflict:
            return

    people = ["ana", "bo", "cy"]
    threads = [threading.Thread(target=run, args=pair) for pair in zip(forges, people, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (seen,) = told(fleet)
    assert merges == [seen.merge_sha] == [fleet.head("main")]
    assert sorted(a.person for a in seen.approvals) == people
