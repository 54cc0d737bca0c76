"""What a person answers about one more environment, or one more cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

from gitops.errors import InvalidInput
from gitops.scaffold.answers.names import SHARED, label


@dataclass(frozen=True, slots=True)
class EnvironmentAnswers:
    """What `add environment` needs to know.

    `like` is the environment that is copied. `after` is the one that it comes after, None for that
    of `like`. `clusters` are its own, () for one named after it. Without `copy_versions` no app is
    released in it yet.
    """

    name: str
    like: str
    after: str | None = None
    clusters: Sequence[str] = ()
    copy_versions: bool = False

    def __post_init__(self) -> None:
        label(self.name, "environment")
        if self.name == SHARED:
            told = f"no environment can be named {SHARED}: it stands for all of them"
            raise InvalidInput(told, "give it another name")
        for name in self.clusters:
            label(name, "cluster")
            if list(self.clusters).count(name) > 1:
                told = f"the cluster {name} of {self.name} is named twice"
                raise InvalidInput(told, "give each cluster its own name")
        if self.after == self.name:
            raise InvalidInput(f"{self.name} cannot come after itself", "name another with --after")

    @property
    def wanted(self) -> tuple[str, ...]:
        """Its clusters, where it has some of its own."""
        return tuple(self.clusters) or (f"{self.name}-1",)


@dataclass(frozen=True, slots=True)
class ClusterAnswers:
    """What `add cluster` needs to know; `like` is the one that is copied, None for the first."""

    name: str
    environment: str
    like: str | None = None

    def __post_init__(self) -> None:
        label(self.name, "cluster")
