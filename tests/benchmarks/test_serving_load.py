"""The load test of the server: what is sent, what is counted, and what becomes of the figures."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.serving import generator, mix
from benchmarks.serving.connection import Answer, Connection, UnansweredError
from benchmarks.serving.generator import Tally, send_batches, send_hostile
from benchmarks.serving.goals import judge
from benchmarks.serving.health_probe import PROBE, probe
from benchmarks.serving.hostile_run import count_failures, describe_health, describe_memory
from benchmarks.serving.mix import KINDS, frame, frame_texts, prepare
from benchmarks.serving.process_tree import MemorySampler, find_processes, processor_seconds
from benchmarks.serving.serving_table import (
    serving_batches_table,
    serving_goals_table,
    serving_runs_table,
)

TEXTS = [f"play song{i} now" for i in range(40)]
Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def respond(status: int, content: object = None, *headers: str) -> bytes:
    body = json.dumps(content).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The first line and the body of a request with a length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [line.split(":")[1] for line in head.split("\r\n") if line.startswith("Content-Len")]
    return head.split("\r\n")[0], await reader.readexactly(int(lengths[0]) if lengths else 0)


@asynccontextmanager
async def serving(answers: Answers) -> AsyncIterator[int]:
    """A server on a free port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answers(reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def always(response: Callable[[str, bytes], bytes]) -> Answers:
    """Answers every request on a connection."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(response(*await read_request(reader)))

    return answers


def ask(answers: Answers, *requests: list[bytes], patience: float = 5.0) -> list[Answer | str]:
    """Send requests one after the other on one connection."""

    async def run() -> list[Answer | str]:
        found: list[Answer | str] = []
        async with serving(answers) as port:
            connection = Connection(port, patience)
            for parts in requests:
                try:
                    found.append(await connection.ask(parts))
                except UnansweredError as error:
                    found.append(str(error))
            connection.close()
        return found

    return asyncio.run(run())


def test_answers_are_read_and_the_connection_is_kept() -> None:
    n_connections = 0
    echo = always(lambda line, body: respond(200, body.decode(), "Retry-After: 3"))

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal n_connections
        n_connections += 1
        await echo(reader, writer)

    # in parts, and larger than what is read at a time
    bodies = [b"a", b"b" * 1_000_000]
    found = ask(answers, [frame(bodies[0])], [frame(bodies[1])[:100], frame(bodies[1])[100:]])
    assert [json.loads(own.body) for own in found] == [body.decode() for body in bodies]
    assert {(own.status, own.header("retry-after")) for own in found} == {(200, "3")}
    assert n_connections == 1


def test_an_answer_may_come_before_all_is_sent() -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(respond(413, None, "Connection: close"))

    requests = [mix.with_length(), mix.without_length()] * 3
    found = ask(answers, *(list(request.parts) for request in requests))
    assert [own.status for own in found] == [413] * 6


def test_requests_without_an_answer() -> None:
    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(respond(200, "long")[:-1])

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\r\n\r\n")

    assert ask(closes, [PROBE]) == ["closed"]
    assert ask(breaks_off, [PROBE]) == ["closed"]
    assert ask(waits, [PROBE], patience=0.1) == ["timeout"]
    assert ask(babbles, [PROBE]) == ["unreadable"]
    with pytest.raises(UnansweredError, match="refused"):
        asyncio.run(Connection(1).ask([PROBE]))


@pytest.mark.parametrize("name", KINDS)
def test_requests_are_what_they_are_said_to_be(name: str) -> None:
    kind = KINDS[name]
    for request in prepare(TEXTS, seed=0, each=3)[name]:
        head, _, body = b"".join(request.parts).partition(b"\r\n\r\n")
        if name in ("too large", "too large, chunked"):
            assert len(body) > mix.LARGE_BYTES
        elif name not in ("silent in the midst", "gone in the midst"):
            assert f"Content-Length: {len(body)}".encode() in head
        is_valid = 200 in kind.statuses or name == "gone before the answer"
        try:
            texts = json.loads(body.decode("utf8"), parse_constant=None)["texts"]
            # as the server has to write them
            "".join(texts).encode("utf8")
        except (ValueError, TypeError, KeyError, RecursionError):
            assert not is_valid
        else:
            assert is_valid or name in ("too many words", "wrong types")
        assert request.n_texts in (0, len(texts) if is_valid else 0)


def test_valid_requests_hold_neighbours() -> None:
    (request,) = prepare(TEXTS, seed=0, each=1)["8 texts"]
    texts = json.loads(request.parts[0].partition(b"\r\n\r\n")[2])["texts"]
    first = TEXTS.index(texts[0])
    assert texts == (TEXTS * 2)[first : first + 8]
    assert request == frame_texts(texts)


def tag(line: str, body: bytes) -> bytes:
    """A stand-in for the server: no entities for what is valid, and a refusal for all else."""
    if not line.startswith("POST /entities "):
        return respond(404)
    try:
        texts = json.loads(body)["texts"]
        "".join(texts).encode("utf8")
        if len(body) > 100_000:
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        return respond(422)
    return respond(200, {"entities": [[] for _ in texts]})


async def load(answers: Answers, **settings: float) -> dict[str, object]:
    async with serving(answers) as port:
        return await send_hostile(port, TEXTS, **settings)


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow clients are less slow."""
    monkeypatch.setattr(mix, "STALL_SECONDS", 0.1)
    for name, kind in KINDS.items():
        changed = {"leaves_after": 0.1} if kind.leaves_after else {"pause": kind.pause / 20}
        monkeypatch.setitem(KINDS, name, mix.Kind(**{**vars(kind), **changed}))


@pytest.mark.usefixtures("brief")
def test_a_load_ends_by_itself_and_counts_everything() -> None:
    found = asyncio.run(load(always(tag), n_clients=10, seconds=1))
    counted = sum(count for kind in found["outcomes"].values() for count in kind.values())
    assert counted == found["requests"] > 100
    assert set(found["outcomes"]["8 texts"]) == {"200"}
    assert set(found["outcomes"]["gone in the midst"]) == {"left"}
    assert found["texts"] > 0
    assert set(found["milliseconds"]) >= set(mix.VALID)
    failures = count_failures(found)
    assert (failures["server_errors"], failures["unanswered"]) == (0, 0)


@pytest.mark.usefixtures("brief")
def test_a_load_ends_after_so_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "MOST_REQUESTS", 30)
    found = asyncio.run(load(always(tag), n_clients=4, seconds=60))
    assert 30 <= found["requests"] < 34


