"""What a measure gets and what it gives."""

import sys
from dataclasses import dataclass, field

from figures import Figures
from processes import Workshop


@dataclass
class Context:
    """What to measure with.

    available: the proxies that may take part.
    sluice: the path of the executable, "" when it does not take part.
    """

    workshop: Workshop
    available: list[str]
    sluice: str
    rounds: int
    seconds: int

    def proxies(self, names: tuple[str, ...]) -> list[str]:
        """Those of some proxies that may take part."""
        return [name for name in names if name in self.available]


@dataclass
class Outcome:
    """What a measure found: its figures, its tables as Markdown, and what makes it unfit to be quoted."""

    figures: Figures = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def say(text: str) -> None:
    """Tells how far it is, on standard error."""
    print(text, file=sys.stderr)
