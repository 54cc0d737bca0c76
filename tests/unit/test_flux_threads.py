"""Several clusters are read at once from the first moment on, which msgspec does not take alone."""

import subprocess
import sys

AT_ONCE = """
import sys, threading
from lightkube.core.decoders import decode_list
from bot.adapters import flux_lists
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
def read(kind):
    together.wait()
    decode_list(b'{"items": []}', flux_lists._RESOURCES[kind])
for kind in flux_lists._RESOURCES:
    threads = [threading.Thread(target=read, args=[kind]) for _ in range(8)]
    for each in threads: each.start()
    for each in threads: each.join()
"""


def test_the_first_lists_may_come_at_once() -> None:
    """A type of msgspec's that two threads use first at the same time ended the interpreter."""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", AT_ONCE], check=False)
        assert done.returncode == 0
