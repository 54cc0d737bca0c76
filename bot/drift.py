"""Live drift: what the workloads of a cluster say, beside what the pin wrote. Pure.

Where a pin writes a digest, the workloads' specs must say it. Where it writes a tag alone, that tag
is what a spec can say; which bytes run is then known only of what Pods report, the second level.
"""

from collections.abc import Iterator, Mapping

from bot.model import Artifact, Health, Reference, Release
from bot.observation import Observation, Running
from gitops.fleet import Pinned


def of_pods(running: Running, health: Health, observation: Observation) -> Iterator[Reference]:
    """The images that may be indexes of which Pods report a platform's own image.

    Source: Kubernetes API, ContainerStatus.imageID, which is the runtime's to choose.
    """
    for artifact in running.release.artifacts:
        name, pods = artifact.repository, health.running.get(artifact.repository)
        if pods not in {None, artifact.digest} and name not in health.digests and artifact.digest:
            yield observation.reference(running.target, name, digest=artifact.digest)


def drifted(
    release: Release,
    written: tuple[Pinned, ...],
    health: Health,
    children: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """A text for each object or artifact whose value is not the one that was written.

    `written` is what the pin says at the applied revision; `children` map the digests that indexes
    list to the index's own.
    """
    found = list(health.drift)
    for artifact, digest in _each(release, written):
        says = _difference(artifact, digest, health, children or {})
        if says:
            where = ", ".join(health.places.get(artifact.repository, ()))
            found.append(f"{where}{': ' if where else ''}{artifact.repository} {says}")
    return tuple(found)


def untold(release: Release, written: tuple[Pinned, ...], health: Health) -> str:
    """The first artifact, by name, of which health does not say what runs; "" when there is none.

    Of one whose bytes nobody has told yet nothing is asked.
    """
    for artifact, digest in _each(release, written):
        name = artifact.repository
        loose = digest is None and (name in health.tags or name in health.running)
        if artifact.digest is not None and name not in health.digests and not loose:
            return name
    return ""


def by_tag(release: Release, written: tuple[Pinned, ...], health: Health) -> tuple[str, ...]:
    """The artifacts of which only a tag is known to run: whoever moves it changes the bytes."""
    return tuple(
        artifact.repository
        for artifact, _ in _each(release, written)
        if artifact.repository not in {**health.digests, **health.running}
        and artifact.repository in health.tags
    )


def _each(release: Release, written: tuple[Pinned, ...]) -> Iterator[tuple[Artifact, str | None]]:
    """The artifacts by name, each with the digest that is written for it."""
    digests = {pinned.repository: pinned.digest for pinned in written}
    for artifact in sorted(release.artifacts):
        yield artifact, digests.get(artifact.repository)


def _difference(
    artifact: Artifact, written: str | None, health: Health, children: Mapping[str, str]
) -> str:
    """What one artifact's workloads say that was not written, "" for nothing."""
    digest = health.digests.get(artifact.repository)
    tag = health.tags.get(artifact.repository)
    if digest is not None:
        wrong = artifact.digest is not None and digest != artifact.digest
        return f"runs {digest}, not {artifact.digest}" if wrong else ""
    if tag is not None and written:
        return f"runs {tag} without a digest, not {written}"
    # A chart from an OCI registry is deployed under its version and the digest's beginning.
    if tag is not None and artifact.tag not in {tag, tag.partition("+")[0]}:
        return f"runs {tag}, not {artifact.tag}"
    pods = health.running.get(artifact.repository)
    if pods is not None and artifact.digest not in {None, pods, children.get(pods)}:
        return f"runs {pods} in its Pods, not {artifact.digest}"
    return ""
