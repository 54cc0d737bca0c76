"""The state branch in a real repository."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.ledger import BRANCH, StateBranch
from bot.model import IDENTITY, Release, Target
from bot.ports import Repository, StateChange
from bot.secret import Secret
from bot.state import Halt, Origin, Proof, Seen, Soak, State
from gitops.errors import Conflict, InvalidInput
from tests.contract.fleet_repositories import T0, FleetRepository, push

KEY = Secret("k" * 32)
NOTHING = StateChange(seen={})
SEEN = Seen("v1.0", "b" * 40, "a" * 40, T0)
STAGE = Target("stage", "payments")
RELEASE = Release("payments", "v1.0", "a" * 40, ())
SOAK = Soak(STAGE, RELEASE.identity, "d" * 40, T0, T0)
PROOF = Proof(STAGE, RELEASE, "d" * 40, T0, T0 + timedelta(minutes=30), Origin.PROMOTION)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FleetRepository:
    return FleetRepository(tmp_path_factory.mktemp("made"))


@pytest.fixture
def fleet(made: FleetRepository, tmp_path: Path) -> FleetRepository:
    return made.copy(tmp_path)


@pytest.fixture
def repository(fleet: FleetRepository) -> Repository:
    return fleet.mirror()


@pytest.fixture
def ledger(repository: Repository) -> StateBranch:
    return StateBranch(repository, "acme", KEY)


def seen(*tags: str) -> StateChange:
    return StateChange(seen={"payments": tuple(replace(SEEN, tag=tag) for tag in tags)})


def fresh(fleet: FleetRepository, *, name: str = "acme", key: Secret | None = KEY) -> StateBranch:
    """Another bot, which has just fetched."""
    return StateBranch(fleet.mirror(), name, key)


# --- starting -----------------------------------------------------------------------------------


def test_without_a_state_branch_there_is_no_state(repository: Repository) -> None:
    assert StateBranch(repository, "acme", KEY).read() == State(None)
    assert StateBranch(repository, "acme", None).read() == State(None)


def test_a_start_is_read_by_the_next_bot(fleet: FleetRepository, ledger: StateBranch) -> None:
    sha = ledger.start((), seen("v1.0"), T0)
    assert fresh(fleet).read() == State(sha, seen={"payments": {"v1.0": SEEN}})
    assert ledger.read().sha == sha


def test_the_branch_shares_nothing_with_the_fleet(
    repository: Repository, ledger: StateBranch
) -> None:
    sha = ledger.start((), seen("v1.0"), T0)
    commit = repository.commit(sha)
    assert commit is not None
    assert commit.parents == ()
    assert (commit.facts.author, commit.facts.committer, commit.facts.date) == (
        IDENTITY,
        IDENTITY,
        T0,
    )
    assert set(repository.tree(sha)) == {"version", "seen/payments.txt"}


def test_of_two_starts_one_wins(fleet: FleetRepository, ledger: StateBranch) -> None:
    other = fresh(fleet)
    sha = ledger.start((), seen("v1.0"), T0)
    with pytest.raises(Conflict):
        other.start((), seen("v2.0"), T0)
    assert fleet.head(BRANCH) == sha


def test_a_start_does_not_replace_by_accident(ledger: StateBranch) -> None:
    sha = ledger.start((), NOTHING, T0)
    with pytest.raises(InvalidInput, match=sha):
        ledger.start((), NOTHING, T0)


def test_a_lost_branch_is_replaced(fleet: FleetRepository, ledger: StateBranch) -> None:
    lost = ledger.start((), seen("v1.0"), T0)
    fleet.delete(BRANCH)
    sha = fresh(fleet).start((lost,), seen("v2.0"), T0)
    state = fresh(fleet).read()
    assert (state.sha, state.replaces, set(state.seen["payments"])) == (sha, (lost,), {"v2.0"})


def test_a_rewound_branch_is_replaced_from_where_it_is(
    fleet: FleetRepository, repository: Repository, ledger: StateBranch
) -> None:
    first = ledger.start((), seen("v1.0"), T0)
    lost = ledger.write(first, seen("v2.0"), T0)
    sha = ledger.start((lost,), seen("v1.0"), T0)
    assert fleet.head(BRANCH) == sha
    assert not repository.is_ancestor(first, sha)
    assert ledger.read().replaces == (lost,)


def test_a_replacement_does_not_overwrite_what_it_has_not_read(
    fleet: FleetRepository, ledger: StateBranch
) -> None:
    first = ledger.start((), NOTHING, T0)
    other = fresh(fleet)
    second = ledger.write(first, seen("v1.0"), T0)
    with pytest.raises(Conflict):
        other.start((first,), NOTHING, T0)
    assert fleet.head(BRANCH) == second


# --- writing ------------------------------------------------------------------------------------


def test_a_change_is_one_commit_on_top(repository: Repository, ledger: StateBranch) -> None:
    first = ledger.start((), seen("v1.0"), T0)
    now = T0 + timedelta(hours=1)
    change = replace(seen("v1.1"), soaks=(SOAK,), proofs=(PROOF,), halt=Halt("why", now))
    sha = ledger.write(first, change, now)
    commit = repository.commit(sha)
    assert commit is not None
    assert (commit.parents, commit.facts.date) == ((first,), now)
    assert (commit.facts.author, commit.facts.committer) == (IDENTITY, IDENTITY)
    state = ledger.read()
    assert set(state.seen["payments"]) == {"v1.0", "v1.1"}
    assert (state.soaks, state.proofs, state.halt) == ((SOAK,), (PROOF,), Halt("why", now))


def test_a_change_that_changes_nothing_is_no_commit(
    fleet: FleetRepository, ledger: StateBranch
) -> None:
    first = ledger.start((), seen("v1.0"), T0)
    assert ledger.write(first, seen("v1.0"), T0 + timedelta(hours=1)) == first
    assert fleet.head(BRANCH) == first


def test_records_end(ledger: StateBranch) -> None:
    first = ledger.start((), replace(NOTHING, soaks=(SOAK,), halt=Halt("why", T0)), T0)
    ledger.write(first, replace(NOTHING, ended_soaks=(STAGE,), clear_halt=True), T0)
    state = ledger.read()
    assert (state.soaks, state.halt) == ((), None)


def test_of_two_writers_one_wins_and_the_other_writes_on_top(
    fleet: FleetRepository, ledger: StateBranch
) -> None:
    first = ledger.start((), NOTHING, T0)
    repository = fleet.mirror()
    other = StateBranch(repository, "acme", KEY)
    second = ledger.write(first, seen("v1.0"), T0)
    later = StateChange(seen={"payments": (replace(SEEN, object="f" * 40),)})
    with pytest.raises(Conflict):
        other.write(first, later, T0)
    assert fleet.head(BRANCH) == second
    repository.fetch()
    assert other.write(second, later, T0) == second
    assert other.read().seen["payments"]["v1.0"] == SEEN


def test_a_writer_that_is_overtaken_before_its_push_loses(fleet: FleetRepository) -> None:
    repository = fleet.interrupted()
    ledger = StateBranch(repository, "acme", KEY)
    first = ledger.start((), NOTHING, T0)
    other = fresh(fleet)
    repository.meanwhile = lambda: other.write(first, seen("v2.0"), T0)
    with pytest.raises(Conflict):
        ledger.write(first, seen("v1.0"), T0)
    assert set(fresh(fleet).read().seen["payments"]) == {"v2.0"}


def test_nothing_is_written_without_a_state_branch(
    fleet: FleetRepository, ledger: StateBranch
) -> None:
    with pytest.raises(InvalidInput, match="state init"):
        ledger.write(None, seen("v1.0"), T0)
    assert fleet.head(BRANCH) is None


def test_a_branch_that_came_meanwhile_is_a_conflict(ledger: StateBranch) -> None:
    ledger.start((), NOTHING, T0)
    with pytest.raises(Conflict):
        ledger.write(None, seen("v1.0"), T0)


def test_an_unknown_sha_is_a_conflict(ledger: StateBranch) -> None:
    ledger.start((), NOTHING, T0)
    with pytest.raises(Conflict):
        ledger.write("0" * 39 + "1", seen("v1.0"), T0)


# --- what others push ---------------------------------------------------------------------------


def test_what_a_developer_pushes_is_ignored_named_and_survived(
    fleet: FleetRepository, ledger: StateBranch
) -> None:
    ledger.start((), seen("v1.0"), T0)
    forged = {f"proofs/stage/payments/{RELEASE.identity}.json": "{}", "deploy.sh": "rm -rf /\n"}
    head = push(fleet.mirror(), BRANCH, forged, IDENTITY)
    state = fresh(fleet).read()
    assert (state.sha, state.proofs, len(state.rejected)) == (head, (), 2)
    fresh(fleet).write(head, replace(NOTHING, proofs=(PROOF,)), T0)
    after = fresh(fleet).read()
    assert after.proofs == (PROOF,)
    assert [reason.split(":")[0] for reason in after.rejected] == ["deploy.sh"]


@pytest.mark.parametrize(
    ("name", "key"), [("other", KEY), ("acme", Secret("x" * 32))], ids=["fleet", "key"]
)
def test_the_records_of_another_fleet_or_key_are_never_overwritten(
    fleet: FleetRepository, ledger: StateBranch, name: str, key: Secret
) -> None:
    sha = ledger.start((), seen("v1.0"), T0)
    other = fresh(fleet, name=name, key=key)
    assert other.read() == State(sha, rejected=other.read().rejected, ours=False)
    with pytest.raises(InvalidInput, match="FAIRLEAD_STATE_KEY"):
        other.write(sha, seen("v2.0"), T0)
    assert fleet.head(BRANCH) == sha


@pytest.mark.parametrize("key", [None, Secret("short")])
def test_without_a_usable_key_nothing_is_read_or_written(
    fleet: FleetRepository, ledger: StateBranch, key: Secret | None
) -> None:
    with pytest.raises(InvalidInput, match="FAIRLEAD_STATE_KEY"):
        fresh(fleet, key=key).start((), NOTHING, T0)
    sha = ledger.start((), NOTHING, T0)
    with pytest.raises(InvalidInput, match="FAIRLEAD_STATE_KEY"):
        fresh(fleet, key=key).read()
    with pytest.raises(InvalidInput, match="FAIRLEAD_STATE_KEY"):
        fresh(fleet, key=key).write(sha, seen("v1.0"), T0)
    assert fleet.head(BRANCH) == sha
