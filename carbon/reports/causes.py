"""What makes a range, in words for readers: factors by activity and place, parameters and gaps without codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from carbon.reports.context import Context
from carbon.reports.words import Words
from carbon.terms import Language

_PARAMETERS = "parameters."
#: A proxy's gap as the ledger words it: the places wanted, and what the gap would change.
_PROXY_GAP = {
    Language.EN: re.compile(r"^Using a factor of (?P<wanted>.+?) for \S+ in place of that of \S+(?P<effect> .*)$"),
    Language.ZH: re.compile(r"^为 \S+ 使用 (?P<wanted>.+?) 的排放因子代替 \S+ 的(?P<effect>.*)$"),
}
#: Chinese sets neither its own signs nor a per cent sign apart; 范围 is the word for scopes.
_CHINESE = ((r"(?<=[\u3000-\u9fff]) (?=[\u3000-\u9fff])", ""), (r"(?<=\d)[ \u00a0]%", "%"), ("范围收窄", "区间收窄"))


def variance(context: Context) -> Iterator[tuple[str, str, float]]:
    """Yield key, name and share of the variance of what makes most of it; all others last."""
    for row in context.inventory.variance.itertuples():
        title = row.title_zh if context.language is Language.ZH else row.title_en
        yield str(row.key), cause_name(context, str(row.key), str(title)), float(row.variance_share)


def gaps(context: Context) -> Iterator[tuple[str, int, float, float]]:
    """Yield what better data would change, the parcels and emissions [kg CO2e] concerned, and the narrowing share."""
    for row in context.inventory.gaps.itertuples():
        text = row.text_zh if context.language is Language.ZH else row.text_en
        text = gap_text(context, row.kind, row.what, text)
        if context.language is Language.ZH:
            for found, printed in _CHINESE:
                text = re.sub(found, printed, text)
        yield text, int(row.parcels), float(row.co2e_kg), row.narrowing_share


def cause_name(context: Context, key: str, title: str) -> str:
    """Return what a reader calls the key of a spread.

    Parameters
    ----------
    key : str
        Such as ``proxy:road.hgv.all.average:GB``.
    title : str
        The ledger's own title of it, which stands where there is no better one, without the id in brackets.
    """
    words = context.words
    kind, _, rest = key.partition(":")
    if kind == "proxy":
        what, _, region = rest.rpartition(":")
        return words("causes.proxy", place=context.place(region), what=_capital(_what(words, what)))
    known = None
    if kind in ("factor", "edition", "parameter"):
        known = _factor_name(context, rest) or _parameter_name(words, rest.partition(".")[2])
    if known is not None:
        return words("causes.edition", what=known) if kind == "edition" else known
    if kind == "stated":
        owner = rest.partition(":")[2]
        title = title.replace(owner, _owner(context, owner)) if owner else title
    shown = re.sub(rf"\s*[(（]{re.escape(rest)}[)）]", "", title)
    return _capital(shown)


def gap_text(context: Context, kind: str, what: str, text: str) -> str:
    """Return the sentence of a data gap with the names of its activity in place of codes."""
    words = context.words
    if kind == "proxy":
        activity, _, used = what.rpartition(":")
        name, found = context.inside(_what(words, activity)), _PROXY_GAP[context.language].match(text)
        if found is None:
            return text.replace(activity, name)
        wanted = words.joined([context.place(each) for each in found["wanted"].split(", ")])
        return words("causes.gap_proxy", what=name, used=context.place(used), wanted=wanted, effect=found["effect"])
    if kind in ("carrier", "site"):
        # The merchant's own names may hold commas and verbs: quotes say where they end.
        key = what.partition("/")[0]
        name = context.service(key) if kind == "carrier" else context.place(key)
        return re.sub(rf" ?{re.escape(name)} ?", lambda found: _quoted(words, found[0], name), text, count=1)
    if kind == "edition":
        return re.sub(rf"\s*[(（]{re.escape(what)}[)）]", "", text)
    if kind == "supplier":
        material, _, origin = what.removeprefix("packaging.").rpartition(".")
        name = context.inside(activity_name(words, what))
        for coded in (f"{material.replace('_', ' ')} ({origin})", f"{material}（{origin}）"):
            text = text.replace(coded, name)
    return text


def _quoted(words: Words, found: str, name: str) -> str:
    """Return a name in quotes; in Chinese without the spaces around it."""
    quoted = words("causes.quoted", name=name)
    return quoted if words.language is Language.ZH else found.replace(name, quoted)


def activity_name(words: Words, code: str) -> str:
    """Return the name of an activity, such as ``Lorry, all sizes, average load`` for ``road.hgv.all.average``."""
    names = words.at("activities")
    if code in names:
        return names[code]
    parts = code.split(".")
    kinds = words.at("activity_words")
    if parts[0] in ("packaging", "end_of_life"):
        kinds = {**kinds, **words.at("materials"), **words.at("origins")}
        found = [kinds.get(part) or _coded(part) for part in parts[1:]]
        found = [*found, words("stages.end_of_life")] if parts[0] == "end_of_life" else found
    else:
        keys = [f"{parts[1]} {part}" if f"{parts[1]} {part}" in kinds else part for part in parts[1:]]
        found = [kinds.get(part, _coded(part)) for part in (parts[0], *keys)]
    return _capital(words.joined([each for each in found if each]))


def _coded(part: str) -> str:
    """Return a part of a key that has no words: an industry's number, a refrigerant's sign, or an own factor's."""
    return part.replace("naics_", "NAICS ").replace("_", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _what(words: Words, code: str) -> str:
    """Return the name of an activity or of a parameter."""
    if not code.startswith(_PARAMETERS):
        return activity_name(words, code)
    key = code.removeprefix(_PARAMETERS)
    return _parameter_name(words, key) or key.replace(".", " ").replace("_", " ")


def _parameter_name(words: Words, key: str) -> str | None:
    """Return the name of a parameter by the longest part of its key that has one."""
    names, parts = words.at("parameters"), key.split(".")
    found = (names.get(".".join(parts[:end])) for end in range(len(parts), 0, -1))
    name = next((each for each in found if each), None)
    return None if name is None else _capital(name)


def _factor_name(context: Context, factor: str) -> str | None:
    """Return activity and place of a factor that the period uses."""
    rows = context.inventory.factors
    rows = rows[rows["factor_id"] == factor]
    if not len(rows):
        return None
    row = rows.iloc[0]
    name, region = activity_name(context.words, str(row["activity"])), row["region"]
    if region is None or region != region or region == "GLO":
        return name
    return context.words("causes.placed", what=name, place=context.place(region))


def _owner(context: Context, key: str) -> str:
    """Return the merchant's own name of a site, service or package; the key where it has none."""
    for group in ("sites", "services", "packages"):
        thing = (context.organisation.get(group) or {}).get(key)
        if thing:
            return context.named(thing, key)
    return key
