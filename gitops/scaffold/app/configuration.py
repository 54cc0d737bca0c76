"""`app.yaml`: whose an app is, and where its releases come from."""

from gitops.document import Address
from gitops.edit import reads_as_string
from gitops.fleet import Fleet
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.template import filled

BUILD = "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"
"""How CI is taken to tag the image of a build, until somebody says otherwise."""


def app_file(fleet: Fleet, answers: AppAnswers) -> bytes:
    """The bytes of an app's file: `app.yaml`, or what the fleet has in its place.

    Where that lies elsewhere, the directory of the app is not its own by itself, and is named.
    """
    data = _app_file(fleet, answers)
    if fleet.config.fleet.apps == "apps":
        return data
    return data + filled("app/paths.yaml", {("paths", 0): f"apps/{answers.name}"})


def _app_file(fleet: Fleet, answers: AppAnswers) -> bytes:
    count = len(answers.images)
    values: dict[Address, str] = {("name",): answers.name, ("team",): answers.team}
    for index, image in enumerate(answers.images):
        values["artifacts", index, "image"] = image
        values["artifacts", index, "tag"] = answers.tag
    if answers.source is None:
        values["environments", "dev", "follow", "range"] = str(answers.range)
        data = _of_others(answers, values, count)
        first = [e.name for e in fleet.config.fleet.environments if e.after is None]
        return _following(data, first)
    values["source", "url"] = answers.source
    for index in range(count):
        values["artifacts", index, "build"] = answers.build or BUILD
    return filled("app/app.yaml", values, grown={("artifacts",): count})


def _of_others(answers: AppAnswers, values: dict[Address, str], count: int) -> bytes:
    if not answers.images and answers.chart is not None:
        values["artifacts", 0, "chart"] = answers.chart.artifact
        return filled("app/app-chart.yaml", values)
    return filled("app/app-range.yaml", values, grown={("artifacts",): count})


def _following(data: bytes, environments: list[str]) -> bytes:
    """The template's one environment that follows a range, repeated for each of these."""
    head, _, block = data.decode().partition("  dev:\n")
    keys = [e if reads_as_string(e) else f'"{e}"' for e in environments]
    return (head + "".join(f"  {k}:\n{block}" for k in keys)).encode()
