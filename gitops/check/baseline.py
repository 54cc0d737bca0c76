"""The baseline: what was found when a fleet was adopted, so that only what is new counts.

A JSON file that `--write-baseline` writes and nobody edits. Its entries name a finding by its code,
its path and a fingerprint that does not change when lines move, and say how many there were.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from gitops.check.finding import Finding, Severity, fingerprint
from gitops.errors import InvalidInput, Place

DEFAULT_PATH = ".fairlead/check-baseline.json"
"""Beside what else Fairlead keeps in a fleet, where no Flux path may lead."""

_KIND = {"apiVersion": "fairlead.dev/v1alpha1", "kind": "CheckBaseline"}
_HINT = "write it again with --write-baseline"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """`count` findings (at least 1) of one code in one file that have one fingerprint.

    `message` is for the person who reads the file; nothing is compared with it.
    """

    path: str
    code: str
    fingerprint: str
    count: int
    message: str

    def __str__(self) -> str:
        times = f" ({self.count} times)" if self.count > 1 else ""
        return f"{self.path}: {self.code} {self.message}{times}"


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings beside a baseline: `new` are not in it, `known` are.

    `stale` are its entries, each with the count of those that are no longer found.
    """

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[Entry, ...]


def compared(found: Iterable[Finding], entries: Iterable[Entry]) -> Compared:
    """What of `found` a baseline knows; of more than it counted, the last ones are new."""
    entries = tuple(entries)
    left = Counter({_key(entry): entry.count for entry in entries})
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in found:
        key = (finding.place.path, finding.code, fingerprint(finding))
        if left[key] > 0:
            left[key] -= 1
            known.append(finding)
        else:
            new.append(finding)
    stale = (replace(e, count=left[_key(e)]) for e in entries if left[_key(e)] > 0)
    return Compared(tuple(new), tuple(known), tuple(stale))


def entries_of(found: Iterable[Finding]) -> tuple[Entry, ...]:
    """The entries that make every one of these findings known; what is no more than info is not.

    An info is nothing that must go away, and comes and goes with each release.
    """
    kept = [finding for finding in found if finding.severity is not Severity.INFO]
    counts = Counter((f.place.path, f.code, fingerprint(f)) for f in kept)
    told = {(f.place.path, f.code, fingerprint(f)): f.message for f in kept}
    return tuple(sorted(Entry(*key, count, told[key]) for key, count in counts.items()))


def written(entries: Iterable[Entry]) -> bytes:
    """The file for these entries; equal entries give equal bytes."""
    rows = [
        {
            "code": entry.code,
            "path": entry.path,
            "fingerprint": entry.fingerprint,
            "count": entry.count,
            "message": entry.message,
        }
        for entry in sorted(entries)
    ]
    return (json.dumps({**_KIND, "findings": rows}, indent=2) + "\n").encode()


def read(path: str, data: bytes) -> tuple[Entry, ...]:
    """The entries of a baseline file.

    Raises:
        InvalidInput: it is none.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("is no JSON", _HINT, Place(path)) from error
    if not isinstance(value, dict) or {key: value.get(key) for key in _KIND} != _KIND:
        raise InvalidInput("is no baseline of check", _HINT, Place(path))
    return tuple(_entries(path, value.get("findings")))


def _entries(path: str, rows: object) -> Iterator[Entry]:
    if not isinstance(rows, list):
        raise InvalidInput("has no list of findings", _HINT, Place(path))
    seen = set()
    for number, row in enumerate(rows, 1):
        entry = _entry(row)
        if entry is None or _key(entry) in seen:
            told = f"its finding {number} is {'not whole' if entry is None else 'there twice'}"
            raise InvalidInput(told, _HINT, Place(path))
        seen.add(_key(entry))
        yield entry


def _entry(row: object) -> Entry | None:
    if not isinstance(row, Mapping):
        return None
    texts = [row.get(name) for name in ("path", "code", "fingerprint", "message")]
    count = row.get("count")
    whole = isinstance(count, int) and not isinstance(count, bool) and count > 0
    if not whole or not all(isinstance(text, str) for text in texts):
        return None
    where, code, name, message = (str(text) for text in texts)
    return Entry(where, code, name, int(str(count)), message)


def _key(entry: Entry) -> tuple[str, str, str]:
    return entry.path, entry.code, entry.fingerprint
