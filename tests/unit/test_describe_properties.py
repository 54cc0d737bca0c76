"""What holds for every text that a promotion is told in, whatever strangers put into it (S11).

`acted_on` is a model of what a forge does with Markdown: it takes code spans and fenced blocks out,
by CommonMark's rules, and finds what the rest would do.
"""

import re
import subprocess
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.body import Reading
from bot.body import text as body_text
from bot.describe import branch_name, commit_message, merge_message, read_message, title
from bot.model import Artifact, Release, Target
from bot.neutral import MAX_LENGTH, code, fenced, one_line
from bot.plan import GateVerdict, Pass, Promotion, Wait
from bot.verdicts import table

HOSTILE = st.sampled_from(
    [
        *("/merge", "\n/approve\n", "\r/target_branch x", "@all", "@ana", "Closes #1", "fixes !2"),
        *(
            "`",
            "``",
            "```",
            "````\n/merge",
            "~~~",
            "```\n",
            "\n```\n@all",
            "\\`",
            "|",
            "\n\n",
            "\t",
        ),
        *(
            "<img src=x>",
            "<!--",
            "-->",
            "[x](http://x)",
            "![x](http://x)",
            "http://x.example",
            "&#64;",
        ),
        *("\u2028/merge", "\u0085/merge", "\x0b/merge", "\x00", "\x1b[31m", "\u202e", "\u200b@all"),
        *(
            "\ud800",
            "é",
            "🚢",
            "$(id)",
            "> ",
            "- ",
            "# ",
            "    ",
            "Fairlead-State: ",
            "--",
            "..",
            "/",
        ),
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=6), max_size=8).map("".join)
NAMES = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
HEX = "0123456789abcdef"
SHAS = st.text(HEX, min_size=40, max_size=40)
DIGESTS = st.text(HEX, min_size=64, max_size=64).map(lambda text: f"sha256:{text}")
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,30}", fullmatch=True)
# What git allows in a tag's name: no control characters, no space, none of ~^:?*[\ and no "..".
VERSIONS = TAGS | st.from_regex(r"[A-Za-z0-9@/#!$&'();<=>|`é🚢._-]{1,120}", fullmatch=True)
TARGETS = st.builds(Target, NAMES, NAMES)
ARTIFACTS = st.builds(
    Artifact,
    st.just("registry.example.com/shop/").flatmap(lambda host: NAMES.map(lambda name: host + name)),
    TAGS,
    DIGESTS | st.none(),
)


@st.composite
def promotions(draw: st.DrawFn) -> Promotion:
    target = draw(TARGETS)
    artifacts = tuple(draw(st.lists(ARTIFACTS, min_size=1, max_size=3)))
    release = Release(target.app, draw(VERSIONS), draw(SHAS | st.none()), artifacts)
    return Promotion(target, release, branch_name(target, release.version))


# --- commit messages ------------------------------------------------------------------------------


@given(st.lists(promotions(), min_size=1, max_size=4), SHAS | st.none())
def test_a_commit_message_says_what_was_promoted(found: list[Promotion], state: str | None) -> None:
    read = read_message(commit_message(found, state))
    assert read.promotions == tuple((p.target, p.release) for p in found)
    assert read.state == state


@given(promotions(), st.integers(1, 10**6), SHAS)
def test_a_merge_message_says_the_same(promotion: Promotion, number: int, state: str) -> None:
    read = read_message(merge_message(promotion, number, state))
    assert read.promotions == ((promotion.target, promotion.release),)
    assert read.state == state


@given(promotions(), SHAS)
def test_trailers_are_one_line_of_ascii_each(promotion: Promotion, state: str) -> None:
    message = commit_message([promotion], state)
    last = message.rstrip("\n").split("\n\n")[-1].split("\n")
    assert [line.partition(": ")[0] for line in last] == ["Fairlead-Promotion", "Fairlead-State"]
    assert all(line.isascii() and line.isprintable() for line in last)


@given(promotions(), SHAS)
def test_the_same_promotion_gives_the_same_bytes(promotion: Promotion, state: str) -> None:
    again = Promotion(promotion.target, promotion.release, promotion.branch)
    assert commit_message([again], state) == commit_message([promotion], state)


@given(TEXTS)
def test_a_strangers_message_is_read_without_harm(text: str) -> None:
    for message in (text, f"a subject\n\nFairlead-Promotion: {text}\nFairlead-State: {text}\n"):
        read = read_message(message)
        assert read.state is None
        assert read.promotions == ()


# --- branch names ---------------------------------------------------------------------------------


@given(promotions(), st.sampled_from(["\\ud800", "\\u0000", "\\n", "\\u202e"]))
def test_a_trailer_with_what_cannot_be_written_claims_nothing(
    promotion: Promotion, escape: str
) -> None:
    """Each is legal JSON; a lone surrogate ended the whole tick once."""
    message = commit_message([promotion], None)
    spoilt = message.replace('"version":"', f'"version":"{escape}')
    assert read_message(spoilt).promotions == ()


