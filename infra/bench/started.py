"""Starts one function in this process, fresh, and prints how many milliseconds it took.

    python infra/bench/started.py functions.track_event.handler functions.track_event.wiring

A start is what a cold invocation waits for before its own work begins: the import of the handler
and the first call of its `wiring()`, which makes the clients. Without the second argument (the
floor makes its client on import) the import alone is timed. Further arguments are modules that are
imported after it.
"""

import sys
import time
from importlib import import_module


def main(handler: str, wiring: str = "", *later: str) -> None:
    """Times one start; nothing of ours is imported before the clock runs."""
    began = time.perf_counter()
    import_module(handler)
    if wiring:
        import_module(wiring).wiring()
    for module in later:
        import_module(module)
    took_s = time.perf_counter() - began
    sys.stdout.write(f"{took_s * 1000:.3f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
