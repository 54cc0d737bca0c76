"""Git over smart HTTP for a stand-in's repositories, with its people's tokens and protections."""

import base64
import binascii
import gzip
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.real.git_http import GIT
from tests.stand_ins.forge import Forge
from tests.stand_ins.model import ZERO, Access, Person, Project
from tests.stand_ins.pushing import record, verdict
from tests.stand_ins.web import Answer, Call

HOOK = """\
#!/bin/sh
# Refuses the whole push for one ref that may not be moved so.
newline='
'
refuse() { echo "$1" >&2; exit 1; }
while read -r old new ref; do
  case "$newline$STAND_IN_CLOSED$newline" in
    *"$newline$ref$newline"*) refuse "$STAND_IN_SAYS_CLOSED" ;;
  esac
  case "$newline$STAND_IN_FORWARD$newline" in
    *"$newline$ref$newline"*)
      case "$old" in
        *[!0]*) git merge-base --is-ancestor "$old" "$new" || refuse "$STAND_IN_SAYS_FORWARD" ;;
      esac ;;
  esac
done
"""

SERVICES = ("git-upload-pack", "git-receive-pack")


@dataclass(frozen=True)
class Words:
    """What a forge says to a push that it refuses."""

    closed: str
    forward: str
    not_found: str = "not found"
    forbidden: str = "forbidden"


class GitDoor:
    """Answers what git asks below `/OWNER/NAME.git/`."""

    def __init__(
        self,
        forge: Forge,
        words: Words,
        *,
        reads: frozenset[str],
        writes: frozenset[str],
        judge: Callable[..., str] = verdict,
    ) -> None:
        """What it asks.

        Args:
            forge: the state.
            words: for whom it refuses.
            reads: the token scopes that let read; a token without scopes may everything.
            writes: those that let write.
            judge: what somebody may do to a ref, as `tests.stand_ins.pushing.verdict`.
        """
        self._forge = forge
        self._words = words
        self._judge = judge
        self._scopes = {False: reads, True: writes}

    def answer(self, call: Call) -> Answer | None:
        """None: it is not git that asks."""
        path, _, rest = call.path.lstrip("/").partition(".git/")
        if not rest:
            return None
        service = call.query.get("service", "") if rest == "info/refs" else rest
        if service not in SERVICES:
            return None
        writes = service == "git-receive-pack"
        challenge = {"WWW-Authenticate": 'Basic realm="git"'}
        token = self._token(call)
        if token == "wrong":
            return Answer(401, b"HTTP Basic: Access denied", challenge)
        person, scopes = token if isinstance(token, tuple) else (None, frozenset())
        project = self._forge.project(path)
        visible = project is not None and self._sees(project, person)
        if person is None and (writes or not visible):
            return Answer(401, b"HTTP Basic: Access denied", challenge)
        if project is None or not visible:
            return Answer(404, self._words.not_found.encode())
        if person is not None and scopes and not scopes & self._scopes[writes]:
            return Answer(403, self._words.forbidden.encode())
        if writes and (person is None or self._forge.access(person, project) < Access.DEVELOPER):
            return Answer(403, self._words.forbidden.encode())
        inner = f"/{project.git.path.name}/{rest}"
        if rest != "git-receive-pack" or person is None:
            return self._backend(call, inner, {})
        with self._forge.lock:
            before = project.git.refs()
            done = self._backend(call, inner, self._verdicts(project, person, call))
            record(self._forge, project, person, before)
        return done

    def _token(self, call: Call) -> tuple[Person, frozenset[str]] | str | None:
        kind, _, value = call.headers.get("Authorization", "").partition(" ")
        if kind.casefold() == "bearer":
            text = value
        elif kind.casefold() == "basic":
            try:
                text = base64.b64decode(value).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return "wrong"
        else:
            return None
        token = self._forge.holder(text)
        return "wrong" if token is None else (token.owner, token.scopes)

    def _sees(self, project: Project, person: Person | None) -> bool:
        if project.settings.get("visibility") == "public":
            return True
        return self._forge.access(person, project) >= Access.REPORTER

    def _verdicts(self, project: Project, person: Person, call: Call) -> dict[str, str]:
        found: dict[str, list[str]] = {"closed": [], "forward": [], "free": []}
        for new, ref in _commands(call):
            judged = self._judge(self._forge, project, person, ref, deletes=new == ZERO)
            found[judged].append(ref)
        hook = project.git.path / "hooks" / "pre-receive"
        hook.write_text(HOOK)
        hook.chmod(0o755)
        return {
            "STAND_IN_CLOSED": "\n".join(found["closed"]),
            "STAND_IN_FORWARD": "\n".join(found["forward"]),
            "STAND_IN_SAYS_CLOSED": self._words.closed,
            "STAND_IN_SAYS_FORWARD": self._words.forward,
        }

    def _backend(self, call: Call, path: str, more: Mapping[str, str]) -> Answer:
        variables = {
            "GIT_PROJECT_ROOT": str(self._forge.directory / "repositories"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH": "/usr/bin:/bin",
            "PATH_INFO": path,
            "QUERY_STRING": call.query_text,
            "REQUEST_METHOD": call.method,
            "CONTENT_TYPE": call.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(call.body)),
            "HTTP_CONTENT_ENCODING": call.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": call.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "somebody",
            **more,
        }
        done = subprocess.run(
            [GIT, "http-backend"], input=call.body, env=variables, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        return Answer(int(headers.pop("Status", "200").split()[0]), content, headers)


def _commands(call: Call) -> list[tuple[str, str]]:
    """The new sha and the ref of each command of a push.

    Source: git, "pack-protocol: Pushing Data To a Server".
    """
    body = call.body
    if call.headers.get("Content-Encoding", "") in {"gzip", "x-gzip"}:
        body = gzip.decompress(body)
    commands = []
    while body:
        size = int(body[:4], 16)
        if size == 0:
            break
        _, new, ref = body[4:size].split(b"\0")[0].decode().rstrip("\n").split(" ", 2)
        commands.append((new, ref))
        body = body[size:]
    return commands
