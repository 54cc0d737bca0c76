r"""The state branch's files: encoding, decoding, and what a change does to them.

    version                                {"mac": ..., "record": {"replaces": [...], "version": 1}}
    halt.json                              at most one
    cleared.json                           reasons of halts that a person has ended
    seen/<app>.txt                         a line for each tag: tag object commit first-seen MAC
    soaks/<environment>/<app>.json         at most one
    failures/<environment>/<app>/<identity>.json
    baselines/<environment>/<app>.json     at most one
    proofs/<environment>/<app>/<identity>.json

Every record carries an HMAC-SHA256 (RFC 2104) under the operator's key over the fleet's name, the
record's path and its exact bytes, so that none can be made without the key, nor moved to another
path or fleet. It is checked before the record is parsed. It cannot show that a record was deleted,
or that an older one of the same path was put back: only people with push rights can do that.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from bot.canonical import Fields, Json, instant, moment
from bot.model import Artifact, Release, Target
from bot.state import Baseline, Failure, Halt, Origin, Proof, Restart, Seen, Soak
from bot.state_key import StateKey
from gitops.errors import InvalidInput

VERSION = 1
"""Of the layout above. A later one must keep the envelope of `version` itself."""

VERSION_PATH = "version"
HALT_PATH = "halt.json"
CLEARED_PATH = "cleared.json"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_PLAIN_IN_TAGS = "/+@!$&'()*,;=:-._~"


# --- paths --------------------------------------------------------------------------------------


def _path(*parts: str) -> str:
    for part in parts:
        if not _NAME.fullmatch(part):
            raise InvalidInput(f"{part!r} cannot name a file of the state branch")
    return "/".join(parts)


def seen_path(app: str) -> str:
    """Where an app's first-seen tags are."""
    return _path("seen", app + ".txt")


def soak_path(target: Target) -> str:
    """Where a target's soak is."""
    return _path("soaks", target.environment, target.app + ".json")


def failure_path(target: Target, identity: str) -> str:
    """Where it stands that a release (by its identity) failed its soak in a target."""
    return _path("failures", target.environment, target.app, identity + ".json")


def baseline_path(target: Target) -> str:
    """Where a target's baseline is."""
    return _path("baselines", target.environment, target.app + ".json")


def proof_path(target: Target, identity: str) -> str:
    """Where the proof of a release (by its identity) for a target is."""
    return _path("proofs", target.environment, target.app, identity + ".json")


# --- records ------------------------------------------------------------------------------------


def version_file(key: StateKey, replaces: Iterable[str]) -> bytes:
    """The file `version`; `replaces` are the heads of the state branches that it stands for."""
    return key.sealed(VERSION_PATH, {"version": VERSION, "replaces": list(replaces)})


def read_version(fields: Fields) -> tuple[str, ...]:
    """The replaced heads.

    Raises:
        InvalidInput: a layout that this Fairlead does not know.
    """
    version = fields.number("version")
    if version != VERSION:
        raise InvalidInput(
            f"the state branch has layout {version}, and this Fairlead knows layout {VERSION}",
            "run the Fairlead that wrote it",
        )
    return fields.texts("replaces")


def halt_file(key: StateKey, halt: Halt) -> bytes:
    """The file `halt.json`."""
    return key.sealed(HALT_PATH, {"reason": halt.reason, "at": instant(halt.at)})


def read_halt(fields: Fields) -> Halt:
    """A halt."""
    return Halt(fields.text("reason"), fields.moment("at"))


def cleared_file(key: StateKey, reasons: Iterable[str]) -> bytes:
    """The file `cleared.json`."""
    return key.sealed(CLEARED_PATH, {"reasons": list(reasons)})


def read_cleared(fields: Fields) -> tuple[str, ...]:
    """Reasons of halts that a person has ended."""
    return fields.texts("reasons")


def soak_file(key: StateKey, soak: Soak) -> bytes:
    """A target's soak."""
    content: Json = {
        **_target(soak.target),
        "identity": soak.identity,
        "commit": soak.commit,
        "start": instant(soak.start),
        "confirmed": instant(soak.confirmed),
        "clusters": list(soak.clusters),
    }
    return key.sealed(soak_path(soak.target), content)


def read_soak(fields: Fields) -> Soak:
    """A soak; also of a Fairlead that wrote no clusters."""
    return Soak(
        _read_target(fields),
        fields.text("identity"),
        fields.text("commit"),
        fields.moment("start"),
        fields.moment("confirmed"),
        fields.texts("clusters") if "clusters" in fields.content else (),
    )


