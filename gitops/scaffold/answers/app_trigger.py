"""What a person answers about what KEDA scales an app by."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitops.errors import InvalidInput
from gitops.scaffold.answers.app_config import Variable
from gitops.scaffold.answers.names import label

CREDENTIALS: Mapping[str, str] = {
    "azure-servicebus": "connection",
    "mongodb": "connectionString",
    "mssql": "connectionString",
    "mysql": "connectionString",
    "postgresql": "connection",
    "rabbitmq": "host",
}
"""Scalers that get nowhere without a credential, and the parameter that mostly holds it.

Source: https://keda.sh/docs/latest/scalers/.
"""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_LIKE = "write --trigger 'rabbitmq queueName=mail mode=QueueLength value=20', for example"


@dataclass(frozen=True, slots=True)
class Credential:
    """A parameter of a scaler, and the Secret and the key that hold it."""

    parameter: str
    secret: str
    key: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """A scaler of KEDA by its type, what it is told, and what it logs in with."""

    type: str
    metadata: Mapping[str, str]
    credentials: tuple[Credential, ...] = ()

    def __post_init__(self) -> None:
        needed = CREDENTIALS.get(self.type)
        if needed is not None and not self.credentials:
            hint = f"add --trigger-auth {needed}=SECRET/KEY, of a --secret"
            raise InvalidInput(f"the scaler {self.type} needs a credential", hint)
        taken = [each.parameter for each in self.credentials]
        if len(set(taken)) < len(taken):
            raise InvalidInput("--trigger-auth gives a parameter twice", "give each once")


def trigger(words: Sequence[str], credentials: Sequence[str]) -> Trigger | None:
    """`TYPE KEY=VALUE ...` and `PARAMETER=SECRET/KEY` as a trigger; None where nothing is said.

    Raises:
        InvalidInput: they are none, or a value looks like a credential.
    """
    if not words:
        if credentials:
            raise InvalidInput("--trigger-auth goes with --trigger", "add it, or leave both out")
        return None
    if not _WORD.fullmatch(words[0]) or len(words) == 1:
        raise InvalidInput(f"--trigger {' '.join(words)} names no scaler and what it asks", _LIKE)
    metadata: dict[str, str] = {}
    for text in words[1:]:
        key, equals, value = text.partition("=")
        if not equals or not _WORD.fullmatch(key) or key in metadata:
            raise InvalidInput(f"--trigger: {text!r} is not KEY=VALUE, or is said twice", _LIKE)
        # It is no variable, but what may not be said of one may not be said here either.
        metadata[key] = Variable(key.replace("-", "_"), value).value
    return Trigger(words[0], metadata, tuple(map(_credential, credentials)))


def _credential(text: str) -> Credential:
    found = re.fullmatch(r"([A-Za-z][A-Za-z0-9]*)=([^/]+)/([\w.-]+)", text, re.ASCII)
    if found is None:
        hint = "write --trigger-auth host=mailer/RABBITMQ_URL, for example"
        raise InvalidInput(f"--trigger-auth {text} is not PARAMETER=SECRET/KEY", hint)
    return Credential(found[1], label(found[2], "Secret"), found[3])
