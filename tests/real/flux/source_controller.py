"""In place of Flux's source-controller, which Go cannot fetch: GitRepositories alone.

It follows branches of git servers over HTTP, publishes each commit as a tar.gz on loopback, and
writes the status of which kustomize-controller knows what to apply. Unlike the real one it asks
every two seconds instead of once in `spec.interval`, and publishes everything that a commit has.

Source: fluxcd.io/flux/components/source/gitrepositories, "GitRepository Status".
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.real.flux.api import Object
from tests.real.flux.conditions import conditions, now
from tests.real.flux.loop import Loop
from tests.real.flux.server import ADMINISTRATOR, ApiServer

VERSION, KIND = "source.toolkit.fluxcd.io/v1", "GitRepository"
REQUESTED = "reconcile.fluxcd.io/requestedAt"
_GIT = shutil.which("git") or "git"
_EVERY = 2.0
_GIT_TIME = 120.0
_KNOWN = {"interval", "ref", "secretRef", "suspend", "timeout", "url"}
_COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True)
class Remote:
    """Where a repository really is.

    Attributes:
        url: over HTTP, on loopback.
        login: user and password, None where anybody may read.
    """

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)


class GitFailed(Exception):
    """What git said."""


class SourceController:
    """Follows the GitRepositories of one API server while it is entered.

    Args:
        directory: of its own.
        remotes: by the `spec.url` that the cluster is told. Others are asked as they are written,
            with the user and password of their `secretRef`.
    """

    def __init__(
        self, server: ApiServer, directory: Path, remotes: Mapping[str, Remote] | None = None
    ) -> None:
        self._api = server.api(ADMINISTRATOR)
        self._mirrors = directory / "mirrors"
        self._published = directory / "published"
        self._mirrors.mkdir(parents=True)
        self._published.mkdir()
        self._remotes = {} if remotes is None else remotes
        handler = partial(_Quiet, directory=str(self._published))
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._serving = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self.loop = Loop(self._look, _EVERY)

    def __enter__(self) -> Self:
        self._serving.start()
        self.loop.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.loop.__exit__()
        finally:
            self._http.shutdown()
            self._serving.join()
            self._http.server_close()
            self._api.close()

    # --- how ------------------------------------------------------------------------------------

    def _look(self) -> None:
        for found in self._api.listed(VERSION, KIND, fresh=False):
            spec = found["spec"]
            if spec.get("suspend"):
                continue
            unknown = set(spec) - _KNOWN
            if unknown or set(spec.get("ref", {})) - {"branch"}:
                raise AssertionError(f"a GitRepository with more than is played here: {spec}")
            try:
                artifact = self._artifact(found)
            except GitFailed as failure:
                self._tell(found, _failed(found, str(failure)))
            else:
                self._tell(found, _stored(found, artifact))

    def _artifact(self, found: Object) -> dict[str, Any]:
        """What the branch's head is published as; the one before, where it is the same commit."""
        meta, spec = found["metadata"], found["spec"]
        branch = spec.get("ref", {}).get("branch", "master")
        remote = self._remote(found)
        commit = self._head(remote, branch)
        revision = f"{branch}@sha1:{commit}"
        before: dict[str, Any] = found.get("status", {}).get("artifact", {})
        if before.get("revision") == revision:
            return before
        mirror = self._mirrors / f"{meta['namespace']}-{meta['name']}.git"
        if not mirror.exists():
            _git(None, "init", "--bare", "--quiet", str(mirror))
        _git(remote, "--git-dir", str(mirror), "fetch", "--quiet", remote.url, commit)
        path = f"gitrepository/{meta['namespace']}/{meta['name']}/{commit}.tar.gz"
        file = self._published / path
        file.parent.mkdir(parents=True, exist_ok=True)
        archive = ["archive", "--format=tar.gz", f"--output={file}", commit]
        _git(None, "--git-dir", str(mirror), *archive)
        content = file.read_bytes()
        return {
            "revision": revision,
            "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
            "url": f"http://127.0.0.1:{self._http.server_port}/{path}",
            "path": path,
            "size": len(content),
            "lastUpdateTime": now(),
        }

    def _remote(self, found: Object) -> Remote:
        spec, namespace = found["spec"], found["metadata"]["namespace"]
        if spec["url"] in self._remotes:
            return self._remotes[spec["url"]]
        if "secretRef" not in spec:
            return Remote(spec["url"])
        name = spec["secretRef"]["name"]
        secret = self._api.get("v1", "Secret", name, namespace)
        if secret is None:
            raise GitFailed(f"failed to get secret '{namespace}/{name}': secrets not found")
        data = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
        return Remote(spec["url"], (data["username"], data["password"]))

    def _head(self, remote: Remote, branch: str) -> str:
        told = _git(remote, "ls-remote", remote.url, f"refs/heads/{branch}")
        commit = _COMMIT.match(told)
        if commit is None:
            raise GitFailed(f"failed to checkout and determine revision: no branch '{branch}'")
        return commit.group()

    def _tell(self, found: Object, status: dict[str, Any]) -> None:
        meta = found["metadata"]
        status["observedGeneration"] = meta["generation"]
        asked = meta.get("annotations", {}).get(REQUESTED)
        if asked is not None:
            status["lastHandledReconcileAt"] = asked
        if {**found.get("status", {}), **status} != found.get("status"):
            place = self._api.place(VERSION, KIND, meta["name"], meta["namespace"])
            media = "application/merge-patch+json"
            self._api.call("PATCH", f"{place}/status", {"status": status}, media=media)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _stored(found: Object, artifact: dict[str, Any]) -> dict[str, Any]:
    message = f"stored artifact for revision '{artifact['revision']}'"
    wanted = [(kind, True, "Succeeded", message) for kind in ("Ready", "ArtifactInStorage")]
    return {"conditions": conditions(found, *wanted, observed=True), "artifact": artifact}


def _failed(found: Object, message: str) -> dict[str, Any]:
    """An artifact that was stored before stays, as the real one keeps it."""
    failed = [("Ready", "GitOperationFailed"), ("FetchFailed", "GitOperationFailed")]
    wanted = [(kind, kind != "Ready", reason, message) for kind, reason in failed]
    if "artifact" in found.get("status", {}):
        wanted.append(("ArtifactInStorage", True, "Succeeded", "stored artifact"))
    return {"conditions": conditions(found, *wanted, observed=True)}


def _git(remote: Remote | None, *arguments: str) -> str:
    variables = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    if remote and remote.login:
        pair = base64.b64encode(":".join(remote.login).encode()).decode()
        variables |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
        }
    done = subprocess.run(
        [_GIT, *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=_GIT_TIME,
        check=False,
    )
    if done.returncode:
        raise GitFailed(done.stderr.strip()[-500:])
    return done.stdout
