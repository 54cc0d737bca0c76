"""`identity_of`: what a fleet is called and where it lives, going by what its clusters pull."""

from collections import Counter
from collections.abc import Iterable, Sequence

from gitops.adopt.files import Identity
from gitops.adopt.naming import labelled
from gitops.adopt.roots import Root
from gitops.config.faults import nearest
from gitops.errors import InvalidInput
from gitops.sites import git_source

FORGES = ("local", "gitlab", "github", "gitea")

_HOSTS = {"gitlab": "gitlab", "github.com": "github", "gitea": "gitea", "forgejo": "gitea"}
"""Parts of the names of hosts that tell the forge; codeberg.org runs Forgejo, which is a Gitea."""


def identity_of(
    roots: Sequence[Root],
    *,
    name: str | None,
    fallback: str,
    forge: str | None,
    project: str | None,
) -> Identity:
    """Name, branch and forge of a fleet; what is None is read from the clusters' sync source.

    Raises:
        InvalidInput: an answer is wrong, or a forge needs a project that nothing tells.
    """
    if forge is not None and forge not in FORGES:
        raise InvalidInput(f"no forge {forge!r} is known", nearest(forge, FORGES))
    url = _most(root.url for root in roots)
    branch = _most(root.branch or "" for root in roots) or "main"
    host, _, path = git_source(url or None).partition("/")
    kind = forge or _forge(host)
    if kind == "local" and project is not None:
        raise InvalidInput(
            "the embedded forge has no projects", "leave out --project, or say --forge"
        )
    if kind != "local" and project is None:
        if "/" not in path:
            raise InvalidInput(f"nothing tells the project on {kind}", "say --project PATH/NAME")
        project = path
    called = labelled(name if name is not None else path.rpartition("/")[2] or fallback)
    if name is not None and called != name:
        raise InvalidInput(f"{name!r} is no name for a fleet", f"write it as {called or 'fleet'}")
    return Identity(called or "fleet", branch, kind, project)


def _forge(host: str) -> str:
    if "codeberg.org" in host:
        return "gitea"
    return next((kind for part, kind in _HOSTS.items() if part in host), "local")


def _most(texts: Iterable[str]) -> str:
    """The text that is said most often, "" for none."""
    counted = Counter(text for text in texts if text)
    return min(counted, key=lambda text: (-counted[text], text), default="")
