"""Observations as Hypothesis draws them: coherent enough to be acted on, wrong in every part.

A draw starts with what the sources, registries and proofs say. What `decide` would open on it may
then be there already, with a branch and approvals that are right or wrong, and the world may have
moved on since.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from bot.decide import decide
from bot.model import Approval, Gap, GitTag, MergeRequest, MergeRequestState, Target
from bot.observation import Branch, Observation, PinFacts, Running
from bot.plan import Open, Promotion
from bot.state import Halt, Proof, Seen, Soak, State
from tests.scenario.fleets import CLUSTERS
from tests.unit.generated_apps import (
    APPS,
    HEAD,
    HOST,
    NOW,
    STATE,
    answers,
    build_tag,
    configs,
    health,
    often,
    pins,
    proofs,
    release_of,
    releases,
    sha,
    sources,
)


@st.composite
def beginnings(draw: st.DrawFn) -> Observation:
    """An Observation without a merge request."""
    found = draw(configs())
    known = {app: draw(sources(app)) for app in APPS}
    made = {app: releases(app, source) for app, source in known.items()}
    pinned: list[tuple[PinFacts, Running | None]] = []
    proven: list[Proof] = []
    for app in APPS:
        for environment in CLUSTERS:
            target = Target(environment, app)
            pinned.append(draw(pins(target, made[app])))
            proven += draw(proofs(target, made[app]))
    running = tuple(r for _, r in pinned if r is not None)
    seen = {
        app: {
            t.name: Seen(t.name, *((t.object,) * 2 if often(draw, 90) else (sha("old"),) * 2), NOW)
            for t in source.tags
            if often(draw, 70)
        }
        for app, source in known.items()
    }
    soaks = tuple(
        Soak(
            *(r.target, r.release.identity, r.commit, NOW - timedelta(hours=1), NOW),
            clusters=(f"{r.target.environment}-1",) if often(draw, 90) else (),
        )
        for r in running
        if often(draw, 40)
    )
    lists = {
        f"{HOST}/shop/{image}": tuple(build_tag(c) for c in known[app].branches["main"])
        for app, images in APPS.items()
        for image in images
    }
    return Observation(
        head=HEAD,
        fleet=found.fleet,
        apps=found.apps,
        state=State(STATE, seen=seen, soaks=soaks, proofs=tuple(proven)),
        login="fairlead",
        named_state=STATE,
        pins=tuple(pin for pin, _ in pinned),
        running=running,
        sources={a: s if often(draw, 92) else Gap(a, "no answer") for a, s in known.items()},
        tags={i: t if often(draw, 92) else Gap(i, "no answer") for i, t in lists.items()},
        resolved=tuple(a for app in APPS for a in draw(answers(made[app]))),
        reports=tuple(report for r in running for report in draw(health(r))),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """An Observation with merge requests, and sometimes with something that halts the bot."""
    observation = draw(beginnings())
    opened = [a for a in decide(observation, NOW).actions if isinstance(a, Open)]
    branches, requests = [], []
    for number, step in enumerate(opened, 1):
        if often(draw, 75):
            branch, request = draw(carried_out(number, step.promotion))
            branches.append(branch)
            requests.append(request)
    observation = replace(
        observation,
        branches=tuple(b for b in branches if often(draw, 95)),
        merge_requests=tuple(requests),
        state_lost=None if often(draw, 95) else "it does not descend from what was named",
        wrong_merges=() if often(draw, 95) else ("!1: it holds something else",),
    )
    state = replace(observation.state, halt=None if often(draw, 95) else Halt("by hand", NOW))
    return draw(moved_on(replace(observation, state=state)))


@st.composite
def carried_out(draw: st.DrawFn, number: int, promotion: Promotion) -> tuple[Branch, MergeRequest]:
    """The branch and merge request of a promotion; or what somebody made of them."""
    head = sha(promotion.branch)
    branch = Branch(
        *(promotion.branch, head, promotion.target, promotion.release, STATE, HEAD),
        authentic=often(draw, 90),
        on_target=often(draw, 95),
        touched=() if often(draw, 92) else ("apps/x.yaml",),
        same_sites=often(draw, 95),
        state_known=often(draw, 95),
    )
    people = draw(st.sampled_from([("ana", "cy", "di"), (), ("eve", "cy"), ("fairlead", "cy")]))
    approved = head if often(draw, 90) else sha("an older head")
    open_ = often(draw, 85)
    ended = draw(st.sampled_from([MergeRequestState.CLOSED, MergeRequestState.MERGED]))
    request = MergeRequest(
        *(number, promotion.branch, "main", head if often(draw, 95) else sha("later")),
        MergeRequestState.OPEN if open_ else ended,
        *("fairlead", "a title", "a body", ("fairlead",)),
        approvals=tuple(Approval(p, approved, NOW, bot=p == "fairlead") for p in people),
        closed_by=None if open_ else draw(st.sampled_from(["fairlead", "ana"])),
        merge_sha=None if open_ or ended is MergeRequestState.CLOSED else sha("merged"),
    )
    return branch, request


@st.composite
def moved_on(draw: st.DrawFn, observation: Observation) -> Observation:
    """The same a little later: sometimes a new tag is there, with its images, and is proven."""
    if often(draw, 60):
        return observation
    app = draw(st.sampled_from(sorted(APPS)))
    source = observation.sources[app]
    if isinstance(source, Gap):
        return observation
    name, at = draw(st.sampled_from(["v1.2-rc.1", "v1.2"])), source.branches["main"][0]
    later = replace(source, tags=(*source.tags, GitTag(name, at, at)))
    release = release_of(app, name, name, at)
    known = {r.reference for r in observation.resolved}
    fresh = [r for r in draw(answers((release,))) if r.reference not in known]
    more = tuple(p for e in ("dev", "stage") for p in draw(proofs(Target(e, app), (release,))))
    return replace(
        observation,
        sources={**observation.sources, app: later},
        resolved=(*observation.resolved, *fresh),
        state=replace(observation.state, proofs=(*observation.state.proofs, *more)),
    )
