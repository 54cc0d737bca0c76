"""One walk through all that the GitHub face knows: each call once at least, and its refusals."""

import base64
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.secret import Secret
from tests.stand_ins.github import ADMINISTRATOR, GitHub
from tests.stand_ins.github_description import Exchange
from tests.stand_ins.model import Tier

REPOSITORY = "/repos/acme/fleet"
BRANCH = "promote/prod/shop"
NOWHERE = "0" * 40
REVIEWED = {
    "type": "pull_request",
    "parameters": {
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True,
        "require_last_push_approval": True,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": False,
    },
}
CHECKED = {
    "type": "required_status_checks",
    "parameters": {
        "required_status_checks": [{"context": "render"}],
        "strict_required_status_checks_policy": False,
    },
}
RULESET = {
    "name": "target",
    "target": "branch",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [REVIEWED, CHECKED, {"type": "non_fast_forward"}, {"type": "deletion"}],
    "bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
}
PROTECTION = {
    "required_status_checks": {"strict": True, "contexts": ["render"]},
    "enforce_admins": True,
    "required_pull_request_reviews": {
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
        "required_approving_review_count": 2,
        "bypass_pull_request_allowances": {"users": ["ana"], "teams": [], "apps": []},
    },
    "restrictions": {"users": ["fairlead"], "teams": ["leads"], "apps": []},
}


