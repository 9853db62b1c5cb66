"""Keyed pseudonyms for order and parcel ids, where the organisation wants no plain ids in the ledger."""

from __future__ import annotations

import hashlib
import hmac
import os

import pyarrow as pa

from carbon.errors import InputError

#: Environment variable that holds the key; it is never written anywhere.
KEY_VARIABLE = "CARBON_PSEUDONYM_KEY"


def key_from_environment() -> bytes:
    """Return the key.

    Raises
    ------
    InputError
        If it is absent or shorter than 16 characters.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    if len(key) < 16:
        raise InputError(
            "order ids are to be pseudonymised, but there is no key",
            found=f"{len(key)} characters in {KEY_VARIABLE}",
            expected="at least 16 characters",
            mend=f"set {KEY_VARIABLE}, and keep it: the same key finds the orders again",
        )
    return key.encode()


def pseudonym(text: str, key: bytes) -> str:
    """Return the pseudonym of one id: HMAC-SHA-256, 128 bits in hexadecimal."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def pseudonyms(ids: pa.Array | pa.ChunkedArray, key: bytes) -> pa.Array:
    """Return the pseudonyms of ids; equal ids stay equal."""
    coded = (ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids).dictionary_encode()
    words = pa.array([pseudonym(text, key) for text in coded.dictionary.to_pylist()], pa.string())
    return words.take(coded.indices)


def pseudonymise(table: pa.Table, key: bytes) -> pa.Table:
    """Return a table whose ``parcel_id`` and ``order_id`` are pseudonyms; equal ids stay equal."""
    for name in ("parcel_id", "order_id"):
        table = table.set_column(table.schema.get_field_index(name), name, pseudonyms(table[name], key))
    return table
