"""Where every piece lies: all of them in one box, in the best of several boxes, or in as few parcels as possible.

What is guaranteed, whatever the seed:

- A result is checked by `carbon.optimise.checking` without a fault: that is what the tests assert of every one.
- Up to four pieces without a rule on support or loads, and up to two with one, the answer is exact. "No arrangement
  exists" is proven for any number of pieces; "none was found" is not.
- More tries, further boxes in a list, higher limits of mass, less that is kept apart in a box never make the best
  worse. A box holds what a box of the same list that lies inside it holds. With a rule on support or loads, goods that
  all turn alike fit where they fit as they are given, or upright only. A larger box in place of another, or more
  freedom for some items, is never worse where the answer is exact; beyond, the search may miss what it found under
  tighter rules, and docs/performance.md says how often it was seen to.
- The order of the items, the names of the horizontal axes and the unit of length change nothing. Without a rule on
  support, on loads or on places, nor do the names of all three axes.
- The same seed gives the same result, compiled or not, on one core or many, unless time runs out.
"""

from carbon.optimise.placing.batch import smallest_many, split_many
from carbon.optimise.placing.fitting import Choice, Fitting, Reason, fit, fitting, fittings, smallest
from carbon.optimise.placing.loading import Filling, fill
from carbon.optimise.placing.search import Constraint, Search
from carbon.optimise.placing.splitting import LeftOut, Split, Unpacked, left_out_counts, split, splits

__all__ = [
    "Choice",
    "Constraint",
    "Filling",
    "Fitting",
    "LeftOut",
    "Reason",
    "Search",
    "Split",
    "Unpacked",
    "fill",
    "fit",
    "fitting",
    "fittings",
    "left_out_counts",
    "smallest",
    "smallest_many",
    "split",
    "split_many",
    "splits",
]
