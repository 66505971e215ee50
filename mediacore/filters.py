"""Filters that run on live samples, block by block."""

from mediacore._filters import Biquads

__all__ = ["Biquads"]
