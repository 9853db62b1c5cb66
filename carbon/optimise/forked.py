"""What processes that decide have in common: the server that they are copied from imports this once for all of them."""

from carbon.optimise import batches  # noqa: F401 -- what is loaded here need not be loaded by each process
from carbon.optimise.placing.warming import warm

warm()
