"""What a git command answered, and what its failure means to us.

Git tells the reason of a failure only in words. They are stable under `LC_ALL=C`, and every one
that is matched here is provoked by a test.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.secret import without_credentials
from gitops.errors import Conflict, Denied, FairleadError, Unavailable

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TOLD = re.compile(r"^(?:fatal|error|remote|warning): ?(.*)$", re.MULTILINE)
_LONGEST = 500

_DENIED = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|terminal prompts disabled"
    r"|returned error: 40[13]\b|Permission denied|[Aa]ccess denied|not authorized"
    r"|dubious ownership",
)
_UNASKED = re.compile(r"could not read (?:Username|Password)|terminal prompts disabled")
"""What git says where the server wants a login and the one that was sent, if any, did not do."""

_MISSING = re.compile(r"returned error: 404\b|repository '[^']*' not found")
_REDIRECTED = re.compile(r"returned error: 30\d\b|redirect")
_ANSWERLESS = re.compile(
    r"unable to access|Could not resolve|Failed to connect|early EOF|unexpected disconnect"
    r"|RPC failed|remote end hung up|timed out|does not appear to be a git repository"
    r"|expected flush|expected packet|protocol error|bad line length|not allowed"
    r"|fsck error|No space left|quota exceeded",
)

_MOVED = re.compile(
    r"stale info|fetch first|non-fast-forward|needs force|already exists|failed to update ref"
    r"|cannot lock ref|failed to lock|unable to create|incorrect old value|does not exist"
    r"|atomic (?:push|transaction) failed|reference already|is at [0-9a-f]{40} but expected",
)
_SECONDARY = re.compile(r"atomic (?:push|transaction) failed")


@dataclass(frozen=True, slots=True)
class Answer:
    """Exit status, standard output, and standard error without secrets."""

    status: int
    out: bytes
    err: str


def scrub(text: str, secrets: Sequence[str]) -> str:
    """Foreign text as a message may carry it: no secrets, in URLs or not, no control characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _CONTROL.sub("?", without_credentials(text))


def told(answer: Answer) -> str:
    """What git and the remote said, in one line of at most 500 characters."""
    lines = [line.strip() for line in _TOLD.findall(answer.err)] or answer.err.split("\n")
    text = "; ".join(line for line in lines if line)
    return text[:_LONGEST] or f"exit {answer.status}"


def about_remote(answer: Answer, origin: str, doing: str) -> FairleadError | None:
    """Why a fetch or push failed, where the remote is the reason; None when it is not."""
    said = answer.err
    message = f"{doing} failed: {told(answer)}"
    if _REDIRECTED.search(said):
        return Denied(message, "redirects are not followed: give the URL that it leads to")
    if _DENIED.search(said):
        if _UNASKED.search(said):
            message = f"{doing} failed: {origin} does not take the credential that it was given"
        hint = f"check the credential for {origin}: the bot's token, or what the settings list"
        return Denied(message, hint)
    if _MISSING.search(said):
        return Denied(message, "there is no such repository, or the credential may not see it")
    if _ANSWERLESS.search(said):
        return Unavailable(message, service=origin)
    return None


def about_push(answer: Answer, origin: str) -> FairleadError:
    """Why a push failed: a ref had moved (Conflict), it may not (Denied), or no answer."""
    refused = [line.split("\t") for line in answer.out.decode(errors="replace").splitlines()]
    reasons = {
        ref.partition(":")[2]: scrub(reason, ())[:_LONGEST]
        for flag, ref, reason in (parts for parts in refused if len(parts) == 3)
        if flag == "!"
    }
    if any("unpack" in why for why in reasons.values()):
        return Unavailable(f"push failed: {told(answer)}", service=origin)
    first_hand = {ref: why for ref, why in reasons.items() if not _SECONDARY.search(why)} or reasons
    denied = {ref: why for ref, why in first_hand.items() if not _MOVED.search(why)}
    shown = "; ".join(f"{ref}: {why}" for ref, why in (denied or first_hand).items())
    if denied:
        return Denied(
            f"{origin} refused the push of {shown}; {told(answer)}",
            "allow the bot to push these branches, or see the hook's message",
        )
    if first_hand:
        return Conflict(f"a ref moved meanwhile: {shown}")
    if "remote ref does not exist" in answer.err or "stale info" in answer.err:
        return Conflict(f"a ref moved meanwhile: {told(answer)}")
    return about_remote(answer, origin, "push") or Unavailable(
        f"push failed: {told(answer)}", service=origin
    )
