"""The Cython core: one line per kernel. A missing compiler is an error; there is no slower fallback."""

from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

EXTENSIONS = [
    Extension("mediacore._wave", ["mediacore/_wave.pyx"]),
    Extension("mediacore._packets", ["mediacore/_packets.pyx"]),
    Extension("mediacore._filters", ["mediacore/_filters.pyx"]),
    Extension("mediacore._ring", ["mediacore/_ring.pyx"]),
    Extension("mediacore._scale", ["mediacore/_scale.pyx"]),
    Extension("mediacore._jitter", ["mediacore/_jitter.pyx"]),
    Extension("mediacore._ecg", ["mediacore/_ecg.pyx"]),
]

for extension in EXTENSIONS:
    extension.extra_compile_args = ["-O3", "-Wall", "-Wno-unused-function"]
    extension.include_dirs = ["mediacore", numpy.get_include()]
    extension.define_macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")]
    extension.depends = sorted(
        str(p) for p in Path("mediacore").iterdir() if p.suffix in {".h", ".pyx", ".pxd"}
    )

setup(ext_modules=cythonize(EXTENSIONS, language_level=3))
