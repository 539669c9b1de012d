"""How a text is written, as its corpus taught: what decides where its sentences end and how its tokens stand."""

from typing import NamedTuple

from .flags import NOTHING_LEARNED, Abbreviations
from .spacing import Spacing


class Style(NamedTuple):
    """What a corpus taught about the way it is written, beside its words."""

    abbreviations: Abbreviations = NOTHING_LEARNED
    spacing: Spacing = Spacing()
