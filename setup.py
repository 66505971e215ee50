"""The Cython core: one line per kernel. A missing compiler is an error; there is no slower fallback.

MEDIACORE_SANITIZE=1 builds for `make sanitize`: AddressSanitizer, undefined behaviour and bounds checked everywhere.
"""

import os
import platform
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
    Extension("mediacore._delay", ["mediacore/_delay.pyx"]),
    Extension("mediacore._jitter", ["mediacore/_jitter.pyx"]),
    Extension("mediacore._ecg", ["mediacore/_ecg.pyx"]),
]
SANITIZE = os.environ.get("MEDIACORE_SANITIZE") == "1"
SOURCES = sorted(str(p) for p in Path("mediacore").iterdir() if p.suffix in {".h", ".pyx", ".pxd"})

for extension in EXTENSIONS:
    extension.extra_compile_args = ["-O3", "-Wall", "-Wno-unused-function"]
    if platform.machine().lower() not in {
        "x86_64",
        "amd64",
    }:  # elsewhere * and + would melt into one, and round otherwise
        extension.extra_compile_args.append("-ffp-contract=off")
    extension.include_dirs = ["mediacore", numpy.get_include()]
    extension.define_macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")]
    extension.depends = SOURCES
    if SANITIZE:
        checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
        extension.extra_compile_args += ["-O1", "-g", "-fno-omit-frame-pointer", *checks]
        extension.extra_link_args = checks

cores = os.cpu_count() or 1
setup(
    options={"build_ext": {"parallel": cores}},
    ext_modules=cythonize(
        EXTENSIONS,
        nthreads=cores,
        language_level=3,
        build_dir="build/sanitize-c" if SANITIZE else None,
        compiler_directives={"boundscheck": True} if SANITIZE else {},
    ),
)
