"""What a real server answers."""

import http.client
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_request_body import SECRET, UNREADABLE, values

pytest.importorskip("uvicorn")
pytest.importorskip("fastapi_offline")

from served import Served, entities_in, entities_of, serving

TEXTS = ["A table in Rome", "", " \n ", "Rome 🍕 <b>for ten</b>", "Rome " * 30, "é\u0000\u2028"]
MAX_BODY = 20_000


@pytest.fixture(scope="module")
def server(pipeline: Path) -> Iterator[Served]:
    limits = ("--max-body", MAX_BODY, "--max-texts", 50, "--max-words", 500)
    with serving(pipeline, *limits, "--max-characters", 2000, "--max-run", 1000) as served:
        yield served


def test_entities_are_those_of_the_pipeline(server: Served, pipeline: Path) -> None:
    answer = server.ask(*TEXTS)
    nlp = spacy.load(pipeline)
    assert entities_in(answer) == entities_of(nlp, TEXTS)
    assert answer.headers["content-type"] == "application/json"
    confidences = [own["confidence"] for found in answer.json()["entities"] for own in found]
    assert confidences
    own = [ent._.confidence for doc in nlp.pipe(TEXTS) for ent in doc.ents]
    assert confidences == pytest.approx(own, abs=1e-5)


def test_no_texts(server: Served) -> None:
    assert entities_in(server.ask()) == []


def test_requests_at_the_same_time(server: Served) -> None:
    batches = [[f"{text[:100]} {word}{i}" for text in TEXTS for word in "ab"] for i in range(12)]
    one_by_one = [entities_in(server.ask(*texts)) for texts in batches]
    with ThreadPoolExecutor(6) as pool:
        at_once = list(pool.map(lambda texts: entities_in(server.ask(*texts)), batches))
    assert at_once == one_by_one


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:60]))
def test_bodies_that_cannot_be_read(server: Served, body: bytes) -> None:
    answer = server.post(body)
    if len(body) > MAX_BODY:
        assert answer.status_code == 413
        assert "[H169]" in answer.json()["detail"]
    else:
        assert answer.status_code == 422
        assert "[H170]" in answer.json()["detail"]
    assert SECRET not in answer.text + str(answer.headers)


hostile = st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode())


@given(hostile, st.sampled_from(["application/json", "text/plain", "application/xml", "", "é"]))
@settings(max_examples=200)
def test_no_body_is_an_error_of_the_server(server: Served, body: bytes, kind: str) -> None:
    headers = {"Content-Type": kind.encode()}
    answer = server.client.post("/entities", content=body, headers=headers)
    assert answer.status_code == 200 or 400 <= answer.status_code < 500
    assert "detail" in answer.json() or answer.status_code == 200


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
def test_other_content_types(server: Served, kind: str) -> None:
    answer = server.post(b'{"texts": ["Rome"]}', kind)
    assert answer.status_code == 422
    assert "content type" in answer.json()["detail"]


def test_a_content_type_with_parameters(server: Served) -> None:
    assert server.post(b'{"texts": []}', "Application/JSON; charset=utf-8").status_code == 200


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["a"] * 51, "texts"),
        (["ab " * 700], "characters in text 0"),
        (["a b c d e f g h i j k"] * 50, "words"),
        (["a", "b " + "x" * 1001], "characters without white space in text 1"),
        (["(" * 260] * 2, "words"),
    ],
)
def test_too_much(server: Served, texts: list[str], what: str) -> None:
    answer = server.ask(*texts)
    assert answer.status_code == 422
    assert f"[H171] Too many {what}" in answer.json()["detail"]


def test_limits_may_be_reached(server: Served) -> None:
    assert server.ask(*["a b c d e f g h i j"] * 50).status_code == 200
    assert server.ask(" ".join(["x" * 999, "y" * 1000])).status_code == 200


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 1000):
        yield b" " * 1000


