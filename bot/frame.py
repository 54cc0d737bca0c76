"""The body of a merge request: a text, the gates between marks, and what Fairlead claims of it.

    the text, made once for a head
    <!-- fairlead: gates -->
    the verdict table, rewritten when it changes
    <!-- fairlead: end of gates -->
    <!-- fairlead: {claims} MAC -->

The claims are one line of JSON with an HMAC under the operator's key (`bot.records.StateKey`) over
the branch's name and their exact bytes. They say for which head the text was made, its hash, and
who was asked for a review. A body without valid claims is written anew: nothing in it is believed.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.canonical import Fields, Json
from bot.model import MergeRequest
from gitops.errors import InvalidInput

BEGIN = "<!-- fairlead: gates -->"
END = "<!-- fairlead: end of gates -->"

MAX_BODY = 60_000
"""Characters of a body, below what every forge takes.

Source: GitHub refuses a body of more than 65,536 characters, GitLab one of more than 1,048,576
(app/models/concerns/issuable.rb, DESCRIPTION_LENGTH_MAX); Gitea 1.26 has no limit of its own
(models/issues/issue.go: `Content` is LONGTEXT).
"""

_CLAIMS = re.compile(r"<!-- fairlead: (\{[^\n]*\}) ([0-9a-f]{64}) -->")
_NOT_PLAIN = re.compile(r'[^A-Za-z0-9{}\[\]":,._ \\-]|(?<=-)-')


@dataclass(frozen=True, slots=True)
class Claims:
    """What Fairlead says of a merge request to machines, and to itself.

    `release` is the release's identity, `text` the hash of the text, `asked` the logins that were
    asked for a review, sorted.
    """

    environment: str
    app: str
    version: str
    commit: str | None
    release: str
    head: str
    text: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Framed:
    """A body taken apart; `claims` is the line as it stands there, `mac` 64 hex digits."""

    text: str
    table: str
    claims: str
    mac: str


@dataclass(frozen=True, slots=True)
class Presented:
    """What an authentic body of an open merge request says.

    `intact`: its text is the one that the claims were made for.
    """

    number: int
    claims: Claims
    table: str
    intact: bool


def subject(branch: str) -> str:
    """What the MAC of a merge request's claims is bound to; no path of a record is like it."""
    return f"merge request from {branch}"


def hashed(text: str) -> str:
    """Of a text, 64 hex digits; how a forge keeps line ends and blanks at its edges is all one."""
    return hashlib.sha256(_plain(text).encode("utf-8", "surrogatepass")).hexdigest()


def written(claims: Claims) -> str:
    """The claims as one line in which no forge finds a sign of its own."""
    content: Json = {
        "environment": claims.environment,
        "app": claims.app,
        "version": claims.version,
        "commit": claims.commit,
        "release": claims.release,
        "head": claims.head,
        "text": claims.text,
        "asked": list(claims.asked),
    }
    line = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return _NOT_PLAIN.sub(lambda m: f"\\u{ord(m.group()):04x}", line)


def frame(text: str, table: str, claims: str, mac: str) -> str:
    """The body."""
    return f"{_plain(text)}\n\n{BEGIN}\n{table}\n{END}\n\n<!-- fairlead: {claims} {mac} -->\n"


def unframe(body: str) -> Framed | None:
    """The parts of a body, whoever wrote it; None where it has not this form.

    It is taken apart from its end: a pattern for the whole takes minutes of a megabyte of marks.
    """
    above, _, last = _plain(body).rpartition("\n")
    text, begun, table = above.removesuffix(f"\n{END}\n").rpartition(f"\n\n{BEGIN}\n")
    claims = _CLAIMS.fullmatch(last)
    if claims is None or not begun or not above.endswith(f"\n{END}\n"):
        return None
    return Framed(text, table, *claims.groups())


def presented(number: int, body: Framed) -> Presented | None:
    """What a body says whose MAC is valid; None where it is of another version of Fairlead."""
    try:
        claims = _read(Fields.parse(body.claims.encode(errors="surrogatepass")))
    except InvalidInput:
        return None
    return Presented(number, claims, body.table, claims.text == hashed(body.text))


def genuine(request: MergeRequest, seal: Callable[[str, bytes], str]) -> Presented | None:
    """What a merge request says under a MAC that `seal` would give; None where it has no such."""
    body = unframe(request.body)
    if body is None:
        return None
    claims = body.claims.encode(errors="surrogatepass")
    mac = seal(subject(request.source_branch), claims)
    return presented(request.number, body) if hmac.compare_digest(mac, body.mac) else None


def _read(fields: Fields) -> Claims:
    return Claims(
        fields.text("environment"),
        fields.text("app"),
        fields.text("version"),
        fields.optional("commit"),
        fields.text("release"),
        fields.text("head"),
        fields.text("text"),
        fields.texts("asked"),
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
