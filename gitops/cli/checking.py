"""`check`: what is wrong with a fleet, for a person, for a forge, beside what was known before."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say
from gitops.cli.patience import Tally, patience
from gitops.cli.tools import Tools, find_builder, find_ignored, find_schemas, say_missing

if TYPE_CHECKING:
    from gitops.check import Report
    from gitops.check.baseline import Entry
    from gitops.check.schemas import Schemas
    from gitops.rendering.model import Builder
    from gitops.tree import Tree


class Format(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    CODEQUALITY = "codequality"


Form = Annotated[str, typer.Option("--format", help="text, json, sarif or codequality (GitLab's).")]
Output = Annotated[
    Path | None, typer.Option(help="Write that to a file, and the text to the screen.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings fail too.")]
Baseline = Annotated[
    Path | None,
    typer.Option(help="What is known already. [default: .fairlead/check-baseline.json]"),
]
WriteBaseline = Annotated[
    bool, typer.Option("--write-baseline", help="Write what is found into the baseline.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="With --write-baseline: print a diff, write nothing.")
]
NoRender = Annotated[
    bool, typer.Option("--no-render", help="Leave out what only rendered objects show.")
]
OfKubernetes = Annotated[
    bool, typer.Option("--schemas", help="Rendered objects must fit Kubernetes' own JSON schemas.")
]
SchemaDir = Annotated[
    list[Path] | None,
    typer.Option("--schema-dir", help="They must fit the JSON schemas below this directory too."),
]


def add_verbs(app: typer.Typer, tools: Tools | None = None) -> None:
    """Mount the verb of this module; without tools it renders nothing and says nothing of it."""

    def check(
        path: Annotated[Path, typer.Argument(help="The fleet's directory.")] = HERE,
        form: Form = Format.TEXT.value,
        output: Output = None,
        strict: Strict = False,
        baseline: Baseline = None,
        write_baseline: WriteBaseline = False,
        dry_run: DryRun = False,
        no_render: NoRender = False,
        schemas: OfKubernetes = False,
        schema_dir: SchemaDir = None,
        json: options.Json = False,
    ) -> None:
        """Look for what is wrong with a fleet; exit 1 when something is an error."""
        from gitops.errors import InvalidInput

        wanted = _format(form, json=json)
        if dry_run and not write_baseline:
            told = "--dry-run goes with --write-baseline"
            raise InvalidInput(told, "check writes nothing by itself")
        tree = _read(path, find_ignored(tools, path))
        builder = None if no_render or tools is None else find_builder(tools)
        judge = find_schemas(tools, builder, schema_dir or (), own=schemas)
        if write_baseline:
            as_json = wanted is Format.JSON
            entries = _baseline_of(tree, builder, judge)
            _write_baseline(path, tree, baseline, entries, dry_run=dry_run, json=as_json)
            return
        report = _checked(tree, _entries(tree, baseline), builder, judge)
        _deliver(report, wanted, output, path)
        if report.fails(strict=strict):
            raise typer.Exit(1)

    app.command()(check)


def _deliver(report: "Report", wanted: Format, output: Path | None, path: Path) -> None:
    if output is not None:
        _write(output, _text(report, wanted, path))
        wanted = Format.TEXT
    if wanted is Format.TEXT:
        _show(report)
    else:
        print(_text(report, wanted, path), end="")


def _format(form: str, *, json: bool) -> Format:
    from gitops.config.faults import nearest
    from gitops.errors import InvalidInput

    if form not in set(Format):
        raise InvalidInput(f"no format {form!r} is known", nearest(form, list(Format)))
    if json and form not in {Format.TEXT, Format.JSON}:
        raise InvalidInput(f"--json and --format {form} are two formats", "leave one of them out")
    return Format.JSON if json else Format(form)


def _read(path: Path, ignored: frozenset[str]) -> "Tree":
    from gitops.directory import read_directory

    seen = Tally()
    with patience(f"reading what is below {path}", lambda: f"{seen} files"):
        return read_directory(path, seen, ignored)


def _checked(
    tree: "Tree",
    entries: "tuple[Entry, ...]",
    builder: "Builder | None",
    judge: "Schemas | None",
) -> "Report":
    import gc

    from gitops.check import checked
    from gitops.check.rendered_rules import rendered_findings
    from gitops.check.rules import RULES

    seen, built = Tally(), Tally()
    rules = () if judge is None else (judge,)
    rendered = None if builder is None else rendered_findings(builder, built, rules)

    def so_far() -> str:
        return f"{seen} of {len(RULES)} rules" + (f", {built} rendered" if rendered else "")

    with patience(f"checking {len(tree)} files", so_far):
        # What is read stays until the end. To search it for garbage takes a quarter of the time.
        gc.disable()
        try:
            report = checked(tree, entries, rendered, seen)
        finally:
            gc.enable()
    if judge is not None:
        say_missing(judge)
    return report


def _baseline_of(
    tree: "Tree", builder: "Builder | None", judge: "Schemas | None"
) -> "tuple[Entry, ...]":
    from gitops.check.baseline import entries_of

    return entries_of(_checked(tree, (), builder, judge).findings)


def _entries(tree: "Tree", named: Path | None) -> "tuple[Entry, ...]":
    """The baseline that was named, or the fleet's own where it has one."""
    from gitops.check.baseline import DEFAULT_PATH, read
    from gitops.directory import read_file
    from gitops.errors import InvalidInput, Place

    if named is not None:
        if not named.exists():
            hint = "write it with --write-baseline"
            raise InvalidInput("no such baseline", hint, Place(str(named)))
        return read(str(named), read_file(named)[named.name].data)
    return read(DEFAULT_PATH, tree[DEFAULT_PATH].data) if DEFAULT_PATH in tree else ()


def _write_baseline(
    path: Path,
    tree: "Tree",
    named: Path | None,
    entries: "tuple[Entry, ...]",
    *,
    dry_run: bool,
    json: bool,
) -> None:
    from gitops.check.baseline import DEFAULT_PATH, written
    from gitops.tree import Tree

    if named is None:
        root, name = path, DEFAULT_PATH
        old = Tree({name: tree[name]} if name in tree else {})
    else:
        root, name, old = named.parent, named.name, _file(named)
    # Where nothing is found, a file that is not there says it as well as an empty one.
    new = old.replace({name: written(entries)}) if entries or old else old
    deliver(root, old, new, dry_run=dry_run, json=json)


def _write(output: Path, text: str) -> None:
    from gitops.directory import write_directory

    old = _file(output)
    data = text.encode(errors="surrogateescape")
    write_directory(output.parent, old, old.replace({output.name: data}))


def _file(path: Path) -> "Tree":
    """A Tree of this file alone, empty where there is none."""
    from gitops.directory import read_file
    from gitops.tree import Tree

    return read_file(path) if path.exists() else Tree({})


def _text(report: "Report", wanted: Format, path: Path) -> str:
    from gitops.check.report import as_json, lines
    from gitops.check.report_codequality import as_codequality
    from gitops.check.report_sarif import as_sarif

    # A forge counts paths from the repository's root, where its jobs start.
    inside = path != HERE and not path.is_absolute() and ".." not in path.parts
    prefix = f"{path.as_posix()}/" if inside else ""
    match wanted:
        case Format.TEXT:
            return "".join(f"{line}\n" for line in lines(report))
        case Format.JSON:
            return as_json(report)
        case Format.SARIF:
            return as_sarif(report, prefix)
        case Format.CODEQUALITY:
            return as_codequality(report, prefix)


def _show(report: "Report") -> None:
    from gitops.check.report import lines

    for line in lines(report):
        say(line)
