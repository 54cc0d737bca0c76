import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Artifact, Release, Target
from bot.ports import StateChange
from bot.records import HALT_PATH, VERSION_PATH, proof_path, seen_path, soak_path
from bot.secret import Secret
from bot.state import (
    Baseline,
    Failure,
    Halt,
    Origin,
    Proof,
    Restart,
    Seen,
    Soak,
    State,
)
from bot.state_branch import edit, first_files, is_ours, read_state
from bot.state_key import StateKey
from gitops.errors import InvalidInput
from gitops.tree import File, Mode, Tree

KEY = StateKey("acme", Secret("k" * 32))
T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHA = "5" * 40
STAGE = Target("stage", "payments")

RELEASE = Release("payments", "v1.0-rc.1", "a" * 40, (Artifact("r.example/p", "v1", "sha256:1"),))
SEEN = Seen("v1.0-rc.1", "b" * 40, "a" * 40, T0)
BASELINE = Baseline(
    Target("prod", "payments"),
    Release("payments", "v0.9", None, (Artifact("r.example/p", "v0.9", None),)),
    "c" * 40,
    Origin.ADOPTED,
)
SOAK = Soak(STAGE, RELEASE.identity, "d" * 40, T0, T0 + timedelta(minutes=1), ("eu", "us"))
FAILED = Failure(STAGE, RELEASE.identity, "v1.0", "c" * 40, "stage-1", "stage-1: not ready", T0)
PROOF = Proof(STAGE, RELEASE, "d" * 40, T0, T0 + timedelta(minutes=30), Origin.PROMOTION)
HALT = Halt("the result of a merge is not what git computes", T0)

NOTHING = StateChange(seen={})
EVERYTHING = StateChange(
    seen={"payments": (SEEN,)},
    baselines=(BASELINE,),
    soaks=(SOAK,),
    failures=(FAILED,),
    proofs=(PROOF,),
    halt=HALT,
)


def started(change: StateChange = EVERYTHING, *, replaces: tuple[str, ...] = ()) -> Tree:
    return Tree.of(first_files(KEY, replaces, change))


def after(tree: Tree, change: StateChange) -> Tree:
    edits = edit(KEY, read_state(KEY, SHA, tree), tree, change)
    kept = Tree({path: tree[path] for path in tree if edits.get(path, b"") is not None})
    return kept.replace({path: data for path, data in edits.items() if data is not None})


def with_files(tree: Tree, files: Mapping[str, File]) -> Tree:
    return Tree({**tree, **files})


def test_everything_reads_back() -> None:
    assert read_state(KEY, SHA, started(replaces=("e" * 40,))) == State(
        sha=SHA,
        halt=HALT,
        seen={"payments": {SEEN.tag: SEEN}},
        baselines=(BASELINE,),
        soaks=(SOAK,),
        failures=(FAILED,),
        proofs=(PROOF,),
        replaces=("e" * 40,),
    )


def test_the_layout() -> None:
    assert set(started()) == {
        "version",
        "halt.json",
        "seen/payments.txt",
        "soaks/stage/payments.json",
        f"failures/stage/payments/{RELEASE.identity}.json",
        "baselines/prod/payments.json",
        f"proofs/stage/payments/{RELEASE.identity}.json",
    }


def test_a_record_is_json_that_a_person_can_read() -> None:
    record = json.loads(started()["halt.json"].data)
    assert record["record"] == {"reason": HALT.reason, "at": "2026-03-02T09:00:00Z"}


def test_a_soak_of_an_older_fairlead_speaks_of_no_cluster() -> None:
    path = soak_path(STAGE)
    record = json.loads(started()[path].data)["record"]
    assert record.pop("clusters") == ["eu", "us"]
    state = read_state(KEY, SHA, started().replace({path: KEY.sealed(path, record)}))
    assert (state.soaks, state.rejected) == ((replace(SOAK, clusters=()),), ())
    odd = KEY.sealed(path, {**record, "clusters": "eu"})
    assert read_state(KEY, SHA, started().replace({path: odd})).rejected


def test_seen_tags_are_sorted_lines() -> None:
    tags = ("v2.0", "v1.0", "payments/v1.0+b")
    tree = started(replace(NOTHING, seen={"payments": tuple(replace(SEEN, tag=t) for t in tags)}))
    lines = tree["seen/payments.txt"].data.decode().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["payments/v1.0+b", "v1.0", "v2.0"]
    assert lines[1].split(" ")[1:4] == ["b" * 40, "a" * 40, "2026-03-02T09:00:00Z"]


@given(st.lists(st.text(st.characters(exclude_categories=()), min_size=1), unique=True))
def test_any_tag_reads_back(tags: list[str]) -> None:
    change = replace(NOTHING, seen={"payments": tuple(replace(SEEN, tag=tag) for tag in tags)})
    state = read_state(KEY, SHA, started(change))
    assert set(state.seen.get("payments", {})) == set(tags)
    assert not state.rejected


