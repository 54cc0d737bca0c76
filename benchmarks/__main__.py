"""`python -m benchmarks [NAME...]`: every measurement, or those named."""

import sys

from benchmarks import startup

MEASUREMENTS = {"startup": startup.lines}


def main(names: list[str]) -> int:
    """Print the measurements; 2 when a name is none."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        sys.stderr.write(f"no benchmark {unknown[0]!r}; known are {', '.join(MEASUREMENTS)}\n")
        return 2
    for name in names or MEASUREMENTS:
        for line in MEASUREMENTS[name]():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


sys.exit(main(sys.argv[1:]))
