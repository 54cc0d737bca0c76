"""The fleet repository, mirrored without a working tree; its remote moves by compare-and-swap."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from bot.adapters.git_changes import Changes
from bot.adapters.git_failure import about_push, told
from bot.adapters.git_mirror import Mirror
from bot.adapters.git_objects import import_stream
from bot.adapters.git_reading import Reading, checked_ref, checked_sha
from bot.adapters.git_remote import Credential, Remote
from bot.ports import Commit, Draft, RefUpdate
from gitops.errors import Conflict, Unavailable
from gitops.tree import Tree

REFSPECS = tuple(f"+refs/{kind}/*:refs/{kind}/*" for kind in ("heads", "tags", "fairlead"))
"""What the mirror holds of the remote, under the same names."""


class GitRepository:
    """`bot.ports.Repository` on a real remote.

    Refs are remembered as the last fetch or push of this object left them, so one observation
    stays consistent while another process fetches into the same mirror.
    """

    def __init__(
        self,
        mirror: Path,
        url: str,
        credential: Credential | None = None,
        *,
        plain: bool = False,
        ca_file: Path | None = None,
        timeout: float = 600,
    ) -> None:
        """Check the URL and git itself; nothing is asked yet.

        Args:
            mirror: the directory that holds it; made when absent.
            url: https; http and file only where `plain`.
            credential: sent to the URL's origin and nowhere else; None sends nothing.
            plain: the operator allows this origin without TLS.
            ca_file: authorities to trust instead of the system's, a PEM file.
            timeout: seconds for one fetch or push.

        Raises:
            InvalidInput: the URL, or git is absent or older than 2.38.
        """
        remote = Remote(url, credential, ca_file, plain=plain)
        self._mirror = Mirror(mirror, remote, timeout=timeout)
        self._refs: Mapping[str, str] | None = None
        self._reading = Reading(self._mirror)
        self._changes = Changes(self._mirror)
        self._made: set[str] = set()

    def fetch(self) -> None:
        """Bring the mirror up to date, deleted refs included; make it anew where it is damaged."""
        fetched = self._mirror.fetch(REFSPECS)
        if fetched.made_anew:
            self._reading = Reading(self._mirror)
            self._changes = Changes(self._mirror)
        self._refs = fetched.refs

    def refs(self, prefix: str) -> Mapping[str, str]:
        """Full ref name to sha, for refs whose name starts with `prefix`."""
        return {ref: sha for ref, sha in self._snapshot().items() if ref.startswith(prefix)}

    def head(self, branch: str) -> str | None:
        """The sha of a branch (short name), None when there is no such branch."""
        return self._snapshot().get(f"refs/heads/{branch}")

    def _snapshot(self) -> Mapping[str, str]:
        if self._refs is None:
            self._refs = self._mirror.refs()
        return self._refs

    def tree(self, sha: str) -> Tree:
        """The files of a commit; see `bot.adapters.git_reading`."""
        return self._reading.tree(sha)

    def commit(self, sha: str) -> Commit | None:
        """A commit, None when the mirror does not hold it."""
        return self._reading.commit(sha)

    def first_parents(self, sha: str, until: str | None = None) -> tuple[Commit, ...]:
        """First-parent history, newest first, down to but without `until`.

        To the root where `until` is None or not on it.
        """
        return self._reading.first_parents(sha, until)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `old` is `new` or an ancestor of it; False when either is unknown."""
        return self._reading.is_ancestor(old, new)

    def last_change(self, sha: str, paths: Collection[str]) -> str | None:
        """The newest first-parent commit, from `sha` back, that changed one of these files."""
        return self._changes.last(sha, paths)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor, None when there is none or either is unknown."""
        return self._reading.merge_base(one, other)

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """The tree id of their merge as git computes it, None when it conflicts."""
        return self._reading.merged_tree(ours, theirs)

    def write(self, drafts: Sequence[Draft]) -> tuple[str, ...]:
        """Store commits in the mirror, moving no ref; their shas, in order.

        Raises:
            InvalidInput: a path or an identity that a commit cannot have.
            Unavailable: the mirror does not hold a parent.
        """
        for sha in (sha for draft in drafts for sha in (*draft.parents, draft.tree) if sha):
            checked_sha(sha)
        if not drafts:
            return ()
        stream = import_stream(drafts, self._reading.listing)
        with self._mirror.locked():
            answer = self._mirror.run(("fast-import", "--quiet", "--done"), feed=stream)
        shas = tuple(answer.out.decode("ascii").split())
        if answer.status or len(shas) != len(drafts):
            for report in self._mirror.directory.glob("fast_import_crash_*"):
                report.unlink()
            message = f"commits could not be stored: {told(answer)}"
            raise Unavailable(message, service=str(self._mirror.directory))
        self._made.update(shas)
        return shas

    def made_here(self, sha: str) -> bool:
        """Whether `write` of this very object stored a commit."""
        return sha in self._made

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Move refs of the remote, all or none, each only from its expected value.

        A ref that somebody else has meanwhile put where it shall go is no conflict when others
        move with it; alone it is.

        Raises:
            Conflict: a ref was not where it was expected; nothing moved.
            Denied: the remote refuses: credentials, a protected branch, a hook.
            Unavailable: no answer, and whether it moved is not known; or the mirror does not hold
                a commit.
        """
        if not updates:
            return
        new = [checked_sha(update.new) for update in updates if update.new is not None]
        held = self._reading.commits(new)
        for sha in new:
            if sha not in held:
                raise self._mirror.absent(sha)
        leases = [
            f"--force-with-lease={checked_ref(u.ref)}:{_or_nothing(u.expected)}" for u in updates
        ]
        specs = [f"{_or_nothing(u.new)}:{u.ref}" for u in updates]
        options = ("--porcelain", "--atomic", "--no-verify", "--no-follow-tags")
        rest = ("--recurse-submodules=no", *leases, "--end-of-options", self._mirror.remote.url)
        answer = self._mirror.ask(("push", *options, *rest, *specs))
        if answer.status:
            raise about_push(answer, self._mirror.remote.origin)
        lines = answer.out.decode(errors="replace").splitlines()
        moved = any(line[:2] in {" \t", "*\t", "+\t", "-\t"} for line in lines)
        if not moved and any(update.expected != update.new for update in updates):
            raise Conflict(f"already there: {', '.join(u.ref for u in updates)}")
        self._remember(updates)

    def _remember(self, updates: Sequence[RefUpdate]) -> None:
        """Move the mirror's refs like the remote's."""
        moved = {update.ref: update.new for update in updates}
        kept = {ref: sha for ref, sha in self._snapshot().items() if ref not in moved}
        self._refs = kept | {ref: sha for ref, sha in moved.items() if sha is not None}
        with self._mirror.locked():
            self._mirror.move(moved)


def _or_nothing(sha: str | None) -> str:
    return "" if sha is None else checked_sha(sha)
