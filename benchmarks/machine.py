"""Where and when the figures were measured, and with what."""

import os
import platform
import shutil
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import versions

_OURS = ("PyYAML", "semver", "aiohttp", "google-re2", "typer")


def described() -> list[str]:
    """Lines of the report's head."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _OURS)
    pinned = ", ".join(f"{name.lower()} {number}" for name, number in versions().items())
    tools = ", ".join(
        filter(None, (_first_line("node", "--version"), _first_line("go", "version")))
    )
    hardware = f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}"
    return [
        f"Measured on {time.strftime('%Y-%m-%d', time.gmtime())}, Fairlead {_commit()}",
        f"Machine: {hardware}; load when it began {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}, {libraries}",
        f"Peers: {pinned}; {tools or 'neither Node nor Go'}",
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    found = _first_line("git", "describe", "--always", "--dirty")
    return f"at {found}" if found else "outside a repository"


def _first_line(*command: str) -> str:
    """What a program says first; "" when it is not there."""
    program = shutil.which(command[0]) or shutil.which(command[0], path="/usr/local/go/bin")
    if program is None:
        return ""
    said = subprocess.run(
        (program, *command[1:]),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parent,
    )
    return f"{command[0]} {said.stdout.strip()}" if command[0] == "node" else said.stdout.strip()
