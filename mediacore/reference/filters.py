"""Second-order sections in direct form I: the difference equation as it is written."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def biquads(sos: NDArray[np.float64], x: Sequence[float]) -> NDArray[np.float64]:
    signal = [float(value) for value in x]
    for b0, b1, b2, a0, a1, a2 in sos.tolist():
        x1 = x2 = y1 = y2 = 0.0
        out = []
        for value in signal:
            y = (b0 * value + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2) / a0
            out.append(y)
            x1, x2, y1, y2 = value, x1, y, y1
        signal = out
    return np.array(signal)
