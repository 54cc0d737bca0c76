"""Stop files and the ends that people give them; rollbacks in commit messages."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.describe import commit_message, read_message
from bot.plan import Promotion
from bot.stop import Rollback
from gitops.config import HoldConfig, hold_path, read_stops, stop_of, stop_text, until_of
from gitops.errors import InvalidInput
from gitops.tree import Tree
from tests.unit.editor import EDITORS
from tests.unit.observations import PROD, release

NOW = datetime(2026, 3, 3, 12, 0, 0, 250_000, tzinfo=UTC)
REASONS = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=300
).filter(lambda text: bool(text.strip()))
LOGINS = st.from_regex(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@given(LOGINS, REASONS, st.timedeltas(timedelta(seconds=1), timedelta(days=9000)) | st.none())
def test_what_is_written_is_read(owner: str, reason: str, lasts: timedelta | None) -> None:
    made = NOW.replace(microsecond=0)
    until = (made + lasts).replace(microsecond=0) if lasts else None
    hold = stop_of(owner, reason, made, until, hold=True)
    (found,) = read_stops(Tree.of({hold_path("prod", "payments"): stop_text(hold)}))
    assert found.content == hold, found.error
    assert isinstance(found.content, HoldConfig)


HOLD = """apiVersion: fairlead.dev/v1alpha1
kind: Hold
owner: ana
reason: INC-7
made: 2026-03-02T09:00:00Z
until: 2026-03-02T11:00+01:00
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: Hold", "kind: Freeze"),
        ("owner: ana", "owner: an a"),
        ("owner: ana\n", ""),
        ("reason: INC-7", 'reason: ""'),
        ("reason: INC-7", 'reason: "two\\nlines"'),
        ("reason: INC-7", f"reason: {'x' * 301}"),
        ("made: 2026-03-02T09:00:00Z", "made: 2026-03-02"),
        ("until: 2026-03-02T11:00+01:00", "until: 2026-03-02T11:00"),
        ("until: 2026-03-02T11:00+01:00", "until: 2026-13-02T11:00Z"),
        ("owner: ana", "owner: ana\nby: ana"),
    ],
)
def test_an_editor_and_the_reader_refuse_the_same(old: str, new: str) -> None:
    path = hold_path("prod", "payments")
    (right,) = read_stops(Tree.of({path: HOLD}))
    assert right.error is None
    assert not list(EDITORS["hold"].iter_errors(yaml.load(HOLD, yaml.BaseLoader)))
    assert HOLD.count(old) == 1
    text = HOLD.replace(old, new)
    (wrong,) = read_stops(Tree.of({path: text}))
    assert wrong.error is not None
    assert wrong.error.place is not None
    assert wrong.error.place.line is not None
    assert list(EDITORS["hold"].iter_errors(yaml.load(text, yaml.BaseLoader)))


@given(LOGINS, REASONS, st.integers(1, 999), st.booleans())
def test_a_rollback_is_read_back_from_its_commit(
    owner: str, reason: str, number: int, ends: bool
) -> None:
    made = NOW.replace(microsecond=0)
    rollback = Rollback(number, owner, reason, made, made + timedelta(days=1) if ends else None)
    told = release("v1.0")
    message = commit_message([Promotion(PROD, told, "", rollback=rollback)], "57a7e" * 8)
    found = read_message(message)
    (claimed,) = found.claimed()
    assert (claimed.target, claimed.release, claimed.rollback) == (PROD, told, rollback)
    assert claimed.branch == f"rollback/prod/payments/v1.0/{number}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"number":1', '"number":0'),
        ('"number":1', '"number":true'),
        ('"owner":"ana"', '"owner":"a b"'),
        ('"reason":"INC"', '"reason":"INC\\nx"'),
        ('"made":"2026', '"made": "2026'),
        ('"until":null', '"until":"2020-01-01T00:00:00Z"'),
        ('"until":null', '"until":null,"more":1'),
        ('{"made"', '["made"'),
    ],
)
def test_a_rollback_that_fairlead_would_not_write_claims_nothing(old: str, new: str) -> None:
    rollback = Rollback(1, "ana", "INC", NOW.replace(microsecond=0))
    message = commit_message([Promotion(PROD, release("v1.0"), "", rollback=rollback)], None)
    assert message.count(old) == 1
    assert read_message(message).claimed()
    assert read_message(message.replace(old, new)).claimed() == ()


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2026-03-03", "2026-03-04T00:00:00+00:00"),
        ("2h", "2026-03-03T14:00:00+00:00"),
        ("1h30m", "2026-03-03T13:30:00+00:00"),
        ("2026-03-03T12:00:01Z", "2026-03-03T12:00:01+00:00"),
        ("2026-03-03T13:30+01:00", "2026-03-03T12:30:00+00:00"),
    ],
)
def test_an_end_is_a_day_a_moment_or_a_time(text: str, until: str) -> None:
    assert until_of(text, NOW).isoformat() == until


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-02", "is over already: it is 2026-03-03T12:00:00Z"),
        ("2026-03-03T12:00:00Z", "is over already"),
        ("0s", "is over already"),
        ("2026-03-03T18:00", "names no time zone"),
        ("2026-02-30", "is no date"),
        ("2026-03-03T25:00Z", "is no moment"),
        ("2h 30m", "write a day as"),
        ("", "write a day as"),
    ],
)
def test_any_other_end_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        until_of(text, NOW)
    assert told in str(refused.value)
