"""`add app`: the files of an app in a fleet that is there."""

from gitops.scaffold.app.adding import add_app
from gitops.scaffold.app.configuration import BUILD

__all__ = ["BUILD", "add_app"]
