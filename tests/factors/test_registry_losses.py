"""Losses between plant and plug."""

from __future__ import annotations

import pytest

from carbon.factors.registry import Registry
from carbon.terms import Boundary


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def test_a_published_loss_share_becomes_a_part_of_its_own(registry):
    """Proves EPA's rule, use x factor x loss / (1 - loss), and that generation stays as published (eGRID2023, RFCW 4.2 %)."""
    match = registry.resolve("electricity.grid", "kW*h", "US-EGRID-RFCW", 2023)
    parts = {part.boundary: part.co2e_kg for part in match.factor.parts}
    share = registry.needed_parameter("grid_losses", "US-EGRID-RFCW", 2023).value
    assert parts[Boundary.GENERATION] == pytest.approx(0.415472, rel=1e-5)
    assert parts[Boundary.GRID_LOSSES] == pytest.approx(parts[Boundary.GENERATION] * share / (1 - share), rel=1e-12)
    assert match.factor.co2e_kg == pytest.approx(sum(parts.values()), rel=1e-12)
    assert any(flag.startswith("grid losses by") for flag in match.factor.flags) and "no WTT" in match.factor.flags


def test_losses_are_never_added_twice(registry):
    """Proves that a factor with losses of its own keeps them, and that a life-cycle figure gets none."""
    british = registry.resolve("electricity.grid", "kW*h", "GB", 2025).factor
    assert british.co2e_kg == pytest.approx(0.177 + 0.01853 + 0.0459 + 0.00397, rel=1e-12)
    german = registry.resolve("electricity.grid", "kW*h", "DE", 2025).factor
    assert [part.boundary for part in german.parts] == [Boundary.LIFE_CYCLE_PRODUCTION]


def test_where_no_share_is_sourced_the_factor_says_so(registry):
    """Proves that a gap stays visible: China publishes generation only."""
    assert {"no WTT", "no grid losses", "CO2 only"} <= set(
        registry.resolve("electricity.grid", "kW*h", "CN", 2023).factor.flags
    )
