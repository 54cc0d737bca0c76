"""A `docker` that keeps a registry's tags in a file, and writes down what it was asked.

It stands in for the program, not for ours: the pipeline's script runs in a real shell and finds it
on its PATH.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitops.directory import write_directory
from gitops.tree import Tree
from tests.unit.pipelines import TIMEOUT

PROGRAM = """\
#!/bin/sh
# Arguments of one call are one line, with a bar between each two.
(IFS='|'; printf '%s\\n' "$*") >>"$STATE/calls"
last() { for each; do :; done; printf '%s' "$each"; }
option() {
  wanted=$1
  shift
  while [ $# -gt 1 ]; do
    [ "$1" != "$wanted" ] || { printf '%s' "$2"; return; }
    shift
  done
}
case "$1 $2 $3" in
"login "*) cat >"$STATE/password" ;;
"buildx imagetools inspect")
  [ ! -f "$STATE/trouble" ] || { cat "$STATE/trouble" >&2; exit 1; }
  grep -Fqx "$4" "$STATE/tags" || { echo "ERROR: $4: not found" >&2; exit 1; } ;;
"buildx imagetools create")
  option --tag "$@" >>"$STATE/tags"; echo >>"$STATE/tags" ;;
"buildx build "*)
  digest=$(printf '%s' "$*" | sha256sum | cut -c1-64)
  file=$(option --metadata-file "$@")
  printf '{\\n  "containerimage.digest": "sha256:%s"\\n}\\n' "$digest" >"$file" ;;
"save --output"*) : >"$3" ;;
"pull "*) last "$@" >"$STATE/pulled" ;;
"create "*) echo box ;;
"start "*) ! grep -q "$(cat "$STATE/bad")" "$STATE/pulled" ;;
esac
"""


@dataclass
class Job:
    """A checkout with a pipeline in it, and a registry."""

    checkout: Path
    state: Path

    @classmethod
    def of(cls, directory: Path, tree: Tree) -> "Job":
        """A job that has checked `tree` out; nothing is in the registry, and nothing is bad."""
        job = cls(directory / "checkout", directory / "state")
        for path in (job.checkout, job.state, directory / "tmp"):
            path.mkdir()
        write_directory(job.checkout, Tree({}), tree)
        program = job.state / "docker"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        (job.state / "tags").write_text("")
        job.bad("nothing is")
        return job

    def bad(self, pattern: str) -> None:
        """From now on Trivy finds something in the images that match."""
        (self.state / "bad").write_text(pattern)

    def run(self, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run `publish.sh`, with these variables and no others but what it needs to be started."""
        temporary = self.checkout.parent / "tmp"
        own = {"STATE": str(self.state), "TMPDIR": str(temporary)}
        done = subprocess.run(
            ["sh", "ci/payments/publish.sh"],
            cwd=self.checkout,
            env={**own, **variables, "PATH": f"{self.state}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert list(temporary.iterdir()) == []
        return done

    @property
    def calls(self) -> list[list[str]]:
        """What docker was asked, in order."""
        file = self.state / "calls"
        return [line.split("|") for line in file.read_text().splitlines()] if file.exists() else []

    def calls_of(self, *words: str) -> list[list[str]]:
        """The calls that begin with these words."""
        return [call for call in self.calls if call[: len(words)] == list(words)]

    @property
    def tags(self) -> list[str]:
        """The tags of the registry."""
        return (self.state / "tags").read_text().split()
