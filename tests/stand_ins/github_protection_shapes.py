"""What GitHub answers of protected branches and rule sets.

Source: @octokit/openapi 23.0.2: branch-with-protection, branch-protection, protected-branch,
repository-ruleset.
"""

from typing import Any

from tests.stand_ins.github_account_shapes import Json, stamp
from tests.stand_ins.github_git_shapes import GitShapes
from tests.stand_ins.github_rules import PROTECTIONS, Ruleset, goes_around
from tests.stand_ins.github_shapes import Shapes
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.model import Person, Project

_FLAGS = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)


class ProtectionShapes:
    """Of one repository."""

    def __init__(self, shapes: Shapes, project: Project) -> None:
        self._shapes = shapes
        self._project = project
        self._git = GitShapes(shapes, project)
        self._url = shapes.address(project)

    def branch(self, name: str) -> Json:
        """A branch by itself."""
        commit = self._project.git.commit(self._project.git.head(name) or "")
        assert commit is not None, name
        url = f"{self._url}/branches/{name}"
        put = self._project.extra.get(PROTECTIONS, {}).get(name)
        checks = (put or {}).get("required_status_checks") or {}
        level = "off" if not checks else "everyone" if put["enforce_admins"] else "non_admins"
        return {
            "name": name,
            "commit": self._git.commit(commit),
            "_links": {"self": url, "html": f"{self._shapes.page(self._project)}/tree/{name}"},
            "protected": self._git.is_protected(name),
            "protection": {
                "enabled": put is not None,
                "required_status_checks": {
                    "enforcement_level": level,
                    "contexts": _contexts(checks),
                    "checks": _checks(checks),
                },
            },
            "protection_url": f"{url}/protection",
        }

    def protection(self, branch: str, put: Json) -> Json:
        """What was put, as it is told."""
        url = f"{self._url}/branches/{branch}/protection"
        told: Json = {
            "url": url,
            "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
            "enforce_admins": {
                "url": f"{url}/enforce_admins",
                "enabled": bool(put["enforce_admins"]),
            },
            **{key: {"enabled": bool(put.get(key))} for key in _FLAGS},
        }
        if (reviews := put["required_pull_request_reviews"]) is not None:
            told["required_pull_request_reviews"] = self._reviews(url, reviews)
        if (checks := put["required_status_checks"]) is not None:
            told["required_status_checks"] = {
                "url": f"{url}/required_status_checks",
                "strict": bool(checks.get("strict")),
                "contexts": _contexts(checks),
                "contexts_url": f"{url}/required_status_checks/contexts",
                "checks": _checks(checks),
            }
        if (pushers := put["restrictions"]) is not None:
            place = f"{url}/restrictions"
            kinds = ("users", "teams", "apps")
            addresses = {f"{kind}_url": f"{place}/{kind}" for kind in kinds}
            named = self._named(pushers)
            apps = [_restricted(app) for app in named["apps"]]
            told["restrictions"] = {"url": place, **addresses, **named, "apps": apps}
        return told

    def _reviews(self, url: str, reviews: Json) -> Json:
        place = f"{url}/required_pull_request_reviews"
        told: Json = {
            "url": place,
            "dismiss_stale_reviews": bool(reviews.get("dismiss_stale_reviews")),
            "require_code_owner_reviews": bool(reviews.get("require_code_owner_reviews")),
            "require_last_push_approval": bool(reviews.get("require_last_push_approval")),
            "required_approving_review_count": reviews.get("required_approving_review_count", 1),
        }
        if (bypass := reviews.get("bypass_pull_request_allowances")) is not None:
            told["bypass_pull_request_allowances"] = self._named(bypass)
        return told

    def _named(self, named: Json) -> Json:
        forge = self._shapes.forge
        users = [forge.login(login) for login in named.get("users", ())]
        slugs = named.get("teams", ())
        apps = [one for one in forge.apps.values() if one.slug in named.get("apps", ())]
        return {
            "users": [self._shapes.user(one) for one in users if one is not None],
            "teams": [self._shapes.team(one) for one in forge.teams if one.slug in slugs],
            "apps": [self._shapes.app(one) for one in apps],
        }

    # --- rule sets ------------------------------------------------------------------------------

    def brief(self, one: Ruleset) -> Json:
        """One of a list."""
        return {
            "id": one.id,
            "name": one.name,
            "target": one.target,
            "source_type": "Repository",
            "source": self._project.full_path,
            "enforcement": one.enforcement,
            "node_id": f"RRS_{one.id}",
            "_links": {
                "self": {"href": f"{self._url}/rulesets/{one.id}"},
                "html": {"href": f"{self._shapes.page(self._project)}/rules/{one.id}"},
            },
            "created_at": stamp(one.created),
            "updated_at": stamp(one.updated),
        }

    def ruleset(self, one: Ruleset, reader: Person | None) -> Json:
        """One by itself."""
        forge = self._shapes.forge
        around = reader is not None and goes_around(forge, self._project, one)(reader)
        told: dict[str, Any] = {
            **self.brief(one),
            "conditions": one.conditions,
            "rules": one.rules,
            "current_user_can_bypass": "always" if around else "never",
        }
        if forge.access(reader, self._project) >= ROLES["admin"]:
            told["bypass_actors"] = one.bypass
        return told


def _contexts(checks: Json) -> list[str]:
    named = [one["context"] for one in checks.get("checks") or ()]
    return sorted({*named, *(checks.get("contexts") or ())})


def _checks(checks: Json) -> list[Json]:
    known = {one["context"]: one.get("app_id") for one in checks.get("checks") or ()}
    return [{"context": context, "app_id": known.get(context)} for context in _contexts(checks)]


def _restricted(app: Json) -> Json:
    """An app among those that may push: GitHub describes no more of its permissions there."""
    told = ("metadata", "contents", "issues", "single_file")
    kept = {name: level for name, level in app["permissions"].items() if name in told}
    return {**app, "permissions": kept}
