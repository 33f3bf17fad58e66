"""The load generator: many clients in one process, which prints what they met.

    python -m benchmarks.serving.generator hostile PORT TEXTS.json [CLIENTS [SECONDS]]
    python -m benchmarks.serving.generator batches PORT TEXTS.json [CLIENTS [REQUESTS]]

Every client sends a request, waits for its answer, and sends the next at once. It ends by itself,
by the clock or after so many requests, and prints a JSON object, with the processor time that it
took itself.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .connection import Answer, Connection, UnansweredError
from .mix import BUSY, KINDS, OK, Kind, Request, frame_texts, prepare

MOST_REQUESTS = 2_000_000
"""After so many requests no client sends another, whatever the clock says."""
IMPATIENT = 10
"""Every so manieth client does not wait when it is told to try later."""
LONGEST_WAIT = 5.0
RAMP = 2.0
"""In the first seconds, one client after the other begins."""
PAUSE_AFTER_FAILURE = 0.2
CHECKED = 50
"""Every so manieth answer to a valid request is read as a whole."""
BATCH = 64


@dataclass
class Tally:
    """What clients met.

    Attributes:
        outcomes: how often each kind of request ended in a status or in a word.
        seconds: of requests that were answered with 200, by kind.
        wrong: answers that are not what they should be, with how often.
        n_sent: how many requests were sent.
        n_texts: how many texts were tagged.
    """

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    n_sent: int = 0
    n_texts: int = 0

    def add(self, name: str, kind: Kind, request: Request, answer: Answer, taken: float) -> None:
        """Count an answer, and check whether it is what it should be."""
        self.outcomes[name, str(answer.status)] += 1
        if answer.status not in kind.statuses:
            self.wrong[f"{name}: {answer.status}"] += 1
        if answer.status == BUSY and not (answer.header("retry-after") or "").isdigit():
            self.wrong[f"{name}: {BUSY} without Retry-After"] += 1
        if answer.status == OK:
            self.seconds[name].append(taken)
            self.n_texts += request.n_texts
            if request.n_texts and len(self.seconds[name]) % CHECKED == 1:
                entities = json.loads(answer.body)["entities"]
                if len(entities) != request.n_texts:
                    self.wrong[f"{name}: entities of another number of texts"] += 1

    def summary(self) -> dict[str, Any]:
        """All of it, ready to be written."""
        outcomes: dict[str, dict[str, int]] = {}
        for (name, outcome), count in sorted(self.outcomes.items()):
            outcomes.setdefault(name, {})[outcome] = count
        return {
            "requests": self.n_sent,
            "texts": self.n_texts,
            "outcomes": outcomes,
            "wrong": dict(self.wrong),
            "milliseconds": {name: describe(own) for name, own in sorted(self.seconds.items())},
        }


def describe(seconds: Sequence[float]) -> dict[str, float]:
    """Median, what 99 of 100 stay below, and the most, in milliseconds."""
    ordered = sorted(seconds)
    places = {"median": 0.5, "p99": 0.99, "most": 1.0}
    last = len(ordered) - 1
    return {name: round(1000 * ordered[round(last * place)], 2) for name, place in places.items()}


async def send_mix(
    connection: Connection,
    requests: dict[str, list[Request]],
    tally: Tally,
    draw: random.Random,
    end: float,
    is_patient: bool,
) -> None:
    """One client of the hostile mix.

    Args:
        connection: its connection.
        requests: what it can send, by kind.
        tally: where it counts what it meets.
        draw: which it sends.
        end: when it sends no more.
        is_patient: whether it waits when it is told to.
    """
    names = list(KINDS)
    shares = [KINDS[name].share for name in names]
    while time.perf_counter() < end and tally.n_sent < MOST_REQUESTS:
        (name,) = draw.choices(names, shares)
        kind, request = KINDS[name], draw.choice(requests[name])
        tally.n_sent += 1
        start = time.perf_counter()
        try:
            if kind.leaves_after is not None:
                connection.close()
                answer = await connection.leave(request.parts, kind.leaves_after)
                if answer is None:
                    tally.outcomes[name, "left"] += 1
                    continue
            else:
                answer = await connection.ask(request.parts, kind.pause)
        except UnansweredError as error:
            tally.outcomes[name, str(error)] += 1
            await asyncio.sleep(PAUSE_AFTER_FAILURE)
            continue
        tally.add(name, kind, request, answer, time.perf_counter() - start)
        if answer.status == BUSY and is_patient:
            wait = min(float(answer.header("retry-after") or 1), LONGEST_WAIT)
            await asyncio.sleep(wait * draw.uniform(1, 1.5))
    connection.close()


async def send_hostile(
    port: int, texts: Sequence[str], n_clients: int = 200, seconds: float = 60.0
) -> dict[str, Any]:
    """Send the hostile mix for some seconds.

    Args:
        port: the server's port.
        texts: what valid requests hold.
        n_clients: how many clients send at a time.
        seconds: how long they do.

    Returns:
        What they met.
    """
    requests = prepare(texts, seed=0)
    tally = Tally()
    start = time.perf_counter()

    async def begin(number: int) -> None:
        await asyncio.sleep(min(RAMP, seconds / 2) * number / n_clients)
        draw = random.Random(number)
        is_patient = number % IMPATIENT > 0
        await send_mix(Connection(port), requests, tally, draw, start + seconds, is_patient)

    await asyncio.gather(*map(begin, range(n_clients)))
    return {"clients": n_clients, "seconds": time.perf_counter() - start, **tally.summary()}


async def send_batches(
    port: int, texts: Sequence[str], n_clients: int = 4, n_requests: int = 100
) -> dict[str, Any]:
    """Send a number of requests of 64 texts, each as soon as one is answered.

    Returns:
        What clients met, and the seconds from the first request to the last answer.

    Raises:
        RuntimeError: a request was not answered with 200.
    """
    requests = [
        frame_texts([texts[(i * BATCH + j) % len(texts)] for j in range(BATCH)])
        for i in range(n_requests)
    ]
    waiting = iter(requests)
    tally = Tally()
    kind = KINDS["64 texts"]

    async def send() -> None:
        connection = Connection(port)
        for request in waiting:
            begun = time.perf_counter()
            answer = await connection.ask(request.parts)
            if answer.status != OK:
                raise RuntimeError(f"a request of {BATCH} texts was answered with {answer.status}")
            tally.n_sent += 1
            tally.add("64 texts", kind, request, answer, time.perf_counter() - begun)
        connection.close()

    start = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(n_clients)))
    return {"clients": n_clients, "seconds": time.perf_counter() - start, **tally.summary()}


def processor_seconds() -> float:
    """What this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(what: str, port: str, path: str, *numbers: str) -> None:
    """Send what is asked for, and print what clients met."""
    texts = json.loads(Path(path).read_text(encoding="utf8"))
    send = {"hostile": send_hostile, "batches": send_batches}[what]
    before = processor_seconds()
    found = asyncio.run(send(int(port), texts, *map(int, numbers)))
    found["processor_seconds"] = round(processor_seconds() - before, 2)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
