"""The settings file as a table, before anything of it is judged."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from gitops.errors import InvalidInput, Place

_OF_ALL = ("work_directory", "status_file", "docker_config")
_OF_EACH = {
    "origins": ("password_file", "ca_file"),
    "clusters": ("kubeconfig", "token_file", "ca_file"),
}


def read_table(path: Path) -> dict[str, object]:
    """What the file says; its paths are relative to where it lies, as in a kubeconfig.

    Those of `credential_helpers` are left as they are: a name without a slash is found on PATH.

    Raises:
        InvalidInput: it cannot be read, or is no TOML.
    """
    try:
        table: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"cannot be read ({error.strerror})", place=Place(str(path))) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"is no TOML: {error}", place=Place(str(path))) from error
    home = path.absolute().parent

    def rooted(value: object) -> object:
        return str(home / value) if isinstance(value, str) and value else value

    _change(table, _OF_ALL, rooted)
    for name, keys in _OF_EACH.items():
        entries = table.get(name)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                _change(entry, keys, rooted)
    return table


def _change(
    table: dict[str, object], keys: tuple[str, ...], change: Callable[[object], object]
) -> None:
    for key in keys:
        if key in table:
            table[key] = change(table[key])
