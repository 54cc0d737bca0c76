"""What a measurement found: a table, the gates it has to pass, and what a reader should know."""

from collections.abc import Sequence
from dataclasses import dataclass

ABSENT = "absent"
"""What stands in a row in place of the figures of a peer that is not installed."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound on a figure of this very run.

    `measured` is None when it could not be measured, and `why` says so. `unit` is "" for a ratio.
    """

    claim: str
    measured: float | None
    bound: float
    at_least: bool
    unit: str = ""
    why: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bound holds; None when nothing was measured."""
        if self.measured is None:
            return None
        if self.at_least:
            return self.measured >= self.bound
        return self.measured <= self.bound

    def __str__(self) -> str:
        wanted = f"{'at least' if self.at_least else 'at most'} {self._written(self.bound)}"
        if self.measured is None:
            return f"not measured ({self.why}): {self.claim}, {wanted}"
        verdict = "met" if self.met else "MISSED"
        return f"{verdict}: {self.claim}, {wanted}: {self._written(self.measured)}"

    def _written(self, value: float) -> str:
        return f"{number(value)}{f' {self.unit}' if self.unit else ' times'}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """The outcome of one measurement; every row has a cell for each column."""

    title: str
    work: str
    """What was done, on what input, and how it was timed."""
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    gates: Sequence[Gate] = ()
    notes: Sequence[str] = ()


def number(value: float) -> str:
    """Three significant digits, and never an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def at_least(claim: str, ours: float, peer: float | None, bound: float, absent: str) -> Gate:
    """The gate that a peer needs `bound` times what we need; `absent` says who is missing."""
    return Gate(claim, peer / ours if peer is not None else None, bound, at_least=True, why=absent)


def row_absent(who: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The row of a peer that is not installed."""
    return (who, ABSENT, *[""] * (len(columns) - 2))
