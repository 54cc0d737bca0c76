"""Fleets that want different things of their forge, as `fleet.yaml` says them."""

from collections.abc import Sequence

from gitops.config import FleetConfig, read
from gitops.tree import Tree

_HEAD = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: gitea, project: acme/fleet}
groups: {qa: [ana, bo, eve]}
environments:
"""
_AFTER = """    after: {after}
    follow: {{tags: release}}
    artifacts: tagged
    proof: commit
"""


def fleet(*approvals: int | None, checks: Sequence[str] = ()) -> FleetConfig:
    """An environment after another; each wants so many approvals, None: delivers by commit.

    Those that want approvals want the checks too, from `ci`.
    """
    names = [f"env-{number}" for number in range(len(approvals))]
    found = _HEAD
    for number, (name, required) in enumerate(zip(names, approvals, strict=True)):
        found += f"  - name: {name}\n    clusters: [{name}-1]\n"
        found += _AFTER.format(after=names[number - 1]) if number else ""
        found += "    follow: {branch: main}\n" if not number else ""
        if required is None:
            found += "    deliver: commit\n"
            continue
        found += f"    approvals: {{required: {required}, from: [qa]}}\n"
        if required and checks:
            listed = ", ".join(f"{{name: {check}, source: ci}}" for check in checks)
            found += f"    checks: [{listed}]\n"
    return read(Tree.of({"fleet.yaml": found})).fleet
