"""Names for what has none yet: DNS-1123 labels, each given once."""

import re
from collections.abc import Iterable, Iterator
from itertools import count

LONGEST = 63

_OTHER = re.compile(r"[^a-z0-9]+")
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def labelled(text: str) -> str:
    """The text as a label, variables left out; "" where nothing of it can stand in one."""
    plain = _OTHER.sub("-", _VARIABLE.sub("", text).lower())
    return plain.strip("-")[:LONGEST].strip("-")


def first_free(wanted: Iterable[str], taken: set[str]) -> str:
    """The first of these texts whose label is free, else the last with a number; it is taken then.

    `wanted` has at least one text with a label.
    """
    for name in _tried(wanted):
        if name not in taken:
            taken.add(name)
            return name
    raise AssertionError("numbers do not end")


def _tried(wanted: Iterable[str]) -> Iterator[str]:
    last = "app"
    for text in wanted:
        label = labelled(text)
        if label:
            last = label
            yield label
    for number in count(2):
        yield f"{last[: LONGEST - len(str(number)) - 1]}-{number}"