@pytest.mark.usefixtures("brief")
def test_what_is_wrong_is_counted() -> None:
    def fail(line: str, body: bytes) -> bytes:
        return respond(500)

    found = asyncio.run(load(always(fail), n_clients=2, seconds=0.3))
    failures = count_failures(found)
    assert failures["server_errors"] == failures["wrong_answers"] > 0

    def refuse(line: str, body: bytes) -> bytes:
        return respond(429, None, *(["Retry-After: 0"] if b"\x00" in body else []))

    found = asyncio.run(load(always(refuse), n_clients=20, seconds=0.3))
    assert found["wrong"]["1 text: 429 without Retry-After"] > 0


def test_entities_of_other_texts_are_wrong() -> None:
    tally = Tally()
    answer = Answer(200, b"http/1.1 200", b'{"entities": [[]]}')
    tally.add("8 texts", KINDS["8 texts"], frame_texts(TEXTS[:8]), answer, 0.1)
    assert tally.wrong == {"8 texts: entities of another number of texts": 1}


def test_batches_are_sent_once_each() -> None:
    seen = []

    def remember(line: str, body: bytes) -> bytes:
        seen.extend(json.loads(body)["texts"])
        return tag(line, body)

    async def run() -> dict[str, object]:
        async with serving(always(remember)) as port:
            return await send_batches(port, TEXTS, n_clients=3, n_requests=5)

    found = asyncio.run(run())
    assert (found["requests"], found["texts"]) == (5, 5 * 64)
    assert sorted(seen) == sorted((TEXTS * 8)[: 5 * 64])


