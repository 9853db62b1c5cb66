"""Where shipped folders are: in a checkout the repository's own, else inside the installed package."""

from __future__ import annotations

from pathlib import Path


def shipped_folder(name: str) -> Path:
    """Return ``factors`` or ``app``: next to the package in a checkout, under ``carbon/_shipped`` in a wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / name
    # An installed package lies in site-packages, where a folder of that name would be somebody else's.
    in_checkout = (package.parent / "pyproject.toml").exists()
    return checkout if in_checkout and checkout.is_dir() else package / "_shipped" / name
