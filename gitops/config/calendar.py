"""When merging is allowed and when it is not: windows and freezes.

Both are values; the time is always given, and always aware. Wherever there is a choice the answer
is "closed": the edges of a window are closed, the edges of a freeze are frozen, and an edge that a
change of the clocks makes ambiguous, or skips, is taken so that less is allowed.

    >>> noon = datetime(2026, 3, 3, 12, tzinfo=ZoneInfo("Europe/Budapest"))
    >>> Window.parse("Mon-Thu 09:00-16:00 Europe/Budapest").contains(noon)
    True
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from gitops.errors import InvalidInput

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""Their index is `datetime.weekday()`."""

MINUTES_OF_A_DAY = 24 * 60
_NEXT = timedelta(microseconds=1)
"""The resolution of datetime: the first moment behind a closed edge."""
_WINDOW = "write it as `Mon-Thu 09:00-16:00 Europe/Budapest`"
_TIMES = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_ZONE = re.compile(r"UTC|(?!posix/|right/)[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+")
"""Without `localtime` and the abbreviations, whose meaning depends on the host or on the reader."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(Z|[+-][0-9]{2}:[0-9]{2})?"
)


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name in the IANA database.

    Raises:
        InvalidInput: no such zone.
    """
    if _ZONE.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # told below, together with the names that ZoneInfo is not even asked for
    known = sorted(zone for zone in available_timezones() if _ZONE.fullmatch(zone))
    near = difflib.get_close_matches(name, known, n=1)
    cure = f"did you mean `{near[0]}`?" if near else "name one as `Europe/Budapest` or `UTC`"
    raise InvalidInput(f"unknown time zone `{name}`", cure)


def date_of(text: str) -> date:
    """A calendar day written `YYYY-MM-DD`, of the years 1970 to 9000.

    Beyond them the edges of a freeze, which are in UTC and one day later, may be no dates.

    Raises:
        InvalidInput: another form, or no such day.
    """
    wrong = InvalidInput(f"`{text}` is no date", "write it as `2026-12-20`")
    if not _DATE.fullmatch(text):
        raise wrong
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise wrong from error
    if not 1970 <= day.year <= 9000:
        raise InvalidInput(f"`{text}` is out of reach", "name a day from 1970 to 9000")
    return day


def moment_of(text: str) -> datetime:
    """A moment written `2026-12-20T16:00:00Z` or with an offset such as `+01:00`, in UTC.

    Seconds may be left out; the years are those of `date_of`.

    Raises:
        InvalidInput: another form, no such moment, or one without a zone.
    """
    wrong = InvalidInput(f"`{text}` is no moment", "write it as `2026-12-20T16:00:00Z`")
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise wrong
    date_of(match.group(1))
    if not match.group(3):
        raise InvalidInput(f"`{text}` names no time zone", f"write `{text}Z` if UTC is meant")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise wrong from error


