"""A small fleet over HTTP for the command line's own tests: the demo's registry, no tokens."""

from pathlib import Path
from typing import Self

from bot.adapters.git import GitRepository
from bot.demo.app_repository import AppRepository
from bot.demo.clock import START, SimulatedClock
from bot.demo.registry import DemoRegistry
from bot.model import Person
from bot.ports import Draft, RefUpdate
from tests.end_to_end.command import Command
from tests.real import git_http
from tests.real.git_http import GitHttp
from tests.scenario.fleets import app_files, fleet_files

STATE_KEY = "canary-8c1e-of-the-state-branch-77d0a3b2"
AUTHOR = Person("Eve", "eve@example.com")


class SmallWorld:
    """Two apps, `payments` and `store`, each with a build that dev wants; the installed command."""

    def __init__(self, directory: Path) -> None:
        git_http.get()
        for name in ("git", "apps"):
            (directory / name).mkdir()
        self.directory = directory
        self.registry = DemoRegistry()
        self.git = GitHttp(directory / "git").start()
        self.apps_git = GitHttp(directory / "apps").start()
        self.fleet_url = self.git.create("fleet")
        self.password = directory / "password"
        self.password.write_text(git_http.PASSWORD)
        self.settings = directory / "settings.toml"
        self.status_file = directory / "status.json"
        self.status_file.write_text('{"version": 1, "health": []}')
        self.configure()
        self.fairlead = Command(
            directory,
            {"FAIRLEAD_SETTINGS": str(self.settings), "FAIRLEAD_STATE_KEY": STATE_KEY},
        )
        self._clock = SimulatedClock(START)
        self.built: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self.edit(self._fleet())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.git.stop()
        self.apps_git.stop()
        self.registry.close()

    def configure(self, extra: str = "") -> None:
        """Write the settings, `extra` before the origins."""
        origins = [
            f'[[origins]]\nurl = "{url}"\nprivate = true\nusername = "{git_http.USER}"\n'
            f'password_file = "{self.password}"\n'
            for url in (self.git.origin, self.apps_git.origin)
        ]
        origins.append(f'[[origins]]\nurl = "{self.registry.url}"\nprivate = true\n')
        head = f'fleet = "{self.fleet_url}"\nstatus_file = "{self.status_file}"\n{extra}\n'
        self.settings.write_text(head + "\n".join(origins))

    def edit(self, files: dict[str, str]) -> None:
        """Push these files, over those that are there, as the fleet's main branch."""
        self._files |= files
        person = GitRepository(
            self.directory / "person.git", self.fleet_url, git_http.Login(), plain=True
        )
        person.fetch()
        head = person.head("main")
        content = {path: text.encode() for path, text in files.items()}
        parents = (head,) if head else ()
        draft = Draft(parents, "By hand\n", AUTHOR, self._clock(), content)
        person.push([RefUpdate("refs/heads/main", head, person.write([draft])[0])])

    def file(self, path: str) -> str:
        """As it was pushed last."""
        return self._files[path]

    def _fleet(self) -> dict[str, str]:
        files = fleet_files(dev="commit")
        for name in ("payments", "store"):
            url = self.apps_git.create(name)
            pushed_to = (self.apps_git.directory / f"{name}.git").as_uri()
            app = AppRepository(self.directory / "people", name, pushed_to, self._clock)
            sha = self.built[name] = app.commit("first", AUTHOR)
            tag = f"main-{sha[:7]}-{self._clock():%Y%m%d%H%M%S}"
            self.registry.push_image(f"shop/{name}", tag, revision=sha)
            files |= app_files(name, self.registry.host, url)
        return files