class Walk:
    """The people are ana, bo and eve, the bot is fairlead; `place` is below the repository.

    A place that begins with `//` is below the API's root.
    """

    def __init__(self, server: GitHub) -> None:
        self.server = server
        for name in ("fairlead", "ana", "bo", "eve"):
            server.person(name)
        server.stranger("mallory")
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.key = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.installation = server.app(
            "promoter",
            public.decode(),
            contents="write",
            pull_requests="write",
            statuses="write",
            checks="write",
            members="read",
        )

    def do(
        self, method: str, place: str, content: object = None, *, by: str = "fairlead", to: int = 0
    ) -> Any:
        """A call in somebody's name; `to` is the status that it must have, 0 any success."""
        return self.server.call(method, _whole(place), content, by=by, expected=to or None)

    def ask(
        self,
        method: str,
        place: str,
        content: object = None,
        *,
        token: str | None,
        to: int,
        **headers: str,
    ) -> Any:
        """A call with any token, or none."""
        secret = None if token is None else Secret(token)
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        status, answer, _ = self.server.ask(method, _whole(place), content, secret, sent)
        assert status == to, f"{method} {place} was answered with {status}: {answer}"
        return answer

    def write(self, path: str, text: str, branch: str, by: str = "fairlead") -> str:
        """A commit of one file; its sha."""
        content = base64.b64encode(text.encode()).decode()
        wanted: dict[str, object] = {"message": path, "content": content, "branch": branch}
        told = self.do("PUT", f"/contents/{path}", wanted, by=by)
        sha: str = told["commit"]["sha"]
        return sha

    def branch(self, name: str, path: str = "app.yaml", text: str = "tag: v1.0\n") -> str:
        """A new branch from main with a commit; its head."""
        main = self.do("GET", "/git/ref/heads/main")["object"]["sha"]
        self.do("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": main}, by=ADMINISTRATOR)
        return self.write(path, text, name)

    def pull(self, name: str) -> int:
        """A new one from a branch to main; its number."""
        number: int = self.do(
            "POST", "/pulls", {"head": name, "base": "main", "title": name, "body": "why"}
        )["number"]
        return number

    # --- the parts ------------------------------------------------------------------------------

    def repositories(self) -> None:
        """Repositories, accounts and who may do what."""
        self.do("POST", "//orgs/acme/repos", {"name": "fleet", "private": True}, by=ADMINISTRATOR)
        self.do("POST", "//orgs/acme/repos", {"name": "fleet"}, by=ADMINISTRATOR, to=422)
        self.do("POST", "//orgs/acme/repos", {"name": "other"}, by="ana", to=403)
        self.do("POST", "//user/repos", {"name": "own"}, by="ana")
        self.do("GET", "/commits", to=409)
        self.do("GET", "")
        self.do("GET", "", by="mallory", to=404)
        self.do("PATCH", "", {"allow_auto_merge": True}, by=ADMINISTRATOR)
        self.do("PATCH", "", {"allow_auto_merge": True}, by="ana", to=403)
        self.ask("GET", "//user", token="ghp_wrong", to=401)
        self.ask("GET", "//user", token=None, to=401)
        self.do("GET", "//user")
        self.do("GET", "//users/ana")
        self.do("GET", "//users/nobody", to=404)
        self.do("GET", "//rate_limit")
        self.do("GET", "/collaborators")
        self.do("GET", "/collaborators/ana")
        self.do("GET", "/collaborators/mallory", to=404)
        self.do("GET", "/collaborators/ana/permission")
        self.do("PUT", "/collaborators/mallory", {"permission": "pull"}, by=ADMINISTRATOR)
        self.do("PUT", "/collaborators/mallory", {"permission": "all"}, by=ADMINISTRATOR, to=422)
        self.do("DELETE", "/collaborators/mallory", by=ADMINISTRATOR)

    def teams(self) -> None:
        """The organisation and its teams."""
        self.do("GET", "//orgs/acme")
        self.do("GET", "//orgs/nobody", to=404)
        self.do("GET", "//orgs/acme/members")
        self.do("GET", "//orgs/acme/members/ana")
        self.do("GET", "//orgs/acme/members/mallory", to=404)
        made = self.do("POST", "//orgs/acme/teams", {"name": "leads"}, by=ADMINISTRATOR)
        below = {"name": "on-call", "parent_team_id": made["id"]}
        self.do("POST", "//orgs/acme/teams", below, by="bo")
        self.do("POST", "//orgs/acme/teams", {"name": "leads"}, by="bo", to=422)
        self.do("PUT", "//orgs/acme/teams/leads/memberships/ana", by=ADMINISTRATOR)
        self.do("PUT", "//orgs/acme/teams/leads/memberships/ana", by="bo", to=403)
        self.do("PUT", "//orgs/acme/teams/leads/memberships/eve", by=ADMINISTRATOR)
        self.do("DELETE", "//orgs/acme/teams/leads/memberships/eve", by=ADMINISTRATOR)
        self.do("GET", "//orgs/acme/teams/leads/memberships/bo")
        self.do("GET", "//orgs/acme/teams/leads/memberships/eve", to=404)
        self.do("GET", "//orgs/acme/teams")
        self.do("GET", "//orgs/acme/teams/leads")
        self.do("GET", "//orgs/acme/teams/leads/members")
        self.do("GET", "//orgs/acme/teams/leads/members", by="mallory", to=404)
        grant = f"//orgs/acme/teams/leads{REPOSITORY}"
        self.do("PUT", grant, {"permission": "push"}, by=ADMINISTRATOR)
        self.do("DELETE", f"//orgs/acme/teams/on-call{REPOSITORY}", by=ADMINISTRATOR)

    def files(self) -> None:
        """Files, commits, refs and tags."""
        first = self.write("fleet.yaml", "name: acme\n", "main", by=ADMINISTRATOR)
        self.write(".github/CODEOWNERS", "*.yaml @ana @nobody\n", "main", by=ADMINISTRATOR)
        self.do("GET", "/codeowners/errors")
        self.do("GET", "/contents")
        self.do("GET", "/contents/fleet.yaml")
        self.do("GET", "/contents/missing.yaml", to=404)
        self.do("PUT", "/contents/fleet.yaml", {"message": "no sha", "content": ""}, to=422)
        stale = {"message": "stale", "content": "", "sha": NOWHERE}
        self.do("PUT", "/contents/fleet.yaml", stale, to=409)
        head = self.branch(BRANCH)
        self.do("GET", "/commits")
        self.do("GET", f"/commits/{BRANCH}")
        self.do("GET", "/commits/nothing", to=422)
        self.do("GET", f"/git/commits/{first}")
        self.do("GET", f"/git/commits/{NOWHERE}", to=404)
        self.do("GET", f"/compare/main...{head}")
        self.do("GET", "/compare/main...nothing", to=404)
        self.do("GET", "/git/matching-refs/heads/promote/")
        self.do("GET", "/git/ref/heads/nothing", to=404)
        self.do("POST", "/git/refs", {"ref": "refs/heads/main", "sha": first}, to=422)
        self.do("POST", "/git/refs", {"ref": "refs/heads/passing", "sha": first})
        self.do("PATCH", "/git/refs/heads/passing", {"sha": head})
        self.do("PATCH", "/git/refs/heads/passing", {"sha": first}, to=422)
        self.do("DELETE", "/git/refs/heads/passing")
        self.do("DELETE", "/git/refs/heads/passing", to=422)
        wanted = {"tag": "v1.0", "message": "v1.0", "object": first, "type": "commit"}
        tag = self.do("POST", "/git/tags", wanted)["sha"]
        self.do("POST", "/git/tags", {**wanted, "object": NOWHERE}, to=422)
        self.do("GET", f"/git/tags/{tag}")
        self.do("GET", f"/git/tags/{NOWHERE}", to=404)
        self.do("POST", "/git/refs", {"ref": "refs/tags/v1.0", "sha": tag})
        self.do("GET", "/tags")
        self.do("GET", "/activity?ref=main&per_page=1")
        self.do("POST", "/forks", by="ana")
        self.do("GET", "//repos/ana/fleet", by="ana")

    def pulls(self) -> None:
        """Opening, reading and changing."""
        wanted = {"head": BRANCH, "base": "main", "title": "v1.0"}
        number = self.pull(BRANCH)
        place = f"/pulls/{number}"
        for wrong in (
            wanted,
            {**wanted, "head": "nothing"},
            {**wanted, "base": "nothing"},
            {**wanted, "head": "main"},
            {**wanted, "title": ""},
        ):
            self.do("POST", "/pulls", wrong, to=422)
        self.do("GET", "/pulls")
        self.do("GET", f"/pulls?head=acme:{BRANCH}&state=all")
        for _ in range(2):
            self.do("GET", place)
        self.do("GET", "/pulls/999", to=404)
        self.do("PATCH", place, {"title": "v1.1", "body": "because", "base": "main"})
        self.do("PATCH", place, {"title": ""}, to=422)
        self.do("PATCH", place, {"state": "closed"}, by="ana")
        self.do("PATCH", place, {"state": "open"}, by="ana")
        self.do("PATCH", place, {"title": "mine"}, by="mallory", to=404)
        self.do("GET", f"{place}/commits")
        self.do("GET", f"{place}/files")
        self.do("GET", f"{place}/merge", to=404)
        self.reviews(place)
        self.issues(f"/issues/{number}")
        self.statuses(self.do("GET", place)["head"]["sha"])

    def reviews(self, place: str) -> None:
        """What people say, and whom is asked to."""
        reviews, asked = f"{place}/reviews", f"{place}/requested_reviewers"
        self.do("POST", asked, {"reviewers": ["ana"], "team_reviewers": ["leads"]})
        self.do("POST", asked, {"reviewers": ["mallory"]}, to=422)
        self.do("POST", asked, {"reviewers": ["fairlead"]}, to=422)
        self.do("GET", asked)
        self.do("DELETE", asked, {"reviewers": [], "team_reviewers": ["leads"]})
        made = self.do("POST", reviews, {"event": "APPROVE"}, by="ana")
        self.do("POST", reviews, {"event": "APPROVE"}, to=422)
        self.do("POST", reviews, {"event": "COMMENT"}, by="bo", to=422)
        self.do("POST", reviews, {"event": "REQUEST_CHANGES", "body": "no"}, by="bo")
        self.do("GET", reviews)
        self.do("GET", f"{reviews}/{made['id']}")
        self.do("GET", f"{reviews}/999", to=404)
        self.do("PUT", f"{reviews}/{made['id']}/dismissals", {"message": "again"})
        self.do("PUT", f"{reviews}/{made['id']}/dismissals", {"message": "again"}, to=422)

    def issues(self, place: str) -> None:
        """Comments, labels, assignees and what happened."""
        self.do("GET", place)
        self.do("PATCH", place, {"labels": ["fairlead"]})
        said = self.do("POST", f"{place}/comments", {"body": "superseded"})
        self.do("POST", f"{place}/comments", {"body": ""}, to=422)
        self.do("PATCH", f"/issues/comments/{said['id']}", {"body": "superseded by v1.1"})
        self.do("PATCH", "/issues/comments/999", {"body": "nothing"}, to=404)
        self.do("GET", f"{place}/comments")
        self.do("POST", "/labels", {"name": "hold", "color": "ff0000"})
        self.do("POST", "/labels", {"name": "Hold", "color": "ff0000"}, to=422)
        self.do("PATCH", "/labels/hold", {"description": "stopped"})
        self.do("GET", "/labels")
        self.do("GET", "/labels/hold")
        self.do("GET", "/labels/nothing", to=404)
        self.do("POST", f"{place}/labels", {"labels": ["hold", "env/prod"]})
        self.do("PUT", f"{place}/labels", {"labels": ["hold", "env/prod"]})
        self.do("GET", f"{place}/labels")
        self.do("DELETE", f"{place}/labels/hold")
        self.do("DELETE", f"{place}/labels/hold", to=404)
        self.do("POST", f"{place}/assignees", {"assignees": ["ana", "mallory"]})
        self.do("DELETE", f"{place}/assignees", {"assignees": ["ana"]})
        self.do("GET", f"{place}/events?per_page=100")
        self.do("GET", f"{place}/timeline?per_page=100")

    def statuses(self, head: str) -> None:
        """Statuses, and an app's checks."""
        place = f"/statuses/{head}"
        self.do("POST", place, {"state": "success", "context": "render", "description": "well"})
        self.do("POST", place, {"state": "fine"}, to=422)
        self.do("POST", f"/statuses/{NOWHERE}", {"state": "success"}, to=422)
        self.do("GET", f"/commits/{head}/statuses")
        self.do("GET", f"/commits/{head}/status")
        self.do("POST", "/check-runs", {"name": "scan", "head_sha": head}, to=403)
        token = self.app_token()
        asked = {"name": "scan", "head_sha": head, "status": "in_progress"}
        run = self.ask("POST", "/check-runs", asked, token=token, to=201)
        done = {"conclusion": "success", "output": {"title": "Scan", "summary": "well"}}
        self.ask("PATCH", f"/check-runs/{run['id']}", done, token=token, to=200)
        self.ask("PATCH", "/check-runs/999", done, token=token, to=404)
        self.do("GET", f"/check-runs/{run['id']}")
        self.do("GET", f"/commits/{head}/check-runs?filter=latest")

    def hooks(self) -> None:
        """A repository's webhooks."""
        config = {"url": "https://hooks.example.com/fairlead", "content_type": "json"}
        signed = config | {"secret": "a secret", "insecure_ssl": "0"}
        hook = {"name": "web", "config": config, "events": ["push"], "active": True}
        self.do("POST", "/hooks", hook, to=403)
        self.do("GET", "/hooks", to=404)
        made = self.do("POST", "/hooks", hook, by=ADMINISTRATOR)
        self.do("POST", "/hooks", hook, by=ADMINISTRATOR, to=422)
        self.do("POST", "/hooks", {"name": "web", "config": {}}, by=ADMINISTRATOR, to=422)
        self.do("PATCH", f"/hooks/{made['id']}", {"config": signed}, by=ADMINISTRATOR)
        self.do("PATCH", "/hooks/999", {"active": False}, by=ADMINISTRATOR, to=404)
        self.do("GET", "/hooks", by=ADMINISTRATOR)

    def environments(self) -> None:
        """A repository's environments, and who deploys to them."""
        by_name = {"protected_branches": False, "custom_branch_policies": True}
        place, wanted = "/environments/prod", {"deployment_branch_policy": by_name}
        self.do("GET", place, to=404)
        self.do("PUT", place, wanted, to=403)
        self.do("PUT", place, {"wait_timer": 5}, by=ADMINISTRATOR, to=422)
        self.do("PUT", place, wanted, by=ADMINISTRATOR)
        self.do("GET", place)
        policies = f"{place}/deployment-branch-policies"
        main = {"name": "main", "type": "branch"}
        self.do("POST", policies, main, to=403)
        self.do("POST", policies, main, by=ADMINISTRATOR)
        self.do("POST", policies, main, by=ADMINISTRATOR, to=303)
        self.do("GET", policies)
        protected = {"protected_branches": True, "custom_branch_policies": False}
        qa = {"deployment_branch_policy": protected}
        self.do("PUT", "/environments/qa", qa, by=ADMINISTRATOR)
        self.do(
            "POST", "/environments/qa/deployment-branch-policies", main, by=ADMINISTRATOR, to=404
        )
        self.do("GET", "/environments/dev/deployment-branch-policies", to=404)
        self.do("GET", "/environments")

    def app_token(self) -> str:
        """An app names itself by its key and gets a token for its installation."""
        now = int(time.time())
        app = self.installation.app.id
        claims = {"iat": now - 60, "exp": now + 500, "iss": str(app)}
        named = jwt.encode(claims, self.key, algorithm="RS256")
        late = jwt.encode({**claims, "exp": now - 90}, self.key, algorithm="RS256")
        self.ask("GET", "//app", token=late, to=401)
        self.ask("GET", "//app", token=named, to=200)
        self.ask("GET", f"//apps/{self.installation.app.slug}", token=named, to=200)
        self.ask("GET", "//apps/no-such-app", token=named, to=404)
        self.ask("GET", "//app/installations", token=named, to=200)
        place = f"//app/installations/{self.installation.id}"
        self.ask("GET", place, token=named, to=200)
        self.ask("GET", "/installation", token=named, to=200)
        self.ask("GET", "//orgs/acme/installation", token=named, to=200)
        self.ask("GET", "//repos/acme/nothing/installation", token=named, to=404)
        wanted: dict[str, object] = {"permissions": {"administration": "write"}}
        self.ask("POST", f"{place}/access_tokens", wanted, token=named, to=422)
        token = self.ask("POST", f"{place}/access_tokens", {}, token=named, to=201)["token"]
        self.ask("GET", "//installation/repositories", token=token, to=200)
        self.ask("GET", "//user", token=token, to=403)
        self.ask("GET", "//users/promoter%5Bbot%5D", token=token, to=200)
        return str(token)

    def rules(self) -> None:
        """Branches, protections and rule sets."""
        self.do("GET", "/branches")
        self.do("GET", "/branches/nothing", to=404)
        protection = "/branches/main/protection"
        self.do("GET", protection, by=ADMINISTRATOR, to=404)
        self.do("GET", protection, to=404)
        self.do("PUT", protection, {}, by=ADMINISTRATOR, to=422)
        self.do("PUT", protection, PROTECTION, by=ADMINISTRATOR)
        self.do("GET", protection, by=ADMINISTRATOR)
        self.do("GET", "/branches/main")
        self.do("DELETE", protection, by=ADMINISTRATOR)
        made = self.do("POST", "/rulesets", RULESET, by=ADMINISTRATOR)
        self.do("POST", "/rulesets", RULESET, by=ADMINISTRATOR, to=422)
        place = f"/rulesets/{made['id']}"
        self.do("GET", "/rulesets")
        self.do("GET", place)
        self.do("GET", "/rulesets/999", to=404)
        self.do("GET", "/rules/branches/main")
        written = {"message": "past", "content": "", "branch": "main"}
        self.do("PUT", "/contents/past.yaml", written, to=409)
        self.do("PUT", f"/pulls/{self.pull_of(BRANCH)}/merge", {}, to=405)
        self.do("PUT", place, {"enforcement": "disabled"}, by=ADMINISTRATOR)
        self.do("DELETE", place, by=ADMINISTRATOR)

    def pull_of(self, branch: str) -> int:
        """The number of the open one from a branch."""
        (one,) = self.do("GET", f"/pulls?head=acme:{branch}")
        number: int = one["number"]
        return number

    def merging(self) -> None:
        """Updating and merging, refused first."""
        number = self.pull_of(BRANCH)
        place = f"/pulls/{number}"
        self.write("elsewhere.yaml", "x: 1\n", "main", by=ADMINISTRATOR)
        self.do("PUT", f"{place}/update-branch", {"expected_head_sha": NOWHERE}, to=422)
        self.do("PUT", f"{place}/update-branch", {})
        self.do("PUT", f"{place}/update-branch", {}, to=422)
        self.do("PUT", f"{place}/merge", {"sha": NOWHERE}, to=409)
        self.do("PUT", f"{place}/merge", {"merge_method": "any"}, to=422)
        self.do("PUT", f"{place}/merge", {}, by="mallory", to=404)
        self.do("GET", place)
        self.do("PUT", f"{place}/merge", {"commit_title": "Merge v1.0"})
        self.do("PUT", f"{place}/merge", {}, to=405)
        self.do("GET", f"{place}/merge")
        self.do("GET", place)
        self.do("GET", f"/issues/{number}/events?per_page=100")
        self.do("PATCH", place, {"state": "open"}, to=422)

    def limits(self) -> None:
        """Rights of tokens, pages, conditions and the budget."""
        fine = self.server.token("bo", "pull_requests:read", "contents:read").reveal()
        self.ask("GET", "/pulls?state=all&per_page=1", token=fine, to=200)
        self.ask("POST", "/pulls", {"title": "no"}, token=fine, to=403)
        classic = self.server.token("bo", "read:org").reveal()
        self.ask("GET", "", token=classic, to=404)
        self.server.chaos.stale_lists = True
        self.do("GET", "/pulls?state=all")
        self.server.chaos.stale_lists = False
        status, _, told = self.server.ask("GET", REPOSITORY, None, Secret(fine))
        assert status == 200
        self.ask("GET", "", token=fine, to=304, If_None_Match=told["ETag"])
        self.server.face.budget.limit = 3
        spent = self.server.token("eve").reveal()
        for _ in range(3):
            self.ask("GET", "", token=spent, to=200)
        self.ask("GET", "", token=spent, to=403)
        self.server.face.budget.limit = 5000


def walk(directory: Path) -> tuple[Exchange, ...]:
    """What was asked and answered, on Team and then, as far as it differs, on Free."""
    with GitHub(directory / "team", tier=Tier.PREMIUM) as server:
        here = Walk(server)
        here.repositories()
        here.teams()
        here.files()
        here.pulls()
        here.rules()
        here.hooks()
        here.environments()
        here.merging()
        here.limits()
        told = list(server.face.exchanges)
    with GitHub(directory / "free") as server:
        here = Walk(server)
        server.repository("fleet")
        here.write("fleet.yaml", "name: acme\n", "main")
        here.do("GET", "/branches/main/protection", by=ADMINISTRATOR, to=403)
        here.do("POST", "/rulesets", RULESET, by=ADMINISTRATOR, to=403)
        here.do("GET", "/rules/branches/main", to=403)
        here.do("GET", "/environments/prod", to=404)
        return (*told, *server.face.exchanges)


def _whole(place: str) -> str:
    return place[1:] if place.startswith("//") else f"{REPOSITORY}{place}"
