"""What is wrong with the containers of a workload: resources, probes, variables, the command."""

from collections import Counter
from collections.abc import Iterator, Mapping

from gitops.check.finding import Finding
from gitops.check.pods import Container, Workload, told, workloads
from gitops.check.rendered import Rendered, RenderedRule
from gitops.inclusion.flux_objects import mapping, sequence, text

_ACTIONS = ("httpGet", "tcpSocket", "grpc", "exec")
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_DEVELOPMENT = (
    ("flask", "run"),
    ("manage.py", "runserver"),
    ("npm", "start"),
    ("npm", "run", "dev"),
    ("rails", "server"),
    ("php", "artisan", "serve"),
)
_INTERPRETERS = frozenset({"python", "python3"})
_SCRIPTS = frozenset({"app.py", "main.py", "wsgi.py", "server.py"})


def resources(rendered: Rendered) -> Iterator[Finding]:
    """FL801: a container that asks for nothing, or may take all memory."""
    for workload, container in _containers(rendered):
        wanted = {
            "a CPU request": ("requests", "cpu"),
            "a memory request": ("requests", "memory"),
            "a memory limit": ("limits", "memory"),
        }
        missing = [
            what for what, steps in wanted.items() if container.at("resources", *steps) is None
        ]
        if missing:
            said = f"the container {container.name} has not {', '.join(missing)}"
            hint = "write `resources`: what it needs, and the memory it may take at most"
            yield told("FL801", workload.about, said, hint)


def probes(rendered: Rendered) -> Iterator[Finding]:
    """FL802 to FL805: nobody asks whether it can serve, or lives; or asks in the wrong way."""
    for workload, container in _containers(rendered):
        if not workload.long_running or container.first:
            continue
        ready, alive = container.at("readinessProbe"), container.at("livenessProbe")
        if ready is None and container.at("ports"):
            said = f"the container {container.name} has ports and no readinessProbe"
            hint = "without one it gets requests before it can answer them"
            yield told("FL802", workload.about, said, hint)
        if alive is None:
            said = f"the container {container.name} has no livenessProbe"
            yield told("FL803", workload.about, said, "one that hangs is never started again")
        if ready is not None and ready == alive:
            said = f"readinessProbe and livenessProbe of {container.name} are the same"
            hint = "let it live longer than it is ready: another path, or a higher failureThreshold"
            yield told("FL804", workload.about, said, hint)
        yield from _ports(workload, container)


def _ports(workload: Workload, container: Container) -> Iterator[Finding]:
    for probe in _PROBES:
        for action in _ACTIONS:
            port = text(container.at(probe, action, "port"))
            if port and not port.isdigit() and "$" not in port and port not in container.ports:
                said = f"{probe} of {container.name} asks the port {port}, which it has not"
                known = ", ".join(sorted(container.ports)) or "none with a name"
                yield told("FL805", workload.about, said, f"it has {known}")


def variables(rendered: Rendered) -> Iterator[Finding]:
    """FL825: a variable that is set twice."""
    for workload, container in _containers(rendered):
        names = (text(mapping(each).get("name")) for each in sequence(container.at("env")))
        for name, times in Counter(filter(None, names)).items():
            if times > 1:
                said = f"the container {container.name} sets {name} {times} times"
                yield told("FL825", workload.about, said, "the last one wins; keep one")


def commands(rendered: Rendered) -> Iterator[Finding]:
    """FL826: a server that is made for one's own machine."""
    for workload, container in _containers(rendered):
        words = _words(container.data)
        if workload.long_running and _is_for_development(words):
            said = f"the container {container.name} runs `{' '.join(words[:4])}`"
            hint = "take one made to serve many: gunicorn, uvicorn, granian"
            yield told("FL826", workload.about, f"{said}, a server for development", hint)


def _words(container: Mapping[str, object]) -> list[str]:
    said = [*sequence(container.get("command")), *sequence(container.get("args"))]
    texts = [each for each in said if isinstance(each, str)]
    if texts[:2] in (["sh", "-c"], ["/bin/sh", "-c"], ["bash", "-c"], ["/bin/bash", "-c"]):
        texts = " ".join(texts[2:]).split()
    return texts


def _is_for_development(words: list[str]) -> bool:
    names = [word.rpartition("/")[2] for word in words]
    if len(names) > 1 and names[0] in _INTERPRETERS and names[1] in _SCRIPTS:
        return True
    if names[:2] == ["python", "-m"] or names[:2] == ["python3", "-m"]:
        names = names[2:]
    return any(
        tuple(names[at : at + len(each)]) == each for each in _DEVELOPMENT for at in range(2)
    )


def _containers(rendered: Rendered) -> Iterator[tuple[Workload, Container]]:
    for workload in workloads(rendered):
        for container in workload.containers:
            yield workload, container


RULES: tuple[RenderedRule, ...] = (resources, probes, variables, commands)
