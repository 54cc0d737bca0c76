"""The report, in Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.model import Measurement

_HEAD = """\
# Benchmarks

Written by `make bench`; do not edit. What is measured and how is told in [README.md](README.md).
Compare the figures of one run with each other, never with those of another machine or day.
"""


def report(machine: Sequence[str], found: Mapping[str, Measurement]) -> str:
    """The whole page: where it was measured, which gates were missed, and each measurement."""
    parts = [_HEAD, "\n".join(f"- {line}" for line in machine), "", *_summary(found), ""]
    for measurement in found.values():
        parts += [*section(measurement), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


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


def _summary(found: Mapping[str, Measurement]) -> Iterator[str]:
    gates = [(m.title, gate) for m in found.values() for gate in m.gates]
    met = sum(gate.met is True for _, gate in gates)
    yield "## Gates"
    yield ""
    yield f"{met} of {len(gates)} gates are met."
    missed = [f"- {title}: {gate}" for title, gate in gates if gate.met is not True]
    if missed:
        yield "These are not:"
        yield ""
        yield from missed


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
