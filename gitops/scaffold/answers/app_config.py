"""What a person answers about an app's configuration, secrets, data and chart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gitops.errors import InvalidInput
from gitops.scaffold.answers.app_options import Store
from gitops.scaffold.answers.names import ALL, label

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_KEY = re.compile(
    r"pass(?:word|wd|phrase)?$|secret|token|credential|private_?key|api_?key|access_?key|_pwd$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN |\b(?:gh[pousr]_|github_pat_|glpat-|xox[abpr]-|AKIA|ASIA|sk-)[A-Za-z0-9_-]{10}"
    r"|^eyJ[A-Za-z0-9_-]+\.eyJ|://[^/@:\s]*:[^/@\s]+@"
)
_REFERENCE = re.compile(r"_(?:FILE|PATH|NAME|URL|TTL|SECONDS)$")
_VARIABLE = re.compile(r"(?<!\$)\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an app's containers; `environment` is `ALL` or the one that it is for."""

    key: str
    value: str
    environment: str = ALL

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise InvalidInput(f"{self.key!r} is no name of a variable", "write --env KEY=VALUE")
        if not self.value.isprintable() or self.value[:1] in {"'", '"'} or self.value.endswith(" "):
            told = f"the value of {self.key} has quotes, blanks or line ends that would be lost"
            raise InvalidInput(told, "write it without them")
        secret = _SECRET_KEY.search(self.key) and not _REFERENCE.search(self.key)
        if (secret and self.value) or _SECRET_VALUE.search(self.value):
            told = f"the value of {self.key} looks like a credential, and a fleet has none in plain"
            raise InvalidInput(told, f"add --secrets STORE and --secret NAME={self.key}")

    @property
    def references(self) -> tuple[str, ...]:
        """The variables of the cluster that Flux fills into the value."""
        return tuple(_VARIABLE.findall(self.value))


def variable(text: str) -> Variable:
    """`KEY=VALUE`, or `ENV:KEY=VALUE` for one environment.

    Raises:
        InvalidInput: it is neither, or looks like a credential.
    """
    left, equals, value = text.partition("=")
    environment, _, key = left.rpartition(":")
    if not (equals and key):
        hint = "write --env LOG_LEVEL=debug, or --env dev:LOG_LEVEL=debug"
        raise InvalidInput(f"--env {text} is not KEY=VALUE", hint)
    return Variable(key, value, environment)


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A Secret that an app's containers see: all of it, or these keys of it."""

    name: str
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        label(self.name, "Secret")
        for key in self.keys:
            if not _KEY.fullmatch(key):
                told = f"{key!r} is no name of a variable"
                raise InvalidInput(told, f"write --secret {self.name}=DATABASE_URL, for example")


def secret_use(text: str) -> SecretUse:
    """`NAME` for a whole Secret, or `NAME=KEY,KEY` for some of its keys.

    Raises:
        InvalidInput: a name or a key cannot be one.
    """
    name, equals, keys = text.partition("=")
    return SecretUse(name, tuple(keys.split(",")) if equals else ())


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where an app's secrets are kept, and which there are."""

    store: Store | None = None
    uses: tuple[SecretUse, ...] = ()

    def __post_init__(self) -> None:
        if self.store is None and self.uses:
            hint = "add --secrets sops, external-secrets, sealed-secrets or vault"
            raise InvalidInput("nothing says where the secrets are kept", hint)
        if self.store is not None and not self.uses:
            told = f"nothing says which secrets come from {self.store}"
            raise InvalidInput(told, "add --secret NAME")
        names = [each.name for each in self.uses]
        if len(set(names)) < len(names):
            told = f"the Secret {max(names, key=names.count)} is named twice"
            raise InvalidInput(told, "name all of its keys together: --secret NAME=KEY,KEY")


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of an app.

    `name` is its name in `repository`, an https URL; or, where that is None, its place in an OCI
    registry, `oci://ghcr.io/shop/charts/web`. `version` is an exact one, None where the chart is
    what is released. `tested` is whether its own tests decide about a release.
    """

    name: str
    repository: str | None = None
    version: str | None = None
    tested: bool = False

    def __post_init__(self) -> None:
        for text in (self.name, self.repository, self.version):
            if text is not None and (not text or not text.isprintable() or " " in text):
                raise InvalidInput(f"{text!r} is no chart, repository or version", "correct it")
        if self.repository is None:
            if not self.name.startswith("oci://") or self.name.count("/") < 3:
                hint = "write --chart oci://ghcr.io/shop/charts/web"
                raise InvalidInput(f"{self.name} is no chart in a registry", hint)
            return
        if not self.repository.startswith("https://"):
            hint = "an index has an https:// URL; for a registry say --kind oci-chart"
            raise InvalidInput(f"{self.repository} is no chart repository", hint)
        if "/" in self.name:
            hint = "write --chart redis --repository https://charts.example.com"
            raise InvalidInput(f"{self.name!r} is no name of a chart", hint)

    @property
    def artifact(self) -> str:
        """What `app.yaml` calls it."""
        return self.name.removeprefix("oci://")


def by_environment(variables: tuple[Variable, ...]) -> Mapping[str, tuple[Variable, ...]]:
    """Variables by their environment, `ALL` among them.

    Raises:
        InvalidInput: one environment has two values for a key.
    """
    found: dict[str, tuple[Variable, ...]] = {}
    for each in variables:
        before = found.get(each.environment, ())
        if each.key in {other.key for other in before}:
            raise InvalidInput(f"{each.key} is given twice", "give it one value")
        found[each.environment] = (*before, each)
    return found
