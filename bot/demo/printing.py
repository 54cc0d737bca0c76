"""What the reader of the demo sees: chapters, sentences, commands with their output, diffs.

Plain ASCII to any file; on a terminal also colour and a line that says what is under way.
"""

import json
import re
import textwrap
from datetime import datetime
from typing import TextIO

WIDTH = 80
"""Columns of what the demo itself says; what commands print keeps its own lines."""

_INDENT = "    "
_HEX = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{12})[0-9a-f]{28,52}(?![0-9A-Za-z])")
_BOLD, _DIM, _RED, _GREEN, _CYAN = "1", "2", "31", "32", "36"
_DIFF_COLOURS = {"+": _GREEN, "-": _RED, "@": _CYAN}


class Page:
    """The demo's output.

    Args:
        out: where it goes.
        coloured: ANSI colours may be used.
        live: `out` is a terminal: a passing line says what is under way.
    """

    def __init__(self, out: TextIO, *, coloured: bool = False, live: bool = False) -> None:
        self._out = out
        self._coloured = coloured
        self._live = live
        self._chapters = 0
        self._last = ""
        self._passing = False

    def title(self, text: str) -> None:
        """The first line."""
        self._print(self._in(_BOLD, text))

    def chapter(self, text: str, now: datetime) -> None:
        """A new part of the story, with its number and the time of the simulated clock."""
        self._chapters += 1
        time = moment(now)
        head = f"{self._chapters}. {text} "
        self._begin("chapter")
        self._print(self._in(_BOLD, f"{head}{'-' * (WIDTH - len(head) - len(time) - 1)} {time}"))

    def say(self, text: str) -> None:
        """A paragraph."""
        self._begin("paragraph")
        for line in _folded(text, WIDTH):
            self._print(line)

    def command(self, line: str, output: str = "") -> None:
        """A command line and what it prints; those that print nothing stand close together."""
        self._begin("command", after_itself=bool(output))
        # A flag and its value stay together.
        kept = re.sub(r"(--\S+) (?!--)", "\\1\0", shortened(line))
        shown = " \\\n".join(_folded(kept, WIDTH - 6, "    ")).replace("\0", " ")
        for index, part in enumerate(shown.splitlines()):
            self._print(self._in(_CYAN, f"  {'$' if index == 0 else ' '} {part}"))
        self.quote(output)

    def copy(self, line: str, shows: str) -> None:
        """A command line for the reader to copy: on one line, with nothing shortened."""
        self._begin("copy")
        self._print(self._in(_DIM, f"  # {shows}"))
        self._print(f"  {line}")

    def quote(self, text: str, *, diff: bool = False) -> None:
        """Text as it stands, indented; long lines are folded, digests and commits shortened.

        Lines are tinted as a diff's where `diff` is true, and inside a fence of the text's own.
        """
        for whole in shortened(text).splitlines():
            if whole.startswith("```"):
                diff = whole == "```diff"
            tint = _DIFF_COLOURS.get(whole[:1]) if diff else None
            tint = _BOLD if whole.startswith("### ") else tint
            inner = len(whole) - len(whole.lstrip())
            hanging = " " * (inner + 2) if inner else ""
            as_it_is = diff or whole.startswith("|")
            for line in (whole,) if as_it_is else _folded(whole, WIDTH + 16, hanging):
                self._print((_INDENT + (self._in(tint, line) if tint else line)).rstrip())

    def did(self, action: str) -> None:
        """Something that the bot did."""
        self._begin("deed", after_itself=False)
        self._print(f"  {self._in(_GREEN, '->')} {shortened(action)}")

    def working(self, text: str) -> None:
        """Say on a terminal what is under way; the next line takes its place."""
        if self._live:
            self.clear()
            self._out.write(self._in(_DIM, f"  ... {text}"))
            self._out.flush()
            self._passing = True

    def clear(self) -> None:
        """Take the passing line away."""
        if self._passing:
            self._out.write("\r\x1b[2K")
            self._passing = False

    def _begin(self, kind: str, *, after_itself: bool = True) -> None:
        """An empty line, but between neighbours of one kind only where `after_itself`."""
        if self._last != kind or after_itself:
            self._print()
        self._last = kind

    def _print(self, line: str = "") -> None:
        self.clear()
        self._out.write(line + "\n")
        self._out.flush()

    def _in(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text


class Transcript(Page):
    """The same for programs: one JSON object a line, named by its `kind`, nothing shortened."""

    def title(self, text: str) -> None:
        """The first line."""
        self._tell("title", text=text)

    def chapter(self, text: str, now: datetime) -> None:
        """A new part, with the time of the simulated clock."""
        self._tell("chapter", text=text, time=now.isoformat())

    def say(self, text: str) -> None:
        """A paragraph."""
        self._tell("text", text=text)

    def command(self, line: str, output: str = "") -> None:
        """A command line and what it prints."""
        self._tell("command", line=line, output=output)

    def copy(self, line: str, shows: str) -> None:
        """A command line that works in a kept world."""
        self._tell("copy", line=line, shows=shows)

    def quote(self, text: str, *, diff: bool = False) -> None:
        """Text as it stands."""
        self._tell("diff" if diff else "quote", text=text)

    def did(self, action: str) -> None:
        """Something that the bot did."""
        self._tell("did", action=action)

    def _tell(self, kind: str, **facts: str) -> None:
        self._print(json.dumps({"kind": kind, **facts}))


def _folded(text: str, width: int, hanging: str = "") -> list[str]:
    """Lines of at most `width` columns, cut only at spaces; an empty text is one empty line."""
    folded = textwrap.wrap(
        text,
        width,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return folded or [""]


def shortened(text: str) -> str:
    """The text with every full digest and commit cut to its first twelve digits and dots."""
    return _HEX.sub(r"\1...", text)


def moment(now: datetime) -> str:
    """A time of the simulated clock, as the story tells it: `Tue 3 March 15:00`."""
    return f"{now:%a} {now.day} {now:%B %H:%M}"


def table(rows: list[list[str]]) -> str:
    """Rows in columns; the first row is the head."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)
