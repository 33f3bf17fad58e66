"""The parts of Label Studio's HTTP API that people use through its pages."""

from __future__ import annotations

from typing import Any

import requests


def entity_interface(*labels: str, control: str = "label", text: str = "text") -> str:
    """The labelling interface for entities.

    labels: Their labels.
    control, text: The names of its labels and of its text; the default is that of Label Studio's
        template for named entities.
    """
    values = "".join(f'<Label value="{label}"/>' for label in labels)
    return (
        f'<View><Labels name="{control}" toName="{text}">{values}</Labels>'
        f'<Text name="{text}" value="$text"/></View>'
    )


class LabelStudioClient:
    """Talks to a server.

    url: The server's address.
    token: The user's token.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._http = requests.Session()
        # no proxy of the environment may stand between us and the loopback address
        self._http.trust_env = False
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

    def create_project(self, interface: str, title: str = "Places") -> int:
        """RETURNS: The number of the new project."""
        fields = {"title": title, "label_config": interface}
        return int(self.request("POST", "/api/projects", json=fields).json()["id"])

    def import_file(self, project: int, name: str, content: bytes) -> dict[str, Any]:
        """Import a file, as the page for it does. RETURNS: What the server tells about it."""
        files = {"file": (name, content)}
        result = self.request("POST", f"/api/projects/{project}/import", files=files).json()
        assert isinstance(result, dict)
        return result

    def import_whole_file(self, project: int, name: str, content: bytes) -> None:
        """Import a file as one task, which is "Whole Text File" on the page."""
        path = f"/api/projects/{project}"
        files = {"file": (name, content)}
        later = {"commit_to_project": "false"}
        found = self.request("POST", f"{path}/import", files=files, params=later).json()
        fields = {"file_upload_ids": found["file_upload_ids"], "files_as_tasks_list": False}
        self.request("POST", f"{path}/reimport", json=fields)

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """All tasks of a project, in the order of their import, with what belongs to them."""
        fields = {"project": project, "fields": "all", "page_size": 100}
        listed = self.request("GET", "/api/tasks", params=fields).json()["tasks"]
        return sorted(listed, key=lambda task: int(task["id"]))

    def annotate(self, task: int, result: list[dict[str, Any]], **fields: Any) -> int:
        """Submit an annotation, as the editor does. RETURNS: Its number."""
        body = {"result": result, "was_cancelled": False, "ground_truth": False, "lead_time": 3.0}
        answer = self.request("POST", f"/api/tasks/{task}/annotations", json={**body, **fields})
        return int(answer.json()["id"])

    def annotations(self, task: int) -> list[dict[str, Any]]:
        """The annotations of a task."""
        found = self.request("GET", f"/api/tasks/{task}/annotations/").json()
        assert isinstance(found, list)
        return found

    def export(self, project: int, kind: str, *, all_tasks: bool = False) -> bytes:
        """Export a project.

        project: Its number.
        kind: The name of the format, e.g. "JSON_MIN".
        all_tasks: Whether tasks that nobody has annotated are exported, too.
        RETURNS: The file.
        """
        fields = {"exportType": kind, "download_all_tasks": "true" if all_tasks else "false"}
        return self.request("GET", f"/api/projects/{project}/export", params=fields).content
