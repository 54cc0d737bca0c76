"""intact: the merge request holds exactly what Fairlead would write for this release, and still.

The head is compared with the commit made anew from its base, byte for byte, modes and paths too;
made anew on the present target it must change the same sites; and the release it names must be the
one that its tag means today.
"""

from datetime import datetime

from bot.model import MergeRequest
from bot.observation import Branch, Observation
from bot.plan import Pass, Promotion, Refuse, Verdict, Wait


def judge(
    promotion: Promotion,
    merge_request: MergeRequest,
    observation: Observation,
    now: datetime,  # noqa: ARG001 - every gate is asked with the time
) -> Verdict:
    """Refuse on a foreign commit or a moved tag; Wait where the forge or the mirror lags."""
    branch = branch_of(merge_request, observation)
    if branch is None:
        return Refuse(f"the branch {merge_request.source_branch} is gone")
    if branch.head != merge_request.head:
        return Wait("the forge has not seen the branch's newest commit yet")
    if not branch.authentic or branch.release is None:
        return Refuse(
            f"a foreign commit {branch.head[:12]} is on {branch.name}: Fairlead stops there until "
            "it or the branch is gone"
        )
    if not branch.state_known:
        return Refuse(f"it names the state {(branch.state or '')[:12]}, which nobody knows")
    if branch.release.identity != promotion.release.identity:
        return Refuse(moved(branch, promotion))
    if branch.release != promotion.release:
        return Wait("its tags are written differently now")
    return Pass()


def moved(branch: Branch, promotion: Promotion) -> str:
    """Says what the tag meant when the merge request was opened, and what it means now."""
    old = branch.release
    changed = [
        f"{a.repository}:{a.tag} was {(old.digests.get(a.repository, 'nothing') if old else '')}, "
        f"now {a.digest}"
        for a in promotion.release.artifacts
        if old is None or old.digests.get(a.repository) != a.digest
    ]
    if old is not None and old.commit != promotion.release.commit:
        changed.append(f"commit {old.commit}, now {promotion.release.commit}")
    return f"tag moved: {'; '.join(changed)}"


def branch_of(merge_request: MergeRequest, observation: Observation) -> Branch | None:
    """The merge request's branch as the mirror has it."""
    name = merge_request.source_branch
    return next((b for b in observation.branches if b.name == name), None)
