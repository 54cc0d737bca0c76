"""Whom a CODEOWNERS file names, whatever the forge."""

import re

from gitops.tree import Tree

_PLACES = ("", "docs/", ".gitea/", ".github/", ".gitlab/")
_OWNER = re.compile(r"(?<!\S)@(?!@)[\w./-]+(?:\[bot\])?")


def owners(tree: Tree) -> tuple[str, ...]:
    """Each once with its `@`, sorted; those given by e-mail or by role (`@@`) are left out."""
    found: set[str] = set()
    for place in _PLACES:
        path = f"{place}CODEOWNERS"
        if path in tree:
            text = tree[path].data.decode("utf-8", errors="replace")
            lines = (line.partition("#")[0] for line in text.splitlines())
            found.update(owner for line in lines for owner in _OWNER.findall(line))
    return tuple(sorted(found))