def failure_file(key: StateKey, failure: Failure) -> bytes:
    """That a release failed its soak."""
    restarts = (failure.restarted,) if failure.restarted else ()
    content: Json = {
        **_target(failure.target),
        "identity": failure.identity,
        "version": failure.version,
        "commit": failure.commit,
        "cluster": failure.cluster,
        "reason": failure.reason,
        "at": instant(failure.at),
        "restarted": [{"by": r.by, "reason": r.reason, "at": instant(r.at)} for r in restarts],
    }
    return key.sealed(failure_path(failure.target, failure.identity), content)


def read_failure(fields: Fields) -> Failure:
    """A failed soak."""
    restarts = [
        Restart(r.text("by"), r.text("reason"), r.moment("at")) for r in fields.each("restarted")
    ]
    return Failure(
        _read_target(fields),
        fields.text("identity"),
        fields.text("version"),
        fields.text("commit"),
        fields.text("cluster"),
        fields.text("reason"),
        fields.moment("at"),
        restarts[0] if restarts else None,
    )


def baseline_file(key: StateKey, baseline: Baseline) -> bytes:
    """A target's baseline."""
    content: Json = {
        **_target(baseline.target),
        "release": _release(baseline.release),
        "commit": baseline.commit,
        "origin": baseline.origin.value,
    }
    return key.sealed(baseline_path(baseline.target), content)


def read_baseline(fields: Fields) -> Baseline:
    """A baseline."""
    return Baseline(
        _read_target(fields),
        _read_release(fields.inner("release")),
        fields.text("commit"),
        _read_origin(fields),
    )


def proof_file(key: StateKey, proof: Proof) -> bytes:
    """A proof record."""
    content: Json = {
        **_target(proof.target),
        "release": _release(proof.release),
        "commit": proof.commit,
        "soak_start": instant(proof.soak_start),
        "soaked_at": instant(proof.soaked_at),
        "origin": proof.origin.value,
    }
    return key.sealed(proof_path(proof.target, proof.release.identity), content)


def read_proof(fields: Fields) -> Proof:
    """A proof record."""
    return Proof(
        _read_target(fields),
        _read_release(fields.inner("release")),
        fields.text("commit"),
        fields.moment("soak_start"),
        fields.moment("soaked_at"),
        _read_origin(fields),
    )


def seen_file(key: StateKey, app: str, seen: Iterable[Seen]) -> bytes:
    """A line for each tag, sorted. Tags are percent-encoded, so that a space ends one surely."""
    path = seen_path(app)
    lines = [
        f"{quote(s.tag, _PLAIN_IN_TAGS, errors='surrogatepass')} {s.object} {s.commit}"
        f" {instant(s.first_seen)}"
        for s in seen
    ]
    return b"".join(f"{t} {key.mac(path, t.encode())}\n".encode() for t in sorted(lines))


def read_seen(key: StateKey, path: str, line: bytes) -> Seen:
    """One line, without its newline.

    Raises:
        InvalidInput: it is no such line, or its MAC is not valid.
    """
    content, _, mac = line.rpartition(b" ")
    if not key.agrees(path, content, mac):
        raise InvalidInput("its MAC is not valid")
    parts = content.decode("ascii", "replace").split(" ")
    if len(parts) != 4:
        raise InvalidInput("not tag, object, commit, time and MAC")
    tag, thing, commit, first_seen = parts
    return Seen(unquote(tag, errors="surrogatepass"), thing, commit, moment(first_seen))


def _target(target: Target) -> Mapping[str, Json]:
    return {"environment": target.environment, "app": target.app}


def _read_target(fields: Fields) -> Target:
    return Target(fields.text("environment"), fields.text("app"))


def _read_origin(fields: Fields) -> Origin:
    text = fields.text("origin")
    if text not in list(Origin):
        raise InvalidInput("no origin that Fairlead knows")
    return Origin(text)


def _release(release: Release) -> Json:
    artifacts: list[Json] = [
        {"repository": a.repository, "tag": a.tag, "digest": a.digest} for a in release.artifacts
    ]
    return {
        "app": release.app,
        "version": release.version,
        "commit": release.commit,
        "artifacts": artifacts,
    }


def _read_release(fields: Fields) -> Release:
    artifacts = tuple(
        Artifact(a.text("repository"), a.text("tag"), a.optional("digest"))
        for a in fields.each("artifacts")
    )
    return Release(fields.text("app"), fields.text("version"), fields.optional("commit"), artifacts)
