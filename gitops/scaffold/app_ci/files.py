"""The recipe: an app of a fleet and a few answers to the files of its pipeline."""

import posixpath
from collections.abc import Iterator

from gitops.config import Config
from gitops.errors import InvalidInput, Place
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.app_ci.answers import AppCiAnswers
from gitops.scaffold.app_ci.jobs import GITLAB_ROOT, gitlab_root, job_file
from gitops.scaffold.app_ci.pipeline import Pipeline, pipeline_of
from gitops.scaffold.app_ci.presets import NGINX, RECIPES, TRIVY, Recipe, Tool
from gitops.scaffold.app_ci.readme import readme
from gitops.scaffold.app_ci.scripts import publish_script, tags_script
from gitops.scaffold.new import laid
from gitops.scaffold.template import template, worded
from gitops.tree import Tree

TOOLS = ".tool-versions"


def app_ci(config: Config, answers: AppCiAnswers, there: Tree) -> Tree:
    """The app's repository with the pipeline in it; the same tree when it is there.

    A `.gitlab-ci.yml` of the team is left to it, as is a `.tool-versions` that names every tool.

    Args:
        config: the fleet's.
        answers: what the person answered.
        there: what lies in the app's repository at `written_paths` and above them.

    Raises:
        InvalidInput: the app has no pipeline to write, or a file is in the way.
    """
    written = _files(config, answers)
    if GITLAB_ROOT in there:
        written.pop(GITLAB_ROOT, None)
    if TOOLS in there and there[TOOLS].regular:
        _check_tools(there.read(TOOLS).decode(errors="replace"), _tools(answers))
        written.pop(TOOLS)
    return laid(there, written)


def written_paths(config: Config, answers: AppCiAnswers) -> tuple[str, ...]:
    """Every path that `app_ci` may write, and each directory above one: what has to be read.

    Raises:
        InvalidInput: the app has no pipeline to write.
    """
    paths = set(_files(config, answers))
    for path in list(paths):
        while path := posixpath.dirname(path):
            paths.add(path)
    return tuple(sorted(paths))


def _files(config: Config, answers: AppCiAnswers) -> dict[str, bytes]:
    pipeline = pipeline_of(config, answers)
    recipe = RECIPES.get(answers.preset)
    own = f"ci/{pipeline.app}"
    files = dict([job_file(pipeline, answers.forge)])
    if answers.forge is ForgeKind.GITLAB:
        files[GITLAB_ROOT] = gitlab_root()
    files[TOOLS] = _tool_versions(_tools(answers))
    files[f"{own}/README.md"] = readme(pipeline, answers.forge)
    files[f"{own}/publish.sh"] = publish_script(
        pipeline, answers.forge, recipe.tool if recipe else None
    )
    files[f"{own}/tags.sh"] = tags_script(pipeline, answers.forge)
    if recipe is not None and answers.dockerfile:
        files |= dict(_image_files(pipeline, recipe))
    return files


def _tools(answers: AppCiAnswers) -> tuple[Tool, ...]:
    recipe = RECIPES.get(answers.preset)
    return (TRIVY,) if recipe is None else (recipe.tool, TRIVY)


def _tool_versions(tools: tuple[Tool, ...]) -> bytes:
    lines = "\n".join(f"{tool.name} {tool.version}" for tool in tools)
    return worded("app_ci/tool-versions", {"TOOLS": lines})


def _check_tools(text: str, tools: tuple[Tool, ...]) -> None:
    named = {line.split()[0] for line in text.splitlines() if line.strip()}
    missing = [tool for tool in tools if tool.name not in named]
    if missing:
        lines = " and ".join(f"`{tool.name} {tool.version}`" for tool in missing)
        told = f"does not name {' and '.join(tool.name for tool in missing)}; nothing was written"
        raise InvalidInput(told, f"add {lines}, in lines of their own", Place(TOOLS))


def _image_files(pipeline: Pipeline, recipe: Recipe) -> Iterator[tuple[str, bytes]]:
    text = template(f"app_ci/dockerfile/{recipe.dockerfile}").decode()
    known = {"APP": pipeline.app, "RUN": recipe.run or "", "NGINX": NGINX}
    words = {name: word for name, word in known.items() if f"@{name}@" in text}
    for build in pipeline.builds:
        yield build.dockerfile, worded(f"app_ci/dockerfile/{recipe.dockerfile}", words)
    ignored = {"IGNORED": "\n".join(recipe.ignored)}
    path = posixpath.normpath(f"{pipeline.context}/.dockerignore")
    yield path, worded("app_ci/dockerignore", ignored)
