"""The containers of an app's pods: what they run, ask for, know and are asked."""

from collections.abc import Iterator, Sequence

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Database, Probe
from gitops.scaffold.app.parts import COMPONENT, LABELS, NAME, OWN_NAME, PART_OF, Pods
from gitops.scaffold.app.presets import amount, command, literals, metrics_port, probe, recipe
from gitops.scaffold.template import filled

_HANDLERS = {
    Probe.HTTP: "httpGet",
    Probe.TCP: "tcpSocket",
    Probe.GRPC: "grpc",
    Probe.EXEC: "exec",
}
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")

Filling = dict[Address, str | int | bool]


class Filled:
    """A template of pods that is being filled: `spec` is the address of their spec."""

    def __init__(self, spec: Address, name: str) -> None:
        self.spec = spec
        self.container: Address = (*spec, "containers", 0)
        self.values: Filling = {(*self.container, "name"): name}
        self.dropped: list[Address] = []
        self.grown: dict[Address, int] = {}

    def listed(self, address: Address, texts: Sequence[str]) -> None:
        """A list of texts; it goes where there are none."""
        if not texts:
            self.dropped.append(address)
            return
        self.grown[address] = len(texts)
        self.values |= {(*address, index): text for index, text in enumerate(texts)}

    def sized(self, answers: AppAnswers) -> None:
        """What each container asks for."""
        found = amount(answers)
        requests: Address = (*self.container, "resources", "requests")
        self.values[(*requests, "cpu")] = found.cpu
        self.values[(*requests, "memory")] = found.memory
        self.values[(*self.container, "resources", "limits", "memory")] = found.limit

    def configured(self, answers: AppAnswers, *, config: str | None) -> None:
        """The variables of secrets, and of the ConfigMap `config`; None for none."""
        source: Address = (*self.container, "envFrom")
        whole = [each.name for each in answers.secrets.uses if not each.keys]
        if config is None and not whole:
            self.dropped.append(source)
        elif config is None:
            self.dropped.append((*source, 1))
        elif not whole:
            self.dropped.append((*source, 0))
        if whole:
            self.grown[source] = len(whole)
        for index, name in enumerate(whole):
            self.values[(*source, index, "secretRef", "name")] = name
        if config is not None:
            self.values[(*source, len(whole), "configMapRef", "name")] = config
        self._keyed(tuple(_keys(answers)))

    def _keyed(self, keys: Sequence[tuple[str, str, str]]) -> None:
        env: Address = (*self.container, "env")
        if not keys:
            self.dropped.append(env)
            return
        self.grown[env] = len(keys)
        for index, (variable, secret, key) in enumerate(keys):
            reference: Address = (*env, index, "valueFrom", "secretKeyRef")
            self.values[(*env, index, "name")] = variable
            self.values[(*reference, "name")] = secret
            self.values[(*reference, "key")] = key

    def written(self, name: str) -> bytes:
        """The template `name` so filled."""
        return filled(name, self.values, grown=self.grown, dropped=self.dropped)


def _keys(answers: AppAnswers) -> Iterator[tuple[str, str, str]]:
    """Each variable that is one key of a Secret: its name, the Secret and the key."""
    for each in answers.secrets.uses:
        yield from ((key, each.name, key) for key in each.keys)
    if answers.database is Database.CNPG:
        yield "DATABASE_URL", f"{answers.name}-database-app", "uri"


def _labels(pods: Pods, app: str, *places: Address) -> Filling:
    found: Filling = {}
    for place in places:
        found |= {
            (*place, OWN_NAME): pods.name,
            (*place, PART_OF): app,
            (*place, COMPONENT): pods.role,
        }
    return found


def started(answers: AppAnswers, pods: Pods, template: Address) -> Filled:
    """What all pods have."""
    made = Filled((*template, "spec"), pods.name)
    made.values |= _labels(pods, answers.name, LABELS, (*template, *LABELS))
    made.values[NAME] = pods.name
    made.values[(*made.spec, "serviceAccountName")] = answers.name
    made.values[(*made.container, "image")] = pods.image
    if answers.rights:
        made.values[(*made.spec, "automountServiceAccountToken")] = True
    annotations: Address = (*template, "metadata", "annotations")
    if answers.workload.log_parser is None:
        made.dropped.append(annotations)
    else:
        made.values[(*annotations, "fluentbit.io/parser")] = answers.workload.log_parser
    made.listed((*made.container, "command"), command(answers))
    made.sized(answers)
    made.configured(answers, config=answers.name if literals(answers) else None)
    return made


def ported(answers: AppAnswers, made: Filled) -> None:
    """The ports of what listens, and what ends its requests."""
    ports: Address = (*made.container, "ports")
    serves, metrics = answers.workload.preset.serves, metrics_port(answers)
    if serves:
        made.values[(*ports, 0, "containerPort")] = answers.port
    else:
        made.dropped.append((*made.container, "lifecycle"))
        made.dropped.append((*made.spec, "terminationGracePeriodSeconds"))
    if metrics is not None:
        made.values[(*ports, int(serves), "containerPort")] = metrics
    if not serves and metrics is None:
        made.dropped.append(ports)
    elif not serves or metrics is None:
        made.dropped.append((*ports, int(serves)))


def probed(answers: AppAnswers, made: Filled) -> None:
    """How it is asked whether it is well."""
    kind = probe(answers)
    if kind is None:
        made.dropped += [(*made.container, each) for each in _PROBES]
        return
    name = "http" if answers.workload.preset.serves else "metrics"
    own = recipe(answers)
    live = answers.workload.live or own.live
    paths = (live, live, answers.workload.ready or own.ready)
    for each, path in zip(_PROBES, paths, strict=True):
        at: Address = (*made.container, each)
        made.dropped += [(*at, handler) for k, handler in _HANDLERS.items() if k is not kind]
        if kind is Probe.EXEC:
            made.listed((*at, "exec", "command"), answers.workload.probe_command)
        elif kind is Probe.GRPC:
            made.values[(*at, "grpc", "port")] = metrics_port(answers) or answers.port
            if answers.workload.preset.serves:
                made.values[(*at, "grpc", "port")] = answers.port
        else:
            made.values[(*at, _HANDLERS[kind], "port")] = name
        if kind is Probe.HTTP:
            made.values[(*at, "httpGet", "path")] = path
