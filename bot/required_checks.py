"""Whether the checks that a rule names have succeeded: on a head, and on a source's commit. Pure.

Absent, skipped and pending are not success, and a check counts from the source that is named only.
"""

from collections.abc import Iterable

from bot.build_checks import CommitQuery
from bot.candidates import Candidate
from bot.model import Check, CheckState, Gap
from bot.observation import Observation
from gitops.config import RequiredCheck


def last_state(required: RequiredCheck, checks: Iterable[Check], sha: str) -> CheckState | None:
    """What was posted last for this commit by the right source; None when nothing was."""
    found = [
        c.state
        for c in checks
        if c.name == required.name
        and c.sha == sha
        and (not required.source or c.source == required.source)
    ]
    return found[-1] if found else None


def unmet(required: RequiredCheck, state: CheckState | None) -> str:
    """What is said of a check that has not succeeded yet."""
    shown = state.value if state else "absent"
    source = f" from {required.source}" if required.source else ""
    return f"check {required.name}{source} is {shown}"


def query_of(candidate: Candidate, observation: Observation) -> CommitQuery | None:
    """The commit whose checks its app asks for; None where it asks for none."""
    app = observation.apps[candidate.target.app]
    if not app.build_checks or app.source is None or candidate.commit is None:
        return None
    names = sorted({required.name for required in app.build_checks})
    return CommitQuery(app.source.url, candidate.commit, tuple(names))


def not_built(candidate: Candidate, observation: Observation) -> str | None:
    """What its app's `build_checks` still lack of its commit; None when all have succeeded."""
    asked = query_of(candidate, observation)
    if asked is None:
        return None
    answer = observation.checks_of(asked)
    if isinstance(answer, Gap):
        return (
            f"{answer.service} did not say how the checks of {asked.sha[:12]} do: {answer.reason}"
        )
    told = []
    for required in observation.apps[candidate.target.app].build_checks:
        state = last_state(required, answer, asked.sha)
        if state is CheckState.FAILURE:
            told.append(f"check {required.name} from {required.source} failed")
        elif state is not CheckState.SUCCESS:
            told.append(unmet(required, state))
    return f"{'; '.join(told)} on commit {asked.sha[:12]}" if told else None
