"""Two threads beside one. The load needs the cores as well, so the fair pair is everything on one core (proxy, wrk and
upstream) and everything on both, with twice the clients' threads; the proxy alone on a core stands beside it."""

from context import Context, Outcome
from figures import COUNT_NOISE, RATIO_NOISE, TIME_NOISE, Figure, Figures, record
from processes import BOTH_CORES, PROXY_CORE
from report import NAMES, faults, timing_table
from rows import Row
from timing import Sample, run_rounds

# HAProxy stands beside it: what its second thread costs is mostly what the kernel takes for two cores.
PROXIES = ("sluice", "haproxy")
ALONE = Row("threads-alone", "one thread, alone on its core", "keepalive", PROXIES)
ONE = Row("threads-1", "one thread, all on one core", "keepalive", PROXIES, load_core=PROXY_CORE)
TWO = Row(
    "threads-2", "two threads, all on two cores", "keepalive", PROXIES, threads=2, core=BOTH_CORES,
    load_threads=2, load_core=BOTH_CORES)


def run(context: Context) -> Outcome:
    """Measures the three in every round."""
    outcome, rows = Outcome(), [ALONE, ONE, TWO]
    names = context.proxies(PROXIES)
    samples = run_rounds(context.workshop, rows, names, context.rounds, context.seconds, context.sluice)
    for name in names:
        _record(outcome, name, [sample for sample in samples if sample.proxy == name])
    outcome.tables += [timing_table(row, [s for s in samples if s.row == row.name]) for row in rows if samples]
    outcome.tables += [_summary(outcome.figures, name) for name in names]
    outcome.faults += faults(samples)
    return outcome


def _record(outcome: Outcome, name: str, samples: list[Sample]) -> None:
    """Sluice's figures are `threads.rate` and so on; another proxy's have its name behind them."""
    alone, one, two = ([s for s in samples if s.row == row.name] for row in (ALONE, ONE, TWO))
    suffix, figures = "" if name == "sluice" else f".{name}", outcome.figures
    for figure, pairs in {
        "rate": [(b.requests_per_second, a.requests_per_second) for a, b in zip(one, two, strict=True)],
        "cpu": [(b.cpu, a.cpu) for a, b in zip(one, two, strict=True)],
        "cpu-to-alone": [(b.cpu, a.cpu) for a, b in zip(alone, two, strict=True)],
    }.items():
        figures[f"threads.{figure}{suffix}"] = Figure([b / a for b, a in pairs], "", RATIO_NOISE)
    for row, of_row in ((ALONE, alone), (ONE, one), (TWO, two)):
        record(figures, f"{row.name}.cpu", "µs", {(name, s.round): s.cpu for s in of_row}, TIME_NOISE)
    record(figures, "threads.sockets", "", {(name, s.round): s.sockets_most_open for s in two}, COUNT_NOISE)


def _summary(figures: Figures, name: str) -> str:
    suffix = "" if name == "sluice" else f".{name}"
    return (
        f"{NAMES[name]}, two threads ÷ one, all on their cores: {figures[f'threads.rate{suffix}']} × requests/s, "
        f"{figures[f'threads.cpu{suffix}']} × CPU/request ({figures[f'threads.cpu-to-alone{suffix}']} × the one "
        "thread that has its core alone).\n")