def moment_text(at: datetime) -> str:
    """A moment (aware) in UTC as `moment_of` reads it, in whole seconds."""
    _refuse_naive(at)
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Window:
    """Days of the week, and a span of local time on each.

    `days` are indexes into `DAYS`; `start` and `end` are minutes since local midnight,
    0 <= start < end <= 1440. `text` is how it was written. `inside` are windows of which one must
    be open too, () for none: an edge that the clocks skip may otherwise lie beyond theirs.
    """

    text: str
    days: frozenset[int]
    start: int
    end: int
    zone: str
    inside: tuple["Window", ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> "Window":
        """Read `DAYS HH:MM-HH:MM ZONE`; DAYS are `Mon-Thu`, `Mon,Wed` or both mixed.

        Raises:
            InvalidInput: another form, unknown days, times or zone, or it ends before it starts.
        """
        parts = text.split()
        if len(parts) != 3:
            raise InvalidInput(f"`{text}` is no window", _WINDOW)
        start, end = _minutes(parts[1])
        zone_of(parts[2])
        return cls(text, _days(parts[0]), start, end, parts[2])

    def contains(self, now: datetime) -> bool:
        """Whether merging is allowed at `now` (aware); both edges are outside."""
        return any(start < now < end for start, end in self._spans(now, until=1))

    def opens_after(self, now: datetime) -> datetime:
        """The first moment at or after `now` (aware) that it contains, in the window's zone.

        It is one microsecond behind the opening edge, which is closed itself; `now` when open.
        """
        for start, end in self._spans(now):
            if now < end:
                return max(now, start + _NEXT).astimezone(zone_of(self.zone))
        raise AssertionError("a week has a next one")

    def within(self, others: Iterable["Window"]) -> bool:
        """Whether on each of its days one of `others` of the same zone spans it whole."""
        wide = self.narrowed_to(others).inside
        return all(any(day in other.days for other in wide) for day in self.days)

    def narrowed_to(self, others: Iterable["Window"]) -> "Window":
        """The same window, open only where one of `others` that spans it is open as well."""
        wide = (o for o in others if o.zone == self.zone and _spans(o, self.start, self.end))
        return replace(self, inside=tuple(wide))

    def _spans(
        self, now: datetime, until: int | None = None
    ) -> Iterator[tuple[datetime, datetime]]:
        """Both edges in UTC, from the day before `now` on, to `until` days after it (None: on)."""
        _refuse_naive(now)
        zone = zone_of(self.zone)
        today = now.astimezone(zone).date()
        for ahead in count(-1) if until is None else range(-1, until + 1):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days:
                yield from self.edges_on(day)

    def edges_on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Both edges on one of its days; none where the clocks skip it, or leave it in doubt."""
        zone = zone_of(self.zone)
        start = max(_instants(day, self.start, zone))
        end = min(_instants(day, self.end, zone))
        wide = [span for o in self.inside if day.weekday() in o.days for span in o.edges_on(day)]
        spans = [(max(start, s), min(end, e)) for s, e in wide] if self.inside else [(start, end)]
        yield from sorted(span for span in spans if span[0] < span[1])


@dataclass(frozen=True, slots=True)
class Freeze:
    """Whole days on which nothing is delivered: `first` to `last`, both frozen, in `zone`."""

    first: date
    last: date
    zone: str
    reason: str

    @property
    def begins(self) -> datetime:
        """The first frozen moment."""
        zone = zone_of(self.zone)
        return min(_instants(self.first, 0, zone)).astimezone(zone)

    @property
    def ends(self) -> datetime:
        """The first moment that is free again: one microsecond after the last midnight."""
        zone = zone_of(self.zone)
        return (max(_instants(self.last, MINUTES_OF_A_DAY, zone)) + _NEXT).astimezone(zone)

    def contains(self, now: datetime) -> bool:
        """Whether `now` (aware) is frozen; both edges are."""
        _refuse_naive(now)
        utc = UTC
        return self.begins.astimezone(utc) <= now < self.ends.astimezone(utc)


def _spans(window: Window, start: int, end: int) -> bool:
    return window.start <= start and end <= window.end


def _refuse_naive(now: datetime) -> None:
    if now.tzinfo is None:
        raise ValueError("needs an aware datetime")


def _instants(day: date, minutes: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both readings of a local time, in UTC; they differ where clocks change (PEP 495)."""
    ahead, rest = divmod(minutes, MINUTES_OF_A_DAY)
    local = datetime.combine(day + timedelta(days=ahead), time(rest // 60, rest % 60), tzinfo=zone)
    utc = UTC
    return local.astimezone(utc), local.replace(fold=1).astimezone(utc)


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _day(first)
        end = _day(last) if dash else begin
        if end < begin:
            cure = "list the days, as in `Sat,Sun,Mon`"
            raise InvalidInput(f"`{part}` ends before it starts", cure)
        days.update(range(begin, end + 1))
    return frozenset(days)


def _day(name: str) -> int:
    if name not in DAYS:
        raise InvalidInput(f"unknown day `{name}`", f"days are {' '.join(DAYS)}")
    return DAYS.index(name)


def _minutes(text: str) -> tuple[int, int]:
    match = _TIMES.fullmatch(text)
    if match is None:
        raise InvalidInput(f"`{text}` is no span of time", _WINDOW)
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or max(start, end) > MINUTES_OF_A_DAY:
        raise InvalidInput(f"`{text}` names no time of day", "times are 00:00 to 24:00")
    if end <= start:
        cure = "write two windows, the second one on the next day"
        raise InvalidInput(f"`{text}` ends before it starts", cure)
    return start, end
