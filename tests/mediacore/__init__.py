"""The media core's tests. MEDIACORE_BUILD names the folder of the build that must be the one they try."""

import os
from pathlib import Path

from mediacore import _wave

if "MEDIACORE_BUILD" in os.environ:
    built = Path(_wave.__file__ or "").resolve()
    if not built.is_relative_to(Path(os.environ["MEDIACORE_BUILD"]).resolve()):
        raise ImportError(f"got {built}; need the build of {os.environ['MEDIACORE_BUILD']}")
