"""What a person answers about an app's pods."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gitops.config.faults import nearest
from gitops.errors import InvalidInput
from gitops.scaffold.answers.app_options import (
    LOG_PARSERS,
    Autoscaler,
    Preset,
    Probe,
    Size,
    Strategy,
)
from gitops.scaffold.answers.app_trigger import Trigger
from gitops.scaffold.answers.names import label

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SCHEDULE: Sequence[tuple[str, int, int, Sequence[str]]] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    (
        "month",
        1,
        12,
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    ),
    ("weekday", 0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
)
"""The fields of a schedule: from, to, and the names of numbers from the first on.

Source: https://pkg.go.dev/github.com/robfig/cron/v3, which Kubernetes reads it with; 7 is no day.
"""

_PART = re.compile(r"(?:[*?]|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/[1-9]\d?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Volume:
    """Room that outlives an app's pod: `size` as Kubernetes writes it, mounted at `path`."""

    name: str
    path: str
    size: str


def volume(text: str) -> Volume:
    """`NAME=/PATH:SIZE` as a volume.

    Raises:
        InvalidInput: it is none.
    """
    found = re.fullmatch(r"([^=]+)=(/[\w./-]*[\w-]):([1-9]\d{0,4}[MGT]i)", text, re.ASCII)
    if found is None or ".." in found[2].split("/"):
        raise InvalidInput(f"--volume {text} is no volume", "write --volume data=/data:10Gi")
    return Volume(label(found[1], "volume"), found[2], found[3])


@dataclass(frozen=True, slots=True)
class Workload:
    """What an app's pods are.

    `size`, `live`, `ready` and `probe` are the preset's where they are None. `command` is what runs
    in the container, () for what the preset or the image says; `probe_command` what tells whether
    it is well. `schedule` is a CronJob's five fields.
    """

    preset: Preset = Preset.GENERIC
    size: Size | None = None
    probe: Probe | None = None
    live: str | None = None
    ready: str | None = None
    probe_command: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    schedule: str | None = None
    strategy: Strategy = Strategy.ROLLING_UPDATE
    log_parser: str | None = None
    volumes: tuple[Volume, ...] = ()

    def __post_init__(self) -> None:
        for path in (self.live, self.ready):
            if path is not None and (not path.startswith("/") or not path.isprintable()):
                hint = "write it as /healthz"
                raise InvalidInput(f"{path!r} is no path that a probe could ask for", hint)
        if self.log_parser is not None and self.log_parser not in LOG_PARSERS:
            told = f"Fluent Bit brings no parser {self.log_parser!r}"
            raise InvalidInput(told, nearest(self.log_parser, LOG_PARSERS))
        self._check_probe()
        self._check_schedule()
        self._check_volumes()
        if self.preset is not Preset.CRON:
            return
        if self.strategy is not Strategy.ROLLING_UPDATE:
            told = f"a CronJob has no strategy {self.strategy}: each run is new"
            raise InvalidInput(told, "leave out --strategy")
        if self.probe is not None:
            told = "nobody asks a CronJob's pods whether they are well"
            raise InvalidInput(told, "leave out --probe")

    def _check_volumes(self) -> None:
        keeps = self.preset.keeps
        if keeps and not self.volumes:
            told = "a StatefulSet without a volume keeps nothing"
            raise InvalidInput(told, "add --volume data=/data:10Gi, or say another --preset")
        if self.volumes and not keeps and self.strategy is not Strategy.RECREATE:
            told = "a volume is one pod's alone, and a new one would start beside it"
            hint = "add --strategy Recreate for one pod, or --preset stateful for a volume each"
            raise InvalidInput(told, hint)
        for each in (tuple(v.name for v in self.volumes), tuple(v.path for v in self.volumes)):
            if len({*each, "tmp", "/tmp"}) < len(each) + 2:  # noqa: S108
                raise InvalidInput("two volumes have one name or one path", "give each its own")

    def _check_probe(self) -> None:
        if self.probe is Probe.EXEC and not self.probe_command:
            told = "--probe exec says not what is run"
            raise InvalidInput(told, "add --probe-command 'test -e /tmp/healthy', for example")
        if self.probe_command and self.probe is not Probe.EXEC:
            raise InvalidInput(
                "--probe-command goes with --probe exec", "add it, or leave both out"
            )
        if (self.live or self.ready) and self.probe not in {Probe.HTTP, None}:
            told = f"--probe {self.probe} asks for no path"
            raise InvalidInput(told, "leave out --live and --ready, or --probe")
        if self.live is not None and self.live == self.ready:
            told = f"both probes would ask for {self.live}: a pod that is busy would be restarted"
            raise InvalidInput(told, "give --live and --ready paths of their own")

    def _check_schedule(self) -> None:
        cron = self.preset is Preset.CRON
        if cron and self.schedule is None:
            raise InvalidInput("nothing says when the CronJob runs", "add --schedule '0 3 * * *'")
        if self.schedule is None:
            return
        if not cron:
            told = f"an app of the preset {self.preset} runs all the time"
            raise InvalidInput(told, "leave out --schedule, or say --preset cron")
        fields = self.schedule.split(" ")
        if len(fields) != len(_SCHEDULE):
            hint = "write minute, hour, day, month and weekday: --schedule '0 3 * * *'"
            raise InvalidInput(f"{self.schedule!r} is no schedule", hint)
        for text, (what, least, most, names) in zip(fields, _SCHEDULE, strict=True):
            if not all(_is_part(part, least, most, names) for part in text.split(",")):
                told = f"{self.schedule!r} is no schedule: {text!r} is no {what}"
                raise InvalidInput(told, f"write *, or numbers from {least} to {most}")


