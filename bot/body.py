"""The text of a promotion's merge request: what changes, why a reviewer should look, and where.

It is made once for a head. What the gates say stands below it and is rewritten (`bot.verdicts`).
Everything that strangers wrote is shown in code spans and fenced blocks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.changelog import changelog
from bot.frame import MAX_BODY
from bot.model import Gap, Manifest
from bot.neutral import code, cut, fenced
from bot.plan import Promotion
from bot.ports import Changes
from bot.way_back import rolls_back

_ROOM_BESIDE_TEXT = 24_000
"""Characters that are left for the gates and the claims."""

MAX_DIFF = 10_000
"""Characters that are shown of each diff."""

_MAX_SITES = 50


@dataclass(frozen=True, slots=True)
class SiteChange:
    """One scalar in one file that the promotion rewrites; `before` is what it says now."""

    path: str
    line: int
    artifact: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where an app's commits lie, the commit that runs (None: unknown), and what lies between."""

    url: str
    running: str | None
    changes: Changes | Gap | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is made of, besides the promotion.

    `before` is what the pin says now, by repository, and `sites` place by place; `diff` the plan's;
    `rendered` that of the objects which Flux applies, None where nobody can tell; `manifests` what
    the registries said of the artifacts; `supersedes` the merge requests that this one replaces, as
    the forge refers to them.
    """

    before: tuple[tuple[str, str], ...]
    diff: str
    sites: tuple[SiteChange, ...] = ()
    source: Source | None = None
    manifests: tuple[tuple[str, Manifest], ...] = ()
    rendered: str | None = None
    supersedes: tuple[str, ...] = ()
    voided: str | None = None
    """Why earlier approvals no longer count, None when none were lost."""


def text(promotion: Promotion, reading: Reading) -> str:
    """Markdown of at most `MAX_BODY` characters less the room for the gates."""
    release, target = promotion.release, promotion.target
    opening = f"Promotes {code(release.app)} {code(release.version)} to {code(target.environment)}."
    if promotion.rollback is not None:
        opening = rolls_back(promotion, promotion.rollback)
    parts = [opening]
    if reading.voided:
        parts.append(f"**Made anew: {code(reading.voided)}. Approvals given before do not count.**")
    if reading.supersedes:
        parts.append(f"Supersedes {', '.join(reading.supersedes)}.")
    parts += [_look_at(promotion), _changes(promotion, dict(reading.before))]
    parts += [_annotations(reading), _source(promotion, reading.source), _sites(reading)]
    parts.append(_diff("### Changes", reading.diff))
    if reading.rendered is not None:
        parts.append(_rendered(reading.rendered))
    parts.append(
        "Fairlead merges this at exactly the approved commit when every gate is open. A push to "
        "this branch stops it; closing this keeps the release out until somebody reopens it."
    )
    return _bounded([part for part in parts if part])


def _look_at(promotion: Promotion) -> str:
    if not promotion.notes:
        return ""
    said = (part for note in promotion.notes for part in note.split("; "))
    return "### Look at\n\n" + "\n".join(f"- {code(part, 800)}" for part in dict.fromkeys(said))


def _changes(promotion: Promotion, before: dict[str, str]) -> str:
    rows = ["### What changes\n", "| artifact | now | then |", "|---|---|---|"]
    for artifact in promotion.release.artifacts:
        then = f"{artifact.tag}@{artifact.digest}" if artifact.digest else artifact.tag
        now = before.get(artifact.repository, "nothing")
        rows.append(f"| {code(artifact.repository)} | {code(now)} | {code(then)} |")
    return "\n".join(rows)


def _sites(reading: Reading) -> str:
    if not reading.sites:
        return ""
    rows = ["| file | from | to |", "|---|---|---|"]
    for site in reading.sites[:_MAX_SITES]:
        place = f"{site.path}:{site.line}"
        rows.append(f"| {code(place)} | {code(site.before)} | {code(site.after)} |")
    if len(reading.sites) > _MAX_SITES:
        rows.append(f"| … and {len(reading.sites) - _MAX_SITES} more places | | |")
    return "### Where\n\n" + "\n".join(rows)


def _annotations(reading: Reading) -> str:
    """What the registries tell of the artifacts: strangers may have written it."""
    rows = []
    for repository, manifest in reading.manifests:
        facts = [f"revision {code(manifest.revision)}"] if manifest.revision else []
        if manifest.platforms:
            facts.append(f"platforms {code(', '.join(manifest.platforms))}")
        if facts:
            rows.append(f"- {code(repository)}: {'; '.join(facts)}")
    return "### Annotations\n\n" + "\n".join(rows) if rows else ""


def _source(promotion: Promotion, source: Source | None) -> str:
    commit = promotion.release.commit
    if commit is None:
        return ""
    said = f"Commit of the application: {code(commit)}"
    if source is None or source.running is None or source.changes is None:
        return said
    return f"{said}\n\n{changelog(source.url, source.running, commit, source.changes)}"


def _diff(heading: str, diff: str) -> str:
    return f"{heading}\n\n{fenced(cut(diff, MAX_DIFF), 'diff')}"


def _rendered(diff: str) -> str:
    """In a block that is folded; the only HTML that stands in a body but for the marks."""
    shown = fenced(cut(diff or "nothing changes\n", MAX_DIFF), "diff")
    summary = "<details><summary>What Flux would apply, as kustomize renders it</summary>"
    return f"{summary}\n\n{shown}\n\n</details>"


def _bounded(parts: Iterable[str]) -> str:
    """Whole parts as long as there is room; what is left out is said."""
    room, kept, left_out = MAX_BODY - _ROOM_BESIDE_TEXT, [], 0
    for part in parts:
        if len(part) + 2 > room:
            left_out += 1
            continue
        room -= len(part) + 2
        kept.append(part)
    if left_out:
        kept.append(f"**Cut: {left_out} sections did not fit here; the branch has everything.**")
    return "\n\n".join(kept)