# --- what is not ours ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(started()))
def test_no_byte_of_a_record_can_change(path: str) -> None:
    tree = started()
    data = tree[path].data
    for position in range(len(data)):
        changed = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        state = read_state(KEY, SHA, tree.replace({path: changed}))
        assert state.rejected, changed
        assert all(reason.startswith(path) for reason in state.rejected)


@pytest.mark.parametrize("path", sorted(started()))
@pytest.mark.parametrize(
    "other",
    [StateKey("acme", Secret("x" * 32)), StateKey("other", Secret("k" * 32))],
    ids=["another key", "another fleet"],
)
def test_what_another_wrote_is_ignored(path: str, other: StateKey) -> None:
    theirs = Tree.of(first_files(other, (), EVERYTHING))
    state = read_state(KEY, SHA, started(NOTHING).replace({path: theirs[path].data}))
    assert state == State(SHA, rejected=state.rejected, ours=path != "version")
    assert [reason.split(":")[0] for reason in state.rejected] == [path]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (soak_path(STAGE), soak_path(Target("prod", "payments"))),
        (proof_path(STAGE, RELEASE.identity), proof_path(Target("prod", "pay"), RELEASE.identity)),
        (proof_path(STAGE, RELEASE.identity), proof_path(STAGE, "0" * 64)),
        (seen_path("payments"), seen_path("ledger")),
    ],
)
def test_a_record_does_not_count_in_another_place(source: str, place: str) -> None:
    tree = started()
    state = read_state(KEY, SHA, tree.replace({place: tree[source].data}))
    assert len(state.rejected) == 1
    assert state.rejected[0].startswith(place)
    assert "MAC" in state.rejected[0]


def test_a_record_must_say_what_its_path_says() -> None:
    """Should a later Fairlead seal one wrongly, it is no proof of anything."""
    place = proof_path(Target("prod", "payments"), RELEASE.identity)
    content = json.loads(started()[proof_path(STAGE, RELEASE.identity)].data)["record"]
    state = read_state(KEY, SHA, started().replace({place: KEY.sealed(place, content)}))
    assert state.rejected == (f"{place}: its content belongs to another path",)


@pytest.mark.parametrize(
    "record",
    [
        {"reason": 1, "at": "2026-03-02T09:00:00Z"},
        {"reason": "", "at": "2026-03-02T09:00:00"},
        {"at": "2026-03-02T09:00:00Z"},
        {},
    ],
)
def test_a_record_must_have_its_shape(record: dict[str, object]) -> None:
    data = KEY.sealed(HALT_PATH, record)  # type: ignore[arg-type]
    state = read_state(KEY, SHA, started(NOTHING).replace({HALT_PATH: data}))
    assert state.halt is None
    assert state.rejected[0].startswith(HALT_PATH)


def test_a_line_must_have_its_shape() -> None:
    path = seen_path("payments")
    line = f"v1.0 {KEY.mac(path, b'v1.0')}\n".encode()
    state = read_state(KEY, SHA, started(NOTHING).replace({path: line}))
    assert state == State(SHA, rejected=(f"{path}:1: not tag, object, commit, time and MAC",))


def test_an_origin_must_be_known() -> None:
    path = proof_path(STAGE, RELEASE.identity)
    record = json.loads(started()[path].data)["record"] | {"origin": "dice"}
    state = read_state(KEY, SHA, started(NOTHING).replace({path: KEY.sealed(path, record)}))
    assert state == State(SHA, rejected=(f"{path}: no origin that Fairlead knows",))


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("README.md", File(b"hello\n")),
        (".gitlab-ci.yml", File(b"deploy: now\n")),
        ("seen/a/b.txt", File(b"")),
        ("seen/payments.json", File(b"")),
        ("seen/-.txt", File(b"")),
        ("seen/ledger.txt", File(b"v1.0 b a t m")),
        ("proofs/stage/payments", File(b"{}")),
        ("soaks/dev/payments.json", File(b"{" * 100_000)),
        ("soaks/dev/payments.json", File(b"halt.json", Mode.SYMLINK)),
        ("soaks/dev/payments.json", File(b"", unread="larger than 4194304 bytes")),
    ],
)
def test_a_foreign_file_is_ignored_and_named(path: str, file: File) -> None:
    tree = started()
    state = read_state(KEY, SHA, with_files(tree, {path: file}))
    assert replace(state, rejected=()) == read_state(KEY, SHA, tree)
    assert len(state.rejected) == 1
    assert state.rejected[0].startswith(path)


def test_a_foreign_name_cannot_write_to_the_terminal() -> None:
    state = read_state(KEY, SHA, with_files(started(), {"\x1b]0;x\x07": File(b"")}))
    assert state.rejected[0].isprintable()


