"""Ticks of one process over the fleet that the environment names; what each of them took."""

import json
import os
import sys
import time

from bot import wiring
from bot.settings import read

settings = read(os.environ)
loop = wiring.loop(wiring.ports(settings), settings, lambda _: None)
seconds, cpu, wrote = [], [], 0
for _ in range(int(sys.argv[1])):
    began, used = time.perf_counter(), time.process_time()
    wrote += loop.tick().wrote
    seconds.append(time.perf_counter() - began)
    cpu.append(time.process_time() - used)
print(json.dumps({"seconds": seconds, "cpu": cpu, "wrote": wrote}))
