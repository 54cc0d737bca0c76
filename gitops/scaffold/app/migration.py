"""The Job that migrates an app's database, in a Flux Kustomization of its own."""

from collections.abc import Iterator
from typing import Final

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.app.containers import Filled
from gitops.scaffold.app.parts import LABELS, NAME, OWN_NAME, PART_OF, Resource

DEADLINE: Final = 900
"""Seconds that a migration may take, with all of its attempts."""

TIMEOUT: Final = f"{DEADLINE // 60 + 5}m"
"""How long Flux waits for it: some minutes more, in which its pod starts and ends."""


def migration(answers: AppAnswers) -> Iterator[Resource]:
    """The Job of an app that has migrations.

    It has the app's secrets and not its ConfigMap, which Flux applies with the app.
    """
    if answers.migrations is None:
        return
    template: Address = ("spec", "template")
    name = f"{answers.name}-migration"
    made = Filled((*template, "spec"), "migration")
    made.values[NAME] = name
    made.values["spec", "activeDeadlineSeconds"] = DEADLINE
    for place in (LABELS, (*template, *LABELS)):
        made.values[(*place, OWN_NAME)] = name
        made.values[(*place, PART_OF)] = answers.name
    made.values[(*made.spec, "serviceAccountName")] = answers.name
    made.values[(*made.container, "image")] = answers.images[0]
    made.listed((*made.container, "command"), answers.migration_command)
    made.sized(answers)
    made.configured(answers, config=None)
    yield Resource("job.yaml", made.written("app/migration.yaml"))
