"""What a pipeline has to make, as the fleet says it."""

import re
from dataclasses import dataclass

from gitops.config import AppConfig, ArtifactConfig, Config
from gitops.config.faults import nearest
from gitops.errors import InvalidInput, Place
from gitops.scaffold.app_ci.answers import AppCiAnswers
from gitops.tag_template import Template

_DOCKER_HUB = "docker.io"
_BRANCH = re.compile(r"[A-Za-z0-9._/+@#-]+")
_DIRECTORY = re.compile(r"([a-z0-9._-]+(?:/[a-z0-9._-]+)*)/")
_OF_A_BUILD = frozenset({"sha", "branch", "timestamp"})
_VERSIONS = frozenset({"version", "semver", "tag"})


@dataclass(frozen=True, slots=True)
class Build:
    """One image, with the templates of its tags; without `branch_tag` no branch is built."""

    image: str
    dockerfile: str
    """Relative to the repository."""
    platforms: tuple[str, ...]
    release_tag: Template
    branch_tag: Template | None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything that the files of a pipeline are made from."""

    app: str
    source: str
    """The URL of the app's repository."""
    tags: Template
    """How a version is written as a git tag."""
    branches: tuple[str, ...]
    """Those that some environment follows, sorted."""
    builds: tuple[Build, ...]
    registry: str
    """The host of all images, with its port where one is written."""
    context: str
    """The app's directory in its repository; `.` for the whole of it."""


def pipeline_of(config: Config, answers: AppCiAnswers) -> Pipeline:
    """What the pipeline of an app has to make.

    Raises:
        InvalidInput: there is no such app, others build it, its file is wrong, or it asks for tags
            that no pipeline can write.
    """
    app = _app(config, answers.app)
    place = Place(config.app_file(app.name))
    if app.source is None:
        told = f"{app.name} has no source: others build its images"
        raise InvalidInput(told, "add `source: {url: ...}` if they are yours", place)
    images = [artifact for artifact in app.artifacts if artifact.kind == "image"]
    if not images:
        raise InvalidInput(f"{app.name} has no image to build", "add `image: ...`", place)
    tags = Template.parse(app.source.tags)
    _check_tags(tags, place)
    branches = _branches(config, app.name, place)
    context = answers.context or _context(tags)
    return Pipeline(
        app=app.name,
        source=app.source.url,
        tags=tags,
        branches=branches if all(image.build for image in images) else (),
        builds=tuple(_build(image, index, context, place) for index, image in enumerate(images)),
        registry=_registry(images, place),
        context=context,
    )


def _app(config: Config, name: str) -> AppConfig:
    if name in config.broken:
        raise config.broken[name]
    if name not in config.apps:
        raise InvalidInput(f"no app {name!r}", nearest(name, config.apps))
    return config.apps[name]


def _check_tags(tags: Template, place: Place) -> None:
    """Refuse git tags that the bot takes no version from, or whose parts nobody can tell."""
    hint = "write `source.tags` as `v{version}` or `payments/v{version}`"
    if len(tags.fields) != 1 or not tags.fields <= _VERSIONS:
        told = f"git tags like {tags} cannot be told apart by a pipeline"
        raise InvalidInput(told, hint, place)
    if tags.fields == {"tag"} and len(tags.segments) > 1:
        raise InvalidInput(f"no version is read from git tags like {tags}", hint, place)


def _branches(config: Config, app: str, place: Place) -> tuple[str, ...]:
    policies = (config.policy(app, environment) for environment in config.environments)
    follows = (policy.follow for policy in policies if policy is not None)
    found = {follow.branch for follow in follows if follow is not None and follow.branch}
    for branch in sorted(found):
        if not _BRANCH.fullmatch(branch):
            told = f"a pipeline cannot be told to build the branch {branch!a}"
            raise InvalidInput(told, "name it with A-Z a-z 0-9 . _ / + @ # - alone", place)
    return tuple(sorted(found))


def _context(tags: Template) -> str:
    """The directory that a monorepo's git tags begin with, as in `payments/v{version}`."""
    first = tags.segments[0]
    found = _DIRECTORY.match(first.text) if not first.name else None
    return found[1] if found else "."


def _build(artifact: ArtifactConfig, index: int, context: str, place: Place) -> Build:
    image = str(artifact.image)
    name = "Dockerfile" if index == 0 else f"Dockerfile.{image.rpartition('/')[2]}"
    branch_tag = Template.parse(artifact.build) if artifact.build else None
    foreign = branch_tag.fields - _OF_A_BUILD if branch_tag else frozenset()
    if foreign:
        told = f"{{{min(foreign)}}} is not known of a build of a branch"
        raise InvalidInput(told, "use {sha}, {branch} and {timestamp:...} in `build`", place)
    return Build(
        image=image,
        dockerfile=name if context == "." else f"{context}/{name}",
        platforms=artifact.platforms,
        release_tag=Template.parse(artifact.tag),
        branch_tag=branch_tag,
    )


def _registry(images: list[ArtifactConfig], place: Place) -> str:
    hosts = sorted({_host(str(image.image)) for image in images})
    if len(hosts) > 1:
        told = f"the images lie in {' and '.join(hosts)}, and a pipeline logs in to one registry"
        raise InvalidInput(told, "move them to one, or make two apps of them", place)
    return hosts[0]


def _host(image: str) -> str:
    """The registry of an image; one without a host is Docker Hub's."""
    host, slash, _ = image.partition("/")
    named = bool(slash) and ("." in host or ":" in host or host == "localhost")
    return host if named else _DOCKER_HUB
