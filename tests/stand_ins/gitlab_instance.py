"""The installation as a whole: its licence and settings.

Source: GitLab, "License API", "Application settings API", "Topics API", "Instance-level CI/CD
variables API".
"""

from typing import Any

from tests.stand_ins.gitlab_accounts import administrators
from tests.stand_ins.gitlab_face import GitLabFace
from tests.stand_ins.gitlab_rules import paid
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
_SETTINGS = {"deletion_adjourned_period": 7, "default_branch_protection": 2}


@ROUTES.on("GET", "/license")
def licence(face: GitLabFace, call: Call) -> dict[str, Any]:
    administrators(call)
    paid(face)
    return {"id": 1, "plan": face.forge.policy.tier.value, "expired": False, "user_limit": 100}


@ROUTES.on("GET", "/application/settings")
def settings(face: GitLabFace, call: Call) -> dict[str, Any]:
    administrators(call)
    return {"id": 1, **_SETTINGS, **face.settings}


@ROUTES.on("PUT", "/application/settings")
def change_settings(face: GitLabFace, call: Call) -> dict[str, Any]:
    administrators(call)
    face.settings |= {name: call.fields[name] for name in _SETTINGS if name in call.fields}
    return settings(face, call)


@ROUTES.on("GET", "/topics")
@ROUTES.on("GET", "/admin/ci/variables")
@ROUTES.on("GET", "/groups/:id/deploy_tokens")
@ROUTES.on("GET", "/projects/:id/deploy_tokens")
def nothing_yet(face: GitLabFace, call: Call) -> Listing:
    """None can be made here, so there is none."""
    call.known()
    return Listing([], lambda one: one)
