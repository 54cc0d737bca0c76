"""`README.md` of a new fleet, with its own names in it."""

from collections.abc import Iterable, Iterator

from gitops.scaffold.alert_files import alerts_step
from gitops.scaffold.answers.fleet import Bootstrap, FleetAnswers, ForgeKind, Secrets
from gitops.scaffold.answers.names import SHARED
from gitops.scaffold.reader_files import reader_step
from gitops.scaffold.template import template, worded

_OPERATOR = (
    "helm install flux-operator oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator"
    " --version 0.58.1 --namespace flux-system --create-namespace"
)
"""Source: the chart's registry, read in 2026-08."""


def readme(answers: FleetAnswers, paths: Iterable[str]) -> bytes:
    """The bytes of `README.md`; `paths` are what else is written, for the tree in it."""
    roots = roots_of(answers)
    encrypted = answers.secrets is Secrets.SOPS
    pattern = "clusters/ENVIRONMENT/CLUSTER"
    if answers.shared:
        pattern = roots[0]
    words = {
        "NAME": answers.name,
        "FLOW": ", then ".join(answers.environments),
        "TREE": "\n".join(tree_lines(paths)),
        "CLUSTER": pattern,
        "APPS": f"{pattern}/envs/ENVIRONMENT/apps" if answers.shared else f"{pattern}/apps",
        "SECRETS": template("readme-sops.md").decode() if encrypted else "",
        "ALERTS": alerts_step(answers),
        "READER": reader_step(answers),
        "BOOTSTRAP": "".join(f"   {line}\n" for line in _bootstrap(answers, roots)),
    }
    return worded("README.md", words)


def roots_of(answers: FleetAnswers) -> tuple[str, ...]:
    """The directory that each cluster's Flux starts from."""
    environments = (SHARED,) if answers.shared else answers.environments
    return tuple(f"clusters/{e}/{c}" for e in environments for c in answers.clusters_of(e))


def bootstrap_command(answers: FleetAnswers, root: str) -> str:
    """The command that brings Flux to the cluster with this directory."""
    if answers.bootstrap is Bootstrap.OPERATOR:
        return f"kubectl apply --filename {root}/flux-instance.yaml"
    where = f"--branch=main --path={root}"
    if answers.forge is ForgeKind.LOCAL or answers.url is not None:
        return f"flux bootstrap git --url={answers.sync_url} {where}"
    owner, _, repository = str(answers.project_there).rpartition("/")
    host = " --hostname=git.example.com" if answers.forge is ForgeKind.GITEA else ""
    named = f"--owner={owner} --repository={repository}{host}"
    return f"flux bootstrap {answers.forge} {named} {where}"


def tree_lines(paths: Iterable[str], depth: int = 3) -> Iterator[str]:
    """What of the directories is to be seen at a glance, each with a slash at its end."""
    shown: dict[str, None] = {}
    for path in sorted(paths):
        parts = path.split("/")
        for count in range(1, min(len(parts), depth + 1) + 1):
            last = count == len(parts)
            if last and count > 1:
                break
            shown["/".join(parts[:count]) + ("" if last else "/")] = None
            if count == depth:
                break
    for each in shown:
        above, _, name = each.rstrip("/").rpartition("/")
        indent = "  " * (above.count("/") + bool(above))
        yield f"{indent}{name}{'/' if each.endswith('/') else ''}"


def _bootstrap(answers: FleetAnswers, roots: Iterable[str]) -> Iterator[str]:
    yield "```sh"
    if answers.bootstrap is Bootstrap.OPERATOR:
        yield _OPERATOR
        yield f"flux create secret git flux-system --url={answers.sync_url}"
    for root in roots:
        yield bootstrap_command(answers, root)
    yield "```"
