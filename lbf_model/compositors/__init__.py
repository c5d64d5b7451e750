"""Compositors: LBF and the other rows of the paper's tables, behind one interface; `registry` lists them."""
