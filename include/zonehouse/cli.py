"""``zonehouse …``: a thin face on the functions that the Dags call."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zonehouse import brief as pages
from zonehouse import intake as rooms
from zonehouse import publish as door
from zonehouse import quality, warehouse, workbooks
from zonehouse import trace as tracing
from zonehouse.backup import back_up, newest
from zonehouse.backup import restore as bring_back
from zonehouse.forms import FormDefinitionError, load_catalogue
from zonehouse.forms.describe import definition_schema, forms_page
from zonehouse.orchestration import local
from zonehouse.override_cli import app as override_app
from zonehouse.periods import HalfYear, Month
from zonehouse.sample import generate, load_province
from zonehouse.settings import Settings
from zonehouse.telling.next_step import next_step
from zonehouse.telling.queue import queue_json, tell_queue
from zonehouse.telling.status import month_json, tell_month
from zonehouse.telling.traces import tell_trace, write_csv
from zonehouse.trace.month import month_book

app = typer.Typer(
    help="Data warehouse of an industrial-zones authority: from enterprises' workbooks to the half-year page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(override_app, name="override")
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

DEFAULT_PROVINCE = Path(__file__).parent / "sample" / "provinces" / "giao_long.yml"
SAMPLE_FIRST, SAMPLE_LAST = "2015-01", "2016-06"

HalfOption = Annotated[str, typer.Option("--half", help="the half-year, such as 2016-H1")]
VariantOption = Annotated[
    str, typer.Option("--variant", help="internal, or public: disclosure-controlled, with no enterprise named")
]
LanguageOption = Annotated[str | None, typer.Option("--language", help="vi or en; default ZONEHOUSE_LANGUAGE")]


def _now() -> datetime:
    return datetime.now(UTC)


def _say(line: str) -> None:
    out.print(line, markup=False)


def _half(text: str) -> HalfYear:
    try:
        return HalfYear.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--half") from error


def _month(text: str, option: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


@app.command()
def sample(
    province: Annotated[Path, typer.Option(help="a province's specification (YAML)")] = DEFAULT_PROVINCE,
    first: Annotated[str, typer.Option("--from", help="first month")] = SAMPLE_FIRST,
    last: Annotated[str, typer.Option("--to", help="last month")] = SAMPLE_LAST,
    seed: Annotated[int, typer.Option(help="another seed gives other enterprises and figures")] = 2016,
    to: Annotated[Path | None, typer.Option("--out", help="folder to write to; default the inbox")] = None,
) -> None:
    """Write a synthetic province's workbooks into the inbox, as its enterprises would send them."""
    settings = Settings()
    folder = to or settings.inbox
    report = generate(
        load_province(province),
        folder,
        _month(first, "--from"),
        _month(last, "--to"),
        seed=seed,
        catalogue=load_catalogue(settings),
        progress=_say,
    )
    _say(f"{report.file_count} synthetic files in {folder}")


@app.command()
def intake() -> None:
    """Take in what lies in the inbox: archive, read, check, land. Nothing is lost, nothing is taken in twice."""
    settings = Settings()
    report = rooms.intake(settings, _now(), progress=_say)
    for left in report.received.left:
        _say(f"left in the inbox: {left.inbox_path} ({left.reason})")
    if report.receipt_count == 0:
        _say(f"nothing new in {settings.inbox_shown}")
    reconciliation = rooms.reconcile(settings)
    if reconciliation.received == 0:
        _say("put workbooks there and run this again; `zonehouse sample` writes synthetic ones to try with")
    _print_states(reconciliation)


@app.command()
def forms(
    page: Annotated[bool, typer.Option("--page", help="print the whole description as Markdown")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="print the JSON schema of a definition, for editors")
    ] = False,
) -> None:
    """Check the form definitions (the product's and those in ZONEHOUSE_FORMS), list them. Exit code 1 when wrong."""
    if schema:
        out.out(definition_schema(), end="")
        return
    try:
        catalogue = load_catalogue(Settings())
    except FormDefinitionError as error:
        err.print(str(error), markup=False)
        raise typer.Exit(1) from error
    if page:
        out.out(forms_page(catalogue), end="")
        return
    for form in catalogue.forms:
        until = f"to {form.valid_to}" if form.valid_to else "on"
        columns = sum(len(section.columns) for section in form.sections)
        _say(f"{form.code} {form.version}: {form.valid_from} {until}, {len(form.sections)} sheets, {columns} columns")


