"""`sites`: every place where a version is written, and what was skipped and why."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import say

if TYPE_CHECKING:
    from gitops.cli.reading import Surveyed
    from gitops.sites import Site, Skipped

_WIDEST: Final = 100
"""Characters. A column is not made wider than this for the sake of one long entry."""


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(sites)


def sites(
    path: Annotated[Path, typer.Argument(help="A directory, or one YAML file.")] = HERE,
    json: options.Json = False,
) -> None:
    """List every place where a version is written; needs no fleet and no configuration.

    What was skipped is listed on standard error, with the reason.
    """
    from gitops.cli.reading import surveyed

    found = surveyed(path, remember=False)
    if json:
        for text in _json(found):
            sys.stdout.write(text)
        sys.stdout.flush()
        return
    _print_sites(found)
    # What is said of the list shall stand behind it, wherever both streams end.
    sys.stdout.flush()
    for skipped in found.survey.skipped:
        say(f"{_where(found, skipped)} skipped: {skipped.reason}", sys.stderr)
    say(f"fairlead: {_summary(found, path)}", sys.stderr)


# --- as text --------------------------------------------------------------------------------------


def _print_sites(found: "Surveyed") -> None:
    """One line a site, in aligned columns; the value is the last of them and may have blanks."""
    widths = [0, 0, 0, 0]
    # Twice over the sites instead of once over a list of rows: there may be very many.
    for site in found.survey.sites:
        cells = map(len, _cells(found, site))
        widths = [max(width, min(cell, _WIDEST)) for width, cell in zip(widths, cells, strict=True)]
    for site in found.survey.sites:
        row = "  ".join(map(str.ljust, _cells(found, site), widths))
        refusal = f"  (not editable: {site.refusal})" if site.refusal else ""
        value = site.value or '""'
        say(f"{row}  {value}{refusal}")


def _cells(found: "Surveyed", site: "Site") -> tuple[str, str, str, str]:
    title = "/".join(site.object.split())
    return _where(found, site), site.kind.value, title, site.artifact or "-"


def _where(found: "Surveyed", what: "Site | Skipped") -> str:
    place = what.place
    return ":".join(str(n) for n in (found.path(place.path), place.line, place.column) if n)


def _summary(found: "Surveyed", path: Path) -> str:
    """How many there are, and of what."""
    from gitops.sites import is_yaml

    sites, skipped = found.survey.sites, found.survey.skipped
    read = _count(sum(map(is_yaml, found.tree)), "YAML file")
    if sites:
        kinds = Counter(site.kind.value for site in sites).most_common()
        files = len({site.path for site in sites})
        text = f"{_count(len(sites), 'version')} in {files} of {read}: "
        text += ", ".join(f"{kind} {number}" for kind, number in kinds)
    else:
        text = f"no versions found in {path}, {read}"
    return f"{text}; {len(skipped)} skipped" if skipped else text


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# --- as JSON --------------------------------------------------------------------------------------


def _json(found: "Surveyed") -> Iterator[str]:
    """One object with a line for each entry, in pieces: the whole text could fill the memory."""
    yield '{"sites": ['
    yield from _entries(_site_facts(found, site) for site in found.survey.sites)
    yield '], "skipped": ['
    yield from _entries(_skipped_facts(found, skipped) for skipped in found.survey.skipped)
    yield "]}\n"


def _entries(facts: Iterable[dict[str, object]]) -> Iterator[str]:
    import json as encoder

    separator = "\n  "
    for each in facts:
        yield separator + encoder.dumps(each)
        separator = ",\n  "


def _site_facts(found: "Surveyed", site: "Site") -> dict[str, object]:
    return {
        "path": found.path(site.path),
        "line": site.line,
        "column": site.column,
        "kind": site.kind.value,
        "part": site.part.value,
        "object": site.object,
        "name": site.artifact or None,
        "value": site.value,
        "source": site.source or None,
        "policy": site.policy,
        "editable": site.refusal is None,
        "reason": site.refusal,
    }


def _skipped_facts(found: "Surveyed", skipped: "Skipped") -> dict[str, object]:
    place = skipped.place
    return {
        "path": found.path(place.path),
        "line": place.line,
        "column": place.column,
        "reason": skipped.reason,
    }
