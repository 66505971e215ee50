from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

Bytes: TypeAlias = Buffer | NDArray[np.uint8]

def isa() -> str: ...
def unpack_212(data: Bytes) -> NDArray[np.int16]: ...
