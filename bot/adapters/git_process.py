"""The one place that builds git's environment and argv, and that has git started.

Git inherits nothing: neither the configuration of the machine or its user, nor the variables of
this process. It sees one allowed protocol, no hooks, no prompt and no redirects. Every command and
option is in `ALLOWED`; what comes from outside is a sha, a full ref name or a checked URL, and
stands behind `--end-of-options`.

Source: git-config(1), "ENVIRONMENT"; git(1), "Environment Variables"; gitcli(7).
"""

import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from os import PathLike
from pathlib import Path

# Where there is no git, GitPython would end the import; `executable` says it to who needs one.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
import git
from git.repo.fun import is_git_dir

from bot.adapters import process
from bot.adapters.git_failure import Answer, scrub
from bot.adapters.git_remote import Remote
from gitops.errors import InvalidInput, Unavailable

OLDEST_GIT = (2, 38)
"""The first with `git merge-tree --write-tree`."""

MAX_OUTPUT = 1024 * 1024 * 1024
"""Bytes that one git command may answer before it is killed."""

_EMPTY = "/dev/null"

ALLOWED: Mapping[str, frozenset[str]] = {
    "version": frozenset(),
    "init": frozenset({"--bare", "--quiet", "--template", "--initial-branch", "--object-format"}),
    "fetch": frozenset(
        {
            "--quiet",
            "--prune",
            "--force",
            "--no-tags",
            "--no-auto-maintenance",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--filter",
            "--no-filter",
            "--refmap",
        }
    ),
    "push": frozenset(
        {
            "--porcelain",
            "--quiet",
            "--atomic",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules",
            "--force-with-lease",
        }
    ),
    "gc": frozenset({"--auto", "--quiet"}),
    "ls-files": frozenset({"--others", "--ignored", "--exclude-standard", "--directory", "-z"}),
    "ls-tree": frozenset({"-r", "-z"}),
    "cat-file": frozenset({"--batch", "--batch-check", "--buffer"}),
    "rev-list": frozenset({"--first-parent", "--exclude-first-parent-only", "--max-count"}),
    "log": frozenset(
        {
            "--first-parent",
            "--diff-merges",
            "--root",
            "--no-renames",
            "--raw",
            "--no-abbrev",
            "-z",
            "--format",
            "--max-count",
        }
    ),
    "merge-base": frozenset({"--is-ancestor"}),
    "merge-tree": frozenset({"--write-tree", "--no-messages"}),
    "fast-import": frozenset({"--quiet", "--done", "--date-format"}),
    "for-each-ref": frozenset({"--format"}),
    "update-ref": frozenset({"--stdin", "-z"}),
}


@cache
def executable() -> str:
    """The absolute path of git, looked up once.

    Raises:
        InvalidInput: there is no git, or it is too old to compute merges.
    """
    found = shutil.which("git")
    if found is None or not Path(found).is_absolute():
        raise InvalidInput("git was not found on PATH", f"install git {_dotted(OLDEST_GIT)}")
    answer = process.run([found, "version"], environment(None), timeout=10, limit=1000)
    numbers = re.match(rb"git version (\d+)\.(\d+)", answer.out)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_GIT:
        said = answer.out.decode(errors="replace").strip()
        raise InvalidInput(
            f"{found} is {said or 'no git'}; merges need {_dotted(OLDEST_GIT)} or newer",
            "upgrade git",
        )
    return found


def _dotted(version: Collection[int]) -> str:
    return ".".join(str(number) for number in version)