@pytest.mark.parametrize("size", [MAX_BODY + 1000, 3 * MAX_BODY])
@pytest.mark.parametrize("is_announced", [True, False])
def test_the_limit_on_the_body(server: Served, size: int, is_announced: bool) -> None:
    content = b" " * size if is_announced else chunks(size)
    answer = server.client.post("/entities", content=content)
    assert answer.status_code == 413
    assert f"[H169] The body has more than {MAX_BODY} bytes" in answer.json()["detail"]


def test_a_body_may_be_as_large_as_the_limit(server: Served) -> None:
    body = b'{"texts": []}'
    assert server.post(body + b" " * (MAX_BODY - len(body))).status_code == 200
    assert server.post(body + b" " * (MAX_BODY - len(body) + 1)).status_code == 413


def test_who_asks_first_sends_nothing(server: Served) -> None:
    parts = urlsplit(server.address)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(
            b"POST /entities HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 413


def send_without_end(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"3e8\r\n" + b" " * 1000 + b"\r\n")


def test_a_body_without_end(server: Served) -> None:
    parts = urlsplit(server.address)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(
            b"POST /entities HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        with pytest.raises(ConnectionError):
            send_without_end(connection)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/entities", 405),
        ("PUT", "/entities", 405),
        ("POST", "/health", 405),
        ("GET", f"/{SECRET}", 404),
        ("POST", f"/{SECRET}", 404),
        ("POST", "/entities/", 404),
        ("GET", f"/docs-files/{SECRET}", 404),
        ("GET", "/docs-files/../../app.py", 404),
        ("GET", "/docs-files/%2e%2e/core.py", 404),
        ("GET", "/redoc", 404),
    ],
)
def test_other_paths(server: Served, method: str, path: str, status: int) -> None:
    answer = server.client.request(method, path)
    assert answer.status_code == status
    assert SECRET not in answer.text + str(answer.headers)


paths = st.sampled_from(["/", "/docs", "/docs-files/", "/entities", "/health", "/openapi.json/"])


@given(
    st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "DELETE", "TRACE", "XYZ"]),
    st.builds(lambda path, more: path + quote(more), paths, st.binary(max_size=20)),
    st.dictionaries(
        st.sampled_from(["Range", "If-Modified-Since", "Host", "Accept", "Expect", "Upgrade"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.strip),
    ),
)
@example("GET", "/docs-files/%00", {})
@example("GET", "/docs-files/" + "a" * 5000, {})
@example("GET", "/docs-files/swagger-ui.css", {"Range": "bytes=9-1,-"})
@settings(max_examples=200)
def test_no_path_and_no_header_is_an_error_of_the_server(
    server: Served, method: str, path: str, headers: dict[str, str]
) -> None:
    assert server.client.request(method, path, headers=headers).status_code < 500


class Addresses(HTMLParser):
    """What a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []
        self._is_inline = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.found += [value for key in ("src", "href") if (value := own.get(key))]
        self._is_inline = tag == "script" and "src" not in own

    def handle_data(self, data: str) -> None:
        if self._is_inline:
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._is_inline = False


def test_the_page_of_the_interface_loads_nothing_from_elsewhere(server: Served) -> None:
    page = server.client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text
    addresses = Addresses()
    addresses.feed(page.text)
    assert addresses.inline
    places = [*addresses.found, *re.findall(r"url: '(.*?)'", page.text)]
    assert len(places) == 4
    for place in places:
        url = urljoin(f"{server.address}/docs", place)
        assert url.startswith(f"{server.address}/")
        assert server.client.get(url).status_code == 200
    policy = page.headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert "unsafe" not in rules["script-src"]
    for rule in rules.values():
        assert re.fullmatch(r"('self'|'none'|'unsafe-inline'|data:|'sha256-[\w+/=]+'| )+", rule)


def test_the_description_of_the_interface(server: Served) -> None:
    description: dict[str, Any] = server.client.get("/openapi.json").json()
    operation = description["paths"]["/entities"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["texts"]["maxItems"] == 50
    assert schema["properties"]["texts"]["items"]["maxLength"] == 2000
    assert schema["required"] == ["texts"]
    assert set(operation["responses"]) == {"200", "408", "413", "422", "429", "503"}
