"""What `new` asks a person at a terminal: at most eight questions, each of them a flag too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gitops.scaffold.answers.fleet import ENVIRONMENTS, ForgeKind, Secrets, Topology
from gitops.scaffold.answers.given import Given
from gitops.scaffold.answers.names import nearest_label


@dataclass(frozen=True, slots=True)
class Question:
    """A question for one key; without a default, somebody has to answer."""

    key: str
    text: str
    default: str | None


def open_questions(given: Mapping[str, Given], called: str) -> Iterator[Question]:
    """The questions that nothing in `given` answers, in their order.

    `given` may grow between two of them: what was answered decides what is asked next. `called` is
    what the fleet is named by default.
    """
    for question in _questions(given, called):
        if question.key not in given:
            yield question


def _questions(given: Mapping[str, Given], called: str) -> Iterator[Question]:
    def said(key: str, default: str) -> str:
        return given[key].texts[0] if key in given else default

    yield Question("name", "The fleet's name", nearest_label(called) or None)
    kinds = ", ".join(ForgeKind)
    yield Question("forge", f"Where it will live ({kinds})", ForgeKind.LOCAL.value)
    if said("forge", "local") != ForgeKind.LOCAL:
        yield Question("project", "The repository's path there", f"{said('name', called)}/fleet")
    yield Question("environment", "Environments, in the order of a release", " ".join(ENVIRONMENTS))
    kinds = " or ".join(Topology)
    yield Question("topology", f"Clusters ({kinds})", Topology.PER_ENVIRONMENT.value)
    yield Question("domain", "The domain of the last environment", "example.com")
    yield Question("secrets", f"Secrets in git ({' or '.join(Secrets)})", Secrets.NONE.value)
    if said("secrets", "none") == Secrets.SOPS:
        yield Question("age-recipient", "The age key that they are encrypted for (age1...)", None)
