"""`doctor`: what the forge's settings hold, what they leave open, and how each is mended."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, outside

if TYPE_CHECKING:
    from bot.diagnosis import Diagnosis
    from bot.findings import Finding

Bot = Annotated[
    str | None,
    typer.Option(help="The bot's login, where FAIRLEAD_FORGE_TOKEN does not tell it."),
]


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(doctor)


def doctor(
    bot: Bot = None,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Say what the forge's settings enforce, and what they leave open. Changes nothing.

    Ends with 1 when something is refused or weak. FAIRLEAD_FORGE_ADMIN_TOKEN, a person's token,
    lets it see all of the settings.
    """
    found = outside.examined(options.settings(fleet, branch, settings, None, work_directory), bot)
    if found is None:
        told = "the embedded forge authenticates nobody: it is always direct, and for trials only"
        print(_json(None) if json else told)
        return
    diagnosis = found.diagnosis
    print(_json(diagnosis) if json else _text(diagnosis))
    if not diagnosis.sound:
        raise typer.Exit(1)


def _text(diagnosis: "Diagnosis") -> str:
    facts = diagnosis.facts
    edition = f" {facts.tier}" if facts.tier else ""
    lines = [f"{facts.project} on {facts.forge}{edition}, as {facts.reader} sees it"]
    held = diagnosis.held or "unseen"
    lines.append(f"delivery: {diagnosis.delivery} in fleet.yaml, {held} by the forge's settings")
    for finding in diagnosis.findings:
        lines += _finding(finding)
    if diagnosis.refusals:
        lines.append("until that is mended the bot merges into no environment that wants approvals")
    rows = [("RULE", "THE FORGE", "FAIRLEAD")]
    rows += [(kept.rule, kept.forge, kept.fairlead or "-") for kept in diagnosis.kept]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines += [""] + [f"{r[0]:<{widths[0]}}  {r[1]:<{widths[1]}}  {r[2]}" for r in rows]
    return "\n".join(lines)


def _finding(finding: "Finding") -> list[str]:
    return [
        f"{finding.severity}: {finding.code}: {finding.what}",
        f"  who: {finding.who}",
        f"  cure: {finding.cure}",
    ]


def _json(diagnosis: "Diagnosis | None") -> str:
    import json
    from dataclasses import asdict

    if diagnosis is None:
        told: dict[str, object] = {"forge": "local", "held": "direct", "findings": [], "kept": []}
    else:
        facts = diagnosis.facts
        told = {
            "forge": facts.forge,
            "tier": facts.tier,
            "project": facts.project,
            "reader": facts.reader,
            "bot": facts.bot.login,
            "wanted": diagnosis.delivery,
            "held": diagnosis.held,
            "findings": [asdict(finding) for finding in diagnosis.findings],
            "kept": [asdict(kept) for kept in diagnosis.kept],
        }
    return json.dumps(told, sort_keys=True)
