"""Cities of GeoNames."""

from __future__ import annotations

from threading import Barrier, Thread

from carbon.orders import cities as made
from carbon.orders.cities import cities


def test_threads_share_the_cities():
    """Proves that threads that ask at the same moment get the same cities: of another's own it might be that none are read."""
    made._made.cache_clear()
    begin, found = Barrier(4), []

    def ask():
        begin.wait()
        found.append(cities())

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len({id(each) for each in found}) == 1
