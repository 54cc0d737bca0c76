"""Finds every version below a directory as scripts do: load each document and look into it."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def versions(node: Any) -> Iterator[str]:
    """The values of `version` beside `chart`, `newTag` beside `name`, and `tag` below `image`."""
    if isinstance(node, list):
        for each in node:
            yield from versions(each)
    if isinstance(node, dict):
        for wanted, beside in (("version", "chart"), ("newTag", "name")):
            if wanted in node and beside in node:
                yield node[wanted]
        image = node.get("image")
        if isinstance(image, dict) and "tag" in image:
            yield image["tag"]
        for each in node.values():
            yield from versions(each)


began = time.process_time()
count = 0
for path in sorted(Path(sys.argv[1]).rglob("*.yaml")):
    for document in yaml.load_all(path.read_bytes(), Loader=yaml.SafeLoader):
        count += len(list(versions(document)))
print(json.dumps({"seconds": time.process_time() - began, "sites": count}))
