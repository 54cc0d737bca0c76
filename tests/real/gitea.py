"""Gitea on a loopback port, with sqlite, an organisation and people who have tokens of their own.

See `tests.real.gitea_build` for how to get it.
"""

import base64
import getpass
import http.client
import json
import os
import secrets
import socket
import ssl
import subprocess
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Self

from bot.secret import Secret
from tests.real.authority import Authority
from tests.real.gitea_build import get
from tests.real.gitea_settings import ACCESS_LOG, PAGE, configuration

ORGANISATION = "acme"
ADMINISTRATOR = "root-of-gitea"

_START_TIME = 60.0
_ANSWER_TIME = 60.0
_SETTLE_TIME = 60.0
_ATTEMPTS = 3


class Gitea:
    """Runs from the moment it is made until it is stopped; keeps everything in its directory.

    With an `authority` it speaks https. It gives at most `page` things of a list at once.
    """

    def __init__(
        self, directory: Path, authority: Authority | None = None, *, page: int = PAGE
    ) -> None:
        self._directory = directory
        self._authority = authority
        self._page = page
        self._installed = get()
        self._tokens: dict[str, Secret] = {}
        for _ in range(_ATTEMPTS):
            self._port = _free_port()
            self._configure()
            self._run("migrate")
            if self._start():
                break
            self.stop()
        else:
            raise RuntimeError((directory / "gitea.log").read_text())
        password = self._password(ADMINISTRATOR)
        names = ("--username", ADMINISTRATOR, "--email", f"{ADMINISTRATOR}@example.com")
        self._run("admin", "user", "create", "--admin", *names, "--password", password)
        self._tokens[ADMINISTRATOR] = self._new_token(ADMINISTRATOR, "all")
        self.call("POST", "/orgs", {"username": ORGANISATION})
        self._team = self._new_team()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its origin."""
        return f"{'https' if self._authority else 'http'}://127.0.0.1:{self._port}"

    @property
    def access_log(self) -> Path:
        """What it was asked, a line for each request."""
        return self._directory / ACCESS_LOG

    def person(self, name: str, *scopes: str) -> Secret:
        """Somebody of the organisation who may write to its repositories; the token.

        Without scopes the token may do what the person may.
        """
        if name not in self._tokens:
            email = f"{name}@example.com"
            self.call(
                "POST",
                "/admin/users",
                {
                    "username": name,
                    "email": email,
                    "password": self._password(name),
                    "must_change_password": False,
                },
            )
            self.call("PUT", f"/teams/{self._team}/members/{name}")
            self._tokens[name] = self._new_token(name, *(scopes or ("all",)))
        return self._tokens[name]

    def stranger(self, name: str) -> Secret:
        """Somebody with an account and nothing else."""
        token = self.person(name)
        self.call("DELETE", f"/teams/{self._team}/members/{name}")
        return token

    def token(self, name: str, *scopes: str) -> Secret:
        """One more token of somebody who is there."""
        return self._new_token(name, *scopes)

    def team(self, organisation: str, name: str, people: Collection[str]) -> str:
        """A team of these people that may read; its name."""
        content = {"name": name, "permission": "read", "units_map": {"repo.code": "read"}}
        number = self.call("POST", f"/orgs/{organisation}/teams", content)["id"]
        for person in people:
            self.call("PUT", f"/teams/{number}/members/{person}")
        return name

    def repository(self, name: str) -> str:
        """An empty repository of the organisation; its path there."""
        self.call("POST", f"/orgs/{ORGANISATION}/repos", {"name": name, "default_branch": "main"})
        return f"{ORGANISATION}/{name}"

    def call(
        self,
        method: str,
        place: str,
        content: Mapping[str, object] | None = None,
        *,
        by: str = ADMINISTRATOR,
        expected: int | None = None,
    ) -> Any:
        """Ask the API below `/api/v1` in somebody's name; what it answers, None for nothing.

        Any success is as good as another, unless a status is expected.
        """
        headers = {"Authorization": f"token {self._tokens[by].reveal()}"}
        status, answer = self._ask(method, place, content, headers)
        good = 200 <= status < 300 if expected is None else status == expected
        if not good:
            raise AssertionError(f"{method} {place} by {by} was answered with {status}: {answer}")
        return answer

    def settle(self, path: str) -> None:
        """Wait until it has looked at what was pushed to the repository `OWNER/NAME`.

        It does so in the background. Until then its pages tell the heads before, and a new
        repository counts as empty.
        """
        deadline, place = time.monotonic() + _SETTLE_TIME, f"/repos/{path}"
        while time.monotonic() < deadline:
            if not self.call("GET", place)["empty"] and self._heads_are_known(place):
                return
            time.sleep(0.05)
        raise AssertionError("Gitea has not looked at what was pushed for a minute")

    def look(self, path: str, number: int) -> None:
        """Wait until it has looked whether a merge request of `OWNER/NAME` conflicts."""
        deadline = time.monotonic() + _SETTLE_TIME
        while not self.call("GET", f"/repos/{path}/pulls/{number}")["mergeable"]:
            if time.monotonic() > deadline:
                raise AssertionError("Gitea has not looked at a merge request for a minute")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=30)

    # --- how ------------------------------------------------------------------------------------

    def _heads_are_known(self, place: str) -> bool:
        shown: dict[int, str] = {}
        page = 1
        while listed := self.call("GET", f"{place}/pulls?state=open&page={page}"):
            shown |= {pull["number"]: pull["head"]["sha"] for pull in listed}
            page += 1
        now = {n: self.call("GET", f"{place}/pulls/{n}")["head"]["sha"] for n in shown}
        return shown == now

    def _ask(
        self, method: str, place: str, content: Mapping[str, object] | None, headers: dict[str, str]
    ) -> tuple[int, Any]:
        connection = self._connection()
        try:
            body = None if content is None else json.dumps(content)
            sent = {"Content-Type": "application/json", **headers}
            connection.request(method, f"/api/v1{place}", body, sent)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(data) if data else None
        except ValueError:
            return answer.status, data.decode(errors="replace")

    def _connection(self) -> http.client.HTTPConnection:
        if self._authority is None:
            return http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_TIME)
        trusted = ssl.create_default_context(cafile=self._authority.certificate)
        return http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=_ANSWER_TIME, context=trusted
        )

    def _password(self, name: str) -> str:
        file = self._directory / "passwords" / name
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_text(secrets.token_hex(16))
        return file.read_text()

    def _new_token(self, name: str, *scopes: str) -> Secret:
        pair = base64.b64encode(f"{name}:{self._password(name)}".encode()).decode()
        content = {"name": secrets.token_hex(4), "scopes": list(scopes)}
        headers = {"Authorization": f"Basic {pair}"}
        status, answer = self._ask("POST", f"/users/{name}/tokens", content, headers)
        if status != 201:
            raise AssertionError(f"no token for {name}: {status} {answer}")
        return Secret(answer["sha1"])

    def _new_team(self) -> int:
        team = {
            "name": "people",
            "permission": "write",
            "includes_all_repositories": True,
            "units_map": {"repo.code": "write", "repo.pulls": "write", "repo.issues": "write"},
        }
        answer = self.call("POST", f"/orgs/{ORGANISATION}/teams", team)
        number: int = answer["id"]
        return number

    def _configure(self) -> None:
        self._directory.mkdir(exist_ok=True)
        text = configuration(
            self._directory, self._installed, self._port, self._authority, self._page
        )
        (self._directory / "app.ini").write_text(text)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._directory),
            "USER": getpass.getuser(),
            # It collects garbage as often as whoever starts the tests would have it.
            **{name: os.environ[name] for name in ("GOGC",) if name in os.environ},
            # It keeps to loopback and its own directory: root's rights are not used.
            "GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT": "true",
        }

    def _command(self, *arguments: str) -> list[str]:
        named = ("--config", str(self._directory / "app.ini"))
        return [str(self._installed / "gitea"), *named, *arguments]

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            self._command(*arguments),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_ANSWER_TIME,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"gitea {arguments[0]}: {done.stdout}{done.stderr}")

    def _start(self) -> bool:
        """Whether it answers."""
        with (self._directory / "gitea.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("web"), env=self._environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_TIME
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                if self._ask("GET", "/version", None, {})[0] == 200:
                    return True
            except OSError:
                time.sleep(0.1)
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
