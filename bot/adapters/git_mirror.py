"""A bare repository in the work directory that holds what was fetched from one URL.

It can be lost at any time: whatever in it cannot be read is fetched again. One lock file beside it
keeps two processes on one work directory from writing into it at once.
"""

import contextlib
import fcntl
import re
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.git_failure import Answer, about_remote, told
from bot.adapters.git_process import MAX_OUTPUT, Plumbing, executable, is_repository
from bot.adapters.git_remote import Remote
from gitops.errors import FairleadError, InvalidInput, Unavailable

_MARKER = "fairlead-mirror"
_DAMAGE = re.compile(
    r"not a git repository|bad object|loose object|corrupt|unable to read"
    r"|missing (?:blob|tree|commit)|does not point to a valid object|inflate|packfile|bad config"
    r"|File exists|not a valid object"
)
_FILTER_REFUSED = re.compile(r"filter '[^']*' not supported")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch left: whether the mirror was `made_anew`, and its refs by full name.

    What was only in a mirror is gone when it was made anew.
    """

    made_anew: bool
    refs: Mapping[str, str]


class Mirror:
    """One directory, one URL. Objects once fetched or written stay for two weeks at least."""

    def __init__(
        self,
        directory: Path,
        remote: Remote,
        *,
        files: bool = True,
        timeout: float = 600,
        patience: float = 15,
    ) -> None:
        """Look nothing up yet.

        Args:
            directory: where the mirror is or shall be.
            remote: what it mirrors.
            files: whether the content of files is fetched, where the remote lets us choose.
            timeout: seconds for one fetch or push.
            patience: seconds to wait for another process that is writing to it.

        Raises:
            InvalidInput: git is absent or too old.
        """
        executable()
        self.directory = directory.absolute()
        self.remote = remote
        self._filter = () if files else ("--filter=blob:none",)
        self._timeout = timeout
        self._patience = patience
        self._left: tuple[object, Mapping[str, str]] | None = None

    def run(self, args: Sequence[str], *, feed: bytes = b"", limit: int = MAX_OUTPUT) -> Answer:
        """One command that asks nobody; `limit` is of its output, in bytes.

        Raises:
            Unavailable: there is no mirror, it took too long or said too much.
        """
        return self._run(args, feed=feed, limit=limit)

    def ask(self, args: Sequence[str]) -> Answer:
        """One command that talks to the remote, with its credential.

        Raises:
            Unavailable: there is no mirror, or it took too long.
        """
        return self._run(args, remote=self.remote)

    def _run(
        self,
        args: Sequence[str],
        *,
        feed: bytes = b"",
        remote: Remote | None = None,
        limit: int = MAX_OUTPUT,
    ) -> Answer:
        here = self.directory
        if not is_repository(here):
            raise self.damaged("there is no mirror")
        git, timeout = Plumbing(here), self._timeout
        return git.run(here, args, feed=feed, remote=remote, timeout=timeout, limit=limit)

    def damaged(self, why: str) -> Unavailable:
        """The error for a mirror that cannot be read. The next fetch makes it anew."""
        marker = self.directory / _MARKER
        if marker.is_file():
            marker.write_text("", "utf-8")
        return Unavailable(
            f"the mirror {self.directory} cannot be read ({why}); the next fetch makes it anew",
            service=self.remote.origin,
        )

    def absent(self, sha: str) -> Unavailable:
        """The error for a commit that the mirror does not hold."""
        return Unavailable(f"no commit {sha} in {self.remote.url}", service=self.remote.origin)

    def fetch(self, refspecs: Sequence[str]) -> Fetched:
        """Make the refs of these refspecs what they are at the remote.

        Raises:
            Unavailable: no answer.
            Denied: it does not let us.
            InvalidInput: the directory is locked, or holds something that is no mirror.
        """
        with self.locked():
            anew = not self._known()
            if anew:
                self._create()
            before = self._refs_before()
            failure = self._fetch(refspecs)
            if failure is not None and failure[1] and not anew:
                anew = True
                self._create()
                failure = self._fetch(refspecs)
            if failure is not None:
                raise failure[0]
            after = self.refs()
            if before and not after:
                raise self._emptied(before)
            self._left = (self._made(), after)
            if after != before:  # a fetch that brought nothing left no pack behind
                self.run(("gc", "--auto", "--quiet"))
            return Fetched(anew, after)

    def _refs_before(self) -> Mapping[str, str]:
        """The refs, none where they cannot be read: the fetch will say why.

        They are as the last fetch left them, unless we moved one since. Somebody else's fetch
        brought newer ones at most, and the next fetch of ours brings those too; but a mirror that
        somebody else made anew may lack what they name.
        """
        if self._left is not None and self._left[0] == self._made():
            return self._left[1]
        try:
            return self.refs()
        except Unavailable:
            return {}

    def _emptied(self, before: Mapping[str, str]) -> Unavailable:
        """Put the refs back: an empty page in place of an answer reads as "no refs" to git."""
        self.move(before)
        return Unavailable(
            f"{self.remote.url} shows no refs any more; if that is so, remove {self.directory}",
            service=self.remote.origin,
        )

    def move(self, refs: Mapping[str, str | None]) -> None:
        """Set the mirror's own refs, None deletes. Where that fails, the next fetch does it."""
        lines = (
            f"delete {ref}\0\0" if sha is None else f"update {ref}\0{sha}\0\0"
            for ref, sha in refs.items()
        )
        feed = "".join(lines).encode(errors="surrogateescape")
        self._left = None
        self.run(("update-ref", "--stdin", "-z"), feed=feed)

    def _fetch(self, refspecs: Sequence[str]) -> tuple[FairleadError, bool] | None:
        """None when it worked, else the error, and whether the mirror itself may be the reason."""
        command = ("fetch", "--quiet", "--prune", "--force", "--no-tags", "--no-auto-maintenance")
        rest = ("--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
        what = ("--end-of-options", self.remote.url, *refspecs)
        try:
            answer = self.ask((*command, *rest, *self._filter, *what))
            if answer.status and _FILTER_REFUSED.search(answer.err):
                answer = self.ask((*command, *rest, "--no-filter", *what))
        except Unavailable as error:
            return error, not self._known()
        if answer.status == 0:
            return None
        origin = self.remote.origin
        reason = about_remote(answer, origin, "fetch")
        if reason is not None and not _DAMAGE.search(answer.err):
            return reason, False
        return reason or Unavailable(f"fetch failed: {told(answer)}", service=origin), True

    def refs(self) -> Mapping[str, str]:
        """Every ref by full name."""
        answer = self.run(("for-each-ref", "--format=%(refname) %(objectname)"))
        if answer.status:
            raise self.damaged(told(answer))
        lines = answer.out.decode(errors="surrogateescape").split("\n")[:-1]
        return dict(line.split(" ", 1) for line in lines)

    def _known(self) -> bool:
        marker = self.directory / _MARKER
        return marker.is_file() and marker.read_text("utf-8") == self._label()

    def _made(self) -> object:
        """Another one for each time that the mirror is made."""
        status = (self.directory / _MARKER).stat()
        return status.st_ino, status.st_mtime_ns

    def _label(self) -> str:
        return f"{self.remote.url}\n"

    def _create(self) -> None:
        """An empty mirror, in the place of a former one.

        HEAD names a branch that nobody has: git reads attributes from HEAD in a bare repository.
        """
        marker = self.directory / _MARKER
        if self.directory.exists() and any(self.directory.iterdir()):
            if not marker.is_file():
                raise InvalidInput(
                    f"{self.directory} holds files that are no mirror of ours",
                    "give a work directory of its own",
                )
            shutil.rmtree(self.directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        marker.touch()
        options = ("--bare", "--quiet", "--template=", "--initial-branch=fairlead-no-branch")
        place = str(self.directory)
        answer = Plumbing().run(None, ("init", *options, "--end-of-options", place))
        if answer.status:
            raise InvalidInput(
                f"{self.directory} cannot be made: {told(answer)}", "check the work directory"
            )
        marker.write_text(self._label(), "utf-8")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone in the directory.

        Raises:
            InvalidInput: another process keeps it, or the work directory cannot be written.
        """
        lock = self.directory.with_name(self.directory.name + ".lock")
        deadline = time.monotonic() + self._patience
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            stream = lock.open("a")
        except OSError as error:
            raise InvalidInput(
                f"{lock} cannot be written ({error.strerror})", "check the work directory"
            ) from error
        with stream:
            pause = threading.Event()
            while not _taken(stream.fileno()):
                if time.monotonic() >= deadline:
                    raise InvalidInput(
                        f"another process is using {self.directory}",
                        "give each running instance a work directory of its own",
                    )
                pause.wait(0.02)
            yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
