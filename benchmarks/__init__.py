"""Figures: each kernel and path against its peers and its limit, in one run."""
