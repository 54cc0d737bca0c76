"""Answers as people give them, by flag, file or question: texts, each with the place it came from.

A key is the flag's name without its dashes, everywhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gitops.config.faults import KNOWN_ELSEWHERE, nearest
from gitops.document import Document, documents
from gitops.errors import InvalidInput, Place
from gitops.scaffold.answers import origins
from gitops.scaffold.answers.fleet import (
    ENVIRONMENTS,
    Alerts,
    Bootstrap,
    Defaults,
    FleetAnswers,
    Health,
    Local,
    Secrets,
    Topology,
    forge_kind,
    refuse_cluster_twice,
)
from gitops.scaffold.answers.names import choice, domain, label, project
from gitops.scaffold.answers.registry import registry


@dataclass(frozen=True, slots=True)
class Given:
    """One answer; `texts` has several where its flag may be repeated. No place: a flag's."""

    texts: tuple[str, ...]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What may be answered: `check` refuses a text, `many` says that there may be several."""

    check: Callable[[str], object] = str
    many: bool = False


_CHOICES = {
    "topology": (Topology, "there is no topology"),
    "bootstrap": (Bootstrap, "there is no bootstrap by"),
    "defaults": (Defaults, "there are no defaults"),
    "secrets": (Secrets, "no secrets can be kept by"),
    "local": (Local, "no cluster is made here by"),
    "alerts": (Alerts, "nobody can be told by"),
    "health": (Health, "nobody knows what is healthy by"),
}


def _chosen(key: str) -> Callable[[str], object]:
    kind, told = _CHOICES[key]
    return lambda text: choice(kind, text, f"{told} {text!r}")


KEYS: Mapping[str, Key] = {
    "name": Key(lambda text: label(text, "fleet", "say --name")),
    "forge": Key(forge_kind),
    "project": Key(project),
    "url": Key(origins.git_url),
    "environment": Key(lambda text: label(text, "environment"), many=True),
    "topology": Key(_chosen("topology")),
    "cluster": Key(lambda text: pair("cluster", text), many=True),
    "bootstrap": Key(_chosen("bootstrap")),
    "defaults": Key(_chosen("defaults")),
    "domain": Key(domain),
    "owners": Key(),
    "secrets": Key(_chosen("secrets")),
    "age-recipient": Key(lambda text: origins.age_recipient(text.rpartition("=")[2]), many=True),
    "registry": Key(registry, many=True),
    "alerts": Key(_chosen("alerts")),
    "health": Key(_chosen("health")),
    "install": Key(origins.install),
    "bot-image": Key(lambda text: origins.image_by_digest(text, "--bot-image")),
    "have": Key(many=True),
    "local": Key(_chosen("local")),
}
"""Every key that `new` knows, in the order of its flags."""

_EXAMPLES = {
    "cluster": "prod=prod-eu",
    "host": "prod=shop.example.com",
    "irsa": "prod=arn:aws:iam::123456789012:role/payments",
    "replicas": "prod=3",
    "version": "prod=v1.0",
}


def read_answers(path: str, data: bytes) -> dict[str, Given]:
    """The answers in a file: a YAML mapping of texts and lists of texts.

    Raises:
        InvalidInput: no YAML, a key that is not known, or a value that is neither; with its place.
    """
    found = documents(path, data)
    if len(found) > 1:
        place = Place(path, found[1].line, 1)
        raise InvalidInput("a second document", "write all answers into one", place)
    return dict(_answers(found[0])) if found else {}


def _answers(document: Document) -> Iterator[tuple[str, Given]]:
    if not isinstance(document.data(), Mapping):
        place = Place(document.path, document.line, 1)
        raise InvalidInput("no mapping of answers", "write `forge: gitlab`, for example", place)
    for key in map(str, document.keys()):
        place = document.places[key,]
        if key not in KEYS:
            cure = KNOWN_ELSEWHERE["waves"] if key == "waves" else nearest(key, KEYS)
            raise InvalidInput(f"`{key}` is not a known key", cure, place)
        below = document.branches.get((key,))
        listed = isinstance(below, range)
        texts = [document.text(key, i) for i in below or ()] if listed else [document.text(key)]
        if None in texts or not texts or (listed and not KEYS[key].many):
            hint = "write a text, or a list of texts" if KEYS[key].many else "write one text"
            raise InvalidInput(f"`{key}` is no answer", hint, place)
        yield key, Given(tuple(text for text in texts if text is not None), place)


def checked(key: str, given: Given) -> None:
    """Refuse a text that is no answer to this key.

    Raises:
        InvalidInput: it is none; with the place it came from.
    """
    for text in given.texts:
        try:
            KEYS[key].check(text)
        except InvalidInput as error:
            raise InvalidInput(error.message, error.hint, given.place) from error


def fleet_answers(given: Mapping[str, Given], name: str) -> FleetAnswers:
    """What was given as `FleetAnswers`; `name` is the fleet's where nobody gave one.

    Raises:
        InvalidInput: an answer that is none, or answers that do not go together.
    """
    for key, each in given.items():
        checked(key, each)
    one = _One(given)
    environments = one.many("environment") or ENVIRONMENTS
    clusters = by_environment("cluster", one.many("cluster"))
    topology = Topology(one.text("topology") or Topology.PER_ENVIRONMENT)
    if topology is Topology.PER_ENVIRONMENT and "cluster" in given:
        refuse_cluster_twice(environments, clusters, given["cluster"].place)
    return FleetAnswers(
        name=one.text("name") or name,
        forge=forge_kind(one.text("forge") or "local"),
        project=one.text("project"),
        url=one.text("url"),
        environments=environments,
        topology=topology,
        clusters=clusters,
        bootstrap=Bootstrap(one.text("bootstrap") or Bootstrap.FLUX),
        defaults=Defaults(one.text("defaults") or Defaults.PARENT),
        domain=one.text("domain") or "example.com",
        owners=one.text("owners"),
        secrets=Secrets(one.text("secrets") or Secrets.NONE),
        age_recipients=_recipients(one.many("age-recipient"), environments),
        registries=one.many("registry"),
        alerts=Alerts(alerts) if (alerts := one.text("alerts")) else None,
        health=Health(health) if (health := one.text("health")) else None,
        install=one.text("install"),
        bot_image=one.text("bot-image"),
        capabilities=one.many("have"),
        local=Local(local) if (local := one.text("local")) else None,
    )


@dataclass(frozen=True, slots=True)
class _One:
    given: Mapping[str, Given] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        return self.given[key].texts[0] if key in self.given else None

    def many(self, key: str) -> tuple[str, ...]:
        return self.given[key].texts if key in self.given else ()


def by_environment(key: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """`ENV=VALUE` several times, by environment.

    Raises:
        InvalidInput: a text of another form.
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        environment, value = pair(key, text)
        found.setdefault(environment, []).append(value)
    return found


def pair(key: str, text: str) -> tuple[str, str]:
    """`ENV=VALUE` as its two halves; `key` is the flag's name.

    Raises:
        InvalidInput: a text of another form.
    """
    environment, equals, value = text.partition("=")
    if not (environment and equals and value):
        told = f"--{key} {text} is not ENV=VALUE"
        raise InvalidInput(told, f"write --{key} {_EXAMPLES[key]}")
    return environment, value


def _recipients(texts: Sequence[str], environments: Sequence[str]) -> dict[str, list[str]]:
    """`KEY` for every environment, `ENV=KEY` for one."""
    found: dict[str, list[str]] = {}
    for text in texts:
        environment, equals, value = text.rpartition("=")
        for each in [environment] if equals else environments:
            found.setdefault(each, []).append(value)
    return found
