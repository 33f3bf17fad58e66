"""Worker processes that take too long, fail or are ended; servers that are."""

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("fastapi_offline")

from served import Served, entities_in, lives, serving, start, wait_until

TEXT = "A table in Rome"
FOUND = [[(11, 15, "CITY", "Rome")]]
Pipeline = tuple[Path, Path]


@pytest.fixture(scope="module")
def patient(obedient: Pipeline) -> Iterator[Served]:
    """A server that waits long, with one worker and one more place."""
    model, code = obedient
    with serving(model, "--code", code, "--timeout", 100, "--queue", 1) as served:
        yield served


@pytest.fixture(scope="module")
def impatient(obedient: Pipeline) -> Iterator[Served]:
    """A server with a short time limit."""
    model, code = obedient
    with serving(model, "--code", code, "--timeout", 2) as served:
        yield served


def answers_again(server: Served) -> None:
    """A new worker may take longer to start than a request waits."""
    wait_until(lambda: server.ask(TEXT).status_code == 200)
    assert entities_in(server.ask(TEXT)) == FOUND


def test_the_time_limit_holds_when_the_interpreter_is_held(
    impatient: Served, tmp_path: Path
) -> None:
    (before,) = impatient.workers()
    answer = impatient.ask(f"HOLD {tmp_path / 'begun'}")
    assert answer.status_code == 422
    assert "[H172] The request took more than 2 seconds" in answer.json()["detail"]
    assert (tmp_path / "begun").exists()
    answers_again(impatient)
    (after,) = impatient.workers()
    assert after != before
    assert not lives(before)


def test_bodies_that_do_not_arrive(impatient: Served) -> None:
    parts = urlsplit(impatient.address)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(b"POST /entities HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_health_while_the_interpreter_is_held(patient: Served, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(patient.ask, f"NAP {begun}", TEXT)
        wait_until(begun.exists)
        assert patient.is_healthy()
        assert not answer.done()
        assert entities_in(answer.result())[1:] == FOUND


def test_more_than_may_wait(patient: Served, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with ThreadPoolExecutor() as pool:
        first = pool.submit(patient.ask, f"NAP {begun}")
        wait_until(begun.exists)
        others = [pool.submit(patient.ask, TEXT) for _ in range(3)]
        statuses = sorted(own.result().status_code for own in others)
        assert statuses == [200, 429, 429]
        refused = next(own.result() for own in others if own.result().status_code == 429)
        assert "[H173]" in refused.json()["detail"]
        assert int(refused.headers["retry-after"]) > 0
        assert first.result().status_code == 200


def test_clients_that_go_away_leave_their_places(patient: Served, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with ThreadPoolExecutor() as pool:
        first = pool.submit(patient.ask, f"NAP {begun}")
        wait_until(begun.exists)
        for _ in range(3):
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(f"{patient.address}/entities", json={"texts": [TEXT]}, timeout=0.1)
        wait_until(lambda: patient.ask(TEXT).status_code == 200)
        assert first.result().status_code == 200


def test_a_pipeline_that_fails(patient: Served) -> None:
    (before,) = patient.workers()
    answer = patient.ask(TEXT, "RAISE Qwertzuiop")
    assert answer.status_code == 422
    assert "[H175]" in answer.json()["detail"]
    assert "Qwertzuiop" not in answer.text
    assert entities_in(patient.ask(TEXT)) == FOUND
    assert patient.workers() == {before}


def test_what_components_print_is_not_answered(patient: Served) -> None:
    assert entities_in(patient.ask("PRINT Qwertzuiop", TEXT))[1:] == FOUND


@pytest.mark.parametrize("command", ["DIE", "EXIT"])
def test_a_worker_that_ends_itself(patient: Served, command: str) -> None:
    (before,) = patient.workers()
    answer = patient.ask(command)
    assert answer.status_code == 503
    assert "[H174]" in answer.json()["detail"]
    assert patient.is_healthy()
    assert entities_in(patient.ask(TEXT)) == FOUND
    assert before not in patient.workers()


def test_a_worker_that_is_ended(patient: Served, tmp_path: Path) -> None:
    (idle,) = patient.workers()
    os.kill(idle, signal.SIGKILL)
    # 503 if the request was sent before the server knew
    answers_again(patient)
    (busy,) = patient.workers()
    begun = tmp_path / "begun"
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(patient.ask, f"HOLD {begun}")
        wait_until(begun.exists)
        os.kill(busy, signal.SIGKILL)
        assert answer.result().status_code == 503
    assert entities_in(patient.ask(TEXT)) == FOUND


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_worked_on_is_answered_before_the_end(
    obedient: Pipeline, tmp_path: Path, number: int
) -> None:
    model, code = obedient
    begun = tmp_path / "begun"
    with serving(model, "--code", code) as server, ThreadPoolExecutor() as pool:
        workers = server.workers()
        answer = pool.submit(server.ask, f"NAP {begun}", TEXT)
        wait_until(begun.exists)
        # service managers and terminals signal all processes
        for pid in workers:
            os.kill(pid, number)
        assert server.stop(number) == 0
        assert entities_in(answer.result())[1:] == FOUND
        assert not any(map(lives, workers))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.address}/health")


def test_a_request_does_not_keep_the_server_from_ending(obedient: Pipeline, tmp_path: Path) -> None:
    model, code = obedient
    begun = tmp_path / "begun"
    options = ("--code", code, "--timeout", 4)
    with serving(model, *options) as server, ThreadPoolExecutor() as pool:
        workers = server.workers()
        answer = pool.submit(server.ask, f"HOLD {begun}")
        wait_until(begun.exists)
        assert server.stop() == 0
        assert not any(map(lives, workers))
        assert isinstance(answer.exception(), httpx.TransportError) or answer.result().is_error


def test_a_server_that_is_killed_leaves_no_process(obedient: Pipeline, tmp_path: Path) -> None:
    model, code = obedient
    begun = tmp_path / "begun"
    options = ("--code", code, "--timeout", 2, "--workers", 2)
    with serving(model, *options) as server, ThreadPoolExecutor() as pool:
        workers = server.workers()
        assert len(workers) == 2
        pool.submit(server.ask, f"HOLD {begun}")
        wait_until(begun.exists)
        server.stop(signal.SIGKILL)
    wait_until(lambda: not any(map(lives, workers)))


def test_ended_while_it_starts(pipeline: Path) -> None:
    with start(pipeline) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        wait_until(children.read_text)
        workers = list(map(int, children.read_text().split()))
        process.terminate()
        assert process.wait(60) == 0
        wait_until(lambda: not any(map(lives, workers)))
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_a_pipeline_that_is_gone(pipeline: Path, tmp_path: Path) -> None:
    model = tmp_path / "moved"
    pipeline.rename(model)
    try:
        with serving(model, "--timeout", 1) as server:
            (worker,) = server.workers()
            model.rename(pipeline)
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda: not server.is_healthy())
            answer = server.ask(TEXT)
            assert answer.status_code == 503
            assert "[H174]" in answer.json()["detail"]
            pipeline.rename(model)
            wait_until(server.is_healthy)
            answers_again(server)
    finally:
        if model.exists():
            model.rename(pipeline)
