"""Which repository, and where its GitHub is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.adapters.registry_credentials import parse_origin
from gitops.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Project:
    """A repository on a GitHub: the origin of the server, and `owner/name`."""

    server: str
    path: str

    @classmethod
    def of(cls, fleet: str, path: str) -> "Project":
        """Of the URL that git takes, `https://HOST/OWNER/NAME.git`, and the path in fleet.yaml.

        Raises:
            InvalidInput: it is no http(s) URL without a user name, or has another path.
        """
        origin = parse_origin(fleet)
        if origin is None:
            raise InvalidInput(
                "a fleet on GitHub is read over https", "write https://github.com/OWNER/NAME.git"
            )
        if path.count("/") != 1 or repository_path(fleet).lower() != path.lower():
            raise InvalidInput(
                f"the fleet's URL does not name {path}, which is what fleet.yaml says",
                "write the same OWNER/NAME in `forge: {project: ...}` and in the URL",
            )
        return cls(origin, path)

    @property
    def owner(self) -> str:
        """The organisation or person whose repository it is."""
        return self.path.partition("/")[0]

    @property
    def api(self) -> str:
        """Where the API is: a host of its own at GitHub, a path on a GitHub Enterprise Server.

        Source: GitHub REST, "Getting started"; GitHub Enterprise Cloud, "About GHE.com".
        """
        host = urlsplit(self.server).hostname or ""
        if host == "github.com" or host.endswith(".ghe.com"):
            return f"https://api.{host}"
        return f"{self.server}/api/v3"


def repository_path(fleet: str) -> str:
    """`OWNER/NAME` of the URL that git takes."""
    return urlsplit(fleet).path.strip("/").removesuffix(".git")
