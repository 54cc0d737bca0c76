"""B1: whether an edit changes the scalar that it shall and not one byte more."""

from collections.abc import Mapping, Sequence

from benchmarks.chance import SEED, by_chance
from benchmarks.editing import OURS, edit, editors
from benchmarks.model import Gate, Measurement, row_absent
from benchmarks.peers import Peers
from benchmarks.target import Target, hard_cases, in_corpora, shared
from benchmarks.verdict import Verdict

COLUMNS = ("input", "editor", "edits", *Verdict, "as the case says")
CHANCES = 6_000
_WORK = (
    "One scalar (in some hard cases several) of a file shall have another text. The hard cases are "
    "those of the editor's tests; in the real fleets every site is an edit of its own; chance "
    f"writes {CHANCES} edits from seed {SEED}: CRLF, byte-order marks, multi-byte text, flow "
    "style, anchors, tags, several documents, new texts that YAML would read as numbers. PyYAML's "
    "pure parser judges, which Fairlead does not use."
)


def measure(peers: Peers, *, inputs: Mapping[str, Sequence[Target]] | None = None) -> Measurement:
    """Every input through every editor."""
    inputs = inputs or {
        "hard cases": hard_cases(),
        "five real fleets": in_corpora(),
        "chance": by_chance(CHANCES),
    }
    rows: list[Sequence[str]] = []
    gates: list[Gate] = []
    for name, targets in inputs.items():
        if not targets:
            rows.append((name, "", "absent", *[""] * (len(COLUMNS) - 3)))
            gates.append(_wrong(name, None))
        for editor in editors(peers) if targets else ():
            edited = edit(editor, targets)
            if edited is None:
                rows.append((name, *row_absent(editor.name, COLUMNS[1:])))
                continue
            verdicts = edited.verdicts(targets)
            rows.append((name, editor.name, *_counts(targets, verdicts)))
            if editor.name == OURS:
                gates += [_wrong(name, verdicts.count(Verdict.WRONG)), _kept(name, verdicts)]
    return Measurement("B1 fidelity", _WORK, COLUMNS, rows, gates, _notes())


def _counts(targets: Sequence[Target], verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    right = sum(map(_as_said, targets, verdicts))
    counts = (verdicts.count(verdict) for verdict in Verdict)
    return (str(len(targets)), *map(str, counts), str(right))


def _as_said(target: Target, verdict: Verdict) -> bool:
    """Whether an edit that has to be refused was, and every other one was exact or refused."""
    if target.refused:
        return verdict is Verdict.REFUSED
    if target.after is not None:
        return verdict is Verdict.EXACT
    return verdict in {Verdict.EXACT, Verdict.REFUSED}


def _wrong(name: str, measured: int | None) -> Gate:
    why = "the corpora are absent; set FAIRLEAD_SHARED"
    return Gate(f"wrong edits, {name}", measured, 0, at_least=False, unit="edits", why=why)


def _kept(name: str, verdicts: Sequence[Verdict]) -> Gate:
    kept = verdicts.count(Verdict.EXACT) + verdicts.count(Verdict.REFUSED)
    share = 100 * kept / len(verdicts)
    return Gate(f"exact or refused, {name}", share, 100, at_least=True, unit="%")


def _notes() -> tuple[str, ...]:
    told = (
        "Exact: the scalar's own bytes changed and nothing else. Values only: the text parses to "
        "what it should, but comments, quotes or layout changed too, or the edit had to be "
        "refused. Wrong: another value changed, YAML 1.2 reads the new text as no string, or it is "
        "no YAML. As the case says: refused where the case wants that, exact where its text is "
        "written down. Peers are set up to keep what they can: ruamel.yaml with preserve_quotes, "
        "indent(2, 4, 2) and no line width; what they raise counts as a refusal."
    )
    if shared() is None:
        told += " The corpora are absent: set FAIRLEAD_SHARED to where they lie."
    return (told,)