@app.command()
def compact() -> None:
    """Merge the landing's small files into one for each dataset and month; the rows stay what they are."""
    done = rooms.compact(Settings(), _now(), progress=_say)
    _say(f"{done.files_before} files before, {done.files_after} now")


@app.command()
def build(
    half: Annotated[str | None, typer.Option("--half", help="freeze a candidate of this half-year too")] = None,
) -> None:
    """Build the facts of what was taken in since the last build and, with --half, a half-year's candidate."""
    settings, wanted = Settings(), None if half is None else _half(half)
    pending = warehouse.pending(settings)
    if not pending.is_empty:
        warehouse.build_facts(settings, pending)
        overrides = f", {len(pending.override_events)} overrides" if pending.override_events else ""
        _say(f"facts built: {len(pending.months)} months, {len(pending.batch_ids)} batches{overrides}")
    elif settings.warehouse.is_file():
        _say("facts are up to date")
    elif wanted is None:
        _say(f"nothing was taken in: put workbooks into {settings.inbox}, then `zonehouse intake`, then this again")
    if wanted is not None:
        candidate = warehouse.build_candidate(settings, wanted, _now())
        _say(f"candidate {candidate.id} frozen in {candidate.folder}")


@app.command()
def validate(
    half: Annotated[str | None, typer.Option("--half", help="check the newest candidate of this half-year")] = None,
    month: Annotated[
        list[str] | None, typer.Option("--month", help="check the facts of this month; may repeat")
    ] = None,
) -> None:
    """Check months' facts, or a half-year's candidate and say what the gate decides. Exit code 1 when it blocks."""
    if (half is None) == (not month):
        raise typer.BadParameter("give --half or --month (not both)")
    settings = Settings()
    if half is not None:
        candidate = warehouse.newest_candidate(settings, _half(half))
        report = quality.check_candidate(settings, candidate, _now())
        verdict = quality.decide(settings, candidate, report, _now())
        _say(quality.describe(verdict, settings.language))
        blocked = verdict.outcome == "blocked"
    else:
        months = sorted(_month(text, "--month") for text in month or [])
        report = quality.check_months(settings, months, _now())
        _say(quality.describe_report(report, settings.language))
        blocked = report.has_critical
    _say(f"reports: {settings.reports / 'validation' / 'index.html'}")
    if blocked:
        raise typer.Exit(1)


@app.command()
def queue(
    half: HalfOption,
    language: LanguageOption = None,
    top: Annotated[int, typer.Option("--top", min=1, help="how many to list")] = quality.TOP,
    all_: Annotated[bool, typer.Option("--all", help="list all of them")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="all of them, as JSON")] = False,
) -> None:
    """List the values of a half-year's newest candidate to look at first: suspicion × effect on the total."""
    settings, wanted = Settings(), _half(half)
    doubts = quality.queue(settings, wanted)
    if as_json:
        out.file.write(queue_json(doubts, str(wanted)) + "\n")
    else:
        tell_queue(out, doubts, language or settings.language, None if all_ else top)


@app.command()
def publish(
    half: HalfOption,
    approve_as: Annotated[str | None, typer.Option(help="your name, when the gate asks for approval")] = None,
    reason: Annotated[str, typer.Option(help="why it may be published in spite of the warnings")] = "",
) -> None:
    """Publish the newest candidate of a half-year that has passed the gate or that you approve here."""
    settings = Settings()
    candidate = warehouse.newest_candidate(settings, _half(half))
    if approve_as is not None:
        if not reason.strip():
            raise typer.BadParameter("an approval needs --reason", param_hint="--reason")
        quality.record_approval(settings, candidate.id, True, by=approve_as, reason=reason, now=_now())
    release = door.publish(settings, candidate.id, _now(), progress=_say)
    written = pages.write_all_briefs(settings, candidate.half_year)
    _say(f"release {release.release_id} published in {release.folder}; pages:")
    for files in written:
        _say(f"  {files.html}")


