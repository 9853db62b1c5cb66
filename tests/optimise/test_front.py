"""The non-dominated filter against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from carbon.optimise.front import non_dominated


def _by_definition(table: np.ndarray) -> set[int]:
    """Rows that no row is at most as high as in every column, and lower in one."""
    return {
        i for i, row in enumerate(table) if not any((other <= row).all() and (other < row).any() for other in table)
    }


_SMALL = st.integers(0, 5).map(float)


@pytest.mark.parametrize("columns", [1, 2, 3])
@given(data=st.data())
def test_it_is_the_set_of_the_definition(columns, data):
    """Proves that exactly the options that nothing beats are returned, equal ones included, for one to three figures."""
    count = data.draw(st.integers(0, 12))
    table = data.draw(arrays(float, (count, columns), elements=_SMALL))
    found = non_dominated(table).tolist()
    assert set(found) == _by_definition(table) and len(found) == len(set(found))
    assert [tuple(table[at]) for at in found] == sorted(tuple(table[at]) for at in found)


def test_infinite_figures_are_figures():
    """Proves that an option no tariff carries is beaten by any that one does."""
    assert non_dominated([[1.0, np.inf], [1.0, 5.0], [0.5, np.inf]]).tolist() == [2, 1]


def test_what_is_not_known_is_refused():
    """Proves that NaN cannot slip in as an option that nothing beats."""
    with pytest.raises(ValueError, match="not known"):
        non_dominated([[1.0, np.nan]])