def test_slow_answers_delay_no_other_probe() -> None:
    n_asked = 0

    async def run() -> dict[str, object]:
        all_asked = asyncio.Event()

        async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal n_asked
            await reader.readuntil(b"\r\n\r\n")
            n_asked += 1
            status = 503 if n_asked == 2 else 200
            if n_asked == 8:
                all_asked.set()
            # the first is answered last
            await all_asked.wait()
            writer.write(respond(status))

        async with serving(answers) as port:
            return await probe(port, seconds=0.4, rate=20)

    found = asyncio.run(run())
    assert len(found["milliseconds"]) == 8
    assert found["failures"] == ["503"]
    health = describe_health(found)
    assert (health["probes"], health["failures"]) == (8, ["503"])
    assert health["median"] <= health["p99"] <= health["most"]


@linux
def test_memory_and_time_of_all_processes() -> None:
    code = (
        "import subprocess, sys; a = bytearray(b'x') * 50_000_000; "
        "sum(range(10**7)); print('ready', flush=True); sys.stdin.read()"
    )
    parent = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent, code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(list(find_processes(process.pid))) == 2
        with MemorySampler(process.pid, interval=0.05) as memory:
            time.sleep(0.3)
        assert processor_seconds(process.pid) > 0.05
        process.communicate()
    assert memory.seconds
    for proportional, resident in zip(memory.proportional, memory.resident, strict=True):
        assert 50 < proportional <= resident < 500


def test_memory_that_is_flat_and_that_grows() -> None:
    seconds = [float(i) for i in range(70)]
    flat = [1000.0 if i < 10 else 500.0 for i in range(70)]
    found = describe_memory(seconds, flat, flat)
    # what is before the first ten seconds does not count
    assert (found["slope_per_minute"], found["growth"], found["most"]) == (0, 1, 1000)
    growing = [100.0 + second for second in seconds]
    found = describe_memory(seconds, growing, growing)
    assert found["slope_per_minute"] == 60
    assert (found["first_third"], found["last_third"]) == (119.5, 159.5)


def make_run(**changes: object) -> dict[str, object]:
    health = {"probes": 9, "median": 1.0, "p99": 2.0, "most": 3.0, "late": 0.1, "failures": []}
    memory = {"slope_per_minute": 0.5, "growth": 1.01, "most": 900.0}
    texts = {"median": 10.0, "p99": 20.0, "most": 30.0}
    load = {
        **{"requests": 1234, "texts": 600, "seconds": 60.0, "processor_seconds": 4.0},
        **{"outcomes": {"1 text": {"200": 5, "429": 7}}, "milliseconds": {"1 text": texts}},
    }
    run = {
        **{"health": {"unloaded": health, "loaded": health}, "p99_ratio": 9.0, "memory": memory},
        **{"server_errors": 0, "unanswered": 0, "wrong_answers": 0, "generator": load},
        **{"server_processor_seconds": 50.0, "load_average_before": 0.5},
    }
    return run | changes


BATCHES = {
    "words_per_second": {
        **{"server": [80, 90, 100], "n_process": [100, 100, 100]},
        "side_by_side": [200, 200, 200],
    },
    "seconds": {name: [8.0, 8.5, 9.0] for name in ("server", "n_process", "side_by_side")},
    "generator_processor_seconds": [0.1, 0.2, 0.3],
    "differing_texts": 0,
}


def missed(found: dict[str, object]) -> set[str]:
    return {goal.name.split(",")[0] for goal in judge(found) if not goal.met}


