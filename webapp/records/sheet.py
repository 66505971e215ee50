"""The pages of a paper, drawn. Read in only when one is made: the library is heavy."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.enums import XPos, YPos

if TYPE_CHECKING:
    from webapp.records.paper import Paper

FONTS = Path(__file__).parent / "fonts"
BODY_PT, SMALL_PT, TITLE_PT = 12, 9, 18
logging.getLogger("fpdf").setLevel(logging.ERROR)  # it would log the letters of a name that the font lacks
INK, QUIET = (27, 42, 46), (79, 96, 102)


class Sheet(FPDF):
    """The pages. The font is ours, so that every European name is printed on every machine."""

    def __init__(self, paper: "Paper") -> None:
        super().__init__(format="A4")
        self.paper = paper
        self.set_margins(20, 18, 20)
        self.set_auto_page_break(True, margin=26)
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font("Sans", style, FONTS / file)
        self.set_title(paper.title)
        self.set_author(paper.practice)
        self.set_lang(paper.language)
        self.set_creator("Telepraxis")

    def write_head(self) -> None:
        self._line(self.paper.practice, SMALL_PT, QUIET)
        self.ln(3)
        self._line(self.paper.title, TITLE_PT, INK, style="B")
        self._line(self.paper.about, SMALL_PT, QUIET)
        self.ln(4)

    def write_block(self, heading: str, text: str) -> None:
        if heading:
            self._line(heading, BODY_PT + 1, INK, style="B")
            self.ln(1)
        self._line(text, BODY_PT, INK)
        self.ln(5)

    def footer(self) -> None:
        self.set_y(-22)
        self._line(self.paper.foot, SMALL_PT - 1, QUIET)
        self._line(f"{self.page_no()}", SMALL_PT - 1, QUIET, align="R")

    def _line(
        self, text: str, size: float, colour: tuple[int, int, int], *, style: str = "", align: str = "L"
    ) -> None:
        self.set_font("Sans", style, size)
        self.set_text_color(*colour)
        height = size * 0.5
        self.multi_cell(0, height, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
