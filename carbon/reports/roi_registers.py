"""What is looked things up in: every input with its source, what does not apply and why, words."""

from __future__ import annotations

from carbon.reports.report import Block, Bullets, Cell, Column, Definitions, Number, Section, Subheading, Table, Text
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
                Number(each.value, context.value(each.value), each.unit),
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
    return Section("inputs", words("register.title"), (table,), True)


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
