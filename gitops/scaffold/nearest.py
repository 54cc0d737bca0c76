"""What to write instead of a name that is not known."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """A cure for a word that is not among `known`."""
    names = list(known)
    near = difflib.get_close_matches(word.lower(), names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known are {', '.join(names)}" if names else "there are none"
