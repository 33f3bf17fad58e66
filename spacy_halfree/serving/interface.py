"""Requests and answers, as the OpenAPI description has them."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from .limits import RequestLimits


class Batch(BaseModel):
    """A request."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"texts": ["A text"]}})
    texts: list[str]


class Entity(BaseModel):
    """What a tagger has found; places are counted in characters."""

    start: int
    end: int
    label: str
    text: str
    confidence: float | None


class Answer(BaseModel):
    """For each text what is found in it."""

    entities: list[list[Entity]]


class Detail(BaseModel):
    """Why a request is not answered with entities."""

    detail: str


class Health(BaseModel):
    """Whether requests can be answered."""

    status: str


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Detail, "description": description}
    for status, description in {
        408: "The body did not arrive in time",
        413: "The body is too large",
        422: "The body is no batch of texts, asks for too much or takes too long",
        429: "Too many requests; ask again later",
        503: "A worker process has ended; ask again later",
    }.items()
}


def request_schema(limits: RequestLimits) -> dict[str, Any]:
    """The description of a request's body, which the application itself does not read.

    limits: What one request may ask for.
    RETURNS: A part of an OpenAPI operation.
    """
    schema = Batch.model_json_schema()
    texts = schema["properties"]["texts"]
    texts["maxItems"] = limits.texts
    texts["items"]["maxLength"] = limits.characters
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body}
