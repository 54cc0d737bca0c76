"""The two scripts of a pipeline: which tags there are, and how the images come to have them."""

import shlex
from typing import Final

from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.app_ci import translation
from gitops.scaffold.app_ci.pipeline import Build, Pipeline
from gitops.scaffold.app_ci.presets import BUILDKIT, Tool
from gitops.scaffold.template import worded

_ACTIONS = """\
# What the forge says of this job. For an annotated tag it may name the tag's own object.
commit=$(git rev-parse --verify --quiet "${GITHUB_SHA:?}^{commit}") ||
  refuse "$GITHUB_SHA is no commit that was fetched"
branch='' tag=''
case ${GITHUB_REF:?} in
refs/heads/*) branch=${GITHUB_REF#refs/heads/} ;;
refs/tags/*) tag=${GITHUB_REF#refs/tags/} ;;
esac
"""
_SAID: Final = {
    ForgeKind.GITLAB: """\
# What GitLab says of this job.
commit=${CI_COMMIT_SHA:?} branch=${CI_COMMIT_BRANCH:-} tag=${CI_COMMIT_TAG:-}
""",
    ForgeKind.GITHUB: _ACTIONS,
    ForgeKind.GITEA: _ACTIONS,
}
_THREE_PARTS = """\
  [ "$text" = "$semver${suffix#"${suffix%%+*}"}" ] || refuse "$shown is no version of three parts"
"""


def tags_script(pipeline: Pipeline, forge: ForgeKind) -> bytes:
    """`tags.sh`: what the bot follows, as a shell works it out from what the forge says."""
    return worded(
        "app_ci/tags.sh",
        {
            "APP": pipeline.app,
            "FORGE": _SAID[forge],
            "SHORTENED": translation.shortened(translation.templates_of(pipeline)),
            "BRANCHES": translation.branch_cases(pipeline.branches),
            "BUILD": translation.emitted(pipeline.builds, release=False)
            if pipeline.branches
            else "",
            "READING": translation.reading(pipeline.tags),
            "THREE": _THREE_PARTS if pipeline.tags.fields == {"semver"} else "",
            "RELEASE": translation.emitted(pipeline.builds, release=True),
        },
    )


def publish_script(pipeline: Pipeline, forge: ForgeKind, tool: Tool | None) -> bytes:
    """`publish.sh`: builds, has Trivy look, and tags last."""
    arguments = ""
    if tool is not None:
        arguments = f' \\\n    --build-arg "{tool.argument}=${tool.name}"'
    return worded(
        "app_ci/publish.sh",
        {
            "APP": pipeline.app,
            "BUILDKIT": BUILDKIT,
            "IMAGES": "".join(map(_image_case, pipeline.builds)),
            "SOURCE": shlex.quote(f"org.opencontainers.image.source={pipeline.source}"),
            "ARGUMENTS": arguments,
            "CONTEXT": shlex.quote(pipeline.context),
            "VERSIONS": _version(tool) if tool is not None else "",
            "LOGIN": _login(pipeline.registry) if forge is ForgeKind.GITLAB else "",
            "REGISTRY": pipeline.registry,
        },
    )


def _image_case(build: Build) -> str:
    file, platforms = shlex.quote(build.dockerfile), shlex.quote(",".join(build.platforms))
    return f"  {shlex.quote(build.image)}) file={file} platforms={platforms} ;;\n"


def _version(tool: Tool) -> str:
    read = f"{tool.name}=$(version_of {tool.name})\n"
    if tool.cure is None:
        return read
    return f"{read}{tool.name}=$(printf '%s\\n' \"${tool.name}\" | sed {tool.cure})\n"


def _login(registry: str) -> str:
    return f"""\
# GitLab's own registry takes the job's token, which needs no secret and ends with the job.
if [ "${{CI_REGISTRY:-}}" = {shlex.quote(registry)} ]; then
  REGISTRY_USERNAME=$CI_REGISTRY_USER
  REGISTRY_PASSWORD=$CI_REGISTRY_PASSWORD
fi
"""
