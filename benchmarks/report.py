"""The report, in Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.model import Measurement

_HEAD = """\
# Benchmarks

Written by `make bench`; do not edit. What is measured and how is told in [README.md](README.md).
Compare the figures of one run with each other, never with those of another machine or day.
"""

_VERDICTS = ("- met: ", "- MISSED: ", "- not measured ")
"""How the line of a gate begins."""


def report(machine: Sequence[str], found: Mapping[str, Measurement]) -> str:
    """The whole page: where it was measured, which gates were missed, and each measurement."""
    head = "\n".join([_HEAD, *(f"- {line}" for line in machine)])
    return _page(head, ["\n".join(section(each)) for each in found.values()])


def renewed(page: str, machine: Sequence[str], found: Mapping[str, Measurement]) -> str:
    """The same page with these measurements in the place of earlier ones, which say so.

    Args:
        page: as `report` made it.
        machine: where and when these were measured; the first two lines are told.
        found: measurements that the page has already.

    Raises:
        ValueError: it has no measurement of that title.
    """
    head, _, *sections = page.rstrip("\n").split("\n\n## ")
    sections = [f"## {each}" for each in sections]
    titles = [each.partition("\n")[0] for each in sections]
    for each in found.values():
        title, *lines = section(each)
        told = f"{machine[0]}, after the others. {machine[1]}."
        sections[titles.index(title)] = "\n".join([title, "", told, *lines])
    return _page(head, sections)


def _page(head: str, sections: Sequence[str]) -> str:
    return "\n\n".join([head, "\n".join(_summary(sections)), *sections]) + "\n"


def section(measurement: Measurement) -> Iterator[str]:
    """One measurement, in lines."""
    yield f"## {measurement.title}"
    yield ""
    yield measurement.work
    yield ""
    yield _line(measurement.columns)
    yield _line(["---"] * len(measurement.columns))
    for row in measurement.rows:
        yield _line(row)
    if measurement.gates:
        yield ""
        yield from (f"- {gate}" for gate in measurement.gates)
    if measurement.notes:
        yield ""
        yield " ".join(measurement.notes)


def _summary(sections: Iterable[str]) -> Iterator[str]:
    gates = [
        (each.partition("\n")[0].removeprefix("## "), line.removeprefix("- "))
        for each in sections
        for line in each.split("\n")
        if line.startswith(_VERDICTS)
    ]
    missed = [f"- {title}: {gate}" for title, gate in gates if not gate.startswith("met")]
    yield "## Gates"
    yield ""
    yield f"{len(gates) - len(missed)} of {len(gates)} gates are met."
    if missed:
        yield "These are not:"
        yield ""
        yield from missed


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
