"""The parts of doccano's HTTP API that people use through its pages."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import requests

TRIES = 120
"""How often, twice a second, a task of the server is asked for."""


class DoccanoClient:
    """Talks to a server, as a user that has logged in.

    url: The server's address.
    user, password: Who logs in.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url
        self._http = requests.Session()
        # no proxy of the environment may stand between us and the loopback address
        self._http.trust_env = False
        login = {"username": user, "password": password}
        token = self.request("POST", "/v1/auth/login/", json=login).json()["key"]
        # the session's cookie would ask for a token against forged requests as well
        self._http.cookies.clear()
        self._http.headers["Authorization"] = f"Token {token}"

    def close(self) -> None:
        self._http.close()

    def request(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Send a request. RAISES: requests.HTTPError with the answer if it was refused."""
        answer = self._http.request(method, self._url + path, timeout=60, **arguments)
        if not answer.ok:
            message = f"{method} {path}: {answer.status_code} {answer.text[:500]}"
            raise requests.HTTPError(message, response=answer)
        return answer

    def create_project(self, labels: tuple[str, ...], **settings: bool) -> int:
        """Make a project of sequence labelling.

        labels: Its labels; the editor gives them the keys 1, 2, ...
        settings: Those that are not as the page for it proposes, e.g. `grapheme_mode=True`.
        RETURNS: Its number.
        """
        fields = {
            "name": "Places",
            "description": "Where to go",
            "guideline": "",
            "project_type": "SequenceLabeling",
            "resourcetype": "SequenceLabelingProject",
            "random_order": False,
            "collaborative_annotation": False,
            "single_class_classification": False,
            "allow_member_to_create_label_type": False,
            "allow_overlapping": False,
            "grapheme_mode": False,
            "use_relation": False,
            "tags": [],
        }
        answer = self.request("POST", "/v1/projects", json={**fields, **settings}).json()
        project = int(answer["id"])
        for key, label in enumerate(labels, start=1):
            self.create_label(project, label, str(key))
        return project

    def create_label(self, project: int, label: str, key: str) -> int:
        """Make a label. RETURNS: Its number."""
        fields = {
            **{"text": label, "prefix_key": None, "suffix_key": key},
            **{"background_color": "#209cee", "text_color": "#ffffff"},
        }
        answer = self.request("POST", f"/v1/projects/{project}/span-types", json=fields)
        return int(answer.json()["id"])

    def labels(self, project: int) -> dict[int, str]:
        """The labels of a project by their numbers."""
        answer = self.request("GET", f"/v1/projects/{project}/span-types").json()
        return {label["id"]: label["text"] for label in answer}

    def add_member(self, project: int, user: str, role: str = "project_admin") -> None:
        """Let another user work on a project."""
        users = self.request("GET", "/v1/users", params={"q": user}).json()
        roles = self.request("GET", "/v1/roles").json()
        found = users["results"] if isinstance(users, dict) else users
        fields = {
            "user": next(own["id"] for own in found if own["username"] == user),
            "role": next(own["id"] for own in roles if own["name"] == role),
        }
        self.request("POST", f"/v1/projects/{project}/members", json=fields)

    def import_file(self, project: int, content: bytes) -> list[Any]:
        """Import JSON lines, as the page for it does. RETURNS: The errors that it shows."""
        file = {"filepond": ("suggestions.jsonl", content)}
        upload = self.request("POST", "/v1/fp/process/", files=file).text
        fields = {
            "format": "JSONL",
            "uploadIds": [upload],
            "task": "SequenceLabeling",
            "encoding": "utf_8",
            "column_data": "text",
            "column_label": "label",
            "delimiter": "",
        }
        answer = self.request("POST", f"/v1/projects/{project}/upload", json=fields).json()
        errors = self._wait(answer["task_id"])["error"]
        assert isinstance(errors, list)
        return errors

    def _wait(self, task: str) -> Any:
        for _ in range(TRIES):
            status = self.request("GET", f"/v1/tasks/status/{task}").json()
            if status["error"]:
                raise RuntimeError(f"task {task} failed: {status['error']}")
            if status["ready"]:
                return status["result"]
            time.sleep(0.5)
        raise TimeoutError(f"task {task} does not end")

    def examples(self, project: int) -> list[dict[str, Any]]:
        """All texts of a project, in the order of their import."""
        answer = self.request("GET", f"/v1/projects/{project}/examples", params={"limit": 100})
        return sorted(answer.json()["results"], key=lambda example: int(example["id"]))

    def example_ids(self, project: int) -> list[int]:
        """The numbers of a project's texts, in the order of their import."""
        return [int(example["id"]) for example in self.examples(project)]

    def spans(self, project: int, example: int) -> list[tuple[int, int, str]]:
        """The spans of a text that the user sees: start, end and label, as stored."""
        names = self.labels(project)
        path = f"/v1/projects/{project}/examples/{example}/spans"
        found = self.request("GET", path).json()
        return sorted((s["start_offset"], s["end_offset"], names[s["label"]]) for s in found)

    def mark(self, project: int, example: int, start: int, end: int, label: str) -> None:
        """Add a span, with offsets as the editor sends them."""
        number = next(own for own, text in self.labels(project).items() if text == label)
        fields = {"start_offset": start, "end_offset": end, "label": number}
        self.request("POST", f"/v1/projects/{project}/examples/{example}/spans", json=fields)

    def approve(self, project: int, example: int) -> None:
        """Set the mark that a text is done, as the tick at the top of the editor does."""
        self.request("POST", f"/v1/projects/{project}/examples/{example}/states", json={})

    def export(self, project: int, *, approved_only: bool = False) -> bytes:
        """Export a project. RETURNS: The zip."""
        fields = {"format": "JSONL", "exportApproved": approved_only}
        path = f"/v1/projects/{project}/download"
        task = self.request("POST", path, json=fields).json()["task_id"]
        self._wait(task)
        return self.request("GET", path, params={"taskId": task}).content


def members_of(content: bytes) -> dict[str, bytes]:
    """The files of a zip by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
