"""One fuzz target under atheris: python -m tests.mediacore.fuzzer NAME [libFuzzer options].

What is Python is instrumented, the specifications too: they take the same turns as the kernels, and so lead the
fuzzer through those.
"""

import importlib
import sys


def main(arguments: list[str]) -> None:
    atheris = importlib.import_module("atheris")  # lives in the fuzzer's own environment only
    with atheris.instrument_imports(include=["mediacore", "tests.mediacore.fuzz"]):
        targets = importlib.import_module("tests.mediacore.fuzz").TARGETS
    atheris.Setup([sys.argv[0], *arguments[1:]], targets[arguments[0]])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
