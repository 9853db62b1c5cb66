"""Delivery rounds: what is asked (`problem`), what is answered (`plan`), what it costs (`costing`), how it is found.

A *stop* is served once. A *round* is one tour from a depot to a depot. A *duty* is what one vehicle does in its shift:
one round, or several with a reload or a recharge between them.
"""
