"""The fleet on a real Gitea, followed by real API servers with real kustomize-controllers.

All clocks are the machine's, for a cluster has no other: what has to last lasts for seconds.
"""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.contract.forge_worlds import BOT
from tests.end_to_end.gitea_world import GiteaWorld
from tests.end_to_end.world import App
from tests.real.flux.cluster import Cluster
from tests.real.flux.controller import NAMESPACE
from tests.real.gitea import ADMINISTRATOR

CLUSTER = """
[[clusters]]
name = "{name}"
server = "{server}"
token_file = "{token}"
ca_file = "{authority}"
"""
TIMES: Mapping[str, str] = {
    "    follow: {branch: main}\n": "    follow: {branch: main}\n    settle: 1s\n",
    "    settle: 2m ": "    settle: 3s ",
    "    soak: 30m ": "    soak: 10s ",
    '    windows: ["Mon-Thu 09:00-16:00 UTC"] ': "    settle: 3s ",
}
"""What is written into the fleet, for nobody waits half an hour here."""

DEPLOYMENT = "apps/payments/base/deployment.yaml"

_READER = ("infrastructure", "fairlead-reader")
_PATIENCE = 240.0
_PAUSE = 2.0
"""Between two steps, while controllers and other tests have the processors."""


class FluxWorld(GiteaWorld):
    """Entered, the clusters run; they follow the fleet from `follow` on.

    Args:
        clusters: by environment, those that are real; all others report to the status file.
    """

    def __init__(
        self, directory: Path, shared: Path, clusters: Mapping[str, Sequence[str]]
    ) -> None:
        self._environments = clusters
        self._open = ExitStack()
        self.clusters: dict[str, Cluster] = {}
        with ExitStack() as opening:
            for names in clusters.values():
                for name in names:
                    made = Cluster(directory / "clusters" / name, shared)
                    self.clusters[name] = opening.enter_context(made)
            super().__init__(directory)
            self._open = opening.pop_all()
        self.clock.follow_machine()

    def __exit__(self, *_: object) -> None:
        try:
            self._open.close()
        finally:
            super().__exit__()

    def _origins(self) -> str:
        """Their tokens come once the fleet has brought the account; until then none is good."""
        for name in self.clusters:
            self.token_file(name).write_text("not-yet")
        entries = [
            CLUSTER.format(
                name=name,
                server=cluster.server.url,
                token=self.token_file(name),
                authority=cluster.server.certificate,
            )
            for name, cluster in self.clusters.items()
        ]
        return super()._origins() + "".join(entries)

    def token_file(self, cluster: str) -> Path:
        """Where the bot's token for a cluster lies."""
        return self.directory / "secrets" / cluster

    # --- the fleet -------------------------------------------------------------------------------

    def found(self, deployment: Mapping[str, str] | None = None) -> App:
        """A fleet with one app, published, its clusters bootstrapped; the app.

        Args:
            deployment: what is changed by hand in the app's Deployment.
        """
        flags = [
            f"--cluster={environment}={name}"
            for environment, names in self._environments.items()
            for name in names
        ]
        told = ("--url", self.fleet_url, "--health", "clusters", "--have", "cni-netpol")
        self.fairlead("new", "checkout", "--name", "acme", *flags, *self.answers, *told)
        app = self.app("payments", "shop/payments")
        image = f"--image={self.registry.host}/{app.images[0]}"
        add = ("add", "app", "payments", "--path=checkout", "--team=shop", image)
        self.fairlead(*add, f"--source={self.source('payments')}")
        self.edit("fleet.yaml", TIMES)
        self.edit(DEPLOYMENT, deployment or {})
        self.fairlead("check", "checkout")
        self.publish("A fleet")
        for environment, names in self._environments.items():
            for name in names:
                self._bootstrap(self.clusters[name], f"./clusters/{environment}/{name}")
        for name, cluster in self.clusters.items():
            for each in _READER:
                cluster.ready(each, self.head, seconds=_PATIENCE)
            token = cluster.server.service_account_token("fairlead", "fairlead")
            self.token_file(name).write_text(token)
        return app

    def _bootstrap(self, cluster: Cluster, path: str) -> None:
        login = {"username": "ana", "password": self.gitea.person("ana").reveal()}
        meta = {"name": NAMESPACE, "namespace": NAMESPACE}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": login}
        cluster.api.apply(secret)
        cluster.follow(self.fleet_url, path, secret=NAMESPACE)

    def change(self, path: str, changes: Mapping[str, str]) -> None:
        """Ana asks for a change of the fleet, and Bo, who has been named for that, merges it."""
        text = self.file(path)
        for old, new in changes.items():
            assert text.count(old) == 1, (path, old)
            text = text.replace(old, new)
        branch = "ana/change"
        content = {
            "content": base64.b64encode(text.encode()).decode(),
            "sha": self.call("GET", f"/contents/{path}", "ana")["sha"],
            "new_branch": branch,
        }
        self.call("PUT", f"/contents/{path}", "ana", content)
        asked = {"head": branch, "base": "main", "title": f"Change {path}"}
        number = self.call("POST", "/pulls", "ana", asked)["number"]
        rule = {"merge_whitelist_usernames": [BOT, "bo"]}
        self.call("PATCH", "/branch_protections/main", ADMINISTRATOR, rule)
        self.gitea.settle("acme/fleet")
        self.gitea.look("acme/fleet", number)
        self.call("POST", f"/pulls/{number}/merge", "bo", {"Do": "merge"})

    @property
    def head(self) -> str:
        """The commit of the fleet's main branch."""
        return self.refs("refs/heads/")["main"]

    # --- what is to be seen ----------------------------------------------------------------------

    def until(self, step: Callable[[], object], good: Callable[[], object]) -> None:
        """Take a step again and again until something is so; minutes are a failure."""
        deadline = time.monotonic() + _PATIENCE
        while not good():
            assert time.monotonic() < deadline, self.fairlead("status").out
            for cluster in self.clusters.values():
                cluster.check()
            step()
            time.sleep(_PAUSE)

    def for_seconds(self, seconds: float, step: Callable[[], object]) -> None:
        """Take a step again and again for so long."""
        end = time.monotonic() + seconds
        self.until(step, lambda: time.monotonic() > end)

    def runs(self, cluster: str) -> set[str]:
        """The images of the app's Deployment on a cluster."""
        api = self.clusters[cluster].api
        found = api.get("apps/v1", "Deployment", "payments", "payments")
        containers = found["spec"]["template"]["spec"]["containers"] if found else []
        return {each["image"] for each in containers}
