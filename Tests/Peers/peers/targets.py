"""What Sluice has to reach, and whether it does: the first table of the report."""

from collections.abc import Iterator
from dataclasses import dataclass

from figures import Figure, Figures

PEERS = {"haproxy": "HAProxy", "nginx": "nginx"}


@dataclass(frozen=True)
class Target:
    """One line of the table.

    figure: the name of what is measured, without the proxy's.
    most: what it may be: a part of the better peer's or of the relay's figure, or a value of its own.
    against: "peers" (the better one of HAProxy and nginx), "floor", or "" for a value of its own.
    is_worst: whether the worst round counts, and not the median.
    """

    title: str
    figure: str
    most: float
    against: str = "peers"
    is_worst: bool = False


TARGETS = [
    Target("keep-alive, CPU/request", "keepalive.cpu", 0.80),
    Target("keep-alive, CPU/request", "keepalive.cpu", 1.20, "floor"),
    Target("normal, CPU/request", "normal.cpu", 0.85),
    Target("a client connection per request, CPU/request", "close.cpu", 0.88),
    Target("keep-alive, system calls/request", "keepalive.syscalls", 4.1, ""),
    Target("normal, system calls/request", "normal.syscalls", 9.1, ""),
    Target("a client connection per request, system calls/request", "close.syscalls", 9.3, ""),
    Target("keep-alive, user-mode instructions/request", "keepalive.instructions", 0.60),
    Target("keep-alive, heap allocations/request", "keepalive.allocations", 0.005, ""),
    Target("64 KiB responses, CPU/byte", "download.cpu", 1.0),
    Target("1 MiB responses, CPU/byte", "download-1m.cpu", 1.0),
    Target("64 KiB uploads, CPU/byte", "upload.cpu", 1.0),
    Target("open loop at 70 %, p50", "open.p50", 1.0),
    Target("open loop at 70 %, p99", "open.p99", 1.0),
    Target("open loop at 70 %, p99.9", "open.p999", 1.0),
    Target("open loop at 70 %, failed", "open.failed", 0, "", is_worst=True),
    Target("1,000 clients on 10 sockets, p99/p50", "queue.spread", 1.5, ""),
    Target("1,000 clients on 10 sockets, failed", "queue.failed", 0, "", is_worst=True),
    Target("1,000 clients on 10 sockets, most sockets open", "queue.sockets", 10, "", is_worst=True),
    Target("10,000 idle clients, bytes each", "idle.answered", 1024, ""),
    Target("10,000 idle clients, bytes each", "idle.answered", 1.0),
    Target("10,000 silent clients, bytes each", "idle.silent", 1024, ""),
    Target("10,000 silent clients, bytes each", "idle.silent", 1.0),
    Target("two threads, most sockets open", "threads.sockets", 100, "", is_worst=True),
    Target("start to first answer", "start.time", 30, ""),
]


def _against_peers(target: Target, figures: Figures) -> list[str] | None:
    """The better peer is the one to which Sluice's ratio is the higher."""
    ratios = {peer: figures[f"{target.figure}/{peer}"] for peer in PEERS if f"{target.figure}/{peer}" in figures}
    if len(ratios) < len(PEERS):
        return None
    better = max(ratios, key=lambda peer: ratios[peer].median)
    return _line(
        target.title, figures[f"{target.figure}.sluice"], f"≤ {target.most:.2f} × better peer", ratios[better],
        f"{PEERS[better]} {figures[f'{target.figure}.{better}']}", ratios[better].median <= target.most)


def _against_floor(target: Target, figures: Figures) -> list[str] | None:
    ratio = figures.get(f"{target.figure}/floor")
    if ratio is None:
        return None
    return _line(
        target.title, figures[f"{target.figure}.sluice"], f"≤ {target.most:.2f} × blind relay", ratio,
        f"blind relay {figures[f'{target.figure}.floor']}", ratio.median <= target.most)


def _alone(target: Target, figures: Figures) -> list[str] | None:
    own = figures.get(f"{target.figure}.sluice")
    if own is None:
        return None
    peers = {peer: figures[f"{target.figure}.{peer}"] for peer in PEERS if f"{target.figure}.{peer}" in figures}
    better = min(peers, key=lambda peer: peers[peer].median, default=None)
    value = max(own.values) if target.is_worst else own.median
    return _line(
        target.title, own, f"≤ {target.most:g} {own.unit}".rstrip(), None,
        f"{PEERS[better]} {peers[better]}" if better else "—", value <= target.most)


def _threads(figures: Figures) -> list[str] | None:
    """Two threads: nearly twice the requests of one or, where the machine's cores do not allow that, as cheap."""
    rate, cpu = figures.get("threads.rate"), figures.get("threads.cpu")
    if rate is None or cpu is None:
        return None
    return _line(
        "two threads ÷ one", f"{rate} × requests/s, {cpu} × CPU/request", "≥ 1.9 × requests/s, or ≤ 1.05 × CPU/request",
        None, "—", rate.median >= 1.9 or cpu.median <= 1.05)


def _line(
    title: str, own: Figure | str, target: str, ratio: Figure | None, peer: str, met: bool
) -> list[str]:
    return [title, str(own), target, str(ratio) if ratio else "—", peer, "met" if met else "**missed**"]


def _lines(figures: Figures) -> Iterator[list[str]]:
    evaluations = {"peers": _against_peers, "floor": _against_floor, "": _alone}
    for target in TARGETS:
        line = evaluations[target.against](target, figures)
        if line is not None:
            yield line
    line = _threads(figures)
    if line is not None:
        yield line


def table(figures: Figures) -> str:
    """The targets for which there are figures, each with its verdict; "" when there are none."""
    lines = [f"| {' | '.join(line)} |" for line in _lines(figures)]
    if not lines:
        return ""
    head = ["measure", "Sluice (min–max)", "target", "ratio (min–max)", "better peer (min–max)", "verdict"]
    missed = sum("**missed**" in line for line in lines)
    verdict = f"{len(lines) - missed} of {len(lines)} targets met."
    return "\n".join(
        ["**Targets**", "", f"| {' | '.join(head)} |", "| --- " * len(head) + "|", *lines, "", verdict]) + "\n"
