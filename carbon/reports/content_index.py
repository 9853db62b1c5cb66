"""The content index and the key figures: every datapoint with its state, figure or reason, and where it stands."""

from __future__ import annotations

from carbon.reports.answers import Answer, State, answer
from carbon.reports.context import Context
from carbon.reports.report import Cell, Column, Link, Missing, Number, Section, Table, Text
from carbon.reports.standard import Datapoint, Document, kpis

_MARK = " · "


def index(context: Context) -> Section:
    """Return the index of the profile's datapoints, one table a document."""
    words, standard = context.words, context.standard
    if standard is None:
        raise ValueError("a content index needs a standard")
    blocks = [Text(words("index.text"))]
    blocks += [_document_table(context, document, points) for document, points in standard.points(context.edition)]
    return Section("index", words("index.title"), tuple(blocks), True)


def _document_table(context: Context, document: Document, points: list[Datapoint]) -> Table:
    words = context.words
    answers = [answer(context, point) for point in points]
    rows = tuple(_row(context, document, point, found) for point, found in zip(points, answers, strict=True))
    counts = {str(state): sum(each.state is state for each in answers) for state in State}
    columns = (
        Column(words("index.id"), weight=1.5),
        Column(words("index.datapoint"), weight=2.5),
        Column(words("index.state"), weight=0.95),
        Column(words("index.figure"), weight=1.6, numeric=True),
        Column(words("index.content"), weight=2.6),
        Column(words("index.section"), weight=1.4),
    )
    title = words("index.document", document=document.name(context.language), edition=document.edition)
    notes = () if all(point.confirmed for point in points) else (words("index.unconfirmed_note"),)
    return Table(title, columns, rows, words("index.counts", **counts), dense=True, notes=notes)


def _row(context: Context, document: Document, point: Datapoint, found: Answer) -> tuple[Cell, ...]:
    words = context.words
    name = f"{point.id}{_MARK}{document.edition}"
    if not point.confirmed:
        name = words("index.unconfirmed", id=name)
    title = point.title(context.language)
    if point.note:
        title = words("index.noted", title=title, note=point.note(context.language))
    state = words(f"index.states.{found.state}")
    if isinstance(found.cell, Missing):
        return (name, title, state, "–", found.cell, "–")
    limits = [words(f"limits.{each}") for each in found.limits]
    if isinstance(found.cell, Number):
        return (
            name,
            title,
            state,
            found.cell,
            words("words.semicolon").join(limits) or "–",
            where(context, found.section),
        )
    said = words("words.semicolon").join([found.cell, *limits])
    return (name, title, state, "–", said, where(context, found.section))


def where(context: Context, section: str) -> Cell:
    """Return a link to a section of this report; a dash where the report has no such section."""
    title = context.titles.get(section)
    return Link(title, section) if title else "–"


def key_figures(context: Context) -> Section:
    """Return the project's own list of key figures, each with definition, unit, and figure or reason."""
    words = context.words
    blocks = []
    for group in kpis().groups.values():
        rows = []
        for each in group.kpis:
            found = answer(context, each)
            cell: Cell = found.cell
            limits = words("words.semicolon").join(words(f"limits.{key}") for key in found.limits)
            definition = each.definition(context.language)
            if limits:
                definition = words("index.noted", title=definition, note=limits)
            rows.append((each.id, each.title(context.language), definition, cell))
        columns = (
            Column(words("kpis.id"), weight=0.5),
            Column(words("kpis.figure"), weight=1.8),
            Column(words("kpis.definition"), weight=4),
            Column(words("kpis.value"), weight=2.2, numeric=True),
        )
        blocks.append(Table(group.title(context.language), columns, tuple(rows)))
    return Section("kpis", words("kpis.title"), (Text(words("kpis.text")), *blocks), True)
