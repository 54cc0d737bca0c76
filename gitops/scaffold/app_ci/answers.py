"""What a person answers about an app's pipeline: checked before anything is written."""

import re
from dataclasses import dataclass
from enum import StrEnum

from gitops.errors import InvalidInput
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.answers.names import choice
from gitops.tree import check_path

_DIRECTORY = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")


class Preset(StrEnum):
    """What an app is made of: it says which Dockerfile it gets, and which tools are named."""

    PYTHON_WSGI = "python-wsgi"
    JVM = "jvm"
    NODE = "node"
    STATIC = "static"
    WORKER = "worker"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class AppCiAnswers:
    """What `app-ci` needs to know.

    `preset` is None for an app whose Dockerfile needs no version from outside. `context` is the
    directory of the app in its repository, None for the one that its git tags begin with
    (`payments/v1.0`), else the whole repository. `dockerfile`: whether to write one.
    """

    app: str
    forge: ForgeKind
    preset: Preset | None = None
    context: str | None = None
    dockerfile: bool = False

    def __post_init__(self) -> None:
        if self.forge is ForgeKind.LOCAL:
            told = "the embedded forge runs no pipelines"
            raise InvalidInput(told, "say --forge gitlab, github or gitea")
        if self.dockerfile and self.preset is None:
            known = ", ".join(Preset)
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


def preset(text: str) -> Preset:
    """The preset with this name.

    Raises:
        InvalidInput: there is none.
    """
    return choice(Preset, text, f"no preset {text!r} is known")
