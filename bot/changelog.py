"""What lies between two commits of an app's source, as text with a link to compare them. Pure."""

import re
from urllib.parse import urlsplit

from bot.model import Gap
from bot.neutral import code
from bot.ports import Changes

MAX_CHANGES = 50
"""Commits that are listed; the others are counted."""

_HOST = re.compile(r"[a-z0-9.-]+")
_PATH = re.compile(r"[A-Za-z0-9._~/-]+")
_SHA = re.compile(r"[0-9a-f]{40}")


def changelog(url: str, old: str, new: str, changes: Changes | Gap) -> str:
    """Markdown: the subjects from `old` to `new`, newest first, as strangers wrote them."""
    lines = ["### Changelog\n"]
    compare = compare_url(url, old, new)
    if compare is not None:
        lines.append(f"[Compare {old[:12]} and {new[:12]}]({compare})\n")
    if isinstance(changes, Gap):
        lines.append(f"The history could not be read: {code(changes.reason)}.")
    elif not changes.related:
        lines.append(
            f"{code(old[:12])} and {code(new[:12])} do not follow each other on one line of the "
            "source."
        )
    elif not changes.entries:
        lines.append("Nothing: it is the same commit.")
    else:
        if changes.taken_back:
            lines.append("**This takes back:**\n")
        lines += [f"- {code(c.sha[:12])} {code(c.subject)}" for c in changes.entries]
        if changes.more:
            lines.append(f"- … and {changes.more} more")
    return "\n".join(lines)


def compare_url(url: str, old: str, new: str) -> str | None:
    """Where a browser shows what lies between two commits; None where nobody can tell.

    The path is GitHub's and Gitea's `/compare/OLD...NEW`, GitLab's with `/-` before it, which is
    where the host's name says so.

    Source: GitHub Docs, "Comparing commits"; GitLab Docs, "Compare revisions"; Gitea 1.26,
    routers/web/web.go.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    trunk = parts.path.rstrip("/").removesuffix(".git")
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or parts.username is not None:
        return None
    named = _HOST.fullmatch(host) and _PATH.fullmatch(trunk)
    if not named or not _SHA.fullmatch(old) or not _SHA.fullmatch(new):
        return None
    between = "/-/compare/" if "gitlab" in host else "/compare/"
    return f"{parts.scheme}://{host}{port}{trunk}{between}{old}...{new}"
