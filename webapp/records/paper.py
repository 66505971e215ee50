"""Documents on paper: a PDF with the practice, whom it is about, what it says, and what it is not."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What stands on it. `blocks` are headings with their text, "" for a text without a heading."""

    language: str
    practice: str
    title: str
    about: str
    blocks: Sequence[tuple[str, str]]
    foot: str

    def pdf(self) -> bytes:
        """The document, A4. Takes some tenths of a second: call it in a thread."""
        from webapp.records.sheet import Sheet

        sheet = Sheet(self)
        sheet.add_page()
        sheet.write_head()
        for heading, text in self.blocks:
            sheet.write_block(heading, text)
        return bytes(sheet.output())
