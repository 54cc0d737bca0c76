"""The demo's page: what a file gets, what a terminal gets besides."""

import io
import json
from datetime import UTC, datetime

from bot.demo.printing import Page, Transcript, shortened, table

DIGEST = "sha256:0123456789ab" + "c" * 52
COMMIT = "fedcba987654" + "0" * 28


def page(**flags: bool) -> tuple[Page, io.StringIO]:
    out = io.StringIO()
    return Page(out, **flags), out


def test_only_whole_digests_and_commits_are_shortened() -> None:
    assert shortened(f"a@{DIGEST} {COMMIT}") == "a@sha256:0123456789ab... fedcba987654..."
    for text in ("main-fedcba987654-01234567", "fedcba987654", "a" * 65, "20260303151500"):
        assert shortened(text) == text


def test_a_chapter_has_its_number_its_time_and_one_width() -> None:
    told, out = page()
    told.chapter("Dawn", datetime(2026, 3, 3, 5, 7, tzinfo=UTC))
    told.chapter("A much longer evening", datetime(2026, 3, 13, 21, 0, tzinfo=UTC))
    _, first, _, second = out.getvalue().splitlines()
    assert first.startswith("1. Dawn ---")
    assert first.endswith("- Tue 3 March 05:07")
    assert second.endswith("- Fri 13 March 21:00")
    assert len(first) == len(second) == 80


def test_paragraphs_are_folded_and_stand_apart() -> None:
    told, out = page()
    told.say("word " * 30)
    told.say("end")
    lines = out.getvalue().splitlines()
    assert [line == "" for line in lines] == [True, False, False, True, False]
    assert max(map(len, lines)) <= 80


def test_a_command_keeps_flags_with_their_values_and_can_be_pasted() -> None:
    told, out = page()
    told.command("fairlead add app payments --image " + "r" * 50 + " --source " + "s" * 30)
    first, second, third = out.getvalue().splitlines()[1:]
    assert first == "  $ fairlead add app payments \\"
    assert second == f"        --image {'r' * 50} \\"
    assert third == f"        --source {'s' * 30}"


def test_commands_without_output_stand_together() -> None:
    told, out = page()
    told.command("one")
    told.command("two")
    told.command("three", "it says")
    told.command("four")
    assert out.getvalue() == "\n  $ one\n  $ two\n\n  $ three\n    it says\n  $ four\n"


def test_long_lines_are_folded_but_those_of_diffs_and_tables_stay_whole() -> None:
    long = "word " * 30
    told, out = page()
    told.quote(f"  {long}\n| {long}|\n```diff\n+{long}\n```\n{long}")
    lines = out.getvalue().splitlines()
    assert [len(line) > 100 for line in lines] == [False, False, True, False, True, *[False] * 3]
    assert lines[1].startswith("        word")


def test_colour_marks_what_a_diff_adds_and_takes_but_no_list() -> None:
    told, out = page(coloured=True)
    told.quote("- item\n```diff\n-old\n+new\n```\n- item")
    assert out.getvalue().splitlines() == [
        "    - item",
        "    ```diff",
        "    \x1b[31m-old\x1b[0m",
        "    \x1b[32m+new\x1b[0m",
        "    ```",
        "    - item",
    ]


def test_only_a_terminal_is_told_what_is_under_way_and_the_next_line_takes_its_place() -> None:
    told, out = page()
    told.working("thinking")
    told.clear()
    assert out.getvalue() == ""
    told, out = page(live=True)
    told.working("thinking")
    told.did("open x")
    assert out.getvalue().endswith("  ... thinking\r\x1b[2K\n  -> open x\n")
    assert "\x1b[3" not in out.getvalue()


def test_a_table_has_columns() -> None:
    assert table([["A", "B"], ["long", "x"]]) == "A     B\nlong  x"


def test_programs_get_one_object_a_line_with_nothing_shortened() -> None:
    out = io.StringIO()
    told = Transcript(out)
    told.title("A story")
    told.chapter("Dawn", datetime(2026, 3, 3, 5, 7, tzinfo=UTC))
    told.say("word " * 30)
    told.working("thinking")
    told.command(f"fairlead forge approve 1 --head {COMMIT}", "two\nlines")
    told.quote("+a", diff=True)
    told.quote("| a |")
    told.did("open x")
    told.copy("git log", "the history")
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"kind": "title", "text": "A story"},
        {"kind": "chapter", "text": "Dawn", "time": "2026-03-03T05:07:00+00:00"},
        {"kind": "text", "text": "word " * 30},
        {
            "kind": "command",
            "line": f"fairlead forge approve 1 --head {COMMIT}",
            "output": "two\nlines",
        },
        {"kind": "diff", "text": "+a"},
        {"kind": "quote", "text": "| a |"},
        {"kind": "did", "action": "open x"},
        {"kind": "copy", "line": "git log", "shows": "the history"},
    ]
