"""`Owners`: whose an app is, from CODEOWNERS, the tenants' directories and namespaces.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners:
the last rule that matches a path decides; GitLab's sections are read as if they were one.
"""

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops.sites import Site
from gitops.tree import Tree

NOBODY = "unowned"
"""The team of an app of which nothing tells one."""

_FILES = (
    "CODEOWNERS",
    ".github/CODEOWNERS",
    ".gitlab/CODEOWNERS",
    ".gitea/CODEOWNERS",
    "docs/CODEOWNERS",
)
_LOGIN = re.compile(r"@([A-Za-z0-9_.][A-Za-z0-9_.-]*)")
_TEAM = re.compile(r"@?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_NO_TEAM = frozenset({"flux-system", "default", "kube-system"})
_TENANT = re.compile(r"(?:^|/)tenants/(?:.*/)?([^/]+)/[^/]+$")
_COMMON = frozenset({"base", "overlays", "envs"})


@dataclass(frozen=True, slots=True)
class Owners:
    """The rules of a CODEOWNERS file, in its order: pattern and owners. () without a file."""

    rules: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, tree: Tree) -> "Owners":
        """Those of a repository; the first file that the forges look for."""
        for path in _FILES:
            if path in tree and tree[path].regular:
                return cls(tuple(_rules(tree[path].data.decode(errors="replace"))))
        return cls(())

    @property
    def people(self) -> tuple[str, ...]:
        """The logins that own everything, or else anything; () where only teams do, or nobody."""
        everything = [owners for pattern, owners in self.rules if pattern in {"*", "/", "/**"}]
        listed = everything or [owners for _, owners in self.rules]
        found = (m[1] for owners in listed for o in owners if (m := _LOGIN.fullmatch(o)))
        return tuple(sorted(set(found)))

    def team(self, sites: Sequence[Site], words: frozenset[str]) -> str:
        """Whose these sites are: CODEOWNERS' word, the tenant's directory, the object's namespace.

        `words` are segments that name environments, and so no tenant.
        """
        path = sites[0].path
        owners = next((o for pattern, o in reversed(self.rules) if _matches(pattern, path)), ())
        for owner in owners:
            if _TEAM.fullmatch(owner):
                return owner
        tenant = _TENANT.search(path)
        if tenant and tenant[1] not in words | _COMMON and _TEAM.fullmatch(tenant[1]):
            return tenant[1]
        return next((name for site in sites if (name := _namespace(site))), NOBODY)


def _rules(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words and not words[0].startswith(("[", "^[")):
            yield words[0], tuple(words[1:])


def _matches(pattern: str, path: str) -> bool:
    anchored = "/" in pattern.rstrip("/")
    bare = pattern.strip("/").removesuffix("/**")
    if bare in {"", "*", "**"}:
        return not anchored or "/" not in path or bare in {"", "**"}
    if anchored:
        return fnmatch.fnmatchcase(path, bare) or fnmatch.fnmatchcase(path, f"{bare}/*")
    return any(fnmatch.fnmatchcase(segment, bare) for segment in path.split("/"))


def _namespace(site: Site) -> str | None:
    kind, _, name = site.object.partition(" ")
    namespace, slash, _ = name.rpartition("/")
    flux = kind in {"Kustomization", "FluxInstance"}
    if not slash or flux or namespace in _NO_TEAM or not _TEAM.fullmatch(namespace):
        return None
    return namespace
