"""What an operator should hear although it decides nothing. Pure."""

from bot.describe import PREFIX, ROLLBACK_PREFIX
from bot.model import Gap, Source
from bot.neutral import whole
from bot.observation import Observation
from gitops.tags import unpadded_prerelease


def reports(observation: Observation) -> tuple[str, ...]:
    """Ignored records, lost merges, broken apps, missing services, traps in tag names."""
    said = [f"state branch: ignored {r}" for r in observation.state.rejected]
    if observation.state_lost:
        said.append(f"state lost or rewound: {observation.state_lost}")
    if observation.state.halt:
        said.append(f"halted: {observation.state.halt.reason}")
    if observation.lost_merges:
        shown = ", ".join(f"!{n}" for n in observation.lost_merges)
        said.append(f"the target branch was rewritten: it no longer contains {shown}")
    said += [f"app {name} is left out: {why}" for name, why in sorted(observation.broken.items())]
    said += [
        f"!{m.number}: a person told the forge to merge it by itself; Fairlead did not"
        for m in observation.merge_requests
        if m.automatic_merge and m.state.value == "open"
    ]
    said += _astray(observation) + _strangers(observation)
    said += _traps(observation)
    unread = sorted({(g.service, g.reason) for g in gaps(observation)})
    said += [f"{service} could not be read: {reason}" for service, reason in unread]
    return tuple(whole(line) for line in said)


def _astray(observation: Observation) -> list[str]:
    """Open merge requests from promotion branches that no decision speaks of."""
    places = tuple(
        f"{kind}{t.environment}/{t.app}/"
        for kind in (PREFIX, ROLLBACK_PREFIX)
        for t in observation.targets
    )
    return [
        f"!{m.number}: {m.source_branch} promotes to a place that the fleet does not have; close it"
        for m in observation.merge_requests
        if m.state.value == "open"
        and m.source_branch.startswith((PREFIX, ROLLBACK_PREFIX))
        and not m.source_branch.startswith(places)
    ]


def _strangers(observation: Observation) -> list[str]:
    """Clusters of the settings that the fleet does not have: a slip leaves the real one unasked."""
    known = {each.name for one in observation.fleet.environments for each in one.clusters}
    all_known = ", ".join(sorted(known))
    return [
        f"the settings name a cluster {name}, which fleet.yaml has not; it has {all_known}"
        for name in observation.named_clusters
        if name not in known
    ]


def _traps(observation: Observation) -> list[str]:
    """`rc10` orders before `rc2`: said when `rc9` appears, while there is still time."""
    return [
        f"{name}: tag {tag.name} has an unpadded prerelease; the next one orders before it, "
        "write rc.10"
        for name, source in sorted(observation.sources.items())
        if isinstance(source, Source)
        for tag in source.tags
        if unpadded_prerelease(tag.name)
    ]


def gaps(observation: Observation) -> frozenset[Gap]:
    """Everything outside that did not answer, or may not be asked."""
    asked: list[object] = [
        *observation.sources.values(),
        *observation.tags.values(),
        *observation.members.values(),
        observation.health_gap,
    ]
    asked += [r.answer for r in observation.resolved]
    asked += [c.answer for c in observation.checked]
    for report in observation.reports:
        asked += report.health.gaps
    return frozenset(g for g in asked if isinstance(g, Gap))
