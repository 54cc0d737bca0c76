from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.canonical import Fields, encode, instant, moment
from gitops.errors import InvalidInput

moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9998, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)


@given(moments)
def test_moments_read_back(at: datetime) -> None:
    assert moment(instant(at)) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-03-02T09:00:00",
        "2026-13-02T09:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_no_moment(text: str) -> None:
    with pytest.raises(InvalidInput):
        moment(text)


def test_a_moment_without_a_zone_is_never_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        instant(datetime(2026, 3, 2))  # noqa: DTZ001


def test_equal_content_gives_equal_bytes() -> None:
    one = encode({"b": [1, None, True], "a": "\u00e9\n"})
    assert one == encode({"a": "\u00e9\n", "b": [1, None, True]})
    assert one == b'{"a":"\\u00e9\\n","b":[1,null,true]}\n'


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000, b"{}{}"])
def test_only_one_object_is_read(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        Fields.parse(data)


def test_fields_have_types() -> None:
    fields = Fields.parse(encode({"n": 1, "t": "x", "f": True, "none": None, "l": [1], "o": {}}))
    assert (fields.number("n"), fields.text("t"), fields.flag("f")) == (1, "x", True)
    assert fields.optional("none") is None
    assert fields.inner("o") == Fields({})
    for read in (
        lambda: fields.number("f"),
        lambda: fields.number("t"),
        lambda: fields.text("n"),
        lambda: fields.text("absent"),
        lambda: fields.optional("absent"),
        lambda: fields.flag("n"),
        lambda: fields.inner("l"),
        lambda: fields.each("l"),
        lambda: fields.each("o"),
        lambda: fields.texts("l"),
    ):
        with pytest.raises(InvalidInput):
            read()
