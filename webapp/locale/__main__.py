"""python -m webapp.locale: bring every .po in line with the source, and list what is not translated."""

import sys

from webapp.locale.catalogue import entries
from webapp.locale.extraction import slices
from webapp.locale.spoken import FOLDER, LANGUAGES
from webapp.locale.writing import merge, problems, write


def main(only: list[str]) -> int:
    """Work on the named slices, or on all of them; 1 when something is left to translate."""
    said: list[str] = []
    for name, found in slices().items():
        said += found.faults
        for language in LANGUAGES[1:]:
            path = FOLDER / language / f"{name}.po"
            if not only or name in only:
                write(path, language, merge(entries(path), found.texts))
                said += problems(path, found.texts)
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