def _is_part(text: str, least: int, most: int, names: Sequence[str]) -> bool:
    """Whether a field of a schedule can have this between its commas."""
    found = _PART.fullmatch(text)
    if found is None:
        return False
    ends = [end.lower() for end in found.group("first", "last") if end is not None]
    numbers = [least + names.index(end) if end in names else _number(end) for end in ends]
    return all(least <= n <= most for n in numbers) and numbers == sorted(numbers)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,2}", text, re.ASCII) else -1


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many pods there are.

    `replicas` by environment, 2 where none is named. `bounds`, the least and the most that the
    autoscaler may take, by environment and for `ALL`; 2 to 6 where none is said. `trigger`
    is what KEDA goes by, None for the CPU.
    """

    replicas: Mapping[str, int] = field(default_factory=dict)
    autoscaler: Autoscaler | None = None
    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    trigger: Trigger | None = None

    def __post_init__(self) -> None:
        if self.autoscaler is not None and self.replicas:
            told = f"{self.autoscaler} says how many pods there are, and so would --replicas"
            raise InvalidInput(told, "write --scale MIN-MAX in place of --replicas")
        if self.autoscaler is None and self.bounds:
            raise InvalidInput("--scale goes with an autoscaler", "add --autoscale hpa or keda")
        if self.trigger is not None and self.autoscaler is not Autoscaler.KEDA:
            raise InvalidInput("--trigger is for KEDA", "add --autoscale keda")
        for count in self.replicas.values():
            if not 1 <= count <= 1000:
                raise InvalidInput(f"{count} is no number of pods", "name one from 1 to 1000")
        for least, most in self.bounds.values():
            if least == 0:
                told = f"{least}-{most}: where no pod is left, its CPU tells nothing"
                hint = "start at 1 or more, and lower it where a queue is what tells"
                raise InvalidInput(told, hint)
            if not 1 <= least < most <= 1000:
                hint = "write --scale MIN-MAX, for example 2-6"
                raise InvalidInput(f"{least}-{most} leaves nothing to scale", hint)


def bounds(text: str) -> tuple[int, int]:
    """`MIN-MAX` as the two numbers.

    Raises:
        InvalidInput: it is none.
    """
    found = re.fullmatch(r"(\d{1,4})-(\d{1,4})", text, re.ASCII)
    if found is None:
        raise InvalidInput(f"--scale {text} is not MIN-MAX", "write --scale 2-6, for example")
    return int(found[1]), int(found[2])
