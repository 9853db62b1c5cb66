"""Activity models: pure functions from amounts and parameters to the amounts that factors multiply.

A model never looks at data with ``if`` and never knows a factor. The same function is proved once on
pint quantities when a plan is made, and then runs on float arrays in canonical units.
"""

from carbon.activities.activity import MODELS, Model

__all__ = ["MODELS", "Model"]
