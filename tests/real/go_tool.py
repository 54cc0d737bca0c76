"""Programs from their source, built once with Go and kept outside the checkout.

They lie in FAIRLEAD_CACHE, else ~/.cache/fairlead, as NAME-VERSION. A `go.mod` beside the module
that wants one pins every version; Go fetches and checks what it names. Go: https://go.dev/dl, or
apt-get install golang-go.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BUILD_TIME = 3600.0


@dataclass(frozen=True)
class GoTool:
    """A program of one Go module.

    Attributes:
        name: of the program, and of its directory.
        source: the `go.mod` that builds it.
        module: the Go module that it belongs to, for `module_directory`.
        package: what is built, None for the module itself.
        flags: further arguments of `go build`.
        cgo: whether C is compiled too.
    """

    name: str
    version: str
    source: Path
    module: str
    package: str | None = None
    flags: tuple[str, ...] = ()
    cgo: bool = False

    @property
    def directory(self) -> Path:
        """Where it lies, or will."""
        # The tests' own HOME is an empty one.
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
        cache = Path(os.environ.get("FAIRLEAD_CACHE") or home / ".cache" / "fairlead")
        return cache / f"{self.name}-{self.version}"

    @property
    def program(self) -> Path:
        """The program, whether it was built or not."""
        return self.directory / self.name

    def build(self, complete: Callable[[Path, Path], None] | None = None) -> Path:
        """Its directory; it is built unless it is there.

        Args:
            complete: puts what else it needs into its new directory, the first argument, from that
                of the Go module, the second.

        Raises:
            RuntimeError: there is no Go, or it failed.
        """
        if self.program.exists():
            return self.directory
        go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
        if go is None:
            raise RuntimeError("there is no Go here (https://go.dev/dl, or apt-get: golang-go)")
        unfinished = self.directory.parent / f"{self.name}.unfinished.{os.getpid()}"
        unfinished.mkdir(parents=True)
        try:
            shutil.copy(self.source, unfinished)
            package = self.package or self.module
            self._go(go, unfinished, "build", *self.flags, "-o", self.name, package)
            if complete:
                found = self._go(go, unfinished, "list", "-m", "-f", "{{.Dir}}", self.module)
                complete(unfinished, Path(found.strip()))
            unfinished.replace(self.directory)
        except BaseException:
            shutil.rmtree(unfinished)
            raise
        return self.directory

    def _go(self, go: str, directory: Path, command: str, *arguments: str) -> str:
        """What Go says; the modules' own files are fetched and checked as Go does."""
        done = subprocess.run(
            [go, command, "-mod=mod", *arguments],
            cwd=directory,
            env={**os.environ, "CGO_ENABLED": "1" if self.cgo else "0", "GOWORK": "off"},
            capture_output=True,
            text=True,
            timeout=_BUILD_TIME,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"go {command}: {done.stderr.strip()[-2000:]}")
        return done.stdout
