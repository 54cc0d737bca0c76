"""Which rights of a token let which call through.

A token's scopes are classic (`repo`), or those of fine-grained tokens and apps
(`pull_requests:write`); without any it may do whatever its owner may.

Source: GitHub, "Permissions required for fine-grained personal access tokens", "Scopes for OAuth
apps".
"""

import re

from tests.stand_ins.model import Token

_LEVELS = ("read", "write", "admin")
_CLASSIC = frozenset(
    {
        "repo",
        "public_repo",
        "repo:status",
        "read:org",
        "write:org",
        "admin:org",
        "read:user",
        "user",
    }
)

_TABLE = (
    (r"/repos/:owner/:repo/branches/\*branch/protection.*", "administration"),
    (r"/repos/:owner/:repo/rulesets.*", "administration"),
    (r"/repos/:owner/:repo/hooks.*", "repository_hooks"),
    (r"/repos/:owner/:repo/collaborators.*", "administration"),
    (r"/repos/:owner/:repo/environments.*", "actions"),
    (r"/repos/:owner/:repo/pulls/:number/(merge|update-branch)", "contents"),
    (r"/repos/:owner/:repo/pulls.*", "pull_requests"),
    (r"/repos/:owner/:repo/(issues|labels).*", "issues|pull_requests"),
    (r"/repos/:owner/:repo/statuses/.*", "statuses"),
    (r"/repos/:owner/:repo/commits/\*ref/(status|statuses)", "statuses"),
    (r"/repos/:owner/:repo/(commits/\*ref/)?check-runs.*", "checks"),
    (r"/repos/:owner/:repo/(git|contents|commits|compare|branches|tags|activity).*", "contents"),
    (r"/repos/:owner/:repo/forks", "administration"),
    (r"/repos/:owner/:repo/.*", "metadata"),
    (r"/orgs/:org/repos", "administration"),
    (r"/orgs/:org/.*", "members"),
)


def allows(token: Token, method: str, written: str) -> bool:
    """Whether a token's rights let this route through."""
    if not token.scopes:
        return True
    reads = method in {"GET", "HEAD"}
    classic = held_scopes(token)
    if classic:
        return _classic(classic, written, reads=reads)
    name = needed(written)
    if not reads and (written == "/repos/:owner/:repo" or "/environments" in written):
        name = "administration"
    # Everybody may read what tells nothing but that a repository is there, and its rules.
    if name is None or (reads and name == "metadata"):
        return True
    # Who may read a repository may see its protected branches' rules and collaborators.
    if reads and written.endswith(("/collaborators", "/collaborators/:login/permission")):
        return True
    least = "read" if reads else "write"
    return any(_holds(token, one, least) for one in name.split("|"))


def needed(written: str) -> str | None:
    """The name of the permission for a route, several as `one|other`; None: none."""
    rows = (name for pattern, name in _TABLE if re.fullmatch(pattern, written))
    return next(rows, "metadata" if written == "/repos/:owner/:repo" else None)


def held_scopes(token: Token) -> frozenset[str]:
    """Its classic scopes."""
    return token.scopes & _CLASSIC


def _classic(held: frozenset[str], written: str, *, reads: bool) -> bool:
    if written.startswith("/repos/"):
        status = "/statuses/" in written or "/commits/" in written
        return bool(held & {"repo", "public_repo"}) or ("repo:status" in held and status)
    if written.startswith("/orgs/:org/"):
        wanted = {"admin:org", "write:org"} | ({"read:org"} if reads else set())
        return bool(held & wanted) or (written == "/orgs/:org/repos" and "repo" in held)
    return True


def _holds(token: Token, name: str, least: str) -> bool:
    levels = _LEVELS[_LEVELS.index(least) :]
    return any(f"{name}:{level}" in token.scopes for level in levels)
