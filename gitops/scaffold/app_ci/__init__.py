"""`app-ci`: the pipeline of an app's own repository, which makes what the fleet's bot follows.

What it pushes, and under which tags, is read from the app's file in the fleet: the bot looks for
those tags and for no others.
"""

from gitops.scaffold.app_ci.answers import AppCiAnswers
from gitops.scaffold.app_ci.files import app_ci, written_paths

__all__ = ["AppCiAnswers", "app_ci", "written_paths"]
