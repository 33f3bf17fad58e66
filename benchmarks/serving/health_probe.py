"""Ask a server for its health at a fixed rate, and print how long the answers took.

    python -m benchmarks.serving.health_probe PORT SECONDS RATE

A process of its own, so that it does not wait for the load generator. Every probe opens a
connection, as those of orchestrators do, and does not wait for the one before: a slow answer
delays no other probe.
"""

import asyncio
import json
import sys
import time
from typing import Any

from .connection import Connection, UnansweredError

PROBE = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def probe_once(port: int, found: dict[str, Any]) -> None:
    """Ask once, and add what came to `found`."""
    connection = Connection(port)
    start = time.perf_counter()
    try:
        answer = await connection.ask([PROBE])
    except UnansweredError as error:
        found["failures"].append(str(error))
    else:
        found["milliseconds"].append(round(1000 * (time.perf_counter() - start), 3))
        if answer.status != 200:
            found["failures"].append(str(answer.status))
    finally:
        connection.close()


async def probe(port: int, seconds: float, rate: float) -> dict[str, Any]:
    """Ask for some seconds.

    Args:
        port: the server's port.
        seconds: how long.
        rate: how often a second.

    Returns:
        `probes`, how many there were; `milliseconds` of each answer; `failures` (a status other
        than 200, or why there was no answer); and `late`, by how many milliseconds the latest
        probe began too late: by so much this process itself waited for a processor.
    """
    n_probes = round(seconds * rate)
    found: dict[str, Any] = {
        **{"probes": n_probes, "milliseconds": [], "failures": [], "late": 0.0}
    }
    start = time.perf_counter()
    probes = []
    for number in range(n_probes):
        wait = start + number / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        found["late"] = max(found["late"], -1000 * wait)
        probes.append(asyncio.create_task(probe_once(port, found)))
    await asyncio.gather(*probes)
    return found


def main(port: str, seconds: str, rate: str) -> None:
    """Ask, and print what came."""
    print(json.dumps(asyncio.run(probe(int(port), float(seconds), float(rate)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
