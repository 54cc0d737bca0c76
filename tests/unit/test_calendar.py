"""Windows and freezes: edges, zones, and the days on which clocks change."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.config.calendar import Freeze, Window, date_of, zone_of
from gitops.errors import InvalidInput

BUDAPEST = ZoneInfo("Europe/Budapest")
WEEKDAYS = "Mon-Thu 09:00-16:00 Europe/Budapest"
MICROSECOND = timedelta(microseconds=1)
MOMENTS = st.integers(0, 6 * 366 * 86400).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def at(text: str, zone: str = "Europe/Budapest") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("text", "now", "inside"),
    [
        pytest.param(WEEKDAYS, "2026-03-03T12:00", True, id="noon on a Tuesday"),
        pytest.param(WEEKDAYS, "2026-03-03T09:00", False, id="the opening edge is closed"),
        pytest.param(WEEKDAYS, "2026-03-03T09:00:00.000001", True, id="just behind it"),
        pytest.param(WEEKDAYS, "2026-03-03T15:59:59.999999", True, id="just before the end"),
        pytest.param(WEEKDAYS, "2026-03-03T16:00", False, id="the closing edge is closed"),
        pytest.param(WEEKDAYS, "2026-03-05T12:00", True, id="Thursday is in Mon-Thu"),
        pytest.param(WEEKDAYS, "2026-03-06T12:00", False, id="Friday is not"),
        pytest.param("Mon,Wed 09:00-10:00 UTC", "2026-03-03T09:30+00:00", False, id="a list"),
        pytest.param("Mon-Tue,Fri 09:00-10:00 UTC", "2026-03-06T09:30+00:00", True, id="mixed"),
        pytest.param("Sun 00:00-24:00 UTC", "2026-03-01T23:59:59+00:00", True, id="to midnight"),
        pytest.param("Sun 00:00-24:00 UTC", "2026-03-02T00:00+00:00", False, id="midnight itself"),
        pytest.param(
            "Tue 09:00-10:00 Pacific/Auckland", "2026-03-02T20:30+00:00", True, id="Tuesday there"
        ),
    ],
)
def test_window_contains(text: str, now: str, inside: bool) -> None:
    moment = datetime.fromisoformat(now)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=BUDAPEST)
    assert Window.parse(text).contains(moment) is inside
    assert Window.parse(text).contains(moment.astimezone(UTC)) is inside


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        pytest.param("2026-03-03T08:00", "2026-03-03T09:00", id="later today"),
        pytest.param("2026-03-03T09:00", "2026-03-03T09:00", id="at the edge itself"),
        pytest.param("2026-03-03T16:00", "2026-03-04T09:00", id="tomorrow"),
        pytest.param("2026-03-05T17:00", "2026-03-09T09:00", id="over the weekend"),
        pytest.param("2026-03-26T17:00", "2026-03-30T09:00", id="over the change of the clocks"),
    ],
)
def test_window_opens_after(now: str, opens: str) -> None:
    found = Window.parse(WEEKDAYS).opens_after(at(now))
    assert found == at(opens) + MICROSECOND
    assert found.utcoffset() == at(opens).utcoffset()


def test_an_open_window_opens_now() -> None:
    noon = at("2026-03-03T12:00")
    assert Window.parse(WEEKDAYS).opens_after(noon) == noon


# On 29 March 2026 clocks in Budapest go from 02:00 to 03:00, on 25 October from 03:00 to 02:00.
@pytest.mark.parametrize(
    ("text", "utc", "inside"),
    [
        pytest.param("Sun 02:30-05:00", "2026-03-29T01:29", False, id="skipped start: later one"),
        pytest.param("Sun 02:30-05:00", "2026-03-29T01:31", True, id="skipped start: after it"),
        pytest.param("Sun 00:30-02:30", "2026-03-29T00:29", True, id="skipped end: before it"),
        pytest.param("Sun 00:30-02:30", "2026-03-29T00:31", False, id="skipped end: earlier one"),
        pytest.param("Sun 02:10-02:50", "2026-03-29T00:40", False, id="skipped whole"),
        pytest.param("Sun 02:10-02:50", "2026-03-29T01:40", False, id="skipped whole, later"),
        pytest.param("Sun 02:30-05:00", "2026-10-25T00:45", False, id="twice start: second one"),
        pytest.param("Sun 02:30-05:00", "2026-10-25T01:31", True, id="twice start: after it"),
        pytest.param("Sun 00:30-02:30", "2026-10-25T00:29", True, id="twice end: first one"),
        pytest.param("Sun 00:30-02:30", "2026-10-25T01:15", False, id="twice end: after it"),
        pytest.param("Sun 02:10-02:50", "2026-10-25T00:20", False, id="twice whole"),
        pytest.param("Sun 02:10-02:50", "2026-10-25T01:20", False, id="twice whole, again"),
        pytest.param("Sun 01:00-05:00", "2026-10-25T00:45", True, id="around the change"),
    ],
)
def test_a_change_of_the_clocks_never_opens_more(text: str, utc: str, inside: bool) -> None:
    window = Window.parse(f"{text} Europe/Budapest")
    assert window.contains(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is inside


def test_a_window_that_a_change_swallows_opens_a_week_later() -> None:
    window = Window.parse("Sun 02:10-02:50 Europe/Budapest")
    assert window.opens_after(at("2026-03-28T12:00")) == at("2026-04-05T02:10") + MICROSECOND


def test_a_day_that_a_zone_skipped_opens_nothing() -> None:
    # Samoa had no Friday 30 December 2011.
    window = Window.parse("Fri 09:00-16:00 Pacific/Apia")
    start = datetime(2011, 12, 29, 12, tzinfo=UTC)
    open_at = [h for h in range(72) if window.contains(start + timedelta(hours=h))]
    assert open_at == []


@settings(max_examples=200, deadline=None)
@given(
    now=MOMENTS,
    start=st.integers(0, 1438),
    span=st.integers(1, 1439),
    zone=st.sampled_from(["Europe/Budapest", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    days=st.sampled_from(["Mon", "Sun", "Mon-Fri", "Sat,Sun"]),
)
def test_it_is_closed_until_it_opens(
    now: datetime, start: int, span: int, zone: str, days: str
) -> None:
    end = min(start + span, 1440)
    text = f"{days} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02} {zone}"
    window = Window.parse(text)
    opens = window.opens_after(now)
    assert opens >= now
    assert window.contains(opens)
    assert window.contains(now) is (opens == now)
    assert opens == now or not window.contains(opens - MICROSECOND)


@pytest.mark.parametrize(
    ("bad", "good", "told"),
    [
        pytest.param("", WEEKDAYS, "no window", id="empty"),
        pytest.param("Mon 09:00-16:00", "Mon 09:00-16:00 UTC", "no window", id="no zone"),
        pytest.param("Mon 16:00-09:00 UTC", "Mon 09:00-16:00 UTC", "before it", id="backwards"),
        pytest.param("Mon 09:00-09:00 UTC", "Mon 09:00-09:01 UTC", "before it", id="no length"),
        pytest.param("Fri-Mon 09:00-16:00 UTC", "Fri 09:00-16:00 UTC", "before it", id="days"),
        pytest.param("Thr 09:00-16:00 UTC", "Thu 09:00-16:00 UTC", "`Thr`", id="day"),
        pytest.param("mon 09:00-16:00 UTC", "Mon 09:00-16:00 UTC", "`mon`", id="small day"),
        pytest.param("Mon, 09:00-16:00 UTC", "Mon 09:00-16:00 UTC", "day ``", id="no day"),
        pytest.param("Mon 9:00-16:00 UTC", "Mon 09:00-16:00 UTC", "span of time", id="one digit"),
        pytest.param("Mon 09:60-16:00 UTC", "Mon 09:59-16:00 UTC", "no time of", id="minute"),
        pytest.param("Mon 09:00-24:01 UTC", "Mon 09:00-24:00 UTC", "no time of", id="hour"),
        pytest.param("Mon ٠٩:00-16:00 UTC", "Mon 09:00-16:00 UTC", "span", id="other digits"),
        pytest.param(
            "Mon 09:00-16:00 Europe/Budapst", WEEKDAYS, "did you mean `Europe/Budapest`", id="zone"
        ),
        pytest.param("Mon 09:00-16:00 CET", WEEKDAYS, "time zone `CET`", id="abbreviation"),
        pytest.param("Mon 09:00-16:00 localtime", WEEKDAYS, "time zone", id="the host's zone"),
        pytest.param("Mon 09:00-16:00 Europe", WEEKDAYS, "time zone", id="a directory of zones"),
        pytest.param("Mon 09:00-16:00 America/Indiana", WEEKDAYS, "time zone", id="directory"),
        pytest.param("Mon 09:00-16:00 right/UTC", WEEKDAYS, "time zone", id="leap seconds"),
        pytest.param("Mon 09:00-16:00 ../etc/passwd", WEEKDAYS, "time zone", id="a path"),
    ],
)
def test_what_is_no_window(bad: str, good: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        Window.parse(bad)
    assert Window.parse(good).text == good


@pytest.mark.parametrize(
    ("narrow", "wide", "within"),
    [
        pytest.param("Mon 10:00-11:00 UTC", ["Mon-Fri 09:00-16:00 UTC"], True, id="inside"),
        pytest.param("Mon 09:00-16:00 UTC", ["Mon 09:00-16:00 UTC"], True, id="the same"),
        pytest.param("Mon 08:00-10:00 UTC", ["Mon 09:00-16:00 UTC"], False, id="earlier"),
        pytest.param("Mon 10:00-17:00 UTC", ["Mon 09:00-16:00 UTC"], False, id="later"),
        pytest.param("Mon,Fri 10:00-11:00 UTC", ["Mon 09:00-16:00 UTC"], False, id="another day"),
        pytest.param(
            "Mon-Tue 10:00-11:00 UTC",
            ["Mon 09:00-16:00 UTC", "Tue 10:00-12:00 UTC"],
            True,
            id="each day in one of them",
        ),
        pytest.param("Mon 10:00-11:00 UTC", [WEEKDAYS], False, id="another zone cannot be told"),
        pytest.param("Mon 10:00-11:00 UTC", [], False, id="none"),
    ],
)
def test_within(narrow: str, wide: list[str], within: bool) -> None:
    assert Window.parse(narrow).within([Window.parse(text) for text in wide]) is within


HOLIDAYS = Freeze(date(2026, 12, 20), date(2027, 1, 3), "Europe/Budapest", "holidays")


@pytest.mark.parametrize(
    ("now", "frozen"),
    [
        pytest.param("2026-12-19T23:59:59.999999", False, id="the evening before"),
        pytest.param("2026-12-20T00:00", True, id="the first midnight"),
        pytest.param("2026-12-27T12:00", True, id="between"),
        pytest.param("2027-01-03T23:59:59", True, id="the last evening"),
        pytest.param("2027-01-04T00:00", True, id="the last midnight is frozen too"),
        pytest.param("2027-01-04T00:00:00.000001", False, id="just behind it"),
    ],
)
def test_freeze(now: str, frozen: bool) -> None:
    assert HOLIDAYS.contains(at(now)) is frozen
    assert HOLIDAYS.contains(at(now).astimezone(timezone(timedelta(hours=-11)))) is frozen


def test_the_end_of_a_freeze_is_free() -> None:
    assert HOLIDAYS.begins == at("2026-12-20T00:00")
    assert HOLIDAYS.ends == at("2027-01-04T00:00") + MICROSECOND
    assert not HOLIDAYS.contains(HOLIDAYS.ends)
    assert HOLIDAYS.contains(HOLIDAYS.ends - MICROSECOND)


def test_a_midnight_that_comes_twice_is_frozen_both_times() -> None:
    # Clocks in Havana go from 01:00 back to 00:00 on 1 November 2026.
    freeze = Freeze(date(2026, 10, 31), date(2026, 10, 31), "America/Havana", "count")
    assert freeze.contains(datetime(2026, 11, 1, 4, 30, tzinfo=UTC))
    assert not freeze.contains(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    later = Freeze(date(2026, 11, 1), date(2026, 11, 1), "America/Havana", "count")
    assert later.contains(datetime(2026, 11, 1, 4, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "20260101", "2026-1-1", "2026-W01-1", "2026-12-20T09:00"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(InvalidInput, match="no date; write it as"):
        date_of(text)


def test_dates_and_zones() -> None:
    assert date_of("2026-12-20") == date(2026, 12, 20)
    assert zone_of("UTC").key == "UTC"
    assert zone_of("America/Argentina/Buenos_Aires").key == "America/Argentina/Buenos_Aires"


def test_naive_times_are_bugs() -> None:
    naive = datetime.fromisoformat("2026-01-01T00:00")
    for ask in (Window.parse(WEEKDAYS).contains, Window.parse(WEEKDAYS).opens_after):
        with pytest.raises(ValueError, match="aware"):
            ask(naive)
    with pytest.raises(ValueError, match="aware"):
        HOLIDAYS.contains(naive)
