"""Values that somebody meant to fill in later: what the platform makes, and nobody knew yet."""

import re
from collections.abc import Iterator

from gitops.check.finding import Finding, Severity
from gitops.check.source_files import Role, SourceFiles, readable
from gitops.sites import is_yaml

_SCREEN = re.compile(
    rb"(?i)(?:change|replace|fill)[-_]?(?:me|this)|fill[-_]me[-_]in|0{12}[:.]|<[a-z]"
)
_WORDS = re.compile(
    r"(?i)(?<![a-z0-9])(?:(?:change|replace)[-_]?(?:me|this)|fill[-_]?me[-_]?in)(?![a-z0-9])"
)
_ACCOUNT = re.compile(r"arn:[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:0{12}:|(?<![0-9])0{12}\.dkr\.ecr\.")
"""No account of AWS has this number."""
_BRACKETS = re.compile(r"<[A-Za-z][A-Za-z0-9 _.-]*>")
_TAKEN = frozenset({"CustomResourceDefinition", "Secret"})
"""Kinds that show such texts as documentation, or whose values FL7xx are about."""


def placeholders(files: SourceFiles) -> Iterator[Finding]:
    """FL420: a value that was written to be replaced, and is applied."""
    for path, data in files.with_role(*Role):
        if not is_yaml(path) or _SCREEN.search(data) is None:
            continue
        for document in readable(path, data):
            if document.kind in _TAKEN:
                continue
            for address, scalar in document.scalars.items():
                if is_placeholder(scalar.value):
                    place = document.places[address]
                    told = f"{scalar.value} stands for a value that nobody has filled in"
                    hint = (
                        "write what the platform made; docs/platform-prereqs.md lists such values"
                    )
                    yield Finding("FL420", Severity.ERROR, place, told, hint)


def is_placeholder(text: str) -> bool:
    """Whether a value was written to be replaced.

    It is when it is one word in angle brackets, holds a word such as `change-me`, or names an
    account of AWS of zeros alone. A text of several lines or words is prose.
    """
    if "\n" in text or len(text) > 512:
        return False
    if _BRACKETS.fullmatch(text) or _ACCOUNT.search(text):
        return True
    return " " not in text and _WORDS.search(text) is not None
