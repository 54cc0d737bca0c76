"""Looks up the tags of many repositories of one registry with the bot's own adapter."""

import json
import sys
import time

from bot import wiring
from bot.settings import Origin, Settings

port, count = sys.argv[1:]
host = f"127.0.0.1:{port}"
registry = wiring.registry(Settings(fleet="", origins=(Origin(f"http://{host}", private=True),)))
repositories = [f"{host}/team-{number % 40}/app-{number}" for number in range(int(count))]
began, used = time.perf_counter(), time.process_time()
found = registry.tags(repositories)
seconds, cpu = time.perf_counter() - began, time.process_time() - used
tags = [len(tags) if isinstance(tags, tuple) else str(tags) for tags in found.values()]
print(json.dumps({"seconds": seconds, "cpu": cpu, "tags": tags}))
