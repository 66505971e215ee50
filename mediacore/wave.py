"""Raw bytes into samples: packed integers, IEEE-11073 numbers, and the packet streams of serial devices.

The unpackers take any buffer of bytes and refuse a length that cannot be. The readers take pieces of any size
and survive any bytes: what belongs to no packet is counted, and a packet is given out only when the next sync
bit or its checksum confirms it.
"""

from mediacore._packets import (
    Bci5Reader,
    Contec5Reader,
    Contec9Reader,
    Cyton33Reader,
    Nonin2Reader,
    Nonin7Reader,
    PacketReader,
)
from mediacore._wave import (
    float32_11073,
    isa,
    sfloat,
    special_codes,
    unpack_212,
    unpack_deltas,
    unpack_s24be,
    unpack_s24le,
)

# One count of a Cyton at its usual gain of 24: a reference of 4.5 V over 23 bits.
CYTON_MICROVOLT_PER_COUNT = 4.5e6 / (2**23 - 1) / 24

__all__ = [
    "CYTON_MICROVOLT_PER_COUNT",
    "Bci5Reader",
    "Contec5Reader",
    "Contec9Reader",
    "Cyton33Reader",
    "Nonin2Reader",
    "Nonin7Reader",
    "PacketReader",
    "float32_11073",
    "isa",
    "sfloat",
    "special_codes",
    "unpack_212",
    "unpack_deltas",
    "unpack_s24be",
    "unpack_s24le",
]
