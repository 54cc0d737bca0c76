"""Places where charts and git sources lie, the tests' own and real ones, filled alike."""

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from bot.adapters.git_source import GitSources
from bot.adapters.git_tags import GitTags
from bot.adapters.helm import HelmRepositories
from bot.adapters.helm_charts import HelmCharts
from bot.adapters.oci import OciRegistry
from bot.adapters.registry_credentials import RegistryOrigin
from bot.demo.images import build_image
from bot.demo.registry import DemoRegistry
from bot.ports import Registry
from tests.real import docker_registry, git_http, helm
from tests.real.git_http import GIT, GitHttp
from tests.unit.helm_stand_in import PATH, ChartRepository
from tests.unit.oci_stand_in import Asked, Said, StandIn

REVISION = "org.opencontainers.image.revision"
NAME = "web"


class Shelf(Protocol):
    """One place. Versions are put there, replaced by others of their name, and taken away."""

    registry: Registry
    place: str
    """Where the artifact `web` lies; nothing is there at first."""
    elsewhere: str
    """An artifact of which nobody has heard."""
    dead: str
    """A place on a server that does not answer."""

    def put(self, version: str, content: str, revision: str | None = None) -> str:
        """Publish these bytes under a version; what names them for good."""
        ...

    def take(self, version: str) -> None:
        """A version is no longer there."""
        ...

    def stop(self) -> None:
        """End the server."""
        ...


def _dead() -> tuple[str, RegistryOrigin]:
    """Host and origin of a server that was there and is not any more."""
    with DemoRegistry() as gone:
        return gone.host, RegistryOrigin(gone.url, private=True)


class DemoCharts:
    """Charts in the demo's registry."""

    def __init__(self, directory: Path) -> None:
        del directory
        dead, origin = _dead()
        self._server = DemoRegistry()
        here = RegistryOrigin(self._server.url, private=True)
        self.registry: Registry = OciRegistry([here, origin])
        self.place = f"{self._server.host}/charts/{NAME}"
        self.elsewhere = f"{self._server.host}/charts/other"
        self.dead = f"{dead}/charts/{NAME}"

    def put(self, version: str, content: str, revision: str | None = None) -> str:
        image = build_image(content, revision=revision)
        self._server.images.put_image(f"charts/{NAME}", version, image)
        return image.digest

    def take(self, version: str) -> None:
        self._server.images.remove_tag(f"charts/{NAME}", version)

    def stop(self) -> None:
        self._server.close()


class PushedCharts:
    """Charts that `helm push` puts into docker-registry."""

    def __init__(self, directory: Path) -> None:
        self._program = helm.get()
        self._directory = directory
        self._server = docker_registry.DockerRegistry(directory, "basic")
        dead, origin = _dead()
        self.registry: Registry = OciRegistry([self._server.origin(), origin])
        self.place = f"{self._server.host}/charts/{NAME}"
        self.elsewhere = f"{self._server.host}/charts/other"
        self.dead = f"{dead}/charts/{NAME}"

    def put(self, version: str, content: str, revision: str | None = None) -> str:
        archive = helm.packaged(
            self._program, self._directory, NAME, version, content, annotations(revision)
        )
        login = (docker_registry.USERNAME, docker_registry.PASSWORD)
        return helm.push(self._program, archive, f"{self._server.host}/charts", *login)

    def take(self, version: str) -> None:
        self._server.forget(f"charts/{NAME}", version)

    def stop(self) -> None:
        self._server.stop()


class HelmStandIn:
    """Charts in the tests' own Helm repository."""

    def __init__(self, directory: Path) -> None:
        del directory
        self._held = ChartRepository()
        self._server = StandIn(self._held)
        dead, origin = _dead()
        self.registry: Registry = HelmCharts(HelmRepositories([self._server.origin(), origin]))
        self.place = f"{self._server.url}{PATH}#{NAME}"
        self.elsewhere = f"{self._server.url}{PATH}#other"
        self.dead = f"http://{dead}{PATH}#{NAME}"

    def put(self, version: str, content: str, revision: str | None = None) -> str:
        if version in [e["version"] for e in self._held.entries.get(NAME, [])]:
            self.take(version)
        self._held.publish(NAME, version)
        entry = self._held.entries[NAME][0]
        entry["digest"] = hashlib.sha256(content.encode()).hexdigest()
        entry["annotations"] = annotations(revision)
        return f"sha256:{entry['digest']}"

    def take(self, version: str) -> None:
        entries = self._held.entries[NAME]
        self._held.entries[NAME] = [e for e in entries if e["version"] != version]

    def stop(self) -> None:
        self._server.__exit__(None, None, None)


