"""The job that runs the scripts, as each forge reads it."""

from gitops.document import Address
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.app_ci.pipeline import Pipeline
from gitops.scaffold.app_ci.translation import expression, globs
from gitops.scaffold.template import filled, template

GITLAB_ROOT = ".gitlab-ci.yml"
"""It includes the file of each app; one that is there already is the team's."""

_PUSH: Address = ("on", "push")
_STEPS: Address = ("jobs", "publish", "steps")
_LOGIN: Address = (*_STEPS, 1, "env")


def job_file(pipeline: Pipeline, forge: ForgeKind) -> tuple[str, bytes]:
    """The path and the content of the file with the app's job."""
    if forge is ForgeKind.GITLAB:
        return f".gitlab/ci/{pipeline.app}.yml", _gitlab(pipeline)
    return f".{forge}/workflows/{pipeline.app}-image.yml", _actions(pipeline, forge)


def gitlab_root() -> bytes:
    """`.gitlab-ci.yml` for a repository that has none."""
    return template("app_ci/gitlab-ci.yaml")


def own_login(pipeline: Pipeline, forge: ForgeKind) -> bool:
    """Whether the forge's own token of the job may push, as far as can be told from outside."""
    return forge is ForgeKind.GITHUB and pipeline.registry == "ghcr.io"


def _watched(pipeline: Pipeline, job: str, below: str) -> list[str]:
    """The paths whose change makes another image; none where the app is the whole repository."""
    if pipeline.context == ".":
        return []
    return [f"{pipeline.context}/{below}", f"ci/{pipeline.app}/{below}", ".tool-versions", job]


def _gitlab(pipeline: Pipeline) -> bytes:
    rules: Address = ("publish", "rules")
    watched = _watched(pipeline, f".gitlab/ci/{pipeline.app}.yml", "**/*")
    paths: Address = (*rules, 0, "changes", "paths")
    values: dict[Address, str] = {
        ("publish", "resource_group"): f"{pipeline.app}-image-$CI_COMMIT_REF_SLUG",
        ("publish", "script", 0): f"sh ci/{pipeline.app}/publish.sh",
        **{(*paths, index): path for index, path in enumerate(watched)},
    }
    dropped: list[Address] = [] if watched else [(*rules, 0, "changes")]
    grown = {paths: len(watched)} if watched else {}
    tag = f"$CI_COMMIT_TAG =~ /{expression(pipeline.tags)}/"
    if pipeline.branches:
        branches = " || ".join(f'$CI_COMMIT_BRANCH == "{name}"' for name in pipeline.branches)
        values |= {(*rules, 0, "if"): branches, (*rules, 1, "if"): tag}
    else:
        values = {address: v for address, v in values.items() if address[:2] != rules}
        values[(*rules, 0, "if")] = tag
        dropped, grown = [(*rules, 0)], {}
    data = filled("app_ci/gitlab.yaml", values, grown=grown, dropped=dropped)
    # A job is called by its key, and each app of a repository has one.
    return data.replace(b"\npublish:\n", f"\npublish-{pipeline.app}:\n".encode(), 1)


def _actions(pipeline: Pipeline, forge: ForgeKind) -> bytes:
    own = f".{forge}/workflows/{pipeline.app}-image.yml"
    # Without a branch there is nothing that paths could narrow.
    watched = _watched(pipeline, own, "**") if pipeline.branches else []
    lists = {"branches": [_literal(name) for name in pipeline.branches]}
    lists |= {"tags": list(globs(pipeline.tags)), "paths": watched}
    values: dict[Address, str] = {
        ("name",): f"{pipeline.app}-image",
        ("concurrency", "group"): f"{pipeline.app}-image-${{{{ github.ref }}}}",
        (*_STEPS, 1, "run"): f"sh ci/{pipeline.app}/publish.sh",
    }
    for key, texts in lists.items():
        values |= {(*_PUSH, key, index): text for index, text in enumerate(texts)}
    if forge is ForgeKind.GITEA:
        # Its runner does not heed `timeout-minutes`.
        values[(*_STEPS, 1, "run")] = f"timeout 3600 sh ci/{pipeline.app}/publish.sh"
    dropped: list[Address] = [(*_PUSH, key) for key, texts in lists.items() if not texts]
    if own_login(pipeline, forge):
        values[(*_LOGIN, "REGISTRY_USERNAME")] = "${{ github.actor }}"
        values[(*_LOGIN, "REGISTRY_PASSWORD")] = "${{ github.token }}"
    else:
        dropped.append(("permissions", "packages"))
    grown: dict[Address, int] = {(*_PUSH, key): len(texts) for key, texts in lists.items() if texts}
    return filled("app_ci/github.yaml", values, grown=grown, dropped=dropped)


def _literal(branch: str) -> str:
    return branch.replace("+", "\\+")
