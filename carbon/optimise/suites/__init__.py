"""Sets of cartons: sizes and fits (`sizes`, `fits`), the choice (`choice`, `search`), its bound (`bound`), a shop's (`suite`)."""