class IndexedCharts:
    """Charts that `helm package` makes and `helm repo index` lists, as a web server has them."""

    def __init__(self, directory: Path) -> None:
        self._program = helm.get()
        self._directory = directory
        self._server = StandIn(self._file)
        dead, origin = _dead()
        self.registry: Registry = HelmCharts(HelmRepositories([self._server.origin(), origin]))
        self.place = f"{self._server.url}#{NAME}"
        self.elsewhere = f"{self._server.url}#other"
        self.dead = f"http://{dead}#{NAME}"
        helm.index(self._program, directory)

    def put(self, version: str, content: str, revision: str | None = None) -> str:
        archive = helm.packaged(
            self._program, self._directory, NAME, version, content, annotations(revision)
        )
        helm.index(self._program, self._directory)
        return f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"

    def take(self, version: str) -> None:
        (self._directory / f"{NAME}-{version}.tgz").unlink()
        helm.index(self._program, self._directory)

    def stop(self) -> None:
        self._server.__exit__(None, None, None)

    def _file(self, asked: Asked) -> Said:
        path = self._directory / asked.path.lstrip("/")
        return Said(200, path.read_bytes()) if path.is_file() else Said(404)


class _Git:
    """Tags of a bare repository, however it is served."""

    def __init__(self, directory: Path, url: str, dead: str, registry: Registry) -> None:
        self._repository = git_http.create(directory, NAME)
        self.registry = registry
        self.place = f"git+{url}/{NAME}.git"
        self.elsewhere = f"git+{url}/{NAME}.git"
        self.dead = f"git+{dead}/{NAME}.git"

    def put(self, version: str, content: str, revision: str | None = None) -> str:
        del revision
        blob = self._git("hash-object", "-w", "--stdin", feed=content)
        tree = self._git("mktree", feed=f"100644 blob {blob}\tfile\n")
        sha = self._git("commit-tree", tree, feed=content)
        self._git("tag", "--force", "--annotate", "--message", version, version, sha)
        return f"sha1:{sha}"

    def take(self, version: str) -> None:
        self._git("tag", "--delete", version)

    def _git(self, *arguments: str, feed: str = "") -> str:
        person = {"NAME": "Ana", "EMAIL": "ana@example.com", "DATE": "1700000000 +0000"}
        who = {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in person.items()}
        command = [GIT, "--git-dir", str(self._repository), *arguments]
        done = subprocess.run(
            command, input=feed.encode(), env=who, check=True, capture_output=True
        )
        return done.stdout.decode().strip()


class GitDirectory(_Git):
    """A git repository in a directory."""

    def __init__(self, directory: Path) -> None:
        sources = GitSources(directory / "work", {}, allowed=lambda _: True, plain={"file://"})
        url = directory.as_uri()
        super().__init__(directory, url, f"{url}/nowhere", GitTags(sources))

    def stop(self) -> None:
        """Nothing runs."""


class GitServed(_Git):
    """A git repository behind `git http-backend`."""

    def __init__(self, directory: Path) -> None:
        git_http.get()
        self._server = GitHttp(directory).start()
        dead, _ = _dead()
        sources = GitSources(
            directory / "work",
            {self._server.origin: git_http.Login()},
            allowed=lambda _: True,
            plain={self._server.origin, f"http://{dead}"},
        )
        super().__init__(directory, self._server.origin, f"http://{dead}", GitTags(sources))

    def stop(self) -> None:
        self._server.stop()


def annotations(revision: str | None) -> Mapping[str, str]:
    """Those of a Chart.yaml that names its commit, beside another one."""
    return {"category": "Web"} | ({REVISION: revision} if revision else {})
