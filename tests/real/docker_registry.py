"""Debian's docker-registry on a loopback port, with token, Basic or no authentication.

Get it by `apt-get install docker-registry` (.ci/run does). The packaged configuration listens on
all interfaces; this one never does.
"""

import base64
import http.client
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Literal

from bot.adapters.registry_credentials import Login, RegistryOrigin
from bot.demo.images import OCI_MANIFEST, Image, build_image
from bot.secret import Secret
from tests.real import require
from tests.real.push import push
from tests.real.token_issuer import ISSUER, SERVICE, TokenIssuer

USERNAME = "tester"
PASSWORD = "push-and-pull"
# bcrypt of PASSWORD, cost 5.
_HTPASSWD = f"{USERNAME}:$2b$05$abcdefghijklmnopqrstuu29iL5eU2wxiqEdPBAi1ANj6vTAMryzG\n"
_START_TIME = 10.0
_ATTEMPTS = 3


def get() -> Path:
    """The binary; skips or fails the test where it is absent."""
    return require("docker-registry (apt-get install docker-registry)", _which())


def _which() -> str | None:
    return shutil.which("docker-registry")


class DockerRegistry:
    """Runs from the moment it is made until it is stopped; keeps everything in memory."""

    def __init__(self, directory: Path, authentication: Literal["token", "basic", "none"]) -> None:
        self._directory = directory
        self.issuer = TokenIssuer(USERNAME, PASSWORD) if authentication == "token" else None
        self._open = authentication == "none"
        binary = get()
        for _ in range(_ATTEMPTS):
            self.host = f"127.0.0.1:{_free_port()}"
            configuration = directory / "registry.yml"
            configuration.write_text(self._configuration())
            with (directory / "registry.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [str(binary), "serve", str(configuration)],
                    stdout=log,
                    stderr=log,
                    env={"OTEL_TRACES_EXPORTER": "none"},
                )
            if self._answers():
                return
            self.stop()
        raise RuntimeError((directory / "registry.log").read_text())

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def origin(self, password: str = PASSWORD) -> RegistryOrigin:
        """How an operator would list it."""
        realms = (self.issuer.url,) if self.issuer else ()
        login = None if self._open else Login(USERNAME, Secret(password))
        return RegistryOrigin(self.url, login, private=True, realms=realms)

    def push_image(
        self,
        repository: str,
        tag: str,
        *,
        platforms: tuple[str, ...] = ("linux/amd64",),
        revision: str | None = None,
    ) -> str:
        """Push one image, an index when it has several platforms; returns its digest."""
        image = build_image(f"{repository}:{tag}@{revision}", platforms, revision)
        self.push(repository, (tag,), image)
        return image.digest

    def push(self, repository: str, tags: tuple[str, ...], image: Image) -> None:
        """Push one image under several tags."""
        if self.issuer:
            authorization = f"Bearer {self.issuer.token(repository, ['pull', 'push'])}"
        else:
            pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
            authorization = f"Basic {pair}"
        push(self.url, repository, tags, image, authorization)

    def forget(self, repository: str, tag: str) -> None:
        """Delete what a tag names, and the tag with it; with Basic authentication only."""
        pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Accept": OCI_MANIFEST}
        connection = http.client.HTTPConnection(self.host, timeout=_START_TIME)
        try:
            connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers=headers)
            found = connection.getresponse()
            found.read()
            digest = found.headers["Docker-Content-Digest"]
            connection.request("DELETE", f"/v2/{repository}/manifests/{digest}", headers=headers)
            gone = connection.getresponse()
            if gone.status != 202:
                raise RuntimeError(f"{repository}:{tag} was not deleted: {gone.status}")
        finally:
            connection.close()

    def stop(self) -> None:
        """End it, and its token service."""
        self._process.terminate()
        self._process.wait(timeout=10)
        if self.issuer:
            self.issuer.close()

    def _configuration(self) -> str:
        if self._open:
            authentication = ""
        elif self.issuer:
            bundle = self._directory / "issuer.pem"
            bundle.write_bytes(self.issuer.certificate)
            authentication = (
                f"auth:\n  token: {{realm: '{self.issuer.url}/token', service: {SERVICE},"
                f" issuer: {ISSUER}, rootcertbundle: '{bundle}'}}\n"
            )
        else:
            passwords = self._directory / "htpasswd"
            passwords.write_text(_HTPASSWD)
            authentication = f"auth:\n  htpasswd: {{realm: fairlead, path: '{passwords}'}}\n"
        return (
            "version: 0.1\n"
            "log: {level: warn, accesslog: {disabled: true}}\n"
            "storage: {inmemory: {}, delete: {enabled: true}}\n"
            f"http: {{addr: '{self.host}', secret: only-this-test}}\n"
            f"{authentication}"
        )

    def _answers(self) -> bool:
        deadline = time.monotonic() + _START_TIME
        while self._process.poll() is None and time.monotonic() < deadline:
            connection = http.client.HTTPConnection(self.host, timeout=1)
            try:
                connection.request("GET", "/v2/")
                return connection.getresponse().status == (200 if self._open else 401)
            except OSError:
                time.sleep(0.02)
            finally:
                connection.close()
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
