"""The real parts around the command: git over HTTP, docker-registry, people and clusters.

The clusters are simulated; they read the fleet and the registry as anybody would, and write the
status file.
"""

import base64
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from bot.adapters.git import GitRepository
from bot.adapters.git_remote import Credential
from bot.adapters.oci import OciRegistry
from bot.adapters.registry_credentials import RegistryOrigin
from bot.demo.app_repository import AppRepository
from bot.demo.clock import START
from bot.demo.cluster import SimulatedClusters
from bot.model import Person
from tests.end_to_end.clock import ClockFile
from tests.end_to_end.command import Command
from tests.real import docker_registry, git_http
from tests.real.docker_registry import DockerRegistry
from tests.real.git_http import GIT, GitHttp
from tests.witness import WITNESS

STATE_KEY = "canary-5d1e-of-the-state-branch-0f2a9c71"
MAKER = Person("Eve", "eve@example.com")
PLATFORMS = ("linux/amd64", "linux/arm64")

SETTINGS = """\
fleet = "{fleet}"
work_directory = "{directory}/work"
status_file = "{directory}/status.json"
{more}
[[origins]]
url = "{git}"
username = "{git_user}"
password_file = "{directory}/secrets/git"
private = true
"""

REGISTRY = """
[[origins]]
url = "{registry}"
username = "{registry_user}"
password_file = "{directory}/secrets/registry"
private = true
realms = ["{realm}"]
"""


TRACING_GIT = """\
#!/bin/sh
GIT_TRACE2_EVENT={trace} GIT_TRACE_REDACT=0 exec {git} "$@"
"""
"""Writes down the arguments of every git that the command starts, and of whatever git starts.

Source: git's Documentation/technical/api-trace2.
"""


class ImageRegistry(Protocol):
    """A registry that is up; `origin` is how whoever pulls lists it."""

    @property
    def host(self) -> str: ...

    @property
    def url(self) -> str: ...

    def origin(self) -> RegistryOrigin: ...

    def push_image(
        self,
        repository: str,
        tag: str,
        *,
        platforms: tuple[str, ...] = ("linux/amd64",),
        revision: str | None = None,
    ) -> str:
        """CI pushes an image; its digest."""
        ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class App:
    """An application: its repository and its images, without the registry's host."""

    repository: AppRepository
    images: tuple[str, ...]


