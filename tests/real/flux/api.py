"""A few calls of the Kubernetes API, for tests that set a scene or look at one.

Objects go in and come out as the JSON that the server speaks.
"""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import requests
import yaml
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

Object = dict[str, Any]

FIELD_MANAGER = "fairlead-tests"
_ANSWER_TIME = 30.0
_PATIENCE = 60.0
_CORE = "v1"


class Api:
    """One user's access to one API server. Not for several threads at once."""

    def __init__(self, url: str, certificate: Path, token: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(certificate)
        # A server that has just learnt a kind asks for patience.
        patience = Retry(10, status_forcelist=[429], allowed_methods=None, backoff_factor=0.1)
        self._session.mount(url, HTTPAdapter(max_retries=patience))
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._resources: dict[tuple[str, str], tuple[str, bool]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        media: str = "application/json",
        **query: str,
    ) -> requests.Response:
        """Any request, with whatever answer comes."""
        return self._session.request(
            method,
            self.url + path,
            params=query,
            # What is YAML for the server may be JSON as well.
            json=content,
            headers={"Content-Type": media},
            timeout=_ANSWER_TIME,
            allow_redirects=False,
        )

    def call(self, method: str, path: str, content: Any = None, **more: str) -> Any:
        """A request that has to succeed; what it answers."""
        answer = self.ask(method, path, content, **more)
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def apply(self, wanted: Mapping[str, Any]) -> Object:
        """Create an object or change it, by server-side apply; as it is then."""
        return self._apply(wanted, "")

    def apply_status(self, wanted: Mapping[str, Any]) -> Object:
        """Write an object's status; the fields of an earlier call that are left out go away."""
        return self._apply(wanted, "/status")

    def apply_all(self, text: str | bytes) -> list[Object]:
        """Apply the documents of a YAML text."""
        return [self.apply(each) for each in yaml.load_all(text, yaml.CSafeLoader) if each]

    def patch(
        self, version: str, kind: str, name: str, change: Mapping[str, Any], namespace: str = ""
    ) -> Object:
        """Merge a change into an object that is there."""
        place = self.place(version, kind, name, namespace)
        changed: Object = self.call("PATCH", place, change, media="application/merge-patch+json")
        return changed

    def get(self, version: str, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object, None where it is not there."""
        answer = self.ask("GET", self.place(version, kind, name, namespace))
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: Object = answer.json()
        return found

    def listed(
        self, version: str, kind: str, namespace: str = "", *, fresh: bool = True
    ) -> list[Object]:
        """All objects of a kind, of a namespace or of all of them.

        What need not be fresh costs the server little, and may lag some moments behind.
        """
        place = self.place(version, kind, "", namespace)
        found = self.call("GET", place, **({} if fresh else {"resourceVersion": "0"}))
        return [{"apiVersion": version, "kind": kind, **each} for each in found["items"]]

    def delete(self, version: str, kind: str, name: str, namespace: str = "") -> None:
        """Delete an object that is there."""
        self.call("DELETE", self.place(version, kind, name, namespace))

    def annotate(
        self, version: str, kind: str, name: str, namespace: str, annotations: Mapping[str, str]
    ) -> None:
        """Set annotations of an object that is there."""
        change = {"metadata": {"annotations": dict(annotations)}}
        self.patch(version, kind, name, change, namespace)

    def place(self, version: str, kind: str, name: str = "", namespace: str = "") -> str:
        """The path of an object, of all of a namespace, or of all there are."""
        plural, namespaced = self._resource(version, kind)
        root = f"/api/{version}" if version == _CORE else f"/apis/{version}"
        if namespaced and name and not namespace:
            raise AssertionError(f"{kind}/{name} needs a namespace")
        inside = f"/namespaces/{namespace}" if namespaced and namespace else ""
        return f"{root}{inside}/{plural}" + (f"/{name}" if name else "")

    def knows(self, version: str, kind: str) -> bool:
        """Whether the server answers for a kind."""
        root = f"/api/{version}" if version == _CORE else f"/apis/{version}"
        answer = self.ask("GET", root)
        return answer.ok and any(each["kind"] == kind for each in answer.json()["resources"])

    def wait(
        self,
        version: str,
        kind: str,
        name: str,
        namespace: str,
        good: Callable[[Object], object],
        seconds: float = _PATIENCE,
    ) -> Object:
        """The object, once it is as it should be; minutes are a failure."""
        deadline, found = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            found = self.get(version, kind, name, namespace)
            if found is not None and good(found):
                return found
            time.sleep(0.25)
        shown = None if found is None else yaml.safe_dump(found.get("status"))
        raise AssertionError(f"{kind} {namespace}/{name} is not as it should be: {shown}")

    # --- how ------------------------------------------------------------------------------------

    def _apply(self, wanted: Mapping[str, Any], below: str) -> Object:
        meta = wanted["metadata"]
        place = self.place(
            wanted["apiVersion"], wanted["kind"], meta["name"], meta.get("namespace", "")
        )
        applied: Object = self.call(
            "PATCH",
            place + below,
            wanted,
            media="application/apply-patch+yaml",
            fieldManager=FIELD_MANAGER,
            force="true",
        )
        return applied

    def _resource(self, version: str, kind: str) -> tuple[str, bool]:
        """The plural and whether it lives in namespaces, as the server tells."""
        if (version, kind) not in self._resources:
            root = f"/api/{version}" if version == _CORE else f"/apis/{version}"
            for each in self.call("GET", root)["resources"]:
                if "/" not in each["name"]:
                    self._resources[version, each["kind"]] = each["name"], each["namespaced"]
        if (version, kind) not in self._resources:
            raise AssertionError(f"the server knows no {kind} of {version}")
        return self._resources[version, kind]


def condition(found: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A condition of an object, {} where it has none of that type."""
    # Of a new definition they are null.
    conditions = found.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def plural(kind: str) -> str:
    """What Kubernetes' own code generators call many of a kind."""
    name = kind.lower()
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + ("es" if re.search(r"(s|x|z|ch|sh)$", name) else "s")
