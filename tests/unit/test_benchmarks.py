"""The benchmarks measure, judge and say what they should, however fast the machine is."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import (
    adding,
    bump,
    checking,
    cold_index,
    edit_speed,
    fidelity,
    fleet,
    health,
    long_lists,
    newest_tag,
    opening,
    poll,
    process,
    rendering,
    startup,
)
from benchmarks.__main__ import MEASUREMENTS, main
from benchmarks.chance import by_chance
from benchmarks.editing import OURS
from benchmarks.model import Gate, Measurement, at_least, number
from benchmarks.peers import Peers, versions
from benchmarks.report import renewed, report
from benchmarks.target import Target, hard_cases
from benchmarks.verdict import Verdict, judge
from gitops.sites import survey
from gitops.tree import Tree

FEW = by_chance(20)
TEXT = b"a: 'v1'  # kept\nb: [x]\n"
HERE = Target("here", TEXT, 0, [(("a",), "1.10")])
FORBIDDEN = Target("forbidden", TEXT, 0, [(("a",), "1.10")], refused=True)

SMALL: dict[str, Callable[[Peers], Measurement]] = {
    "fidelity": lambda peers: fidelity.measure(peers, inputs={"few": FEW, "none": []}),
    "edit-speed": lambda peers: edit_speed.measure(peers, targets=FEW, rounds=2),
    "cold-index": lambda peers: cold_index.measure(peers, apps=3),
    "bump": lambda peers: bump.measure(peers, releases=4, few=2),
    "poll": lambda peers: poll.measure(peers, repositories=4, delay=1),
    "newest-tag": lambda peers: newest_tag.measure(peers, tags=100, rounds=1),
    "long-lists": lambda peers: long_lists.measure(peers, tags=300),
    "open": lambda peers: opening.measure(peers, apps=2, ticks=1),
    "check": lambda peers: checking.measure(peers, apps=3, builds=2),
    "add": lambda peers: adding.measure(peers, apps=3, rounds=1),
    "render": lambda peers: rendering.measure(peers, apps=2, builds=1),
    "health": lambda peers: health.measure(peers, apps=2),
    "startup": lambda peers: startup.measure(peers, rounds=1),
}


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Peers:
    return Peers.below(tmp_path_factory.mktemp("peers"))


REAL = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=REAL if name in {"open", "health"} else []) for name in SMALL],
)
def small(request: pytest.FixtureRequest, nobody: Peers) -> tuple[str, Measurement]:
    return request.param, SMALL[request.param](nobody)


def test_every_measurement_is_tried_here() -> None:
    assert SMALL.keys() == MEASUREMENTS.keys()


def test_a_measurement_has_rows_and_mostly_gates(small: tuple[str, Measurement]) -> None:
    name, found = small
    # What rendering may take, nobody has said.
    assert bool(found.gates) == (name != "render")
    assert {len(row) for row in found.rows} == {len(found.columns)}
    if name != "render":  # Nothing is rendered without kustomize.
        assert any(re.search("[1-9]", cell) for cell in found.rows[0][1:])
    assert {gate.met is None for gate in found.gates if "Fairlead's" in gate.claim} <= {True}


def test_a_peer_that_is_not_installed_is_said_to_be_absent(small: tuple[str, Measurement]) -> None:
    name, found = small
    absent = [row for row in found.rows if "absent" in row]
    assert bool(absent) == (name not in {"poll", "long-lists", "add", "startup"})
    assert not [cell for row in absent for cell in row if cell.replace(".", "").isdigit()]


def test_fairlead_changes_nothing_else(nobody: Peers) -> None:
    found = fidelity.measure(nobody, inputs={"few": FEW})
    ours = dict(zip(found.columns, next(r for r in found.rows if OURS in r), strict=True))
    assert int(ours["exact"]) + int(ours["refused"]) == len(FEW)
    assert int(ours["exact"]) > len(FEW) // 2
    assert [gate.met for gate in found.gates] == [True, True]


@pytest.mark.parametrize(
    ("target", "result", "verdict"),
    [
        (HERE, b"a: '1.10'  # kept\nb: [x]\n", Verdict.EXACT),
        (HERE, b'a: "1.10"  # kept\nb: [x]\n', Verdict.EXACT),
        (HERE, None, Verdict.REFUSED),
        (HERE, b"a: '1.10'\nb: [x]\n", Verdict.VALUES),
        (HERE, b"b: [x]\na: '1.10'\n", Verdict.WRONG),
        (HERE, b"a: 1.10  # kept\nb: [x]\n", Verdict.WRONG),
        (HERE, b"a: '1.10'  # kept\nb: [y]\n", Verdict.WRONG),
        (HERE, b"a: '1.10'  # kept\nb: [x\n", Verdict.WRONG),
        (HERE, TEXT, Verdict.WRONG),
        (FORBIDDEN, None, Verdict.REFUSED),
        (FORBIDDEN, b"a: '1.10'  # kept\nb: [x]\n", Verdict.VALUES),
    ],
)
def test_an_edit_is_judged(target: Target, result: bytes | None, verdict: Verdict) -> None:
    assert judge(target, result) is verdict


def test_the_judge_agrees_with_the_texts_that_were_written_down() -> None:
    cases = [case for case in hard_cases() if case.after is not None]
    assert {judge(case, case.after) for case in cases} == {Verdict.EXACT}
    chances = by_chance(300)
    assert {judge(case, case.before) for case in chances} - {Verdict.WRONG, Verdict.EXACT} == set()
    assert chances == by_chance(300)


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        (Gate("x", 2.0, 1.5, at_least=True), "met: x, at least 1.50 times: 2.00 times"),
        (Gate("x", 1.0, 1.5, at_least=True), "MISSED: x, at least 1.50 times: 1.00 times"),
        (Gate("x", 1.0, 1.5, at_least=False, unit="s"), "met: x, at most 1.50 s: 1.00 s"),
        (Gate("x", 2.0, 1.5, at_least=False, unit="s"), "MISSED: x, at most 1.50 s: 2.00 s"),
        (
            at_least("x", 2.0, None, 10, "y is absent"),
            "not measured (y is absent): x, at least 10.0 times",
        ),
        (at_least("x", 2.0, 20.0, 10, ""), "met: x, at least 10.0 times: 10.0 times"),
    ],
)
def test_a_gate_says_how_it_went(gate: Gate, told: str) -> None:
    assert str(gate) == told
    assert gate.met is {"met": True, "MISS": False}.get(told[:4].rstrip(":"))


def test_the_report_says_first_which_gates_were_missed() -> None:
    good = Gate("good", 1.0, 2.0, at_least=False, unit="s")
    bad = Gate("bad", 3.0, 2.0, at_least=False, unit="s")
    rows = [("a|b", "1")]
    page = report(
        ["Measured on a day"], {"x": Measurement("X", "Work.", ("who", "s"), rows, [good, bad])}
    )
    summary, section = page.split("## X\n")
    assert "- Measured on a day\n" in summary
    assert "1 of 2 gates are met.\nThese are not:\n\n- X: MISSED: bad" in summary
    assert "good" not in summary
    assert "| who | s |\n| --- | --- |\n| a\\|b | 1 |\n" in section
    assert "- met: good" in section
    alone = report([], {"x": Measurement("X", "Work.", ("who", "s"), rows, [good])})
    assert "MISSED" not in alone
    assert "1 of 1 gates are met.\n\n## X" in alone


def test_a_renewed_measurement_takes_the_place_of_the_one_before() -> None:
    def found(name: str, seconds: float) -> Measurement:
        gate = Gate("quick", seconds, 2.0, at_least=False, unit="s")
        return Measurement(name, "Work.", ("who", "s"), [("we", str(seconds))], [gate])

    machine = ["Measured on a day, Fairlead at A", "Machine: 2 cores"]
    page = report(machine, {"x": found("X", 3.0), "y": found("Y", 4.0)})
    assert "0 of 2 gates are met" in page
    again = renewed(
        page, ["Measured on another, Fairlead at B", "Machine: 1"], {"x": found("X", 1.0)}
    )
    head, first, second = again.split("\n## ")[0], *again.split("\n## ")[2:]
    assert head == page.split("\n## ")[0]
    assert first.startswith(
        "X\n\nMeasured on another, Fairlead at B, after the others. Machine: 1.\n\nWork."
    )
    assert "| we | 1.0 |" in first
    assert second.rstrip() == page.split("\n## ")[3].rstrip()
    assert "1 of 2 gates are met.\nThese are not:\n\n- Y: MISSED: quick" in again
    assert renewed(again, machine, {"y": found("Y", 1.0)}).count("## ") == 3
    with pytest.raises(ValueError, match="## Z"):
        renewed(page, machine, {"z": found("Z", 1.0)})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.012, "0.01"), (9.876, "9.88"), (12.34, "12.3"), (1234.5, "1234")],
)
def test_a_number_has_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_a_generated_fleet_holds_as_many_versions_as_it_says() -> None:
    contents = fleet.files(3)
    assert contents == fleet.files(3)
    assert len(survey(Tree.of(contents)).sites) == fleet.sites(3)
    assert len(contents) == 3 * fleet.FILES_OF_APP + 3


def test_a_program_that_finds_less_than_there_is_says_nothing(tmp_path: Path) -> None:
    fleet.write(tmp_path, fleet.files(1))
    find = cold_index.index
    command = process.ours("fairlead_index.py")
    assert find(command, tmp_path, fleet.SITES_OF_APP)[2] == fleet.SITES_OF_APP
    with pytest.raises(cold_index.Unexpected, match="found 8 versions where 9 are"):
        find(command, tmp_path, 9)


def test_a_run_tells_its_cost() -> None:
    few = process.run((sys.executable, "-c", "print('[1]')"))
    assert few.told == [1]
    much = process.run((sys.executable, "-c", "x = b'1' * (200 << 20); print(sum(range(10 ** 6)))"))
    assert much.peak > 200 > few.peak > 1
    assert much.cpu > 0
    with pytest.raises(process.Failed, match=r"ended with 3: no\n"):
        process.run((sys.executable, "-c", "import sys; sys.stderr.write('no\\n'); sys.exit(3)"))


def test_an_unknown_measurement_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["startup", "speed"]) == 2
    assert "no benchmark 'speed'; known are fidelity, " in capsys.readouterr().err


def test_peers_are_looked_for_where_they_are_installed(tmp_path: Path, nobody: Peers) -> None:
    assert nobody.semver_newest.command is None
    pinned = versions()
    script = (process.ROOT / "benchmarks" / "install-peers").read_text(encoding="utf-8")
    assert {name for name in pinned if f"${name}" not in script} == set()
    assert os.access(process.ROOT / "benchmarks" / "install-peers", os.X_OK)
    renovate = tmp_path / f"renovate-{pinned['RENOVATE']}/node_modules/renovate/dist/renovate.js"
    renovate.parent.mkdir(parents=True)
    renovate.touch()
    found = Peers.below(tmp_path)
    assert found.renovate.command is not None
    assert found.renovate.command[1] == str(renovate)
    assert found.go_edit.command is None
