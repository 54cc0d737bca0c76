"""A body's parts and their seal: what is forged, moved or worn is not believed."""

from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.frame import BEGIN, END, Claims, frame, genuine, hashed, subject, unframe, written
from bot.model import MergeRequest, MergeRequestState
from bot.secret import Secret
from bot.state_key import StateKey

KEY = StateKey("acme", Secret("k" * 40))
OTHER_FLEET = StateKey("emca", Secret("k" * 40))
OTHER_KEY = StateKey("acme", Secret("x" * 40))
BRANCH = "promote/prod/payments/v1.0"
HEAD = "4ead" * 10

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    [BEGIN, END, f"\n{BEGIN}\n", f"\n\n{BEGIN}\nx\n{END}\n\n", "<!-- fairlead: {} -->", "-->", "--"]
)


def claims(text: str, **changes: object) -> Claims:
    made = Claims("prod", "payments", "v1.0", "c" * 40, "1" * 64, HEAD, hashed(text), ("cy",))
    return replace(made, **changes)  # type: ignore[arg-type]


def body(text: str = "the text", table: str = "| gate |", key: StateKey = KEY) -> str:
    line = written(claims(text))
    return frame(text, table, line, key.mac(subject(BRANCH), line.encode()))


def request(said: str, branch: str = BRANCH) -> MergeRequest:
    open_ = MergeRequestState.OPEN
    return MergeRequest(2, branch, "main", HEAD, open_, "fairlead", "", said)


@given(TEXTS, TEXTS)
def test_what_is_framed_comes_out_again(text: str, table: str) -> None:
    text, plain = f"Promotes {text}", table.replace(BEGIN, "").replace("\r", "")
    found = genuine(request(body(text, plain)), KEY.mac)
    assert found is not None
    assert (found.claims, found.intact, found.number) == (claims(text), True, 2)
    assert found.table == plain


@pytest.mark.parametrize(
    "kept",
    [str, lambda b: b.replace("\n", "\r\n"), str.rstrip, lambda b: f"\n\n{b}  \n"],
    ids=["as it is", "with other line ends", "without the last", "with blanks around"],
)
def test_how_a_forge_keeps_it_is_all_one(kept: object) -> None:
    assert callable(kept)
    found = genuine(request(kept(body("one\n\ntwo"))), KEY.mac)
    assert found is not None
    assert found.intact


@pytest.mark.parametrize("key", [OTHER_FLEET, OTHER_KEY], ids=["another fleet", "another key"])
def test_who_lacks_the_key_is_not_believed(key: StateKey) -> None:
    assert genuine(request(body(key=key)), KEY.mac) is None
    assert genuine(request(body(key=key)), key.mac) is not None


def test_a_body_of_another_branch_is_not_believed() -> None:
    assert genuine(request(body(), "promote/prod/payments/v1.1"), KEY.mac) is None
    assert genuine(request(body()), KEY.mac) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [('"version":"v1.0"', '"version":"v6.6"'), (HEAD, "0" * 40), ('"cy"', '"mallory"')],
)
def test_a_claim_that_was_changed_is_not_believed(old: str, new: str) -> None:
    assert old in body()
    assert genuine(request(body().replace(old, new)), KEY.mac) is None


def test_a_text_that_was_changed_is_seen() -> None:
    found = genuine(request(body("all is well").replace("well", "lost")), KEY.mac)
    assert found is not None
    assert not found.intact


def test_a_body_without_the_frame_is_nobodys() -> None:
    for said in ("", "mine", body().replace(END, ""), body() + "mine"):
        assert unframe(said) is None


@pytest.mark.parametrize("end", ["", f"\n<!-- fairlead: {{}} {'a' * 64} -->"])
def test_a_megabyte_of_marks_takes_no_time(end: str) -> None:
    """Whoever may edit a merge request would keep the bot from all others."""
    marks = f"x\n\n{BEGIN}\n" * 12_000 + f"y\n{END}\n" * 12_000
    before = process_time()
    found = unframe(marks + end)
    assert process_time() - before < 20
    assert (found is None) is (end == "")


@given(TEXTS)
def test_claims_are_one_line_of_plain_signs(version: str) -> None:
    line = written(claims("", version=version))
    assert line.isascii()
    assert not set(line) & set("@#!/<>&~`|\n%$")
    assert "--" not in line
