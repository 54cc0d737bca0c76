"""Helm itself, which makes the indexes that repositories serve.

It is the `helm` in the PATH, else one that is built once with Go (https://go.dev/dl, or apt-get
install golang-go) into FAIRLEAD_CACHE, else ~/.cache/fairlead; that takes about two minutes.
"""

import io
import json
import os
import pwd
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.real import require

VERSION = "3.22.0"
_MODULE = f"helm.sh/helm/v3/cmd/helm@v{VERSION}"
_BUILD_TIME = 900.0
_ANSWER_TIME = 60.0
_HOMES = ("CACHE", "CONFIG", "DATA")


def get() -> Path:
    """The program; skips or fails the test where it can neither be found nor built."""
    found = shutil.which("helm")
    if found:
        return Path(found)
    # The tests' own HOME is an empty one; Go's settings and caches lie in the user's.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    cache = Path(os.environ.get("FAIRLEAD_CACHE") or home / ".cache" / "fairlead")
    program = cache / f"helm-{VERSION}" / "helm"
    if program.exists():
        return program
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    trouble = _build(
        require("Go (https://go.dev/dl, or apt-get install golang-go)", go), program, home
    )
    return require(f"helm, which go install did not make ({trouble.strip()[-500:]}),", program)


def package(directory: Path, chart_yaml: str, name: str, version: str) -> Path:
    """A chart's archive as `helm package` names it, of nothing but its `Chart.yaml`."""
    path = directory / f"{name}-{version}.tgz"
    content = chart_yaml.encode()
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(f"{name}/Chart.yaml")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return path


def packaged(
    program: Path,
    directory: Path,
    name: str,
    version: str,
    content: str,
    annotations: Mapping[str, str],
) -> Path:
    """The archive that `helm package` makes of a chart with one template, in `directory`."""
    chart = directory / "charts" / name
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    about = {"apiVersion": "v2", "name": name, "version": version, "annotations": annotations}
    (chart / "Chart.yaml").write_text(json.dumps(about))
    (chart / "templates" / "NOTES.txt").write_text(content)
    _run(program, directory, "package", str(chart), "--destination", str(directory))
    return directory / f"{name}-{version}.tgz"


def push(program: Path, archive: Path, place: str, username: str, password: str) -> str:
    """Push a chart to `oci://PLACE/NAME` over plain HTTP; the digest that Helm tells."""
    login = ("--username", username, "--password", password, "--plain-http")
    told = _run(program, archive.parent, "push", str(archive), f"oci://{place}", *login)
    return next(w for w in told.split() if w.startswith("sha256:"))


def _run(program: Path, directory: Path, *arguments: str) -> str:
    """What Helm says, on either stream; its own files lie below `directory`."""
    home = {f"HELM_{kind}_HOME": str(directory / ".helm" / kind) for kind in _HOMES}
    done = subprocess.run(
        [str(program), *arguments],
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        timeout=_ANSWER_TIME,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"helm {arguments[0]}: {done.stderr}")
    return done.stdout + done.stderr


def index(program: Path, directory: Path, *arguments: str) -> None:
    """Write `index.yaml` for the archives of a directory."""
    subprocess.run(
        [str(program), "repo", "index", str(directory), *arguments],
        env={**os.environ, "HELM_CACHE_HOME": str(directory.parent / "helm-cache")},
        capture_output=True,
        timeout=_ANSWER_TIME,
        check=True,
    )


def listed(program: Path, url: str, home: Path) -> list[str] | None:
    """Every version of every chart that Helm finds in a repository; None when it refuses it."""
    variables = {f"HELM_{kind}_HOME": str(home / kind) for kind in _HOMES}

    def run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [str(program), *arguments],
            env={**os.environ, **variables},
            capture_output=True,
            timeout=_ANSWER_TIME,
            check=False,
        )

    if run("repo", "add", "--force-update", "asked", url).returncode:
        return None
    found = run("search", "repo", "asked/", "--versions", "--devel", "--output", "json")
    found.check_returncode()
    return [str(entry["version"]) for entry in json.loads(found.stdout)]


def _build(go: Path, program: Path, home: Path) -> str:
    """What the compiler said; the program appears whole or not at all."""
    unfinished = program.parent / f"unfinished.{os.getpid()}"
    unfinished.mkdir(parents=True, exist_ok=True)
    said = subprocess.run(
        [str(go), "install", _MODULE],
        cwd=unfinished,
        env={
            **os.environ,
            "HOME": str(home),
            "CGO_ENABLED": "0",
            "GOBIN": str(unfinished),
            "GOWORK": "off",
        },
        capture_output=True,
        text=True,
        timeout=_BUILD_TIME,
        check=False,
    )
    if said.returncode == 0:
        (unfinished / "helm").replace(program)
    shutil.rmtree(unfinished)
    return said.stderr
