"""Raw bytes into samples: packed integers, IEEE-11073 numbers, and the packet streams of serial devices."""

from mediacore._wave import unpack_212

__all__ = ["unpack_212"]