@app.command()
def serve() -> None:
    """Bring the BI database (PostgreSQL, ZONEHOUSE_SERVING_URL) to what is published."""
    served = door.serve(Settings(), progress=_say)
    if served is None:
        raise typer.BadParameter("set ZONEHOUSE_SERVING_URL=postgresql://user:password@host/database first")
    told = ", ".join(served.releases.values())
    _say(f"served: {told}" if served.is_new else f"nothing new: the BI database already serves {told}")


@app.command()
def brief(
    half: HalfOption,
    language: LanguageOption = None,
    variant: VariantOption = "internal",
    authority: Annotated[
        str | None, typer.Option("--authority", help="an authority's code; needed when the half-year holds several")
    ] = None,
) -> None:
    """Print the page of a published half-year and say where its files lie."""
    settings = Settings()
    chosen = language or settings.language
    if variant not in {"internal", "public"}:
        raise typer.BadParameter(f"{variant!r} is neither internal nor public", param_hint="--variant")
    kind: pages.Variant = "public" if variant == "public" else "internal"
    files = pages.write_brief(settings, _half(half), chosen, authority, kind)
    _say(files.text.read_text(encoding="utf-8"))
    _say(f"{files.text}\n{files.html}\n{files.docx}\n{len(files.charts)} charts beside them (.svg, .png)")


@app.command()
def docs() -> None:
    """Write the warehouse's documentation: models, columns, lineage, metrics; one page that opens offline."""
    _say(f"open {warehouse.build_docs(Settings())} in a browser")


@app.command()
def status(
    period: Annotated[str | None, typer.Option("--period", help="one month, such as 2016-05: file by file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="with --period: as JSON")] = False,
) -> None:
    """Say what was received and in which state it is, what waits, and what is published."""
    settings = Settings()
    if period is not None:
        book = month_book(settings, _month(period, "--period"))
        if as_json:
            out.file.write(month_json(book, settings.language) + "\n")
        else:
            tell_month(out, book, settings.language)
        return
    if as_json:
        raise typer.BadParameter("goes with --period", param_hint="--json")
    books = rooms.reconcile(settings)
    _print_states(books)
    pending = warehouse.pending(settings)
    stale = warehouse.stale_half_years(settings)
    _say(f"landed and not built: {len(pending.batch_ids)} batches, {len(pending.months)} months")
    _say(f"half-years to refresh: {', '.join(map(str, stale)) or 'none'}")
    for half_year, release_id in sorted(door.current_releases(settings).items()):
        _say(f"published: {half_year} is {release_id}")
    if (step := next_step(settings)) is not None:
        _say(f"next: {step}")


@app.command("trace")
def trace_command(  # noqa: PLR0913, PLR0917 - its options
    what: Annotated[
        str, typer.Argument(help="a figure (gross_output, 2016-H1/exports/TOTAL), a file's hash or receipt, a tax code")
    ],
    authority: Annotated[str | None, typer.Option("--authority", help="when several publish the figure")] = None,
    base: Annotated[bool, typer.Option("--base", help="a figure of the same period of the year before")] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="how many of a figure's cells and files to list")] = 20,
    all_: Annotated[bool, typer.Option("--all", help="list all of them")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="write all cells of a figure to this file")] = None,
) -> None:
    """Go from a published figure to the workbook cells behind it, or from a file or a tax code to its figures."""
    settings = Settings()
    traced = tracing.trace(settings, what, authority, "base" if base else "current")
    if csv is not None and not isinstance(traced, tracing.FigureTrace):
        raise typer.BadParameter("only the cells of a figure can be written", param_hint="--csv")
    tell_trace(out, traced, settings.language, None if all_ else top)
    if isinstance(traced, tracing.FigureTrace):
        if csv is not None:
            _say(f"{write_csv(traced, csv)} cells in {csv}")
        if not traced.adds_up:
            raise typer.Exit(1)


