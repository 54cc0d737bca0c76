"""What was decided, as text and as JSON: one renderer for `plan`, `run`, `why` and `status`."""

import difflib
import json
from datetime import datetime

from bot.action_names import name_of
from bot.neutral import whole
from bot.on_cluster import OnCluster
from bot.plan import Decision, GateVerdict, Pass, Refuse, Wait
from bot.tick import Ticked
from gitops.errors import InvalidInput


def find(ticked: Ticked, app: str, environment: str) -> Decision:
    """The decision for one app in one environment.

    Raises:
        InvalidInput: there is none; the message names what comes nearest.
    """
    decisions = ticked.plan.decisions
    for decision in decisions:
        if (decision.target.app, decision.target.environment) == (app, environment):
            return decision
    broken = ticked.observation.broken.get(app)
    if broken is not None:
        raise InvalidInput(broken)
    apps = sorted({d.target.app for d in decisions})
    environments = [e.name for e in ticked.observation.fleet.environments]
    if app not in apps:
        raise InvalidInput(f"there is no app {app!r} in this fleet", _nearest(app, apps))
    if environment not in environments:
        raise InvalidInput(
            f"there is no environment {environment!r}", _nearest(environment, environments)
        )
    raise InvalidInput(f"{app} has no version in {environment}")


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known) or 'none'}"


# --- text -----------------------------------------------------------------------------------------


def plan_text(ticked: Ticked) -> str:
    """Every decision with its reasons, and what would be done."""
    lines = _head(ticked)
    app = None
    for decision in ticked.plan.decisions:
        if decision.target.app != app:
            app = decision.target.app
            lines.append(app)
        lines += [f"  {line}" for line in _decision_lines(decision)]
    actions = [name_of(a) for a in ticked.plan.actions]
    lines += [f"would {a}" for a in actions]
    if ticked.plan.record is not None:
        lines.append("would record on the state branch")
    if ticked.plan.halt is not None:
        lines.append(f"would halt: {ticked.plan.halt.reason}")
    if ticked.plan.quiet:
        lines.append("nothing to do now")
    return "\n".join(lines) + "\n"


def tick_text(ticked: Ticked) -> str:
    """What was done; and, when nothing was, what everything waits for."""
    if not ticked.wrote:
        return plan_text(ticked)
    lines = [whole(r) for r in ticked.plan.reports]
    if ticked.plan.record is not None:
        lines.append("recorded on the state branch")
    for outcome in ticked.outcomes:
        problem = f" -- not done: {whole(str(outcome.error))}" if outcome.error else ""
        lines.append(f"{outcome.action}{problem}")
    if ticked.plan.halt is not None:
        lines.append(f"HALTED: {ticked.plan.halt.reason}")
    return "\n".join(lines) + "\n" if lines else ""


def _head(ticked: Ticked) -> list[str]:
    observation, plan = ticked.observation, ticked.plan
    missing = "lost" if observation.state_lost else "none: run `fairlead state init` once"
    state = plan.state[:12] if plan.state else missing
    head = f"fleet {observation.fleet.name} at {plan.head[:12]}, state {state}"
    return [head, *(f"! {whole(r)}" for r in plan.reports)]


def _decision_lines(decision: Decision) -> list[str]:
    running = decision.running or "unreleased"
    head = f"{decision.target.environment}: {running}, {decision.state}"
    if decision.release and decision.release != decision.running:
        head = f"{decision.target.environment}: {running} -> {decision.release}, {decision.state}"
    if decision.merge_request is not None:
        head += f" (!{decision.merge_request})"
    lines = [head]
    shown = decision.verdicts or decision.exits
    lines += [f"  {_verdict_line(v)}" for v in shown if not v.open]
    return lines


def why_text(decision: Decision) -> str:
    """Every gate of one decision."""
    lines = [f"{decision.target.app} in {decision.target.environment}: {decision.state}"]
    lines.append(f"runs: {decision.running or 'nothing released'}")
    if decision.release and decision.release != decision.running:
        lines.append(f"next: {decision.release}")
    if decision.merge_request is not None:
        lines.append(f"merge request: !{decision.merge_request}")
    if decision.step is not None:
        lines.append(f"now: {name_of(decision.step)}")
    if decision.clusters:
        lines += ["clusters:", *(f"  {whole(c.sentence())}" for c in decision.clusters)]
    if decision.verdicts:
        lines += ["gates:", *(f"  {_verdict_line(v)}" for v in decision.verdicts)]
    if decision.exits:
        shown = decision.running or "what runs"
        lines += [f"exit gates of {shown}:", *(f"  {_verdict_line(v)}" for v in decision.exits)]
    lines += [f"note: {whole(n)}" for n in decision.notes]
    return "\n".join(lines) + "\n"


