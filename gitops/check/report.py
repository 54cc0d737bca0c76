"""What `check` has to say of a fleet, once suppressions and a baseline are taken away."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gitops.check.baseline import Entry, compared
from gitops.check.finding import Finding, Severity, facts, fingerprints
from gitops.check.rendered import RenderedFindings
from gitops.check.rules import found, in_order
from gitops.check.suppression import Suppressed, applied
from gitops.fleet import Fleet
from gitops.tree import Tree


@dataclass(frozen=True, slots=True)
class Report:
    """`findings` count; `suppressed` a comment silences, `known` a baseline lists.

    `stale` are the baseline's entries of which nothing, or less, is found.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...] = ()
    known: tuple[Finding, ...] = ()
    stale: tuple[Entry, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings of a severity there are."""
        return sum(finding.severity is severity for finding in self.findings)

    def fails(self, *, strict: bool = False) -> bool:
        """Whether an error is found, or, if strict, a warning."""
        return bool(self.count(Severity.ERROR) or (strict and self.count(Severity.WARNING)))


def checked(
    tree: Tree,
    baseline: Iterable[Entry] = (),
    rendered: RenderedFindings | None = None,
    seen: Callable[[], object] = lambda: None,
) -> Report:
    """What is found in the fleet of a tree.

    Args:
        tree: the fleet's files.
        baseline: what was there before; none of it counts.
        rendered: renders the fleet, and asks the rules of rendered output; None leaves them out.
        seen: called after each rule, so that somebody can say how far it is.

    Raises:
        InvalidInput: `fleet.yaml` is missing or wrong, so that nothing else can be told.
        Unavailable: as `rendered` does.
    """
    fleet = Fleet.read(tree)
    every = found(fleet, seen)
    if rendered is not None:
        every = (*every, *rendered(fleet, every))
    remaining, suppressed = applied(every, tree, rendered=rendered is not None)
    beside = compared(sorted(dict.fromkeys(remaining), key=in_order), baseline)
    return Report(beside.new, suppressed, beside.known, beside.stale)


def findings(tree: Tree) -> tuple[Finding, ...]:
    """What is found in the fleet of a tree, by place; suppressions are heeded.

    Raises:
        InvalidInput: as `checked`.
    """
    return checked(tree).findings


def lines(report: Report) -> list[str]:
    """The report for a person: a line for each finding and one that counts them."""
    counts = [(report.count(severity), severity.value) for severity in Severity]
    ending = [f"{n} {name}{'' if n == 1 else 's'}" for n, name in counts]
    if report.suppressed:
        ending.append(f"{len(report.suppressed)} suppressed")
    if report.known:
        ending.append(f"{len(report.known)} in the baseline")
    gone = [f"the baseline is stale, it is gone: {entry}" for entry in report.stale]
    return [*map(str, report.findings), *gone, ", ".join(ending)]


def as_json(report: Report) -> str:
    """The report for a program."""
    names = fingerprints(report.findings)
    value = {
        "findings": [
            {**facts(finding), "fingerprint": name}
            for finding, name in zip(report.findings, names, strict=True)
        ],
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "suppressed": [
            {**facts(each.finding), "reason": each.by.reason, "by": str(each.by.place)}
            for each in report.suppressed
        ],
        "baseline": {
            "known": len(report.known),
            "stale": [
                {"code": e.code, "path": e.path, "fingerprint": e.fingerprint, "gone": e.count}
                for e in report.stale
            ],
        },
    }
    return json.dumps(value, indent=2, sort_keys=True) + "\n"
