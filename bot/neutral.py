"""Text from strangers, made harmless before it reaches a forge or a terminal (S11). Pure.

Tags, annotations, commit messages and health messages can carry quick actions (`/merge`), mentions,
closing keywords, HTML, links and control characters. Inside a Markdown code span none of these is
acted on; what could end the span or the line is taken out.
Source: GitLab Docs, "Quick actions" (a slash at the start of a line) and "Closing issues
automatically"; GitHub Docs, "Linking a pull request to an issue"; CommonMark 0.31, 6.1.
"""

import re
import unicodedata

MAX_LENGTH = 200
"""Characters of foreign text that are shown; the rest is an ellipsis."""

_LONGEST = 2000

_SIGNS = frozenset("@#!&%$~^`<>|[]()*\\:\"'{}")
_SLASH = re.compile(r"^(\s*)/")
_LINKED = re.compile(r"(?i)\b(?:(gh)-(?=\d)|(www)\.)")
"""GitHub's `GH-1`, and what it takes for an address without a scheme."""


def one_line(text: str, longest: int = MAX_LENGTH) -> str:
    """Printable, on one line, at most `longest` characters; for terminals and logs.

    Control, format (bidi, zero width), surrogate and private characters become `?`.
    """
    folded = " ".join(text.split())
    clean = "".join("?" if unicodedata.category(c)[0] == "C" else c for c in folded)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def whole(text: str) -> str:
    """On one line and hardly ever shortened: a person may have to act on its end."""
    return one_line(text, _LONGEST)


def code(text: str, longest: int = MAX_LENGTH) -> str:
    """A Markdown code span that holds the text and nothing else; safe in a table cell."""
    inner = one_line(text, longest).replace("`", "'").replace("|", "¦")
    return f"`{inner or ' '}`"


def fenced(text: str, language: str = "") -> str:
    """A fenced block whose fence is longer than any run of backticks inside.

    Lines keep their place; control characters become `?`. No line begins with a slash: GitLab looks
    for its quick actions with patterns that do not know every fence.

    Source: GitLab, lib/gitlab/quick_actions/extractor.rb and lib/gitlab/regex.rb.
    """
    lines = text.replace("\r", "").split("\n")
    clean = ["".join("?" if _unsafe(c) else c for c in line) for line in lines]
    clean = [_SLASH.sub(r"\1·/", line) for line in clean]
    body = "\n".join(clean).rstrip("\n")
    longest = run = 0
    for character in body:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def cut(text: str, longest: int) -> str:
    """Whole lines of at most `longest` characters, and a line that says how many are missing."""
    if len(text) <= longest:
        return text
    lines = text.split("\n")
    kept: list[str] = []
    for line in lines:
        longest -= len(line) + 1
        if longest < 0:
            break
        kept.append(line)
    return "\n".join([*kept, f"… cut: {len(lines) - len(kept)} more lines"])


def in_title(text: str) -> str:
    """A text without the signs that a forge acts on where it reads no Markdown, as in a title.

    Source: GitLab Docs, "GitLab-specific references"; GitHub Docs, "Autolinked references".
    """
    clean = "".join("·" if c in _SIGNS else c for c in one_line(text))
    return _LINKED.sub("\\1\\2·", clean)


def _unsafe(character: str) -> bool:
    return character != "\t" and unicodedata.category(character)[0] == "C"
