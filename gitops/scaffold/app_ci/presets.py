"""What an app of each preset is built with.

The versions are those that were known when this was written; an app's repository names its own in
`.tool-versions`, and nothing here overrides it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gitops.scaffold.answers.app_options import Preset

BUILDKIT: Final = "0.25.0"
NGINX: Final = "1.29.4"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as asdf and mise call it, and a Dockerfile's argument with its version."""

    name: str
    version: str
    argument: str | None = None
    cure: str | None = None
    """The sed expressions that make an image's tag of the version; None where it is one."""


TRIVY: Final = Tool("trivy", "0.69.3")
_PYTHON = Tool("python", "3.13.7", "PYTHON_VERSION")
_NODE = Tool("nodejs", "22.17.0", "NODEJS_VERSION")
_GO = Tool("golang", "1.26.8", "GOLANG_VERSION")
# asdf and mise write temurin-21.0.9+10.0.LTS where the image says 21.0.9_10.
_JAVA = Tool(
    "java",
    "temurin-21.0.9+10.0.LTS",
    "JAVA_VERSION",
    r"-e 's/^temurin-//' -e 's/\.[0-9]*\.LTS$//' -e 's/+/_/'",
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an app of a preset is built."""

    tool: Tool
    dockerfile: str
    """The template's name."""
    ignored: tuple[str, ...]
    """What its image is not built from."""
    run: str | None = None
    """The Dockerfile's end, where the template leaves it open."""


_PYTHON_IGNORED = (".venv", "**/__pycache__", "**/*.pyc", ".pytest_cache")
_NODE_IGNORED = ("**/node_modules", "dist", "npm-debug.log")
_WSGI = """\
EXPOSE 8080
# Two workers, so that one may be replaced while the other answers; their heartbeats stay in memory.
# On SIGTERM requests have 25 of the 30 seconds that Kubernetes grants.
CMD ["gunicorn", "--bind=0.0.0.0:8080", "--workers=2", "--threads=4", "--worker-tmp-dir=/dev/shm", \
"--graceful-timeout=25", "--access-logfile=-", "app:app"]"""
_WORKER = """\
# It listens nowhere; on SIGTERM it ends what it has begun and takes nothing new.
CMD ["python", "-m", "app.worker"]"""
_CRON = """\
# It runs once and ends; a CronJob says when, and an exit code other than 0 that it failed.
CMD ["python", "-m", "app.job"]"""

RECIPES: Final[Mapping[Preset, Recipe]] = {
    Preset.PYTHON_WSGI: Recipe(_PYTHON, "python", _PYTHON_IGNORED, _WSGI),
    Preset.WORKER: Recipe(_PYTHON, "python", _PYTHON_IGNORED, _WORKER),
    Preset.CRON: Recipe(_PYTHON, "python", _PYTHON_IGNORED, _CRON),
    Preset.JVM: Recipe(_JAVA, "jvm", ("target", "build", ".gradle")),
    Preset.NODE: Recipe(_NODE, "node", _NODE_IGNORED),
    Preset.STATEFUL: Recipe(_GO, "stateful", ("bin", "data")),
    Preset.STATIC: Recipe(_NODE, "static", _NODE_IGNORED),
}
