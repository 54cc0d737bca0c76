"""Calls on a repository's webhooks.

Source: GitHub, "REST API endpoints for repository webhooks".
"""

from typing import Any

from tests.stand_ins.github_account_shapes import Json, stamp
from tests.stand_ins.github_face import GitHubFace, invalid, not_found
from tests.stand_ins.model import Hook, Project
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()

_HOOKS = "/repos/:owner/:repo/hooks"
_HIDDEN = "********"


@ROUTES.on("GET", _HOOKS)
def hooks(face: GitHubFace, call: Call) -> Listing:
    """For administrators alone."""
    project = face.project(call, "admin")
    return Listing(project.hooks, lambda one: _shape(face, call, project, one))


@ROUTES.on("POST", _HOOKS)
def new_hook(face: GitHubFace, call: Call) -> Any:
    """None twice."""
    project = face.project(call, "admin")
    config = _config(call)
    events = call.fields.get("events") or ["push"]
    if not config.get("url"):
        raise invalid("Hook", {"field": "url", "code": "missing_field"})
    if any(one.url == config["url"] and _events(one) == sorted(events) for one in project.hooks):
        raise invalid("Hook", "Hook already exists on this repository")
    made = Hook(face.forge.number(), "", face.forge.tick())
    _put(made, call)
    project.hooks.append(made)
    return _shape(face, call, project, made)


@ROUTES.on("PATCH", f"{_HOOKS}/:hook")
def edit_hook(face: GitHubFace, call: Call) -> Any:
    """What is not told stays, but for the secret: a config without one takes it away."""
    project = face.project(call, "admin")
    for one in project.hooks:
        if one.id == int(call.parts["hook"]):
            _put(one, call)
            return _shape(face, call, project, one)
    raise not_found()


def _config(call: Call) -> Json:
    config: Json = call.fields.get("config") or {}
    return config


def _events(hook: Hook) -> list[str]:
    return sorted(name for name, told in hook.events.items() if told)


def _put(hook: Hook, call: Call) -> None:
    config = _config(call)
    if config:
        hook.url = str(config.get("url", hook.url))
        hook.secret = config.get("secret")
        hook.extra["insecure_ssl"] = str(config.get("insecure_ssl", "0"))
    if "events" in call.fields:
        hook.events = dict.fromkeys(call.fields["events"], True)
    hook.events = hook.events or {"push": True}
    hook.extra["active"] = bool(call.fields.get("active", hook.extra.get("active", True)))


def _shape(face: GitHubFace, call: Call, project: Project, one: Hook) -> Json:
    url = f"{face.shapes(call).api}/repos/{project.full_path}/hooks/{one.id}"
    config = {
        "url": one.url,
        "content_type": "json",
        "insecure_ssl": one.extra["insecure_ssl"],
        **({"secret": _HIDDEN} if one.secret else {}),
    }
    return {
        "type": "Repository",
        "id": one.id,
        "name": "web",
        "active": one.extra["active"],
        "events": _events(one),
        "config": config,
        "updated_at": stamp(one.created),
        "created_at": stamp(one.created),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {"code": None, "status": "unused", "message": None},
    }
