"""Gitea from its source, kept outside the checkout.

Get it by `python -m tests.real.gitea_build`: it is built once, with Go and a C compiler (see
`tests.real.go_tool`), together with the templates and texts that it reads when it runs. That takes
four minutes on two idle cores; `.ci/run` does it. `gitea_build/go.mod` pins every version.
"""

import shutil
from pathlib import Path

from tests.real import require
from tests.real.go_tool import GoTool

VERSION = "1.26.0"

_STATIC = ("options", "public", "templates")
_TOOL = GoTool(
    "gitea",
    VERSION,
    source=Path(__file__).parent / "gitea_build" / "go.mod",
    module="code.gitea.io/gitea",
    flags=("-tags", "sqlite sqlite_unlock_notify"),
    cgo=True,
)


def get() -> Path:
    """The directory of the program and what it reads; skips or fails the test without one."""
    how = f"Gitea {VERSION} (python -m tests.real.gitea_build builds it once, in minutes)"
    return require(how, _TOOL.program).parent


def build() -> Path:
    """Build what `get` finds, unless it is there.

    Raises:
        RuntimeError: there is no Go, or it failed.
    """
    return _TOOL.build(_complete)


def _complete(directory: Path, module: Path) -> None:
    for name in _STATIC:
        shutil.copytree(module / name, directory / name)


if __name__ == "__main__":
    print(build())