def test_of_two_records_of_a_tag_the_first_stands() -> None:
    later = replace(SEEN, object="f" * 40, first_seen=T0 + timedelta(days=1))
    files = [started(replace(NOTHING, seen={"payments": (s,)})) for s in (later, SEEN)]
    both = b"".join(tree["seen/payments.txt"].data for tree in files)
    state = read_state(KEY, SHA, started().replace({"seen/payments.txt": both}))
    assert state.seen["payments"][SEEN.tag] == SEEN
    assert state.rejected == ("seen/payments.txt:2: the tag has two records, the first stands",)


def test_a_layout_of_the_future_is_refused() -> None:
    data = KEY.sealed(VERSION_PATH, {"version": 2, "replaces": []})
    with pytest.raises(InvalidInput, match="layout 2"):
        read_state(KEY, SHA, started().replace({VERSION_PATH: data}))


def test_a_branch_without_a_valid_version_is_not_ours() -> None:
    tree = started()
    other = StateKey("acme", Secret("x" * 32))
    assert is_ours(KEY, tree)
    assert not is_ours(other, tree)
    assert not is_ours(KEY, Tree({}))
    assert read_state(KEY, SHA, Tree({})).rejected == ("version: missing",)


# --- changes ------------------------------------------------------------------------------------


def test_the_same_change_again_changes_nothing() -> None:
    tree = started()
    assert edit(KEY, read_state(KEY, SHA, tree), tree, EVERYTHING) == {}


def test_the_first_writer_stands() -> None:
    later = replace(
        NOTHING,
        seen={"payments": (replace(SEEN, object="f" * 40), replace(SEEN, tag="v1.0"))},
        proofs=(replace(PROOF, soaked_at=T0 + timedelta(days=1)),),
        halt=Halt("another", T0),
    )
    state = read_state(KEY, SHA, after(started(), later))
    assert state.seen["payments"] == {SEEN.tag: SEEN, "v1.0": replace(SEEN, tag="v1.0")}
    assert state.proofs == (PROOF,)
    assert state.halt == HALT


def test_within_one_change_the_first_stands() -> None:
    second = replace(PROOF, commit="9" * 40)
    change = replace(
        NOTHING, proofs=(PROOF, second), seen={"payments": (SEEN, replace(SEEN, object="f" * 40))}
    )
    state = read_state(KEY, SHA, started(change))
    assert state.proofs == (PROOF,)
    assert state.seen["payments"] == {SEEN.tag: SEEN}


def test_soaks_and_baselines_replace() -> None:
    soak = replace(SOAK, confirmed=T0 + timedelta(hours=1))
    baseline = replace(BASELINE, origin=Origin.OUTSIDE)
    state = read_state(
        KEY, SHA, after(started(), replace(NOTHING, soaks=(soak,), baselines=(baseline,)))
    )
    assert state.soaks == (soak,)
    assert state.baselines == (baseline,)


def test_a_failure_stands_beside_another_and_is_restarted() -> None:
    other = replace(FAILED, identity="9" * 64)
    again = replace(FAILED, restarted=Restart("cy", "the node died", T0))
    tree = after(started(), replace(NOTHING, failures=(again, other)))
    assert set(read_state(KEY, SHA, tree).failures) == {again, other}


def test_a_soak_ends() -> None:
    change = replace(NOTHING, ended_soaks=(STAGE, Target("dev", "payments")))
    tree = after(started(), change)
    assert soak_path(STAGE) not in tree
    assert read_state(KEY, SHA, tree).soaks == ()


def test_a_soak_that_ends_and_begins_is_the_new_one() -> None:
    soak = replace(SOAK, identity="1" * 64)
    tree = after(started(), replace(NOTHING, ended_soaks=(STAGE,), soaks=(soak,)))
    assert read_state(KEY, SHA, tree).soaks == (soak,)


def test_a_halt_is_cleared() -> None:
    tree = after(started(), replace(NOTHING, clear_halt=True))
    assert HALT_PATH not in tree
    assert edit(KEY, read_state(KEY, SHA, tree), tree, replace(NOTHING, clear_halt=True)) == {}


def test_an_invalid_record_gives_way() -> None:
    path = proof_path(STAGE, RELEASE.identity)
    tree = after(started().replace({path: b"{}"}), replace(NOTHING, proofs=(PROOF,)))
    assert tree == started()


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b", "é"])
def test_a_name_that_cannot_be_a_files_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        started(replace(NOTHING, seen={name: (SEEN,)}))
    with pytest.raises(InvalidInput):
        started(replace(NOTHING, soaks=(replace(SOAK, target=Target(name, "payments")),)))


# --- the key --------------------------------------------------------------------------


def test_a_short_key_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="FAIRLEAD_STATE_KEY"):
        StateKey("acme", Secret("k" * 31))


def test_the_key_is_not_shown() -> None:
    assert "k" * 32 not in repr(KEY)


def test_fleet_path_and_content_are_separate() -> None:
    macs = {
        StateKey("ab", KEY.secret).mac("c", b"d"),
        StateKey("a", KEY.secret).mac("bc", b"d"),
        StateKey("a", KEY.secret).mac("b", b"cd"),
    }
    assert len(macs) == 3
