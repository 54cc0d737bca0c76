"""`Claims`: which app a site belongs to.

By its artifact. Where that is not enough (two apps run one image) the directory `apps/APP/`
decides, or the `paths` that the apps name, and where they do not, nothing is guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gitops.config import AppConfig, Config
from gitops.errors import InvalidInput
from gitops.inventory import variable_of
from gitops.sites import ArtifactKind, Site, normalise
from gitops.tree import Tree

_ARTIFACT = re.compile(r"""\b(?:image|chart|git)["']?\s*:\s*["']?([^\s"',}\]]+)""")

_NAMED = {
    ArtifactKind.IMAGE: "an image",
    ArtifactKind.CHART: "a chart",
    ArtifactKind.GIT: "a git source",
}


@dataclass(frozen=True)
class Claims:
    """What the apps of a fleet claim; `tree` has the files of those that are broken."""

    tree: Tree
    config: Config

    def artifacts(self, app: str) -> tuple[str, ...]:
        """What an app claims, sorted; () where there is no such app."""
        return self._artifacts.get(app, ())

    def home(self, path: str) -> str | None:
        """The app in whose directory `apps/APP/` a file lies; None for other files.

        None for all of them where the fleet keeps its apps elsewhere: `apps/` is then anybody's.
        """
        if self.config.fleet.apps != "apps":
            return None
        top, _, rest = path.partition("/")
        name, slash, _ = rest.partition("/")
        known = name in self.config.apps or name in self.config.broken
        return name if top == "apps" and slash and known else None

    def owner(self, site: Site) -> str | None:
        """The app a site belongs to; None where nobody or several claim it."""
        claimants = self.claimants(site)
        return self.home(site.path) or (claimants[0] if len(claimants) == 1 else None)

    def claimants(self, site: Site) -> tuple[str, ...]:
        """The apps whose artifact a site is; where some of them name its path, those alone."""
        found = {*self._anywhere.get(site.artifact, ())}
        names = (site.artifact, f"${variable_of(site)}")
        around = [site.path]
        while "/" in around[-1]:
            around.append(around[-1].rpartition("/")[0])
        here = {app for name in names for p in around for app in self._here.get((name, p), ())}
        return tuple(sorted(here or found))

    def contested(self, app: str, site: Site) -> InvalidInput:
        """That several apps claim a site of this one."""
        hint = f"move it below apps/{app}/, or name the {site.kind} in one app.yaml only"
        if self.config.fleet.apps != "apps":
            hint = f"name the {site.kind} in one app only, or other `paths` in each"
        told = f"{site.artifact} is {_NAMED[site.kind]} of {' and of '.join(self.claimants(site))}"
        return InvalidInput(told, hint, site.place)

    @cached_property
    def _artifacts(self) -> Mapping[str, tuple[str, ...]]:
        """Images by their one spelling, and everything else by its name."""
        return {name: tuple(sorted(_names(app))) for name, app in self.config.apps.items()}

    @cached_property
    def _anywhere(self) -> Mapping[str, frozenset[str]]:
        """By artifact: the apps that claim it wherever it is."""
        claimants: dict[str, set[str]] = {}
        claims = {app: self._named_by(app) for app in self.config.broken}
        claims |= {n: self._artifacts[n] for n, app in self.config.apps.items() if not app.paths}
        for app, artifacts in claims.items():
            for artifact in artifacts:
                claimants.setdefault(artifact, set()).add(app)
        return {artifact: frozenset(apps) for artifact, apps in claimants.items()}

    @cached_property
    def _here(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """By artifact or `$VARIABLE`, and by path: the apps that claim it there and below."""
        claimants: dict[tuple[str, str], set[str]] = {}
        for name, app in self.config.apps.items():
            variables = (f"${a.variable}" for a in app.artifacts if a.variable is not None)
            for artifact in (*self._artifacts[name], *variables):
                for path in app.paths:
                    claimants.setdefault((artifact, path), set()).add(name)
        return {where: frozenset(apps) for where, apps in claimants.items()}

    def _named_by(self, broken: str) -> tuple[str, ...]:
        """What a broken app.yaml names: another app must not inherit it by its fall."""
        data = self.tree[self.config.app_file(broken)].data
        texts = _ARTIFACT.findall(data.decode(errors="replace"))
        return tuple(sorted({each for text in texts for each in spellings(text)}))


def spellings(image: str) -> tuple[str, str]:
    """An image as its one spelling, and as it is written."""
    return normalise(image), image


def images_of(app: AppConfig) -> frozenset[str]:
    """Every spelling of an app's images."""
    return frozenset(each for a in app.artifacts if a.kind == "image" for each in spellings(a.name))


def _names(app: AppConfig) -> frozenset[str]:
    return images_of(app) | {a.name for a in app.artifacts}
