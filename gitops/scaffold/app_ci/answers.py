"""What a person answers about an app's pipeline: checked before anything is written."""

import re
from dataclasses import dataclass

from gitops.errors import InvalidInput
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.answers.app_options import Preset
from gitops.tree import check_path

_DIRECTORY = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True)
class AppCiAnswers:
    """What `app-ci` needs to know.

    `preset` says which tools are named; `generic` is an app whose Dockerfile needs no version from
    outside, and gets none from here. `context` is the
    directory of the app in its repository, None for the one that its git tags begin with
    (`payments/v1.0`), else the whole repository. `dockerfile`: whether to write one.
    """

    app: str
    forge: ForgeKind
    preset: Preset = Preset.GENERIC
    context: str | None = None
    dockerfile: bool = False

    def __post_init__(self) -> None:
        if self.forge is ForgeKind.LOCAL:
            told = "the embedded forge runs no pipelines"
            raise InvalidInput(told, "say --forge gitlab, github or gitea")
        if self.dockerfile and self.preset is Preset.GENERIC:
            known = ", ".join(each for each in Preset if each is not Preset.GENERIC)
            raise InvalidInput("nothing says which Dockerfile", f"say --preset: one of {known}")
        if self.context is not None:
            _check_directory(self.context)


def _check_directory(context: str) -> None:
    hint = "write it as services/payments, relative to the app's repository"
    if not _DIRECTORY.fullmatch(context):
        raise InvalidInput(f"{context!r} is no directory for an app", hint)
    if context != ".":
        try:
            check_path(context)
        except InvalidInput as error:
            told = f"{context!r} is no directory for an app: {error.message}"
            raise InvalidInput(told, hint) from error