class RealWorld:
    """Servers, a checkout of the fleet, the command and a clock in one directory.

    The fleet is on the embedded forge. `bare` is its repository at the server, `answers` what `new`
    is told of the forge, `start` when it all begins.
    """

    answers: tuple[str, ...] = ()
    start = START
    bare: Path

    def __init__(self, directory: Path) -> None:
        for name in ("git", "secrets", "registry", "checkout"):
            (directory / name).mkdir()
        self.directory = directory
        self.clock = ClockFile(directory / "clock")
        self.clock.set(self.start)
        self.registry = self._start_registry()
        self.git = GitHttp(directory / "git").start()
        self.fleet_url = self._host_fleet()
        self.checkout = directory / "checkout"
        variables = {
            "FAIRLEAD_SETTINGS": str(self._settings()),
            "FAIRLEAD_STATE_KEY": STATE_KEY,
            WITNESS: "1",
            "PATH": f"{self._tracing_git().parent}:{os.environ['PATH']}",
        }
        self.fairlead = Command(directory, {**variables, **self._variables()}, self.clock)
        self._clusters = SimulatedClusters(
            GitRepository(directory / "cluster.git", self.fleet_url, self._reader(), plain=True),
            OciRegistry([self.registry.origin()]),
            directory / "status.json",
            self.clock,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.git.stop()
        self.registry.stop()

    # --- the servers, for those who have others ---------------------------------------------------

    def _start_registry(self) -> ImageRegistry:
        return DockerRegistry(self.directory / "registry", "token")

    def _registry_origin(self) -> str:
        """What the settings say of the registry, where it is not at the fleet's origin."""
        assert isinstance(self.registry, DockerRegistry)
        assert self.registry.issuer is not None
        (self.directory / "secrets" / "registry").write_text(docker_registry.PASSWORD + "\n")
        return REGISTRY.format(
            registry=self.registry.url,
            directory=self.directory,
            registry_user=docker_registry.USERNAME,
            realm=self.registry.issuer.url,
        )

    def _host_fleet(self) -> str:
        """Make an empty repository for the fleet; its URL."""
        self.bare = self.git.directory / "fleet.git"
        return self.git.create("fleet")

    def _reader(self) -> Credential:
        """With which clusters read the fleet."""
        return git_http.Login()

    def _variables(self) -> Mapping[str, str]:
        """What the command's environment says of the fleet's server."""
        return {}

    def _origins(self) -> str:
        """What the settings say of the fleet's server, where it is not that of the apps."""
        return ""

    def _push_access(self) -> tuple[str, Mapping[str, str]]:
        """Where a person pushes the fleet to, and what git's environment then says."""
        return str(self.bare), {}

    @property
    def canaries(self) -> list[bytes]:
        """What nobody may say or write down."""
        passwords = (git_http.PASSWORD, docker_registry.PASSWORD, STATE_KEY)
        pairs = (
            f"{git_http.USER}:{git_http.PASSWORD}",
            f"{docker_registry.USERNAME}:{docker_registry.PASSWORD}",
        )
        return [p.encode() for p in passwords] + [base64.b64encode(p.encode()) for p in pairs]

    def _settings(self) -> Path:
        (self.directory / "secrets" / "git").write_text(git_http.PASSWORD + "\n")
        path = self.directory / "settings.toml"
        path.write_text(
            SETTINGS.format(
                fleet=self.fleet_url,
                directory=self.directory,
                more=self._origins(),
                git=self.git.origin,
                git_user=git_http.USER,
            )
            + self._registry_origin()
        )
        return path

    def _tracing_git(self) -> Path:
        program = self.directory / "bin" / "git"
        program.parent.mkdir()
        program.write_text(TRACING_GIT.format(trace=self.git_trace, git=GIT))
        program.chmod(0o755)
        return program

    # --- people ----------------------------------------------------------------------------------

    def app(self, name: str, *images: str) -> App:
        """An application with an empty repository, and a clone in somebody's hands."""
        self.git.create(name)
        pushed_to = (self.git.directory / f"{name}.git").as_uri()
        people = self.directory / "people"
        return App(AppRepository(people, name, pushed_to, self.clock), images)

    def source(self, name: str) -> str:
        """The URL under which an application's repository is served."""
        return f"{self.git.origin}/{name}.git"

    def build(self, app: App, message: str) -> str:
        """A commit on main and the images that CI makes of it; the commit."""
        sha = app.repository.commit(message, MAKER)
        self.push(app, f"main-{sha[:7]}-{self.clock():%Y%m%d%H%M%S}", sha)
        return sha

    def release(self, app: App, tag: str, sha: str) -> dict[str, str]:
        """A git tag and the images that CI builds of it; their digests by repository."""
        app.repository.tag(tag, sha)
        return self.push(app, tag, sha)

    def push(self, app: App, tag: str, sha: str) -> dict[str, str]:
        return {
            f"{self.registry.host}/{image}": self.registry.push_image(
                image, tag, platforms=PLATFORMS, revision=sha
            )
            for image in app.images
        }

    def publish(self, message: str) -> None:
        """Commit the checkout and push it, as a person does whose clock goes right."""
        now = self.clock().isoformat()
        pushed_to, access = self._push_access()
        dated = {**os.environ, "GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now, **access}
        for arguments in (
            ("init", "--quiet", "--initial-branch=main"),
            ("add", "--all"),
            ("commit", "--quiet", f"--message={message}"),
            ("push", "--quiet", pushed_to, "main"),
        ):
            subprocess.run([GIT, "-C", str(self.checkout), *arguments], env=dated, check=True)
        self._published()

    def _published(self) -> None:
        """What is set on the server once the fleet is there."""

    def edit(self, path: str, changes: Mapping[str, str]) -> None:
        """Replace texts that stand exactly once in a file of the checkout."""
        file = self.checkout / path
        text = file.read_text()
        for old, new in changes.items():
            assert text.count(old) == 1, (path, old)
            text = text.replace(old, new)
        file.write_text(text)

    def approve(self, person: str, number: int, head: str) -> None:
        """A person agrees to a merge request at this head."""
        self.fairlead("forge", "approve", str(number), "--head", head, "--as", person)

    # --- what is to be seen ----------------------------------------------------------------------

    @property
    def git_trace(self) -> Path:
        """What the command's git was asked, as git itself traces it."""
        return self.directory / "git.trace"

    def heard_by_server(self) -> bytes:
        """The URLs and bodies that the fleet's server was sent, where it keeps no log here."""
        return b""

    def reconcile(self) -> None:
        """The clusters apply main and report."""
        self._clusters.reconcile()

    def requests(self, state: str) -> list[dict[str, Any]]:
        """The merge requests in this state: `number`, `state` and `source_branch` of each."""
        listed = self.fairlead("forge", "list", "--json").json()
        return [request for request in listed if request["state"] == state]

    def body(self, number: int) -> str:
        """The text of a merge request."""
        shown = self.fairlead("forge", "show", str(number), "--json").json()
        return str(shown["body"])

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """The refs below `prefix`, without it, as they lie at the server."""
        shown = self._git_at_server("for-each-ref", "--format=%(refname) %(objectname)", prefix)
        pairs = (line.split(" ") for line in shown.splitlines())
        return {ref.removeprefix(prefix): sha for ref, sha in pairs}

    def file(self, path: str) -> str:
        """A file of the fleet's main branch."""
        return self._git_at_server("show", f"main:{path}")

    def _git_at_server(self, *arguments: str) -> str:
        command = [GIT, f"--git-dir={self.bare}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    def objects(self) -> bytes:
        """Everything that the fleet repository holds, merge requests and state branch included."""
        command = [GIT, f"--git-dir={self.bare}", "cat-file"]
        every = [*command, "--batch", "--batch-all-objects"]
        return subprocess.run(every, capture_output=True, check=True).stdout