def environment(directory: Path | None, remote: Remote | None = None) -> dict[str, str]:
    """All that git gets to see. `directory` is its repository, None outside of any."""
    settings = _settings(remote)
    variables = {
        # No settings: those of a repository that somebody else made would be heard after ours.
        "GIT_ALLOW_PROTOCOL": remote.scheme if remote else "",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_GLOBAL": _EMPTY,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "PATH": "/usr/bin:/bin",
        "TZ": "UTC",
    }
    for number, (key, value) in enumerate(settings.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    if directory is not None:
        variables["GIT_DIR"] = str(directory)
    return variables


def _settings(remote: Remote | None) -> dict[str, str]:
    """The configuration of git: nothing of the machine's, and what one remote may be asked."""
    settings = {
        "core.hooksPath": _EMPTY,
        "core.attributesFile": _EMPTY,
        "core.excludesFile": _EMPTY,
        "core.fsmonitor": "false",
        "core.compression": "0",
        "credential.helper": "",
        "fastimport.unpackLimit": "1",
        "fetch.fsckObjects": "true",
        "fetch.unpackLimit": "1",
        "gc.autoDetach": "false",
        "gc.cruftPacks": "true",
        "http.followRedirects": "false",
        "http.lowSpeedLimit": "100",
        "http.lowSpeedTime": "60",
        "submodule.recurse": "false",
        "transfer.bundleURI": "false",
    }
    # Faults of old commits that no reader trips over; without these a fleet that has one could
    # not be fetched at all.
    for fault in ("badTimezone", "missingSpaceBeforeDate", "zeroPaddedFilemode"):
        settings[f"fetch.fsck.{fault}"] = "warn"
    if remote is not None:
        if remote.authorization:
            header = f"Authorization: {remote.authorization}"
            settings[f"http.{remote.origin}/.extraHeader"] = header
        if remote.ca_file is not None:
            settings["http.sslCAInfo"] = str(remote.ca_file)
    return settings


def check_arguments(args: Sequence[str]) -> None:
    """Only commands and options of `ALLOWED`; anything after `--end-of-options` is no option.

    Raises:
        ValueError: ours to mend: the caller built another command.
    """
    command, *rest = args
    options = ALLOWED.get(command)
    if options is None:
        raise ValueError(f"git {command} is not allowed")
    for argument in rest:
        if argument == "--end-of-options":
            return
        if not argument.startswith("-") or argument.partition("=")[0] not in options:
            raise ValueError(f"git {command} {argument} is not allowed")


class Plumbing(git.Git):
    """GitPython's `repo.git`, starting git in no other way than `run`."""

    def __init__(
        self, working_dir: str | PathLike[str] | None = None, work_tree: Path | None = None
    ) -> None:
        """`work_tree` is where the repository's files are checked out, for whoever looks there."""
        super().__init__(working_dir)
        self._work_tree = work_tree

    def execute(self, command: object, *_: object, **__: object) -> str:  # type: ignore[override]
        """Refused: it would inherit this process's environment.

        Raises:
            ValueError: always; ours to mend.
        """
        raise ValueError(f"GitPython may not start {command!r} by itself")

    def run(
        self,
        directory: Path | None,
        args: Sequence[str],
        *,
        feed: bytes = b"",
        remote: Remote | None = None,
        timeout: float = 300,
        limit: int = MAX_OUTPUT,
    ) -> Answer:
        """Run one git command and take its whole answer.

        Args:
            directory: the repository, None outside of any. Not taken from GitPython, which lets
                inherited variables override it.
            args: the command and its arguments, checked by `check_arguments`.
            feed: its standard input.
            remote: whom it may ask; without it every protocol is closed.
            timeout: seconds, then its process group is killed.
            limit: bytes of standard output, then too.

        Raises:
            Unavailable: it took too long or said too much.
        """
        check_arguments(args)
        variables = environment(directory, remote)
        if self._work_tree is not None:
            variables["GIT_WORK_TREE"] = str(self._work_tree)
        argv = [executable(), *args]
        answer = process.run(argv, variables, feed=feed, timeout=timeout, limit=limit)
        secrets = remote.secrets if remote else ()
        said = scrub(answer.err, secrets)
        if answer.stopped:
            service = remote.origin if remote else f"git in {directory}"
            raise Unavailable(f"git {args[0]} was stopped: {answer.stopped}", service=service)
        return Answer(answer.status, answer.out, said)


def is_repository(directory: Path) -> bool:
    """Whether a bare repository is there. Its configuration is not read: git will say of it."""
    try:
        return is_git_dir(directory)
    except git.InvalidGitRepositoryError:  # a worktree of another
        return False
