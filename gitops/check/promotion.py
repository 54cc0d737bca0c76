"""What an app's versions say of each other from environment to environment."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from gitops.check.finding import Finding, Severity
from gitops.config import ArtifactConfig
from gitops.errors import Place
from gitops.fleet import Fleet, Pin
from gitops.tag_template import Template
from gitops.version import UNRELEASED, Version, parse

Pins = Mapping[str, Pin | None]
"""One app's, by environment, in the fleet's order."""


def across(fleet: Fleet, app: str, pins: Pins) -> Iterator[Finding]:
    """FL109 to FL111: of one app; what has a problem is passed over."""
    sound = {name: pin for name, pin in pins.items() if pin is not None and pin.problem is None}
    artifacts = {each.name: each for each in fleet.config.apps[app].artifacts}
    for name, pin in sound.items():
        config = fleet.config.environment(name)
        before = sound.get(config.after or "") if config is not None else None
        if before is not None:
            yield from _overtaken(artifacts, before, pin)
        yield from _strange(fleet, artifacts, pin)
    yield from _digests(sound)


def _overtaken(artifacts: Mapping[str, ArtifactConfig], before: Pin, pin: Pin) -> Iterator[Finding]:
    """FL109: newer than where it should have been first."""
    earlier = {each.repository: each.tag for each in before.content}
    for each in pin.content:
        artifact = artifacts.get(each.repository)
        first = _version(artifact, earlier.get(each.repository))
        own = _version(artifact, each.tag)
        if first is not None and own is not None and _ahead(own, first):
            told = (
                f"{pin.environment} has {each.tag} of {each.repository}, and {before.environment}"
            )
            told += f", which comes before it, only {earlier[each.repository]}"
            hint = f"bring {before.environment} up to it"
            yield Finding("FL109", Severity.WARNING, _place(pin, each.repository), told, hint)


def _ahead(own: Version, first: Version) -> bool:
    """Whether a version is newer; the release of a prerelease was tried as that."""
    if own.core == first.core and not own.is_prerelease:
        return False
    return own.precedence > first.precedence


def _strange(fleet: Fleet, artifacts: Mapping[str, ArtifactConfig], pin: Pin) -> Iterator[Finding]:
    """FL110: a build or a prerelease where neither is followed."""
    policy = fleet.config.policy(pin.app, pin.environment)
    follow = None if policy is None else policy.follow
    if follow is None or follow.tags is None:
        return
    for each in pin.content:
        artifact = artifacts.get(each.repository)
        version = _version(artifact, each.tag)
        if each.tag == UNRELEASED:
            continue
        if version is not None and version.is_prerelease and follow.tags == "release":
            what = "a prerelease"
        elif version is None and _is_build(artifact, each.tag):
            what = "a build of a branch"
        else:
            continue
        told = f"{each.tag} is {what}, and {pin.environment} follows the tags that are "
        told += f"{follow.tags}s"
        hint = "write one of these, or correct `follow`"
        yield Finding("FL110", Severity.WARNING, _place(pin, each.repository), told, hint)


def _digests(pins: Mapping[str, Pin]) -> Iterator[Finding]:
    """FL111: one tag that stands for two contents."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for name, pin in pins.items():
        for each in pin.content:
            if each.tag is None or each.digest is None or each.tag == UNRELEASED:
                continue
            key = (each.repository, each.tag)
            other, digest = first.setdefault(key, (name, each.digest))
            if digest != each.digest:
                told = f"{each.repository}:{each.tag} has another digest here than in {other}, "
                told += f"where it is {digest[:19]}"
                hint = f"what {other} tried is not what {name} runs: write one digest in both"
                yield Finding("FL111", Severity.WARNING, _place(pin, each.repository), told, hint)


def _place(pin: Pin, repository: str) -> Place:
    return next(s.place for s in pin.sites if s.artifact == repository)


def _version(artifact: ArtifactConfig | None, tag: str | None) -> Version | None:
    """The version that a tag stands for; None where it stands for none."""
    if tag is None or tag == UNRELEASED:
        return None
    fields = None if artifact is None else _template(artifact.tag).read(tag)
    written = fields and (fields.version or fields.semver or fields.tag)
    return parse(written or tag)


def _is_build(artifact: ArtifactConfig | None, tag: str | None) -> bool:
    build = None if artifact is None else artifact.build
    return bool(build and tag) and _template(build or "").read(tag or "") is not None


@lru_cache(maxsize=4096)
def _template(text: str) -> Template:
    return Template.parse(text)
