"""The version that shall be written: `TAG`, `TAG@DIGEST` or `@DIGEST`.

Of a git source the commit takes the digest's part: `TAG`, `TAG@COMMIT` or `COMMIT`. Both decide
what runs, whatever tag stands beside them.

    >>> parse("1.27.0", ArtifactKind.IMAGE)
    Wanted(tag='1.27.0', digest=None)
"""

import re
from dataclasses import dataclass

from gitops import version
from gitops.errors import InvalidInput
from gitops.sites import ArtifactKind

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
OCI_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
"""Source: OCI Distribution Specification 1.1, "Pulling manifests"."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Less than git-check-ref-format(1) allows: nothing that a shell, a URL or Markdown would read.
_GIT_TAG = re.compile(
    r"(?!.*(?:\.\.|//|/\.|\./|@\{|\.lock(?:/|$)))[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,198}(?<![./@])",
    re.ASCII,
)
_RANGE = re.compile(r"[<>=^~*|, !]|(?:^|\.)[xX](?:\.|$)")

_A = {
    ArtifactKind.IMAGE: "an image",
    ArtifactKind.CHART: "a chart",
    ArtifactKind.GIT: "a git source",
}
_EXAMPLES = {
    ArtifactKind.IMAGE: "write TAG, TAG@sha256:DIGEST or @sha256:DIGEST",
    ArtifactKind.CHART: "write three numbers with dots, perhaps with v, -PRERELEASE or +BUILD",
    ArtifactKind.GIT: "write TAG, a whole COMMIT or TAG@COMMIT",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write; None for what was not said, never both.

    `digest` is `sha256:` and 64 digits, or a git source's whole commit.
    """

    tag: str | None
    digest: str | None


def parse(text: str, kind: ArtifactKind) -> Wanted:
    """The version that a person names for an artifact of this kind.

    Raises:
        InvalidInput: none that could be written for it.
    """
    tag, digest = _split(text, kind)
    if digest is not None and kind is not ArtifactKind.GIT and not _DIGEST.fullmatch(digest):
        raise InvalidInput(f"{digest!r} is no digest", "write sha256: and its 64 digits, 0-9a-f")
    if tag is not None and not _is_tag(tag, kind):
        raise InvalidInput(f"{text!r} is no version of {_A[kind]}", _cure(text, kind))
    return Wanted(tag, digest)


def is_exact(text: str) -> bool:
    """Whether a range's field that says this follows nothing: a version with all three numbers."""
    found = version.parse(text)
    return found is not None and found.parts == 3


def _split(text: str, kind: ArtifactKind) -> tuple[str | None, str | None]:
    if kind is ArtifactKind.GIT:
        # A tag may hold an @ itself: `app@1.2.0`.
        head, _, tail = text.rpartition("@")
        return (head or None, tail) if COMMIT.fullmatch(tail) else (text, None)
    tag, at, digest = text.partition("@")
    return (tag if tag or not at else None), (digest if at else None)


def _is_tag(tag: str, kind: ArtifactKind) -> bool:
    match kind:
        case ArtifactKind.IMAGE:
            return OCI_TAG.fullmatch(tag) is not None
        case ArtifactKind.CHART:
            # In a registry the + of a version is written as _.
            return len(tag) <= 128 and is_exact(tag.replace("_", "+", 1))
        case ArtifactKind.GIT:
            return _GIT_TAG.fullmatch(tag) is not None and not tag.startswith("refs/")


def _cure(text: str, kind: ArtifactKind) -> str:
    if text.startswith("sha256:") and kind is not ArtifactKind.GIT:
        return f"write @{text}"
    if text != text.strip():
        return f"write {text.strip()!r}, without the blanks around it"
    if text.startswith("refs/tags/"):
        return f"write {text.removeprefix('refs/tags/')}"
    if _RANGE.search(text):
        return "a range is written by hand; name one version"
    return _EXAMPLES[kind]
