"""What a promotion is called and says: branch, commit message, merge request; and reading it back.

The commit message carries two trailers, each on one line. `Fairlead-Promotion` is a JSON array of
promotions; `Fairlead-State` names the head of the state branch that the decision rested on.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Artifact, Release, Target
from bot.neutral import in_title
from bot.plan import Promotion
from bot.stop import Rollback
from bot.way_back import read_back, written

PROMOTION_TRAILER = "Fairlead-Promotion"
STATE_TRAILER = "Fairlead-State"
ROLLBACK_TRAILER = "Fairlead-Rollback"
PREFIX = "promote/"
ROLLBACK_PREFIX = "rollback/"

_TRAILERS = frozenset({PROMOTION_TRAILER, ROLLBACK_TRAILER, STATE_TRAILER})
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SHA = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha1:[0-9a-f]{40}")
_MAX_TRAILER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Promoted:
    """What a commit message claims: untrusted until it is compared with the commit's content."""

    promotions: tuple[tuple[Target, Release], ...]
    state: str | None
    rollback: Rollback | None = None
    """Set where the one promotion is of an older release."""

    def claimed(self) -> tuple[Promotion, ...]:
        """What it claims, as promotions."""
        return tuple(
            Promotion(t, r, branch_name(t, r.version, self.rollback), rollback=self.rollback)
            for t, r in self.promotions
        )


def branch_name(target: Target, version: str, rollback: Rollback | None = None) -> str:
    """`promote/<environment>/<app>/<version>`; the same release always gives the same name.

    A rollback's is `rollback/<environment>/<app>/<version>/<n>`.
    A version that git or a forge could misread is flattened and told apart by 8 digits of its hash.
    Source: git-check-ref-format(1).
    """
    plain = _PLAIN.fullmatch(version) and ".." not in version and not version.endswith(".lock")
    if not plain or len(version) > 100:
        flat = re.sub(r"[^A-Za-z0-9]+", "-", version)[:60].strip("-") or "version"
        data = version.encode(errors="surrogatepass")
        version = f"{flat}-{hashlib.sha256(data).hexdigest()[:8]}"
    where = f"{target.environment}/{target.app}/{version}"
    return f"{ROLLBACK_PREFIX}{where}/{rollback.number}" if rollback else f"{PREFIX}{where}"


def title(promotion: Promotion) -> str:
    """One line for the merge request and the commit, without a sign that a forge acts on."""
    target, version = promotion.target, in_title(promotion.release.version)
    if promotion.rollback is not None:
        return f"Roll {target.app} in {target.environment} back to {version}"
    return f"Promote {target.app} {version} to {target.environment}"


def commit_message(promotions: Sequence[Promotion], state: str | None) -> str:
    """The message of a promotion's commit: a function of the promotions and the state alone."""
    one = len(promotions) == 1
    head = title(promotions[0]) if one else f"Promote {len(promotions)} releases"
    lines = [head, ""]
    for promotion in promotions:
        if len(promotions) > 1:
            lines.append(f"{title(promotion)}:")
        lines += [
            f"  {a.repository}:{a.tag} {a.digest or '(digest unknown)'}"
            for a in promotion.release.artifacts
        ]
    lines += ["", *_trailers(promotions, state)]
    return "\n".join(lines) + "\n"


def merge_message(promotion: Promotion, number: int, state: str | None) -> str:
    """The message of the merge commit; it carries the trailers to the first-parent history."""
    lines = [f"Merge !{number}: {title(promotion)}", "", *_trailers([promotion], state)]
    return "\n".join(lines) + "\n"


def _trailers(promotions: Sequence[Promotion], state: str | None) -> list[str]:
    claims = [
        {
            "app": p.target.app,
            "environment": p.target.environment,
            "version": p.release.version,
            "commit": p.release.commit,
            "artifacts": [[a.repository, a.tag, a.digest] for a in p.release.artifacts],
        }
        for p in promotions
    ]
    text = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    lines = [f"{PROMOTION_TRAILER}: {text}"]
    lines += [f"{ROLLBACK_TRAILER}: {written(p.rollback)}" for p in promotions if p.rollback]
    return [*lines, f"{STATE_TRAILER}: {state}"] if state else lines


def read_message(message: str) -> Promoted:
    """The claims of a commit message; nothing of it where a trailer is absent or malformed."""
    found: dict[str, str] = {}
    for line in message.rstrip("\n").rsplit("\n\n", 1)[-1].split("\n"):
        name, _, value = line.partition(": ")
        if name in _TRAILERS and len(value) <= _MAX_TRAILER:
            found[name] = value
    claims = _claims(found.get(PROMOTION_TRAILER, "[]"))
    rollback = None
    if ROLLBACK_TRAILER in found:
        rollback = read_back(found[ROLLBACK_TRAILER])
        claims = claims if rollback is not None and len(claims) == 1 else ()
    state = found.get(STATE_TRAILER, "")
    return Promoted(claims, state if _SHA.fullmatch(state) else None, rollback)


def _claims(text: str) -> tuple[tuple[Target, Release], ...]:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(parsed, list):
        return ()
    claims = [_claim(entry) for entry in parsed]
    return () if None in claims else tuple(c for c in claims if c is not None)


def _claim(entry: object) -> tuple[Target, Release] | None:
    if not isinstance(entry, dict):
        return None
    names = [entry.get(key) for key in ("app", "environment", "version")]
    commit, artifacts = entry.get("commit"), entry.get("artifacts")
    if not all(_plain(n) for n in names) or not isinstance(artifacts, list):
        return None
    if commit is not None and not (isinstance(commit, str) and _SHA.fullmatch(commit)):
        return None
    read = [_artifact(a) for a in artifacts]
    if not read or None in read:
        return None
    app, environment, version = (str(n) for n in names)
    release = Release(app, version, commit, tuple(a for a in read if a is not None))
    return Target(environment, app), release


def _plain(value: object) -> bool:
    """A text that can be written down: JSON can spell half a character, which no file holds."""
    return isinstance(value, str) and bool(value) and value.isprintable()


def _artifact(entry: object) -> Artifact | None:
    if not isinstance(entry, list) or len(entry) != 3:
        return None
    repository, tag, digest = entry
    if not _plain(repository) or not _plain(tag):
        return None
    if digest is not None and not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
        return None
    return Artifact(repository, tag, digest)
