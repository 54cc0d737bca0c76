"""Says of the GitHub face's answers what is unlike GitHub's description, and is not known to be so.

Each exception has its reason: what GitHub's own recorded answers show, or what its manual says in
prose.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.stand_ins.github_description import Description, Exchange, Finding


@dataclass(frozen=True)
class Allowed:
    """Findings that are GitHub's own: patterns, searched; statuses () are all."""

    reason: str
    text: str
    call: str = ""
    statuses: tuple[int, ...] = ()
    place: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is one of these."""
        return (
            (not self.statuses or finding.status in self.statuses)
            and re.search(self.call, finding.call) is not None
            and re.search(self.place, finding.place) is not None
            and re.search(self.text, finding.text) is not None
        )


ALLOWED = (
    Allowed(
        "recorded: since 2024 every refusal tells its status in the body, also where the "
        "description of validation errors leaves it out (POST /transfer 422, 2024)",
        r"\('status' was unexpected\)",
        statuses=(400, 404, 405, 409, 422),
        place="^$",
    ),
    Allowed(
        "prose, 'Troubleshooting the REST API': any call may be refused for its credentials, its "
        "rights, or because what it names may not be seen; few descriptions of calls say so",
        "^no such status is described$",
        statuses=(401, 403, 404),
    ),
    Allowed(
        "prose, 'HTTP response codes for the REST API': 422 for any call whose parameters are "
        "found wrong",
        "^no such status is described$",
        statuses=(422,),
    ),
    Allowed(
        "prose, 'Best practices for using the REST API': 304 for any GET with a matching ETag",
        "^no such status is described$",
        statuses=(304,),
        call="^GET ",
    ),
    Allowed(
        "recorded: refusals that are described without a body have the usual one (POST "
        "/merge-upstream 409, 2025)",
        "^no body is described$",
        statuses=(403, 404, 422),
    ),
    Allowed(
        "recorded: an organisation says null for what it does not tell (GET /orgs/github, 2025)",
        "is not of type 'string'",
        call=r"/orgs/",
        place=r"(^|organization/)(company|email|location)$",
    ),
    Allowed(
        "described otherwise in the same document: a pull request's label may have no description "
        "when it is told alone (pull-request), but not in a list (pull-request-simple)",
        "is not of type 'string'",
        place=r"(^|/)labels/\[\]/description$",
    ),
    Allowed(
        "recorded: an installation's account is a user or an organisation, not an enterprise as "
        "well (GET /app/installations, 2023)",
        "is not valid under any of the given schemas|was unexpected|is a required property",
        call=r"^GET /app/installations$",
        place=r"^\[\]/account$",
    ),
    Allowed(
        "prose, 'Get repository content': without a path it is the root's; the template has one",
        "^no such call is described$",
        call=r"/contents/?$",
    ),
)


ALLOWED_ASKED = (
    Allowed(
        "PyGithub, and whoever reads lists as it does, sends per_page with each list",
        "^no such parameter is described$",
        place=r"^\?per_page$",
    ),
    Allowed(
        "recorded: labels are taken as a bare list too, as PyGithub sends them (POST labels, 2012)",
        "is not of type 'object'|is not valid under any",
        call="^(POST|PUT) .*/labels$",
        place="^$",
    ),
)
"""Of what is asked."""


def unlike(description: Description, exchanges: Iterable[Exchange]) -> list[Finding]:
    """What is not as described and is not allowed, each once."""
    found = {finding for one in exchanges for finding in description.findings(one)}
    return sorted(one for one in found if not any(entry.covers(one) for entry in ALLOWED))


def misasked(description: Description, exchanges: Iterable[Exchange]) -> list[Finding]:
    """What was asked otherwise than is described, carried out, and not allowed, each once."""
    found = {f for one in exchanges if one.status < 400 for f in description.misasked(one)}
    return sorted(one for one in found if not any(entry.covers(one) for entry in ALLOWED_ASKED))


def unused(description: Description, exchanges: Iterable[Exchange]) -> list[Allowed]:
    """Exceptions that nothing needs."""
    found = {finding for one in exchanges for finding in description.findings(one)}
    return [entry for entry in ALLOWED if not any(entry.covers(one) for one in found)]


@dataclass(frozen=True)
class Absent:
    """Keys that GitHub was recorded to answer and the face does not: patterns, searched."""

    reason: str
    place: str
    call: str = ""


ABSENT = (
    Absent("an app has those permissions that it has: other apps, other keys", "/permissions/"),
    Absent("budgets of calls that the face does not know", "^/resources/"),
    Absent("an owner's view of an organisation's bill and settings", "^/", r"^GET /orgs/\{org\}$"),
    Absent("gone: master_branch is default_branch since 2013", "/master_branch$"),
    Absent("gone: people in protections were told whole in 2018", "^/restrictions/users/"),
    Absent("gone: a team's parent was told whole in 2012", "^/parent/(members|repos)_count$"),
    Absent("who may dismiss reviews is not restricted here", "/dismissal_restrictions$"),
    Absent("reviewers and timers of environments: Enterprise's", "/protection_rules/"),
    Absent("told of an environment without being described", "/can_admins_bypass$"),
    Absent("paid security features", "^/security_and_analysis$"),
    Absent("of hooks of services, gone in 2019", "/config/(domain|token|user)$", "/hooks$"),
    Absent("of issues that are no pull requests", "(_summary|/pinned_comment|/type)$", "/issues/"),
    Absent("no issue mentions another, no line has a comment", r"^/\[\]/(source|comments)$"),
    Absent("the fork of an organisation; here people fork", "^/organization$", "/forks$"),
)


def unexplained(call: str, missing: Iterable[str]) -> list[str]:
    """Recorded keys of a call that are missing without a reason."""
    return [
        place
        for place in missing
        if not any(re.search(a.call, call) and re.search(a.place, place) for a in ABSENT)
    ]
