"""`tags`: what a policy picks from the tags of an image or a chart, and why not the others."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, tag_sources

if TYPE_CHECKING:
    from gitops.selection import Pick, TagPolicy

_CHUNK = 10_000


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(tags)


def tags(
    image: Annotated[
        str,
        typer.Argument(
            help="An image repository, or with --chart the URL of a Helm repository; "
            "- reads one tag a line from standard input."
        ),
    ] = tag_sources.STANDARD_INPUT,
    chart: Annotated[
        str | None, typer.Option(metavar="NAME", help="A chart of the Helm repository.")
    ] = None,
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

    Of a chart: which version a HelmRelease with this range takes. Exits with 1 when there is none.
    """
    policy = _filtered(_policy(semver, alphabetical, numerical), pattern, extract)
    if chart is not None:
        found, flux = _of_chart(policy, chart, image, settings)
    else:
        found, flux = _of_image(policy, image, settings)
    for text in _json(found, flux) if json else _text(found):
        sys.stdout.write(text)
    sys.stdout.flush()
    if flux is not None and not json:
        from bot.neutral import whole

        print(f"fairlead: {whole(flux)}", file=sys.stderr)
    raise typer.Exit(0 if found.tag is not None else 1)


def _of_image(policy: "TagPolicy", image: str, settings: Path | None) -> tuple["Pick", str | None]:
    from gitops.flux_reading import flux_says

    if image == tag_sources.STANDARD_INPUT:
        found = policy.pick(tag_sources.lines(tag_sources.standard_input()))
    else:
        found = policy.pick(tag_sources.of_image(image, settings))
    return found, flux_says(policy, found)


def _of_chart(
    policy: "TagPolicy", chart: str, repository: str, settings: Path | None
) -> tuple["Pick", str | None]:
    from gitops.errors import InvalidInput
    from gitops.flux_reading import flux_says_of_chart
    from gitops.tags import RangePolicy

    if not isinstance(policy, RangePolicy):
        raise InvalidInput("Flux takes a chart by a range alone", "say --semver and no --filter")
    if tag_sources.is_registry(repository):
        versions = tag_sources.of_chart_in_registry(chart, repository, settings)
        found = policy.pick(versions)
        return found, flux_says_of_chart(policy, found, None)
    created = tag_sources.of_chart(chart, repository, settings)
    found = policy.pick(created)
    return found, flux_says_of_chart(policy, found, created)


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
        case given:
            raise InvalidInput(
                "more than one policy" if given != (None, None, None) else "no policy",
                "say one of --semver RANGE, --alphabetical asc|desc and --numerical asc|desc",
            )


def _filtered(policy: "TagPolicy", pattern: str | None, extract: str | None) -> "TagPolicy":
    from gitops.errors import InvalidInput
    from gitops.tag_filter import group_names
    from gitops.tags import Filter, FilteredPolicy

    if pattern is not None:
        found = Filter(pattern, extract or "")
        for name in found.strangers():
            known = ", ".join(f"${group}" for group in sorted(group_names(pattern)))
            hint = f"it has {known}" if known else "write one as (?P<name>...)"
            told = f"--extract refers to ${name}, and the pattern has no group {name!r}"
            raise InvalidInput(told, f"{hint}; braces end a name, as in ${{name}}1")
        return FilteredPolicy(found, policy)
    if extract is not None:
        raise InvalidInput("--extract takes something out of what --filter found", "say --filter")
    return policy


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
