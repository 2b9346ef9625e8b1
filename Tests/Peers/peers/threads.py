"""Two threads beside one. The load needs the cores as well, so the fair pair is everything on one core (proxy, wrk and
upstream) and everything on both, with twice the clients' threads; the proxy alone on a core stands beside it."""

from context import Context, Outcome
from figures import COUNT_NOISE, RATIO_NOISE, TIME_NOISE, Figure, record
from processes import BOTH_CORES, PROXY_CORE
from report import faults, timing_table
from rows import Row
from timing import run_rounds

ALONE = Row("threads-alone", "one thread, alone on its core", "keepalive", ("sluice",))
ONE = Row("threads-1", "one thread, all on one core", "keepalive", ("sluice",), load_core=PROXY_CORE)
TWO = Row(
    "threads-2", "two threads, all on two cores", "keepalive", ("sluice",), threads=2, core=BOTH_CORES,
    load_threads=2, load_core=BOTH_CORES)


def run(context: Context) -> Outcome:
    """Measures the three in every round."""
    outcome, rows = Outcome(), [ALONE, ONE, TWO]
    samples = run_rounds(
        context.workshop, rows, context.proxies(("sluice",)), context.rounds, context.seconds, context.sluice)
    if not samples:
        return outcome
    by_row = {row.name: [sample for sample in samples if sample.row == row.name] for row in rows}
    pairs = list(zip(by_row[ONE.name], by_row[TWO.name], strict=True))
    outcome.figures["threads.rate"] = Figure(
        [two.requests_per_second / one.requests_per_second for one, two in pairs], "", RATIO_NOISE)
    outcome.figures["threads.cpu"] = Figure([two.cpu / one.cpu for one, two in pairs], "", RATIO_NOISE)
    outcome.figures["threads.cpu-to-alone"] = Figure(
        [two.cpu / alone.cpu for alone, two in zip(by_row[ALONE.name], by_row[TWO.name], strict=True)], "",
        RATIO_NOISE)
    for row in rows:
        record(
            outcome.figures, f"{row.name}.cpu", "µs", {("sluice", s.round): s.cpu for s in by_row[row.name]},
            TIME_NOISE)
    record(
        outcome.figures, "threads.sockets", "",
        {("sluice", sample.round): sample.sockets_most_open for sample in by_row[TWO.name]}, COUNT_NOISE)
    outcome.tables += [timing_table(row, by_row[row.name]) for row in rows]
    outcome.tables.append(
        f"Two threads ÷ one, all on their cores: {outcome.figures['threads.rate']} × requests/s, "
        f"{outcome.figures['threads.cpu']} × CPU/request ({outcome.figures['threads.cpu-to-alone']} × the one "
        "thread that has its core alone).\n")
    outcome.faults += faults(samples)
    return outcome
