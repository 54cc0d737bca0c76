"""The page that lies beside the scripts: what has to be set up on the forge, and why."""

from typing import Final

from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.app_ci.jobs import own_login
from gitops.scaffold.app_ci.pipeline import Pipeline
from gitops.scaffold.app_ci.translation import around
from gitops.scaffold.template import worded

_SECRETS: Final = {
    ForgeKind.GITLAB: (
        "Where the images lie in GitLab's own registry there is nothing to do: the job's token may "
        "push there. For any other registry add the variables `REGISTRY_USERNAME` and "
        "`REGISTRY_PASSWORD` under Settings > CI/CD > Variables, of a login that may push to these "
        "repositories alone; mark the password masked and both protected. The runner must allow "
        "privileged services, for Docker."
    ),
    ForgeKind.GITHUB: (
        "Add the secrets `REGISTRY_USERNAME` and `REGISTRY_PASSWORD` under Settings > Secrets and "
        "variables > Actions, of a login for {registry} that may push to these repositories alone."
    ),
    ForgeKind.GITEA: (
        "Add the secrets `REGISTRY_USERNAME` and `REGISTRY_PASSWORD` under Settings > Actions > "
        "Secrets, of a login for {registry} that may push to these repositories alone. For Gitea's "
        "own registry that is a user with an access token of the scope `write:package`. The runner "
        "must offer `ubuntu-24.04` with Docker."
    ),
}
_OWN = (
    "Nothing: the job's token may push to ghcr.io. A package that was there before must grant this "
    "repository the role Write, under its Package settings > Manage Actions access."
)
_PROTECTION: Final = {
    ForgeKind.GITLAB: (
        "Settings > Repository > Protected tags: `{pattern}`, allowed to create: Maintainers, or "
        "the people who release. Protected branches: {branches}. Protected variables reach the "
        "jobs of those refs only."
    ),
    ForgeKind.GITHUB: (
        "Settings > Rules > Rulesets > New tag ruleset: target `{pattern}`, restrict creations, "
        "updates and deletions, and let the people who release bypass it. A branch ruleset for "
        "{branches} asks for a pull request."
    ),
    ForgeKind.GITEA: (
        "Settings > Tags: the pattern `{pattern}`, allowed for the people who release. Settings > "
        "Branches: protect {branches}."
    ),
}
_TESTS: Final = {
    ForgeKind.GITLAB: (
        "Jobs of the stage `test` run before: while one fails, nothing is built. In a "
        "`.gitlab-ci.yml` of yours name the stage `publish` after them, and include "
        "`/.gitlab/ci/*.yml`."
    ),
    ForgeKind.GITHUB: "Add them to the workflow as a job `test`, and `needs: [test]` to `publish`.",
    ForgeKind.GITEA: "Add them to the workflow as a job `test`, and `needs: [test]` to `publish`.",
}


def readme(pipeline: Pipeline, forge: ForgeKind) -> bytes:
    """`ci/<app>/README.md`."""
    branches = " and ".join(f"`{name}`" for name in pipeline.branches) or "the branch you tag on"
    before, after = around(pipeline.tags)
    heads = "v" if pipeline.tags.fields == {"tag"} else ""
    setup = _OWN if own_login(pipeline, forge) else _SECRETS[forge]
    return worded(
        "app_ci/README.md",
        {
            "APP": pipeline.app,
            "ROWS": "\n".join(_rows(pipeline)),
            "SETUP": setup.format(registry=pipeline.registry),
            "PROTECTION": _PROTECTION[forge].format(
                pattern=f"{before}{heads}*{after}", branches=branches
            ),
            "TESTS": _TESTS[forge],
        },
    )


def _rows(pipeline: Pipeline) -> list[str]:
    where = "" if pipeline.context == "." else f" that changes `{pipeline.context}/`"
    builds = [b for b in pipeline.builds if b.branch_tag is not None]
    rows = [
        f"| a commit of `{branch}`{where} | `{build.image}:{build.branch_tag}` |"
        for branch in pipeline.branches
        for build in builds
    ]
    return rows + [
        f"| a git tag `{pipeline.tags}` | `{build.image}:{build.release_tag}` |"
        for build in pipeline.builds
    ]
