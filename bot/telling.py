"""Puts together what a merge request says: reads the commits, the source's history, a rendering.

It is asked once for each head, when a merge request is opened, made anew, or its text was lost.
"""

from dataclasses import dataclass, replace

from bot.body import Reading, SiteChange, Source, text
from bot.changelog import MAX_CHANGES
from bot.compose import settings
from bot.frame import Claims, frame, hashed, presented, subject, unframe, written
from bot.mirror import Mirror
from bot.model import Gap, Manifest, MergeRequest, MergeRequestState, Target
from bot.observation import Observation
from bot.plan import Promotion
from bot.ports import Draft, Ports
from gitops.diff import unified_diff
from gitops.errors import FairleadError
from gitops.fleet import Fleet, by_artifact
from gitops.pin import edits
from gitops.rendering.builds import builds_of
from gitops.rendering.comparing import as_tree
from gitops.rendering.model import Builder
from gitops.rendering.rendering import rendering
from gitops.tree import Tree


@dataclass(frozen=True, slots=True)
class Shown:
    """A promotion's commit, as a merge request shows it: `made` is the commit whose sha is `head`.

    `asked` are the logins that are asked for a review; `voided` says why earlier approvals no
    longer count, None when none were lost.
    """

    promotion: Promotion
    made: Draft
    head: str
    asked: tuple[str, ...] = ()
    voided: str | None = None


class Teller:
    """Writes bodies through one set of ports; `builder` is kustomize, None where there is none."""

    def __init__(self, ports: Ports, mirror: Mirror, builder: Builder | None) -> None:
        self._ports = ports
        self._mirror = mirror
        self._builder = builder

    def body(self, shown: Shown, table: str, observation: Observation) -> str:
        """The whole body for a head, with these gates."""
        said = text(shown.promotion, self._reading(shown, observation))
        release, target = shown.promotion.release, shown.promotion.target
        claims = Claims(
            target.environment,
            target.app,
            release.version,
            release.commit,
            release.identity,
            shown.head,
            hashed(said),
            tuple(sorted(shown.asked)),
        )
        return self._framed(said, table, claims, shown.promotion.branch)

    def again(self, request: MergeRequest, table: str, asked: tuple[str, ...]) -> str | None:
        """The body that is there, with other gates; None where its claims cannot be read."""
        found = unframe(request.body)
        known = presented(request.number, found) if found is not None else None
        if found is None or known is None:
            return None
        claims = replace(known.claims, asked=tuple(sorted(asked)))
        return self._framed(found.text, table, claims, request.source_branch)

    def _framed(self, said: str, table: str, claims: Claims, branch: str) -> str:
        line = written(claims)
        mac = self._ports.ledger.seal(subject(branch), line.encode())
        return frame(said, table, line, mac)

    # --- what it is made of ----------------------------------------------------------------------

    def _reading(self, shown: Shown, observation: Observation) -> Reading:
        promotion, made, target = shown.promotion, shown.made, shown.promotion.target
        fleet = self._mirror.fleet(made.parents[0])
        planned = fleet.tree.replace(made.changed)
        pin = fleet.pin(target.environment, target.app)
        before = tuple(
            (p.repository, f"{p.tag or ''}{f'@{p.digest}' if p.digest else ''}")
            for p in (pin.content if pin else ())
        )
        return Reading(
            before,
            unified_diff(fleet.tree, planned),
            _sites(fleet, promotion),
            self._source(promotion, observation),
            _manifests(promotion, observation),
            self._rendered(fleet, planned, target),
            superseded(promotion, observation),
            shown.voided,
        )

    def _source(self, promotion: Promotion, observation: Observation) -> Source | None:
        app = observation.apps.get(promotion.target.app)
        running = observation.runs(promotion.target)
        commit = promotion.release.commit
        if app is None or app.source is None or commit is None:
            return None
        old = running.release.commit if running is not None else None
        changes = None
        if old is not None:
            changes = self._ports.sources.changes(app.source.url, old, commit, MAX_CHANGES)
        return Source(app.source.url, old, changes)

    def _rendered(self, fleet: Fleet, planned: Tree, target: Target) -> str | None:
        """The difference in what Flux applies; None without kustomize, or where it fails."""
        if self._builder is None:
            return None
        try:
            trees = []
            for each in (fleet, Fleet.read(planned)):
                builds = builds_of(each, target.environment, None, target.app)
                done = rendering(each, self._builder, builds)
                if done.failed:
                    return None
                trees.append(as_tree(done.rendered))
        except FairleadError:
            return None
        return unified_diff(*trees)


def superseded(promotion: Promotion, observation: Observation) -> tuple[str, ...]:
    """The one that the bot closed last for this place, if nothing was merged there since."""
    target, mark = promotion.target, "#" if observation.fleet.forge.kind == "github" else "!"
    prefix = f"promote/{target.environment}/{target.app}/"
    here = [m for m in observation.merge_requests if m.source_branch.startswith(prefix)]
    settled = [m for m in here if m.state is not MergeRequestState.OPEN]
    last = max(settled, key=lambda m: m.number, default=None)
    if last is None or last.state is not MergeRequestState.CLOSED:
        return ()
    if last.closed_by != observation.login or last.source_branch == promotion.branch:
        return ()
    return (f"{mark}{last.number}",)


def _sites(fleet: Fleet, promotion: Promotion) -> tuple[SiteChange, ...]:
    """Every scalar that the promotion rewrites, in the order of the files."""
    pin = fleet.pin(promotion.target.environment, promotion.target.app)
    if pin is None:
        return ()
    try:
        written = list(edits(pin, by_artifact(pin, settings(promotion))))
    except FairleadError:
        return ()
    after = {(path, new.document, new.address): new.new for path, new in written}
    found = (
        SiteChange(s.path, s.line, s.artifact, s.value, after[s.path, s.document, s.address])
        for s in pin.sites
        if (s.path, s.document, s.address) in after
    )
    return tuple(sorted(found, key=lambda site: (site.path, site.line)))


def _manifests(promotion: Promotion, observation: Observation) -> tuple[tuple[str, Manifest], ...]:
    found = []
    for artifact in promotion.release.artifacts:
        for named in ({"digest": artifact.digest}, {"tag": artifact.tag}):
            reference = observation.reference(promotion.target, artifact.repository, **named)
            answer = observation.manifest(reference)
            if answer is not None and not isinstance(answer, Gap):
                found.append((artifact.repository, answer))
                break
    return tuple(found)