@app.command()
def template(
    period: Annotated[str, typer.Option("--period", help="the month to report, such as 2016-07")],
    enterprise: Annotated[str | None, typer.Option("--enterprise", help="a tax code; default all who owe it")] = None,
    authority: Annotated[str | None, typer.Option("--authority", help="an authority's code, for its own forms")] = None,
    form: Annotated[
        str | None, typer.Option("--form", help="one form only; of an authority, its return when not given")
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="file or folder; default the outbox")] = None,
) -> None:
    """Write the workbooks to fill in: identity, rows and last month's values are there already."""
    settings, month = Settings(), _month(period, "--period")
    out_path = to or workbooks.template_folder(settings, month)
    if enterprise is not None and authority is not None:
        raise typer.BadParameter("give --enterprise or --authority (not both)")
    if enterprise is not None:
        _say(str(workbooks.write_template(settings, enterprise, month, out_path, form)))
    elif authority is not None:
        _say(str(workbooks.write_authority_template(settings, authority, form or "authority_return", month, out_path)))
    elif not workbooks.write_templates(settings, month, out_path, progress=_say):
        raise workbooks.WorkbookError(f"no project register that was taken in names anyone who owes a form for {month}")


@app.command()
def returned(
    receipt: Annotated[str, typer.Argument(help="a receipt's id, or a beginning that only it has")],
    to: Annotated[Path, typer.Option("--out", help="file or folder; default this folder")] = Path(),
) -> None:
    """Write a sender's own workbook with the bad cells coloured and commented, and what to do on top."""
    _say(str(workbooks.write_returned_workbook(Settings(), receipt, to)))


@app.command("steward-workbook")
def steward_workbook(
    night: Annotated[str | None, typer.Option("--night", help="such as 2016-07-13; default the newest")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="file; default reports/steward/<night>.xlsx")] = None,
) -> None:
    """Write all findings of a night for stewards, the weightiest first."""
    settings = Settings()
    chosen = night or workbooks.newest_night(settings)
    if chosen is None:
        raise workbooks.WorkbookError("nothing has been landed; `zonehouse intake` takes in what lies in the inbox")
    _say(str(workbooks.write_steward_workbook(settings, workbooks.batches_of_night(settings, chosen), to)))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="a folder on another disk; each back-up is a folder in it")],
) -> None:
    """Back up the state: archive, landing, releases, what waits. Costs what is new since the back-up before."""
    made = back_up(Settings(), target, _now(), _say)
    megabytes = made.size_bytes / 1_000_000
    _say(f"{made.folder}: {made.file_count} files, {megabytes:.1f} MB, of them {made.new_count} new")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="a back-up, or the folder of back-ups: then the newest")],
) -> None:
    """Bring a back-up into an empty ZONEHOUSE_HOME, each file compared with its SHA-256."""
    settings = Settings()
    chosen = newest(source) or source
    count = bring_back(settings, chosen, _say)
    _say(f"{chosen}: {count} files are back in {settings.home}; the next load makes the warehouse anew")


@app.command()
def run() -> None:
    """What ``make run`` does: sample province if this is new, then Airflow loads, checks and publishes it."""
    raise typer.Exit(local.run(Settings()))


@app.command()
def up() -> None:
    """Start Airflow on this machine and leave it running until Ctrl-C."""
    raise typer.Exit(local.up(Settings()))


def _print_states(reconciliation: rooms.Reconciliation) -> None:
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in reconciliation.states.items())
    _say(f"received {reconciliation.received} = {states}")


def main() -> None:
    """Entry point: errors that people can act on end with a line and exit code 1, not a traceback."""
    try:
        app()
    except (ValueError, RuntimeError, OSError) as error:
        err.print(f"zonehouse: {error}", markup=False)
        # The error names its own step; in a new home an earlier one is missing.
        with contextlib.suppress(ValueError, OSError):
            if (step := next_step(Settings())) is not None:
                err.print(f"next: {step}", markup=False)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
