"""Text encodings of CSV files: found out by strict decoding of the whole file, never by a silent guess."""

from __future__ import annotations

import codecs
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from carbon.errors import OrdersError, Where

BLOCK = 8 << 20


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, unpacking gzip by its first bytes rather than its name."""
    with open(path, "rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else open(path, "rb")


def find_encoding(path: Path, sample: bytes, wanted: str | None) -> tuple[str, int]:
    """Return encoding and number of line feeds of the whole file, which is decoded strictly."""
    tried: list[str] = []
    for encoding in _candidates(sample, wanted):
        lines, returns, piece = 0, 0, "\n"
        try:
            decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
            with open_bytes(path) as stream:
                while block := stream.read(BLOCK):
                    piece = decoder.decode(block) or piece
                    lines, returns = lines + piece.count("\n"), returns + piece.count("\r")
                decoder.decode(b"", final=True)
            return encoding, (lines or returns) + (not piece.endswith(("\n", "\r")))
        except UnicodeDecodeError as error:
            tried.append(f"{encoding.removesuffix('-sig')} (fails on line {lines + 1 + _lines_before(error)})")
    looks = _guess(sample)
    found = (
        "tried "
        + ", ".join(tried)
        + ("" if wanted or "gb18030" in str(tried) else ", gb18030 (byte pairs do not fit)")
        + (f"; it looks like {looks}" if looks else "")
    )
    if wanted:
        raise OrdersError.of("other_encoding", found=found, where=Where(str(path)), wanted=wanted)
    raise OrdersError.of("encoding", found=found, where=Where(str(path)))


def _candidates(sample: bytes, wanted: str | None) -> Iterator[str]:
    """Yield encodings to try, likeliest first; those after UTF-8 are judged only once it has failed."""
    if wanted:
        yield wanted
    elif sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16"
    else:
        yield "utf-8-sig"
        likeness = _gb_likeness(sample)
        if likeness >= 0.9 or (likeness >= 0.5 and _guess(sample) in ("gb18030", "gbk", "gb2312")):
            yield "gb18030"


def _lines_before(error: UnicodeDecodeError) -> int:
    return error.object[: error.start].count(b"\n")


def _gb_likeness(sample: bytes) -> float:
    """Share of high bytes that come in pairs of the GB 2312 plane: near 1 in GBK, near 0 in Western 8-bit text."""
    pairs = re.findall(rb"[\x80-\xff][\x00-\xff]", sample)
    plane = sum(pair[0] >= 0xA1 and pair[1] >= 0xA1 for pair in pairs)
    return plane / len(pairs) if pairs else 0.0


def _guess(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # for a message; most files are UTF-8

    best = from_bytes(sample[: 64 << 10]).best()
    return best.encoding if best else None


def decoded(path: Path, encoding: str) -> IO[bytes]:
    """Return the file as a stream of UTF-8 without byte-order mark."""
    stream = open_bytes(path)
    if encoding not in ("utf-8", "utf-8-sig"):
        stream = codecs.StreamRecoder(  # bytes in, UTF-8 bytes out
            stream, *codecs.lookup("utf-8")[:2], codecs.getreader(encoding), codecs.getwriter("utf-8")
        )
    return stream
