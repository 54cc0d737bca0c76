"""What the verbs print, and how they write what they changed."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

if TYPE_CHECKING:
    from gitops.tree import Tree


def deliver(
    root: Path,
    old: "Tree",
    new: "Tree",
    *,
    dry_run: bool,
    json: bool,
    told: Mapping[str, object] | None = None,
) -> None:
    """Write the difference, or show it; a dry run that would write something exits 1.

    `told` is what the JSON says besides, None for nothing.
    """
    from gitops.diff import unified_diff
    from gitops.directory import write_directory
    from gitops.tree import changes

    paths = list(changes(old, new))
    if not dry_run:
        write_directory(root, old, new)
    if json:
        written = {"written": [] if dry_run else paths, "would_write": paths if dry_run else []}
        print_json({**written, **(told or {})})
    elif dry_run:
        sys.stdout.buffer.write(unified_diff(old, new).encode(errors="surrogateescape"))
    else:
        for path in paths:
            say(f"{'changed' if path in old else 'created'} {path}")
        if not paths:
            print("nothing to do")
    if dry_run and paths:
        raise typer.Exit(1)


def say(text: str, to: TextIO | None = None) -> None:
    """Print a line; what a terminal would obey or cannot show stands there as an escape.

    Args:
        text: the line, without its end.
        to: where; None is standard output.
    """
    stream = to or sys.stdout
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    print(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding), file=stream)


def print_json(value: object) -> None:
    """Print a value, indented and with sorted keys."""
    import json

    print(json.dumps(value, indent=2, sort_keys=True))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of one length in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(map(str.ljust, row, widths)).rstrip())
