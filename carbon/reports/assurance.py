"""Who has looked at the figures: nobody outside, until they say so; who signed for assumptions, and what is open."""

from __future__ import annotations

from carbon.ledger import Review, Subject
from carbon.ledger.subjects import FALLBACK
from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.report import Block, Cell, Column, Definitions, Notice, Section, Table
from carbon.terms import Language


def assurance(context: Context) -> Section:
    """Level of assurance, how to check, sign-offs, and what is material without one."""
    words, found = context.words, context.review
    signed = words.not_reported("no_sign_off")
    if found is not None and found.checked:
        signed = words("assurance.signed", holding=found.holding, given=len(found.checked))
    items = (
        (words("assurance.level"), words("cover.assurance_word")),
        (words("assurance.sign_off"), signed),
        (words("assurance.replay"), words("assurance.replay_text")),
        (words("assurance.sample"), words("assurance.sample_text")),
        (words("cover.head"), context.inventory.head_sha256 or words.not_reported("no_hash")),
    )
    blocks: list[Block] = [Notice(words("cover.assurance_word"), words("assurance.text")), Definitions(items)]
    if found is not None and found.checked:
        blocks.append(_signed(context, found))
    if found is not None and found.material:
        blocks.append(_open(context, found))
    return Section("assurance", words("assurance.title"), tuple(blocks))


def _name(context: Context, subject: Subject) -> str:
    if subject.kind == FALLBACK:
        return context.words.named("rows.fallbacks", subject.key.partition(":")[2])
    title = subject.title_zh if context.language is Language.ZH else subject.title_en
    # Most titles name the key's own id already.
    told = subject.key.partition(":")[2] in title
    return title if told else context.words("assurance.named", title=title, id=subject.key)


def _kind(context: Context, subject: Subject) -> str:
    return context.words(f"assurance.kinds.{subject.kind}")


def _told(context: Context, edition: str | None, value: str | None) -> str:
    parts = (edition, _value(context, value or ""))
    return context.words("words.semicolon").join(part for part in parts if part) or "–"


def _value(context: Context, value: str) -> str:
    """Return a value as it is printed: of a factor's parts, each begins with its boundary."""
    known = context.words.at("boundaries")
    found = []
    for part in value.split("; "):
        boundary = max((each for each in known if part.startswith(f"{each} ")), key=len, default="")
        rest = _stated(context, part.removeprefix(boundary).strip())
        found.append(f"{known[boundary]} {rest}" if boundary else rest)
    return context.words("words.semicolon").join(found)


#: Units that nobody writes, and what people write instead: unit, and what one of them is in it.
_WRITTEN = {"m**3/km": ("l/km", 1e3)}


def _stated(context: Context, text: str) -> str:
    """Return a number and its unit as people write them; what is no number stays as it is."""
    number, _, unit = text.partition(" ")
    try:
        value = float(number)
    except ValueError:
        return numbers.unit_text(text)
    if unit not in _WRITTEN and "e" not in number:
        return numbers.unit_text(text)
    written, size = _WRITTEN.get(unit, (numbers.unit_text(unit), 1.0))
    return f"{numbers.published(value * size, context.language)}\u00a0{written}".strip()


def _signed(context: Context, found: Review) -> Table:
    """Return every sign-off, and of one that lapsed what changed."""
    words = context.words
    rows: list[tuple[Cell, ...]] = []
    for each in found.checked:
        signed, subject = each.signed, each.subject
        name = signed.subject if subject is None else _name(context, subject)
        state = words("assurance.holds")
        if each.lapse is not None:
            now = (
                {}
                if subject is None
                else {"edition": subject.edition or "–", "value": _value(context, subject.value) or "–"}
            )
            state = words("assurance.lapsed", reason=words(f"assurance.lapses.{each.lapse}", **now))
        rows.append(
            (
                name,
                _told(context, signed.edition, signed.value),
                signed.who,
                f"{signed.when:%Y-%m-%d}",
                signed.note,
                state,
            )
        )
    lapsed = len(found.checked) - found.holding
    title = words("assurance.signed_lapsed" if lapsed else "assurance.signed_all", count=len(rows), lapsed=lapsed)
    columns = (
        Column(words("assurance.subject"), weight=2.8),
        Column(words("assurance.as_signed"), weight=2),
        Column(words("assurance.who"), weight=1.4),
        Column(words("assurance.when"), weight=1.15),
        Column(words("assurance.note"), weight=2),
        Column(words("assurance.state"), weight=1.9),
    )
    return Table(title, columns, tuple(rows), words("assurance.signed_subtitle"), dense=True)


def _open(context: Context, found: Review) -> Table:
    """Return what is material and nobody's sign-off holds for."""
    words = context.words
    share = context.share(found.material_share)
    columns = (
        Column(words("assurance.subject"), weight=3.4),
        Column(words("assurance.kind"), weight=1.3),
        Column(words("assurance.now"), weight=2.6),
        Column(words("words.share"), "%", 0.9, True),
    )
    subtitle = words("assurance.open_subtitle", share=share)
    if not found.open:
        return Table(words("assurance.open_none", count=found.material), columns, (("–", "–", "–", "–"),), subtitle)
    rows = tuple(
        (
            _name(context, each),
            _kind(context, each),
            _told(context, each.edition, each.value),
            context.percents([each.share])[0],
        )
        for each in found.open
    )
    title = words("assurance.open", open=len(rows), count=found.material)
    return Table(title, columns, rows, subtitle, dense=True, notes=(words("assurance.open_note"),))
