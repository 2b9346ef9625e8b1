"""What a run found, by name, as verdicts and comparisons need it.

`keepalive.cpu.nginx` is a proxy's own figure, `keepalive.cpu/nginx` is Sluice's divided by that proxy's in the same
round. Less is better, except where a name says `rate`.
"""

import json
import pathlib
from dataclasses import asdict, dataclass
from statistics import median

# How far two runs of the same code may lie apart.
TIME_NOISE, RATIO_NOISE, COUNT_NOISE, TAIL_NOISE = 0.20, 0.07, 0.02, 0.25


@dataclass
class Figure:
    """One figure: its values in the order of the rounds, their unit, and the part by which it may differ by itself."""

    values: list[float]
    unit: str
    noise: float

    @property
    def median(self) -> float:
        """What is quoted."""
        return median(self.values)

    def __str__(self) -> str:
        text = f"{number(self.median)} {self.unit}".rstrip()
        return text if len(self.values) == 1 else f"{text} ({number(min(self.values))}–{number(max(self.values))})"


Figures = dict[str, Figure]
# A value of each proxy in each round.
Values = dict[tuple[str, int], float]


def number(value: float) -> str:
    """A number with as many digits as matter."""
    if abs(value) >= 100 or value in (0, 10):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def paired(values: Values, one: str, other: str) -> list[float]:
    """The ratios of two proxies' values within each round."""
    return [
        value / values[other, number] for (proxy, number), value in values.items()
        if proxy == one and values.get((other, number))]


def record(
    figures: Figures, name: str, unit: str, values: Values, noise: float = TIME_NOISE, ratio_noise: float = RATIO_NOISE
) -> None:
    """Adds what each proxy did, and the ratios of Sluice to each of the others."""
    proxies = list(dict.fromkeys(proxy for proxy, _ in values))
    for proxy in proxies:
        figures[f"{name}.{proxy}"] = Figure([value for key, value in values.items() if key[0] == proxy], unit, noise)
        ratios = paired(values, "sluice", proxy)
        if proxy != "sluice" and ratios:
            figures[f"{name}/{proxy}"] = Figure(ratios, "", ratio_noise)


def as_json(figures: Figures) -> dict:
    """The figures for --json."""
    return {name: asdict(figure) for name, figure in figures.items()}


def load(path: pathlib.Path) -> Figures:
    """The figures of a file that --json wrote."""
    return {name: Figure(**value) for name, value in json.loads(path.read_text())["figures"].items()}
