"""What is looked things up in: every input with its source, what does not apply and why, words."""

from __future__ import annotations

from carbon.reports.evidence import publication_columns
from carbon.reports.report import Block, Bullets, Cell, Column, Definitions, Section, Subheading, Table, Text
from carbon.reports.roi_context import RoiContext
from carbon.roi import Input


def inputs(context: RoiContext) -> Section:
    """Every number that a model reads, once, with the measures that read it."""
    words = context.said
    used: dict[Input, list[str]] = {}
    for entry in context.study.entries:
        for each in entry.measure.inputs.values():
            used.setdefault(each, []).append(context.measure(entry.measure.key))
    if not used:
        return Section("inputs", words("register.title"), (Text(words("summary.empty")),))
    rows: list[tuple[Cell, ...]] = []
    for each, measures in used.items():
        ends = words("register.exact")
        if each.low != each.high:
            ends = f"{context.value(each.low)}–{context.value(each.high)}"
        rows.append(
            (
                context.input(each.key),
                context.words.joined(measures),
                context.given(each),
                context.unit(each),
                ends,
                context.kind(each),
                context.source(each),
            )
        )
    columns = (
        Column(words("page.input"), weight=2.2),
        Column(words("register.used"), weight=2.2),
        Column(words("page.value"), weight=1.1, numeric=True),
        Column(words("page.unit"), weight=1.1),
        Column(words("register.range"), weight=1.5),
        Column(words("register.kind"), weight=1.3),
        Column(words("page.source"), weight=3),
    )
    defaults = sum(each.illustrative for each in used)
    finding = words("register.finding", count=len(used), defaults=defaults)
    table = Table(finding, columns, tuple(rows), words("register.subtitle"), dense=True)
    return Section("inputs", words("register.title"), (table, *_publications(context)), True)


def _publications(context: RoiContext) -> tuple[Table, ...]:
    """The publications that inputs cite, with edition and year; nothing where none is cited."""
    words = context.words
    rows = []
    for key, number in context.publications.items():
        each = context.study.sources[key]
        year = "–" if each.year is None else str(each.year)
        cited = words("factors.cited", number=number)
        rows.append((cited, each.title, each.publisher, each.edition, year, each.licence))
    if not rows:
        return ()
    finding = context.said("register.sources_finding", count=len(rows))
    return (
        Table(finding, publication_columns(words), tuple(rows), context.said("register.sources_subtitle"), dense=True),
    )


def absent(context: RoiContext) -> Section:
    """Measures that do not apply, each with its reason, and what was found on reading the ledger."""
    words, study = context.said, context.study
    blocks: list[Block] = [Text(words("absent.none"))]
    if study.absent:
        columns = (Column(words("carbon.measure"), weight=1), Column(words("absent.reason"), weight=4))
        rows = tuple((context.measure(each.key), context.remark(each.why)) for each in study.absent)
        blocks = [Table(words("absent.finding", count=len(rows)), columns, rows, dense=True)]
    if study.baseline.notes:
        blocks += [
            Subheading(words("absent.notes")),
            Bullets(tuple(context.remark(each) for each in study.baseline.notes)),
        ]
    return Section("absent", words("absent.title"), tuple(blocks))


def glossary(context: RoiContext) -> Section:
    """What words mean."""
    items = tuple((str(term), str(text)) for term, text in context.words.at("roi.glossary.items"))
    return Section("glossary", context.said("glossary.title"), (Definitions(items),))
