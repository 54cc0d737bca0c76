"""Credentials that a test has planted, looked for on every command line that is started.

What end-to-end stories say and store is searched by `tests.end_to_end.verdicts.clean`; a command
line is gone by then, and everybody on the machine could have read it.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_NAMED = re.compile(r"FAIRLEAD_\w*(?:TOKEN|KEY|PASSWORD|SECRET)(_FILE)?")
SHORTEST = 8
"""Characters of a credential that is looked for: a shorter one stands in other words too."""


class ShowedASecret(Exception):
    """A program was started with a credential on its command line.

    It is no OSError, so that code which turns those into `Unavailable` cannot hide it.
    """


def planted(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name of each variable that gives a credential, by itself or by a file, and its value."""
    for name, value in environment.items():
        found = _NAMED.fullmatch(name)
        if found is None:
            continue
        given = value.strip()
        if found.group(1):
            file = Path(value)
            given = file.read_text(errors="replace").strip() if file.is_file() else ""
        if len(given) >= SHORTEST:
            yield name, given


def keep_secrets(event: str, arguments: tuple[object, ...]) -> None:
    """Judge an audit event.

    Source: Python library reference, "Audit events table": `subprocess.Popen` has the executable
    and the arguments first, `os.posix_spawn` and `os.exec` the path and the arguments.
    """
    if event not in {"subprocess.Popen", "os.posix_spawn", "os.exec"}:
        return
    line = arguments[1]
    parts = line if isinstance(line, list | tuple) else [line]
    texts = [p.decode(errors="replace") if isinstance(p, bytes) else str(p) for p in parts]
    for name, value in planted(dict(os.environ)):
        if any(value in text for text in texts):
            raise ShowedASecret(f"the value of {name} is an argument of {texts[0]}")
