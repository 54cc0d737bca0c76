"""Private registries: how Flux logs in where charts and images of the fleet lie."""

from collections.abc import Mapping, Sequence

from gitops.document import Document, documents
from gitops.errors import InvalidInput
from gitops.scaffold.answers.registry import Login, registry
from gitops.scaffold.insertion import with_entry
from gitops.scaffold.record import Unit, record_of
from gitops.sites import is_yaml
from gitops.tree import Tree

SECRET = "registry-login"  # noqa: S105 - the name of a Secret

_KINDS = frozenset({"HelmRepository", "ImageRepository", "OCIRepository"})
_BY_HAND = "is yours to make in this namespace, of the type kubernetes.io/dockerconfigjson"


def logins(tree: Tree) -> Mapping[str, Login]:
    """The private registries that `new --registry` was told, by their hosts."""
    try:
        record = record_of(tree, Unit("fleet"))
    except InvalidInput:
        # What is wrong with a record is for `update` to tell.
        return {}
    given = record.answers.get("registry", ()) if record is not None else ()
    return dict(map(registry, given)) if isinstance(given, Sequence) else {}


def logged_in(files: Mapping[str, bytes], known: Mapping[str, Login]) -> dict[str, bytes]:
    """Files in which every source at a private registry says how Flux logs in there.

    A repository of charts that is no registry takes a Secret alone: a cloud's identity is nothing
    to it, so that it stays as it is. Patches of a source, which have no `interval`, stay too.
    """
    return {path: _with_login(path, data, known) for path, data in files.items()}


def _with_login(path: str, data: bytes, known: Mapping[str, Login]) -> bytes:
    if not known or not is_yaml(path):
        return data
    found = documents(path, data)
    if len(found) != 1 or found[0].kind not in _KINDS or found[0].text("spec", "interval") is None:
        return data
    login = known.get(_host(found[0]))
    if login is Login.GENERIC:
        entry = f"# The Secret {_BY_HAND}.\nsecretRef:\n  name: {SECRET}\n"
        return with_entry(path, data, ("spec",), "secretRef", entry)
    if login is None or _is_index(found[0]):
        return data
    return with_entry(path, data, ("spec",), "provider", f"provider: {login}\n")


def _host(source: Document) -> str:
    url = source.text("spec", "url") or source.text("spec", "image") or ""
    return url.rpartition("://")[2].partition("/")[0]


def _is_index(source: Document) -> bool:
    return (source.text("spec", "url") or "").startswith("https://")
