"""A fleet as `new` and `add app` write it, of as many apps as asked for.

One app is added by the scaffolder, and its files are copied under other names: to add a thousand,
each proven against all that stand before it, would take minutes.
"""

from typing import Final

from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.tree import File, Tree

APPS: Final = 1_000
ENVIRONMENTS: Final = ("dev", "stage", "prod")

_MODEL = "app-to-copy"
_DIGEST = "sha256:" + "1" * 64


def large_fleet(apps: int = APPS, version: str | None = f"v1.0@{_DIGEST}") -> Tree:
    """A fleet with three environments of one cluster each.

    Args:
        apps: how many, `app-0000` and on.
        version: what runs everywhere; None for apps without a release.
    """
    empty = new_fleet(Tree({}), FleetAnswers("acme", capabilities=("cni-netpol",)))
    answers = AppAnswers(
        name=_MODEL,
        team="shop",
        images=(f"registry.example.com/shop/{_MODEL}",),
        source=f"https://git.example.com/shop/{_MODEL}.git",
        versions={} if version is None else {name: [version] for name in ENVIRONMENTS},
    )
    model = add_app(empty, answers)
    own = {path: file for path, file in model.items() if path not in empty}
    files = {path: file for path, file in model.items() if path not in own}
    for number in range(apps):
        name = f"app-{number:04}"
        for path, file in own.items():
            data = file.data.replace(_MODEL.encode(), name.encode())
            files[path.replace(_MODEL, name)] = File(data, file.mode)
    return Tree(files)
