"""The Cython core: one line per kernel. A missing compiler is an error; there is no slower fallback."""

from Cython.Build import cythonize
from setuptools import Extension, setup

EXTENSIONS = [
    Extension("mediacore._wave", ["mediacore/_wave.pyx"]),
]

for extension in EXTENSIONS:
    extension.extra_compile_args = ["-O3", "-Wall", "-Wno-unused-function"]

setup(ext_modules=cythonize(EXTENSIONS, language_level=3))