def _verdict_line(verdict: GateVerdict) -> str:
    match verdict.verdict:
        case Pass(note=note):
            return f"{verdict.gate}: open{f' ({whole(note)})' if note else ''}"
        case Wait(reason=reason, until=until):
            when = f" (until {_time(until)})" if until else ""
            return f"{verdict.gate}: waits: {whole(reason)}{when}"
        case Refuse(reason=reason):
            return f"{verdict.gate}: refused: {whole(reason)}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname() or ''}".strip()


def status_text(ticked: Ticked, *, every: bool = False) -> str:
    """A matrix of apps by environments: what is wanted there, and how far it has come.

    Below it, each cluster that is not healthy with what is wanted there; with `every`, all.
    """
    environments = [e.name for e in ticked.observation.fleet.environments]
    rows = [["APP", *(name.upper() for name in environments)]]
    by_target = {(d.target.app, d.target.environment): d for d in ticked.plan.decisions}
    rows += [
        [app, *(_cell(by_target.get((app, e))) for e in environments)]
        for app in sorted({d.target.app for d in ticked.plan.decisions})
    ]
    lines = _columns(rows)
    found = [(d, c) for d in ticked.plan.decisions for c in d.clusters if every or not c.well]
    if found:
        head = ["APP", "CLUSTER", "WANTED", "RUNNING", "HEALTH", "SINCE", ""]
        cells = [
            [d.target.app, f"{d.target.environment}/{c.cluster}", *map(whole, c.cells())]
            for d, c in found
        ]
        lines += ["", *_columns([head, *cells])]
    return "\n".join([*lines, *(f"! {whole(r)}" for r in ticked.plan.reports)]) + "\n"


def _columns(rows: list[list[str]]) -> list[str]:
    """Rows of equal length as lines of a table."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _cell(decision: Decision | None) -> str:
    if decision is None:
        return "-"
    running = decision.running or "unreleased"
    if decision.release and decision.release != decision.running:
        return f"{running} -> {decision.release} ({decision.state})"
    return f"{running} ({decision.state})"


# --- JSON -----------------------------------------------------------------------------------------


def plan_json(ticked: Ticked) -> str:
    """The plan as one JSON object on one line."""
    plan = ticked.plan
    return (
        json.dumps(
            {
                "fleet": ticked.observation.fleet.name,
                "head": plan.head,
                "state": plan.state,
                "halt": plan.halt.reason if plan.halt else None,
                "decisions": [_decision(d) for d in plan.decisions],
                "actions": [name_of(a) for a in plan.actions],
                "records": plan.record is not None,
                "outcomes": [
                    {"action": o.action, "error": str(o.error) if o.error else None}
                    for o in ticked.outcomes
                ],
                "reports": list(plan.reports),
            },
            sort_keys=True,
        )
        + "\n"
    )


def why_json(decision: Decision) -> str:
    """One decision as one JSON object on one line."""
    return json.dumps(_decision(decision), sort_keys=True) + "\n"


def _decision(decision: Decision) -> dict[str, object]:
    return {
        "app": decision.target.app,
        "environment": decision.target.environment,
        "state": decision.state.value,
        "release": decision.release,
        "running": decision.running,
        "merge_request": decision.merge_request,
        "step": name_of(decision.step) if decision.step else None,
        "gates": [_verdict(v) for v in decision.verdicts],
        "exits": [_verdict(v) for v in decision.exits],
        "notes": list(decision.notes),
        "clusters": [_on_cluster(c) for c in decision.clusters],
    }


def _on_cluster(found: OnCluster) -> dict[str, object]:
    return {
        "cluster": found.cluster,
        "wanted": found.wanted,
        "running": found.running or None,
        "health": found.health,
        "since": found.since.isoformat() if found.since else None,
        "reason": found.reason,
    }


def _verdict(verdict: GateVerdict) -> dict[str, object]:
    match verdict.verdict:
        case Pass(note=note):
            return {"gate": verdict.gate, "verdict": "open", "reason": note, "until": None}
        case Wait(reason=reason, until=until):
            when = until.isoformat() if until else None
            return {"gate": verdict.gate, "verdict": "waits", "reason": reason, "until": when}
        case Refuse(reason=reason):
            return {"gate": verdict.gate, "verdict": "refused", "reason": reason, "until": None}