@given(TARGETS, VERSIONS | TEXTS)
def test_a_branch_name_is_made_of_plain_characters(target: Target, version: str) -> None:
    name = branch_name(target, version)
    assert name == branch_name(target, version)
    assert re.fullmatch(
        r"promote/[a-z0-9-]+/[a-z0-9-]+/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", name
    )
    assert ".." not in name
    assert not name.endswith(".lock")
    assert len(name.encode()) < 200


@settings(max_examples=25)
@given(TARGETS, st.lists(VERSIONS | TEXTS, min_size=1, max_size=4))
def test_git_takes_every_branch_name(target: Target, versions: list[str]) -> None:
    for version in versions:
        command = ["git", "check-ref-format", "--branch", branch_name(target, version)]
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0, version


@given(TARGETS, st.lists(VERSIONS | TEXTS, min_size=2, max_size=8, unique=True))
def test_distinct_versions_have_distinct_branches(target: Target, versions: list[str]) -> None:
    assert len({branch_name(target, version) for version in versions}) == len(versions)


# --- Markdown -------------------------------------------------------------------------------------

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)")
_ACTIONS = re.compile(
    r"""(?im)^\s*/\w            # a quick action
    |   @[\w-]                  # a mention
    |   \b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b.{0,3}[#!]\d
    |   [#!]\d+                 # a reference to an issue or a merge request
    |   <[a-z!/]                # HTML
    |   \]\(|\]\[               # links and images
    |   [a-z]+://               # a bare link
    |   &\#?\w+;                # a character reference
    """,
    re.VERBOSE,
)


def outside_of_blocks(markdown: str) -> str:
    """The text without its fenced blocks; an open one goes on to the end."""
    kept, fence = [], ""
    for line in re.split(r"\r\n|\r|\n", markdown):
        found = _FENCE.fullmatch(line)
        if fence:
            closes = found and found.group(1)[0] == fence[0] and len(found.group(1)) >= len(fence)
            if found and closes and not found.group(2).strip():
                fence = ""
        elif found and not (found.group(1)[0] == "`" and "`" in found.group(2)):
            fence = found.group(1)
        else:
            kept.append(line)
    assert not fence, "a block is never closed"
    return "\n".join(kept)


def outside_of_spans(text: str) -> str:
    """The text without its code spans: a run of backticks opens one if an equal run ends it."""
    kept, rest = "", text
    while opening := re.search(r"`+", rest):
        kept += rest[: opening.start()]
        body = rest[opening.end() :]
        closing = next((m for m in re.finditer(r"`+", body) if m.group() == opening.group()), None)
        if closing is None:
            kept, rest = kept + opening.group(), body
        else:
            kept, rest = f"{kept}code", body[closing.end() :]
    return kept + rest


def acted_on(markdown: str) -> list[str]:
    """What a forge would act on. Here a span ends with its line at the latest."""
    text = outside_of_blocks(markdown)
    lines = [outside_of_spans(line) for line in text.split("\n")]
    return [m.group() for line in lines for m in _ACTIONS.finditer(line)]


def test_the_model_sees_what_a_forge_does() -> None:
    assert acted_on("/merge")
    assert acted_on("hello @all")
    assert acted_on("Closes #1")
    assert acted_on("``` x\n```\n/merge")
    assert acted_on("`a` @all `b`")
    assert acted_on("`` ` @all")
    assert not acted_on("`@all`")
    assert not acted_on("```\n/merge\n```")
    assert not acted_on("````\n```\n/merge\n````")


@given(TEXTS)
def test_one_line_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert all(c.isprintable() or c == " " for c in line)
    assert len(line) <= MAX_LENGTH
    line.encode()


@given(TEXTS)
def test_one_line_made_one_line_again_stays(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)


@given(TEXTS, TEXTS)
def test_a_code_span_holds_all_of_a_text(text: str, other: str) -> None:
    span = code(text)
    assert outside_of_spans(span) == "code"
    assert len(span.splitlines()) == 1
    assert "|" not in span
    row = f"| {code(text)} | {code(other)} |"
    assert outside_of_spans(row) == "| code | code |"
    assert not acted_on(row)
    span.encode()


@given(TEXTS, st.sampled_from(["", "diff"]))
def test_a_fenced_block_holds_all_of_a_text(text: str, language: str) -> None:
    block = fenced(text, language)
    around = f"before\n\n{block}\n\nafter"
    assert outside_of_blocks(around).split() == ["before", "after"]
    assert not acted_on(around)
    block.encode()


@given(promotions(), TEXTS, TEXTS, TEXTS)
def test_a_merge_request_does_nothing_but_say(
    promotion: Promotion, tag: str, diff: str, note: str
) -> None:
    artifact = promotion.release.artifacts[0]
    noted = replace(promotion, notes=(note,))
    said = body_text(noted, Reading(((artifact.repository, tag),), diff))
    shown = table((GateVerdict("proven", Pass(note)), GateVerdict("built", Wait(note))))
    assert acted_on(f"{said}\n\n{shown}\n") == []
    said.encode()
    assert len(title(promotion).splitlines()) == 1
