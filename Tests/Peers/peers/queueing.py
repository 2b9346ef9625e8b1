"""How evenly clients wait: 1,000 of them for 10 sockets of a slow upstream. nginx cannot bound its sockets and let
requests wait, so it takes no part."""

from context import Context, Outcome, say
from figures import RATIO_NOISE, TIME_NOISE, record
from load import run_latency
from processes import Upstream, allow_open_files, enter_fresh_network
from proxies import start
from report import NAMES, table
from rows import Row
from timing import order

ROW = Row(
    "queue", "1,000 clients on 10 sockets", "keepalive", ("sluice", "haproxy"), path="/delay/2", clients=1000,
    sockets=10)
# The first to come have nobody before them: several times what one turn of all clients takes.
WARM_UP_SECONDS = 2


def _sample(context: Context, name: str) -> dict[str, float]:
    enter_fresh_network()
    upstream = Upstream(context.workshop)
    proxy = start(context.workshop, name, ROW, upstream.port, context.sluice)
    try:
        sample = run_latency(context.workshop, ROW, proxy.port, 0, WARM_UP_SECONDS, context.seconds, 0)
        sample["sockets"] = upstream.stats()["mostOpen"]
    finally:
        context.workshop.end(proxy.process)
        context.workshop.end(upstream.process)
    sample["spread"] = sample["p99"] / sample["p50"] if sample["p50"] else 0
    return sample


def run(context: Context) -> Outcome:
    """Measures the proxies in turn."""
    allow_open_files(8192)
    names, samples, outcome = context.proxies(ROW.proxies), {}, Outcome()
    for number in range(context.rounds):
        for name in order(names, number):
            sample = samples[name, number] = _sample(context, name)
            say(f"round {number + 1}/{context.rounds} queue      {name:12} " + ", ".join(
                f"{key} {value:,.2f}" for key, value in sample.items()))
    for key, unit, noise in (
            ("spread", "", RATIO_NOISE), ("failed", "", 0), ("sockets", "", 0), ("p50", "µs", TIME_NOISE),
            ("p99", "µs", TIME_NOISE)):
        record(outcome.figures, f"queue.{key}", unit, {at: sample[key] for at, sample in samples.items()}, noise)
    lines = [
        [NAMES[name], *(str(outcome.figures[f"queue.{key}.{name}"])
                        for key in ("spread", "p50", "p99", "sockets", "failed"))] for name in names]
    outcome.tables.append(table(
        f"{ROW.title}, an upstream that answers after 2 ms",
        ["proxy", "p99 ÷ p50 (min–max)", "p50", "p99", "most open", "failed"], lines))
    return outcome
