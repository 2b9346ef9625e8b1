"""The tables, as Markdown for the README, and the figures behind them as JSON."""

import os
import pathlib
import platform
import re
import time
from collections.abc import Callable
from statistics import median

from figures import Figures, Values, paired, record
from rows import Row
from timing import Sample

NAMES = {
    "sluice": "Sluice", "haproxy": "HAProxy", "nginx": "nginx", "nginx-roomy": "nginx, `keepalive 240`",
    "floor": "blind relay"}


def machine(versions: dict[str, str]) -> str:
    """One line that says when and on what the figures were measured."""
    model = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    parts = [
        time.strftime("%Y-%m-%d"), model[1].strip() if model else platform.machine(), f"{os.cpu_count()} cores",
        f"Linux {platform.release()}"]
    return ", ".join(parts + [f"{NAMES[name]} {version}" for name, version in versions.items()])


def table(title: str, head: list[str], lines: list[list[str]]) -> str:
    """A table in Markdown."""
    rows = [f"| {' | '.join(cells)} |" for cells in [head, *lines]]
    return "\n".join([f"**{title}**", "", rows[0], "| --- " * len(head) + "|", *rows[1:]]) + "\n"


def _cpu(samples: list[Sample]) -> Values:
    return {(sample.proxy, sample.round): sample.cpu for sample in samples if not sample.fault}


def _paired(samples: list[Sample], one: str, other: str) -> str:
    """The median and the spread of the ratios of two proxies' CPU times within each round."""
    ratios = paired(_cpu(samples), one, other)
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})" if ratios else "—"


def record_timing(figures: Figures, row: Row, samples: list[Sample]) -> None:
    """Adds the CPU times of a row to the figures."""
    record(figures, f"{row.name}.cpu", "µs", _cpu(samples))


def _sockets(samples: list[Sample]) -> str:
    created = median(sample.sockets_created for sample in samples)
    ratio = sum(sample.sockets_created for sample in samples) / max(sum(s.upstream_requests for s in samples), 1)
    return f"{ratio:.3f}" if ratio >= 0.001 else f"{ratio:.5f} ({created:.0f} in all)"


def timing_table(row: Row, samples: list[Sample]) -> str:
    """The table of one row: a line for each proxy, with the paired ratios that its absolute figures rest on."""
    names = [name for name in row.proxies if any(sample.proxy == name for sample in samples)]
    ratios = [base for base in ("sluice", "floor") if base in names]
    titles = {"sluice": "Sluice ÷ it (min–max)", "floor": "it ÷ blind relay (min–max)"}
    head = ["proxy", "CPU µs/request (user + system)", *(titles[base] for base in ratios), "requests/s",
            "p50, p99 ms", "sockets/request", "most open", "MiB"]
    lines = []
    for name in names:
        own = [sample for sample in samples if sample.proxy == name]

        def middle(value: Callable[[Sample], float]) -> float:
            return median(value(sample) for sample in own)

        cells = [
            NAMES[name] + (" **(bad)**" if any(sample.fault for sample in own) else ""),
            f"{middle(lambda s: s.cpu):.1f} ({middle(lambda s: s.user):.1f} + {middle(lambda s: s.system):.1f})"]
        for base in ratios:
            pair = (base, name) if base == "sluice" else (name, base)
            cells.append("1" if name == base else _paired(samples, *pair))
        cells += [
            f"{middle(lambda s: s.requests_per_second):,.0f}",
            f"{middle(lambda s: s.latency50):.2f}, {middle(lambda s: s.latency99):.2f}", _sockets(own),
            f"{max(sample.sockets_most_open for sample in own)}", f"{middle(lambda s: s.resident):.1f}"]
        lines.append(cells)
    return table(row.title, head, lines)


def faults(samples: list[Sample]) -> list[str]:
    """What makes figures of the table unfit to be quoted."""
    found = [f"{s.row}, {s.proxy}, round {s.round + 1}: {s.fault}" for s in samples if s.fault]
    noisy = [s.other_load for s in samples if s.other_load > 0.1]
    if noisy:
        found.append(
            f"other processes used more than 0.1 of a core in {len(noisy)} of {len(samples)} runs, "
            f"{max(noisy):.2f} of a core at most: the absolute figures are too high, the ratios less sure")
    return found


def counting_table(title: str, unit: str, figures: dict[str, dict[str, float]], what: str = "proxy") -> str:
    """A table of something counted per request: a line for each proxy (or function), a column for each row."""
    rows = list(figures)
    names = list(dict.fromkeys(name for row in rows for name in figures[row]))
    lines = [
        [NAMES.get(name, name), *(format(figures[row][name], unit) if name in figures[row] else "—" for row in rows)]
        for name in names]
    return table(title, [what, *rows], lines)
