"""A Kubernetes API server on a loopback port, with an etcd of its own: all of a cluster but what
makes things happen.

See `tests.real.flux.programs` for how to get it. There is no scheduler, no kubelet and no
controller: a namespace that is deleted stays, and nobody writes a status.
"""

import base64
import secrets
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self

import requests
import yaml

from tests.real import authority
from tests.real.flux import programs
from tests.real.flux.api import Api
from tests.real.flux.process import Running, free_port

ADMINISTRATOR = "administrator"
_START_TIME = 120.0
_ATTEMPTS = 3


class ApiServer:
    """Runs from the moment it is made until it is stopped; keeps everything in its directory.

    Args:
        directory: of its own; made where it is not there.
        people: further users by name, each with its groups. They may do what RBAC says: nothing,
            at first. `ADMINISTRATOR` may do anything.
    """

    def __init__(
        self, directory: Path, people: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._programs = (programs.etcd(), programs.api_server())
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._authority = authority.make(directory)
        groups = {ADMINISTRATOR: ("system:masters",), **(people or {})}
        self._tokens = {name: secrets.token_hex(16) for name in groups}
        (directory / "tokens.csv").write_text(
            "".join(
                f'{self._tokens[name]},{name},{name},"{",".join(of)}"\n'
                for name, of in groups.items()
            )
        )
        self._running: list[Running] = []
        for _ in range(_ATTEMPTS):
            self._start()
            if self._answers():
                break
            self.stop()
        else:
            raise RuntimeError((directory / "kube-apiserver.log").read_text()[-5000:])
        self.admin = self.api(ADMINISTRATOR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.admin.close()
        self.stop()

    @property
    def url(self) -> str:
        """Its origin."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def certificate(self) -> Path:
        """The PEM file of the authority that vouches for it."""
        return self._authority.certificate

    def token(self, user: str) -> str:
        """What a user shows."""
        return self._tokens[user]

    def service_account_token(self, namespace: str, name: str, seconds: int = 3600) -> str:
        """A token of a ServiceAccount that is there; the server gives none below ten minutes."""
        wanted = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        place = self.admin.place("v1", "ServiceAccount", name, namespace)
        token: str = self.admin.call("POST", f"{place}/token", wanted)["status"]["token"]
        return token

    def api(self, user: str) -> Api:
        """A user's access."""
        return Api(self.url, self.certificate, self._tokens[user])

    def kubeconfig(self, user: str, *, token: str | None = None) -> Path:
        """A file that gives a user's access; with a token instead where one is given."""
        vouching = base64.b64encode(self.certificate.read_bytes()).decode()
        cluster = {"server": self.url, "certificate-authority-data": vouching}
        login = {"token": self._tokens[user] if token is None else token}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": user, "user": login}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": user}}],
            "current-context": "here",
        }
        file = self._directory / f"{user}.kubeconfig"
        file.write_text(yaml.safe_dump(content))
        return file

    def stop(self) -> None:
        """End it: the server first, for it does not end well without its etcd."""
        while self._running:
            self._running.pop().stop()

    # --- how ------------------------------------------------------------------------------------

    def _start(self) -> None:
        etcd, server = (str(each) for each in self._programs)
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._port = free_port()
        # Debian's etcd would take its settings from variables too; it is given none.
        database = [
            *(etcd, "--name=here", f"--data-dir={self._directory / 'etcd'}", "--unsafe-no-fsync"),
            *(f"--listen-client-urls={client}", f"--advertise-client-urls={client}"),
            *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
            f"--initial-cluster=here={peer}",
        ]
        self._running.append(Running(database, self._directory / "etcd.log"))
        self._running.append(
            Running([server, *self._flags(client)], self._directory / "kube-apiserver.log")
        )

    def _flags(self, etcd: str) -> list[str]:
        key = self._authority.key
        return [
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            # It would else look for an address of the machine to tell of.
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--cert-dir={self._directory}",
            f"--tls-cert-file={self._authority.certificate}",
            f"--tls-private-key-file={key}",
            f"--token-auth-file={self._directory / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            f"--service-account-key-file={self._authority.certificate}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            # Nobody makes the tokens that it would wait for.
            "--disable-admission-plugins=ServiceAccount",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
        ]

    def _answers(self) -> bool:
        deadline = time.monotonic() + _START_TIME
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline and not any(each.ended for each in self._running):
                try:
                    # Open to everybody.
                    answer = session.get(
                        f"{self.url}/readyz", verify=str(self.certificate), timeout=5
                    )
                    if answer.ok:
                        return True
                except requests.RequestException:
                    pass
                time.sleep(0.05)
        return False
