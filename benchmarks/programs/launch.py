"""Starts a program, waits for it, and writes what it cost: wall and CPU seconds, peak memory.

Between the benchmark and the program stands this small process, since a child's peak begins at what
its parent occupied when it was started.
"""

import os
import sys
import time

cost, *command = sys.argv[1:]
began = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ)
_, status, used = os.wait4(process, 0)
wall = time.perf_counter() - began
with open(cost, "w", encoding="ascii") as file:  # noqa: PTH123  pathlib would take its time
    file.write(f"{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status))