def test_goals_are_judged() -> None:
    runs = [make_run(), make_run(p99_ratio=11.0), make_run()]
    assert missed({"runs": runs}) == set()
    runs[2]["p99_ratio"] = 12.0
    assert missed({"runs": runs}) == {"p99 of `/health`"}
    assert missed({"runs": [make_run(), make_run(server_errors=1)]}) == {"answers with 5xx"}
    assert missed({"runs": [make_run(unanswered=1)]}) == {"requests without an answer"}
    grown = make_run(memory={"slope_per_minute": 99, "growth": 1.2, "most": 1.0})
    assert missed({"runs": [make_run(), grown]}) == {"memory"}
    names = [goal.name for goal in judge({"batches": BATCHES}) if not goal.met]
    assert names == ["words a second, by as many processes with `nlp.pipe`, side by side"]
    assert judge({}) == []


def test_tables(tmp_path: Path) -> None:
    path = tmp_path / "serving.json"
    tables = (serving_goals_table, serving_runs_table, serving_batches_table)
    # nothing was measured
    assert [len(table(path).splitlines()) for table in tables] == [2, 2, 2]
    path.write_text(json.dumps({"runs": [make_run()] * 3, "batches": BATCHES}), encoding="utf8")
    goals, runs, batches = (table(path) for table in tables)
    assert (
        "| p99 of `/health`, loaded by unloaded, median of the runs | at most 10 "
        "| 9.0 (9.0, 9.0, 9.0) | met |" in goals
    )
    assert "| refused with 429 | 7 | 7 | 7 |" in runs
    assert "| 1 text: ms, median; p99 | 10; 20 | 10; 20 | 10; 20 |" in runs
    assert "| the server, 64 texts a request | 90 (80 to 100) | 8.5 | 0.20 |" in batches


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    """A small load test."""
    pytest.importorskip("torch")
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS), encoding="utf8")
    return {
        **{"results": tmp_path / "new" / "serving.json", "texts": texts, "clients": 8},
        **{"seconds": 3, "workers": 1, "runs": 1, "rounds": 1, "turn_seconds": 0.2},
    }


@linux
@pytest.mark.slow
def test_the_real_server(folder: Path, settings: dict[str, object]) -> None:
    pytest.importorskip("uvicorn")
    pytest.importorskip("fastapi_offline")
    from benchmarks.serving import load as load_test

    load_test.main(pipeline=folder, **settings)
    found = json.loads(settings["results"].read_text(encoding="utf8"))
    (run,) = found["runs"]
    assert (run["server_errors"], run["unanswered"], run["wrong_answers"]) == (0, 0, 0)
    assert run["generator"]["texts"] > 0
    assert found["batches"]["differing_texts"] == 0


def test_what_is_missing_is_measured(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.serving import load as load_test

    measured = []

    def run_hostile(pipeline: Path, texts: Path, load: object) -> dict[str, object]:
        measured.append(load.clients)
        return make_run(p99_ratio=float(len(measured)))

    def measure_batches(*arguments: object) -> object:
        measured.append("batches")
        return BATCHES

    monkeypatch.setattr(load_test, "run_hostile", run_hostile)
    monkeypatch.setattr(load_test, "measure_batches", measure_batches)
    settings["pipeline"] = Path("pipeline")
    load_test.main(**settings)
    load_test.main(**settings | {"runs": 2})
    assert measured == [8, "batches", 8]
    found = json.loads(settings["results"].read_text(encoding="utf8"))
    assert [run["p99_ratio"] for run in found["runs"]] == [1.0, 3.0]
    assert "met    answers with 5xx: 0, 0 (0)" in capsys.readouterr().out
    # other settings, or all anew
    load_test.main(**settings | {"clients": 2})
    load_test.main(**settings | {"clients": 2, "overwrite": True})
    assert measured[3:] == [2, "batches"] * 2
