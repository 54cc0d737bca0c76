"""healthy, settled, soaked: what keeps a release that runs in stage from being proven there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.decide import decide
from bot.model import Gap, Health, Readiness
from bot.observation import Observation, Report
from bot.plan import PromotionState
from bot.state import Origin, Soak
from tests.unit.observations import (
    NOW,
    PAYMENTS,
    PROD,
    STAGE,
    WORKER,
    decided,
    digest,
    pin,
    release,
    waiting,
    with_state,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
RUNS = release("v1.0-rc.1")
MERGED = NOW - timedelta(hours=2)
DIGESTS = {PAYMENTS: digest("a"), WORKER: digest("b")}


def soaking(
    start: datetime = NOW - 31 * MINUTE, since: datetime = MERGED, observed: datetime = NOW
) -> Observation:
    """`v1.0-rc.1` runs in stage without a proof, ready by `since`, its soak started at `start`."""
    health = Health(
        "stage", "stage-1", "payments", "5e" * 20, Readiness.READY, since, observed, DIGESTS
    )
    report = Report(health, contains=True, content=pin(STAGE, RUNS).content)
    soak = Soak(STAGE, RUNS.identity, "5e" * 20, start, NOW - MINUTE, ("stage-1",))
    found = replace(waiting(), reports=(report,))
    return with_state(found, proofs=(), soaks=(soak,))


def renewed(observation: Observation) -> tuple[Soak, ...]:
    """The soaks that are written now."""
    record = decide(observation, NOW).record
    return record.soaks if record is not None else ()


def telling(observation: Observation, changes: Mapping[str, object]) -> Observation:
    """The same with another health report."""
    (report,) = observation.reports
    health: Health = replace(report.health, **changes)  # type: ignore[arg-type]
    return replace(observation, reports=(replace(report, health=health),))


def proves(observation: Observation, now: datetime = NOW) -> bool:
    """Whether the proof of what runs in stage is written now, and nothing else of it is kept."""
    record = decide(observation, now).record
    if record is None or not record.proofs:
        return False
    (proof,) = record.proofs
    return (proof.target, proof.release, proof.origin) == (STAGE, RUNS, Origin.PROMOTION)


def withheld(observation: Observation, now: datetime = NOW) -> str:
    """Why what runs in stage is not proven, and why `v1.0` waits: the same words for both."""
    assert not proves(observation, now)
    exits = [v.verdict for v in decided(observation, STAGE, now).exits]
    told = [v.reason for v in exits if hasattr(v, "reason")]
    waits = "\n".join(decided(observation, PROD, now).reasons)
    assert all(reason in waits for reason in told)
    return "\n".join(told)


def test_a_soak_that_is_over_is_a_proof() -> None:
    found = soaking()

    assert proves(found)
    record = decide(found, NOW).record
    assert record is not None
    assert record.ended_soaks == (STAGE,)
    assert (record.proofs[0].soak_start, record.proofs[0].soaked_at) == (NOW - 31 * MINUTE, NOW)


def test_the_soak_is_over_at_its_last_second_and_not_before() -> None:
    early = soaking(start=NOW - 30 * MINUTE + SECOND)

    assert withheld(early) == "soaked for 0:29:59 of 0:30:00"
    assert decided(early, STAGE).state is PromotionState.SOAKING
    assert proves(soaking(start=NOW - 30 * MINUTE))


def test_the_soak_counts_to_where_health_was_last_seen() -> None:
    late = soaking(start=NOW - 30 * MINUTE, observed=NOW - 2 * MINUTE)

    assert withheld(late) == "soaked for 0:28:00 of 0:30:00"


def test_without_a_record_the_soak_starts_with_the_report_at_hand() -> None:
    found = with_state(soaking(), soaks=())

    assert "soaked for 0:00:00 of 0:30:00" in withheld(found)
    record = decide(found, NOW).record
    assert record is not None
    assert [(s.start, s.confirmed) for s in record.soaks] == [(NOW, NOW)]


def test_a_record_of_another_release_or_merge_is_not_this_soak() -> None:
    (soak,) = soaking().state.soaks

    for other in (replace(soak, identity="0" * 64), replace(soak, commit="0" * 40)):
        assert "soaked for 0:00:00" in withheld(with_state(soaking(), soaks=(other,)))


def test_health_must_be_steady_for_settle() -> None:
    found = soaking(since=NOW - 2 * MINUTE + SECOND)

    assert withheld(found) == "healthy for 0:01:59 of 0:02:00"
    assert proves(soaking(since=NOW - 2 * MINUTE))


def test_a_break_longer_than_max_age_starts_the_soak_anew() -> None:
    (soak,) = soaking().state.soaks
    broken = with_state(
        soaking(since=NOW - 3 * MINUTE),
        soaks=(replace(soak, confirmed=NOW - 13 * MINUTE - SECOND),),
    )
    short = with_state(
        soaking(since=NOW - 3 * MINUTE), soaks=(replace(soak, confirmed=NOW - 13 * MINUTE),)
    )

    assert "soaked for 0:00:00" in withheld(broken)
    assert proves(short)


def test_what_would_tell_of_no_break_has_to_be_looked_at() -> None:
    """A StatefulSet that was down while nobody looked says nothing of it afterwards."""
    (soak,) = soaking().state.soaks
    unseen = with_state(
        telling(soaking(), {"continuous": False}),
        soaks=(replace(soak, confirmed=NOW - 10 * MINUTE - SECOND),),
    )
    seen = with_state(
        telling(soaking(), {"continuous": False}),
        soaks=(replace(soak, confirmed=NOW - 10 * MINUTE),),
    )

    assert "soaked for 0:00:00" in withheld(unseen)
    assert proves(seen)
    told = with_state(soaking(), soaks=unseen.state.soaks)
    assert proves(told)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cluster": "stage-2"}, "stage-1: it says nothing"),
        ({"readiness": Readiness.NOT_READY, "message": "CrashLoop"}, "not ready: CrashLoop"),
        ({"readiness": Readiness.RECONCILING}, "stage-1: reconciling"),
        ({"readiness": Readiness.UNKNOWN}, "stage-1: unknown"),
        ({"observed": NOW - 10 * MINUTE - SECOND}, "too old: it last looked 0:10:01 ago"),
        ({"observed": NOW + MINUTE + SECOND}, "its clock is ahead"),
        ({"digests": {PAYMENTS: digest("a")}}, f"it does not say which digest of {WORKER} runs"),
        (
            {"digests": {**DIGESTS, WORKER: digest("d")}},
            f"{WORKER} runs {digest('d')}, not {digest('b')}",
        ),
    ],
    ids=["silent", "sick", "busy", "unknown", "old", "ahead", "one digest", "other digest"],
)
def test_only_good_news_counts(changes: Mapping[str, object], reason: str) -> None:
    assert reason in withheld(telling(soaking(), changes))
    assert proves(soaking())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"contains": False}, "does not contain 5e5e5e5e5e5e yet"),
        ({"content": pin(STAGE, release("v1.0-rc.2")).content}, "the pin says another release"),
        ({"content": None}, "the pin says another release"),
    ],
    ids=["before the merge", "of another release", "of nobody knows what"],
)
def test_only_news_of_this_very_release_counts(changes: Mapping[str, object], reason: str) -> None:
    (report,) = soaking().reports
    other: Report = replace(report, **changes)  # type: ignore[arg-type]

    assert reason in withheld(replace(soaking(), reports=(other,)))
    assert proves(soaking())


def test_health_that_cannot_be_read_proves_nothing() -> None:
    found = replace(soaking(), reports=(), health_gap=Gap("status file", "no such file"))

    assert "stage-1: health could not be read: no such file" in withheld(found)


@pytest.mark.parametrize(
    ("readiness", "confirmed", "ended"),
    [
        (Readiness.NOT_READY, NOW, True),
        (Readiness.RECONCILING, NOW - 10 * MINUTE, False),
        (Readiness.RECONCILING, NOW - 10 * MINUTE - SECOND, True),
        (Readiness.UNKNOWN, NOW - 10 * MINUTE, False),
        (Readiness.UNKNOWN, NOW - 10 * MINUTE - SECOND, True),
    ],
)
def test_what_ends_a_soak(readiness: Readiness, confirmed: datetime, ended: bool) -> None:
    (soak,) = soaking().state.soaks
    found = with_state(soaking(), soaks=(replace(soak, confirmed=confirmed),))

    record = decide(telling(found, {"readiness": readiness}), NOW).record

    assert (record is not None and record.ended_soaks == (STAGE,)) == ended


def test_every_cluster_must_be_healthy() -> None:
    two = {"clusters: [stage-1]": "clusters: [stage-1, stage-2]"}
    one = soaking()
    (report,) = one.reports
    second = replace(report, health=replace(report.health, cluster="stage-2"))
    found = replace(one, fleet=waiting(two).fleet)

    assert "stage-2: it says nothing" in withheld(found)
    (soak,) = found.state.soaks
    both = with_state(found, soaks=(replace(soak, clusters=("stage-1", "stage-2")),))
    assert proves(replace(both, reports=(report, second)))
    # It has joined in mid-soak: there the release has soaked for no time at all.
    joined = replace(found, reports=(report, second))
    assert "soaked for 0:00:00 of 0:30:00" in withheld(joined)
    (anew,) = renewed(joined)
    assert (anew.start, anew.clusters) == (NOW, ("stage-1", "stage-2"))


def test_a_cluster_that_leaves_and_comes_back_is_new() -> None:
    (soak,) = soaking().state.soaks
    young = replace(soak, start=NOW - 9 * MINUTE, clusters=("stage-1", "stage-2"))
    (left,) = renewed(with_state(soaking(), soaks=(young,)))
    assert (left.start, left.clusters) == (young.start, ("stage-1",))
    assert renewed(with_state(soaking(), soaks=(left,))) == ()


def test_a_record_that_names_no_cluster_speaks_of_none() -> None:
    (soak,) = soaking().state.soaks
    old = with_state(soaking(), soaks=(replace(soak, clusters=()),))
    assert "soaked for 0:00:00 of 0:30:00" in withheld(old)
    assert proves(soaking())


def test_a_cluster_that_comes_sick_fails_no_soak_and_one_that_was_well_does() -> None:
    two = {
        "clusters: [stage-1]": "clusters: [stage-1, stage-2]",
        "soak: 30m": "soak: 30m\n    on_failure: hold",
    }
    found = replace(soaking(), fleet=waiting(two).fleet)
    (report,) = found.reports
    sick = replace(report, health=replace(report.health, readiness=Readiness.NOT_READY))
    new = replace(sick, health=replace(sick.health, cluster="stage-2"))
    record = decide(replace(found, reports=(report, new)), NOW).record
    assert record is not None
    assert (record.failures, record.ended_soaks) == ((), (STAGE,))
    record = decide(replace(found, reports=(sick, new)), NOW).record
    assert record is not None
    assert [failure.cluster for failure in record.failures] == ["stage-1"]


def test_sickness_withholds_proof_and_keeps_out_nothing() -> None:
    sick = telling(
        replace(waiting(), reports=soaking().reports), {"readiness": Readiness.NOT_READY}
    )

    assert decided(sick, PROD).step is not None
    assert not decided(sick, STAGE).exits[0].open
