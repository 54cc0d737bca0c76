"""`tags`: what a policy picks from an image's tags or from standard input, and why not the rest."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final

import typer

from bot.cli import options

if TYPE_CHECKING:
    from gitops.selection import Pick, TagPolicy

STANDARD_INPUT: Final = "-"
MOST_TAGS: Final = 1_000_000
"""Of one list, as of one repository in `bot.adapters.wire`; a million take about 140 MiB."""
LONGEST_LINE: Final = 4096
"""Bytes of one line of standard input."""

_CHUNK = 10_000


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(tags)


def tags(
    image: Annotated[
        str, typer.Argument(help="An image repository; - reads one tag a line from standard input.")
    ] = STANDARD_INPUT,
    semver: Annotated[
        str | None, typer.Option(metavar="RANGE", help="The highest version in a range.")
    ] = None,
    alphabetical: Annotated[
        str | None, typer.Option(metavar="asc|desc", help="The last (asc) or first tag by letters.")
    ] = None,
    numerical: Annotated[
        str | None, typer.Option(metavar="asc|desc", help="The highest (asc) or lowest number.")
    ] = None,
    pattern: Annotated[
        str | None, typer.Option("--filter", metavar="RE", help="Only tags in which RE2 finds it.")
    ] = None,
    extract: Annotated[
        str | None,
        typer.Option(metavar="TEMPLATE", help="What the policy sees of them, as '$name'."),
    ] = None,
    settings: options.SettingsFile = None,
    json: options.Json = False,
) -> None:
    """Show which tag a Flux image policy picks, and why it passes over every other.

    Exits with 1 when it picks none.
    """
    from gitops.flux_reading import flux_says

    policy = _filtered(_policy(semver, alphabetical, numerical), pattern, extract)
    if image == STANDARD_INPUT:
        found = policy.pick(_lines(sys.stdin.buffer))
    else:
        found = policy.pick(_listed(image, settings))
    flux = flux_says(policy, found)
    for text in _json(found, flux) if json else _text(found):
        sys.stdout.write(text)
    sys.stdout.flush()
    if flux is not None and not json:
        from bot.neutral import whole

        print(f"fairlead: {whole(flux)}", file=sys.stderr)
    raise typer.Exit(0 if found.tag is not None else 1)


def _policy(semver: str | None, alphabetical: str | None, numerical: str | None) -> "TagPolicy":
    from gitops.constraint import Constraint
    from gitops.errors import InvalidInput
    from gitops.tags import AlphabeticalPolicy, NumericalPolicy, Order, RangePolicy

    match semver, alphabetical, numerical:
        case str(), None, None:
            return RangePolicy(Constraint.parse(semver))
        case None, str(), None:
            return AlphabeticalPolicy(Order.parse(alphabetical))
        case None, None, str():
            return NumericalPolicy(Order.parse(numerical))
        case _:
            raise InvalidInput(
                "which policy?",
                "say one of --semver RANGE, --alphabetical asc|desc and --numerical asc|desc",
            )


def _filtered(policy: "TagPolicy", pattern: str | None, extract: str | None) -> "TagPolicy":
    from gitops.errors import InvalidInput
    from gitops.tags import Filter, FilteredPolicy

    if pattern is not None:
        return FilteredPolicy(Filter(pattern, extract or ""), policy)
    if extract is not None:
        raise InvalidInput("--extract takes something out of what --filter found", "say --filter")
    return policy


# --- where tags come from -------------------------------------------------------------------------


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """One tag a line, without its end; empty lines are none.

    Raises:
        InvalidInput: a line or the list is too long.
    """
    from gitops.errors import InvalidInput

    if stream.isatty():
        print("fairlead: reading one tag a line; end with Ctrl-D", file=sys.stderr)
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if number > MOST_TAGS:
            raise InvalidInput(f"standard input has more than {MOST_TAGS} lines", "filter it first")
        if len(line) == LONGEST_LINE:
            raise InvalidInput(
                f"standard input, line {number}: longer than {LONGEST_LINE} bytes",
                "give one tag a line",
            )
        tag = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if tag:
            yield tag


def _listed(image: str, settings: Path | None) -> tuple[str, ...]:
    """Every tag of an image repository, from its registry.

    Raises:
        InvalidInput: it is no name of one.
        Unavailable, Denied: the registry.
    """
    from bot import wiring
    from bot.model import Gap
    from gitops.cli.patience import patience
    from gitops.errors import Denied, InvalidInput, Unavailable
    from gitops.sites.image import normalise, parse_reference

    reference = parse_reference(image)
    plain = reference is not None and reference.tag is None and reference.digest is None
    if reference is None or not plain or not all(s[:1].isalnum() for s in image.split("/")):
        raise InvalidInput(
            f"{image!a} is no image repository",
            "write it without scheme, tag and digest, as ghcr.io/stefanprodan/podinfo",
        )
    repository = normalise(reference.repository)
    registry = wiring.registry(options.file_settings(settings))
    with patience(f"asking for the tags of {repository}"):
        answer = registry.tags([repository])[repository]
    if isinstance(answer, Gap):
        if answer.denied:
            raise Denied(f"{answer.service}: {answer.reason}")
        raise Unavailable(f"{answer.service}: {answer.reason}", service=answer.service)
    if not answer:
        print(f"fairlead: {repository} has no tags, or is not there", file=sys.stderr)
    return answer


# --- what is shown --------------------------------------------------------------------------------


def _text(found: "Pick") -> Iterator[str]:
    yield "picked nothing\n" if found.tag is None else f"picked {_shown(found.tag)}\n"
    for chunk in _chunks(found.passed_over.items()):
        yield "".join(f"passed over {_shown(tag)}: {reason}\n" for tag, reason in chunk)


def _shown(tag: str) -> str:
    """The tag, harmless to a terminal; almost every one is as it stands."""
    if tag.isascii() and tag.isprintable():
        return tag
    from bot.neutral import whole

    return whole(tag)


def _json(found: "Pick", flux: str | None) -> Iterator[str]:
    """One object on one line, in pieces: whole, a million reasons would fill the memory."""
    import json as encoder

    yield f'{{"picked": {encoder.dumps(found.tag)}, '
    if flux is not None:
        yield f'"flux": {encoder.dumps(flux)}, '
    yield '"passed_over": ['
    separator = ""
    for chunk in _chunks(found.passed_over.items()):
        entries = [{"tag": tag, "reason": reason} for tag, reason in chunk]
        yield separator + encoder.dumps(entries)[1:-1]
        separator = ", "
    yield "]}\n"


def _chunks(entries: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    from itertools import islice

    rest = iter(entries)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
