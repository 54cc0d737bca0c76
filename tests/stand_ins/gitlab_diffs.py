"""Differences between commits, as GitLab tells them file by file."""

from typing import Any

from tests.stand_ins.bare import BareRepository

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def differences(git: BareRepository, old: str, new: str) -> list[dict[str, Any]]:
    """Each changed file, by path. What is renamed counts as such."""
    told = git.git("diff", "--raw", "-z", "--no-abbrev", "-M", old, new)
    fields = iter(told.split("\0"))
    found = []
    for head in fields:
        if not head:
            break
        before, after, _, _, kind = head.lstrip(":").split(" ")
        path = next(fields)
        newer = next(fields) if kind[0] in "RC" else path
        text = git.git("diff", "-M", old, new, "--", *dict.fromkeys((path, newer)))
        _, mark, hunks = text.partition("\n@@")
        found.append(
            {
                "old_path": path,
                "new_path": newer,
                "a_mode": before,
                "b_mode": after,
                "diff": f"{mark.lstrip()}{hunks}\n" if mark else "",
                "new_file": kind == "A",
                "renamed_file": kind[0] == "R",
                "deleted_file": kind == "D",
                "generated_file": False,
                "collapsed": False,
                "too_large": False,
            }
        )
    return found
