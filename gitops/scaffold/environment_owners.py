"""`CODEOWNERS` with the lines that one more environment needs."""

import re

from gitops.scaffold.owners import OWNERS_FILE
from gitops.tree import Tree


def with_environment_owners(tree: Tree, like: str, name: str) -> Tree:
    """The tree in which whoever must agree to one environment must agree to another too.

    A line about `envs/LIKE/` gets one for `envs/NAME/` behind it; one that lists environments, as
    Gitea's do, lists it too. The same tree where there is no such file or no such line.
    """
    file = tree.get(OWNERS_FILE)
    if file is None or not file.regular:
        return tree
    lines = []
    named = re.compile(rf"(?<![\w.-])envs/{re.escape(like)}/")
    there = file.data.decode(errors="surrogateescape").splitlines(keepends=True)
    for line in there:
        if line.lstrip().startswith("#") or named.search(line) is None:
            lines.append(line)
        elif "|" in line:
            lines.append(named.sub(f"envs/{name}/.*|envs/{like}/", line))
        else:
            if not line.endswith("\n"):
                line += "\n"  # noqa: PLW2901 - the file's last line
            lines += [line, named.sub(f"envs/{name}/", line)]
    data = "".join(lines).encode(errors="surrogateescape")
    return tree.replace({OWNERS_FILE: data})
