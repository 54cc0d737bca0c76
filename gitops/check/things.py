"""Objects of a file as rules of declarations ask for them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.sites.model import Manifest, manifests

_SCREEN = re.compile(
    rb"fluxcd\.|rbac\.authorization|kind[\"']?[ \t]*:[ \t]*[\"']?"
    rb"(?:ConfigMap|LimitRange|Namespace|NetworkPolicy|ResourceQuota|ServiceAccount)\b"
)


@dataclass(frozen=True, slots=True)
class Thing:
    """One object as its file writes it; `name` is "" and `namespace` None where they are not."""

    manifest: Manifest
    group: str
    name: str
    namespace: str | None

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.manifest.kind

    @property
    def title(self) -> str:
        """Kind and name, for a person."""
        return f"{self.kind} {self.name}"

    @property
    def path(self) -> str:
        """The file it stands in."""
        return self.manifest.document.path

    @property
    def place(self) -> Place:
        """Where its name stands."""
        return self.manifest.place("metadata", "name")

    def text(self, *address: str | int) -> str | None:
        """A scalar of it; None where there is none."""
        return self.manifest.text(*address)

    def texts(self, *address: str | int) -> tuple[str, ...]:
        """The scalars of a list of it."""
        every = (self.text(*address, index) for index in self.manifest.keys(*address))
        return tuple(each for each in every if each is not None)

    def has(self, *address: str | int) -> bool:
        """Whether anything but null stands at an address."""
        return self.text(*address) is not None or bool(self.manifest.keys(*address))


@lru_cache(maxsize=65_536)
def things(path: str, data: bytes) -> tuple[Thing, ...]:
    """The objects of a file that rules of this kind ask for; () where it cannot be read."""
    if _SCREEN.search(data) is None:
        return ()
    try:
        found = [m for document in documents(path, data) for m in manifests(document)]
    except InvalidInput:
        return ()
    return tuple(
        Thing(
            each,
            each.api_version.partition("/")[0] if "/" in each.api_version else "",
            each.text("metadata", "name") or "",
            each.text("metadata", "namespace"),
        )
        for each in found
        if each.kind and not each.document.repeated
    )
