"""Latency under a load that does not wait: requests come at 70 % of what the slowest proxy can do, and each one's
latency counts from when it was due."""

from context import Context, Outcome, say
from figures import TAIL_NOISE, TIME_NOISE, Values, record
from load import run_latency, run_wrk
from processes import Upstream, cpu_seconds, enter_fresh_network, shorten_time_slices
from proxies import start
from report import NAMES, table
from rows import Row
from timing import order

ROW = Row("open", "open loop", "keepalive", ("sluice", "haproxy", "nginx", "floor"))
PART = 0.7
WARM_UP_SECONDS = 1
FIGURES = {"p50": "p50", "p99": "p99", "p999": "p99.9"}


def _capacity(context: Context, name: str) -> float:
    """Requests a second that a proxy answers when wrk asks as fast as it can."""
    enter_fresh_network()
    upstream = Upstream(context.workshop)
    proxy = start(context.workshop, name, ROW, upstream.port, context.sluice)
    try:
        run_wrk(context.workshop, ROW, proxy.port, 1)
        load = run_wrk(context.workshop, ROW, proxy.port, 2)
    finally:
        context.workshop.end(proxy.process)
        context.workshop.end(upstream.process)
    return load.requests / load.seconds


def _sample(context: Context, name: str, rate: float, seed: int) -> dict[str, float]:
    """What latency.c says of one proxy, with the proxy's CPU time per request."""
    enter_fresh_network()
    upstream = Upstream(context.workshop)
    proxy = start(context.workshop, name, ROW, upstream.port, context.sluice)
    try:
        before = sum(cpu_seconds(proxy.process.pid))
        sample = run_latency(context.workshop, ROW, proxy.port, rate, WARM_UP_SECONDS, context.seconds, seed)
        requests = upstream.stats()["requests"]
        sample["cpu"] = (sum(cpu_seconds(proxy.process.pid)) - before) * 1e6 / max(requests, 1)
    finally:
        context.workshop.end(proxy.process)
        context.workshop.end(upstream.process)
    return sample


def run(context: Context) -> Outcome:
    """Measures all proxies at one rate, with the same arrivals for all of them in a round."""
    shorten_time_slices()
    names = context.proxies(ROW.proxies)
    capacities = {name: _capacity(context, name) for name in names}
    rate = PART * min(capacities.values())
    say("open: " + ", ".join(f"{NAMES[name]} {value:,.0f}/s" for name, value in capacities.items()))
    samples = {}
    for number in range(context.rounds):
        for name in order(names, number):
            sample = samples[name, number] = _sample(context, name, rate, number + 1)
            say(f"round {number + 1}/{context.rounds} open       {name:12} " + ", ".join(
                f"{key} {value:,.0f}" for key, value in sample.items()))
    return _outcome(names, capacities, rate, samples)


def _outcome(
    names: list[str], capacities: dict[str, float], rate: float, samples: dict[tuple[str, int], dict[str, float]]
) -> Outcome:
    outcome = Outcome()
    for key in (*FIGURES, "cpu", "failed"):
        values: Values = {at: sample[key] for at, sample in samples.items()}
        unit = "" if key == "failed" else "µs"
        record(
            outcome.figures, f"open.{key}", unit, values, TIME_NOISE if key == "cpu" else TAIL_NOISE,
            TAIL_NOISE if key in ("p99", "p999") else 0.10)
    lines = []
    for name in names:
        cells = [NAMES[name]]
        for key in FIGURES:
            ratio = outcome.figures.get(f"open.{key}/{name}")
            cells += [str(outcome.figures[f"open.{key}.{name}"]), str(ratio) if ratio else "1"]
        late = sum(sample["late"] for (proxy, _), sample in samples.items() if proxy == name)
        failed = sum(sample["failed"] for (proxy, _), sample in samples.items() if proxy == name)
        count = sum(sample["requests"] for (proxy, _), sample in samples.items() if proxy == name)
        cells += [f"{outcome.figures[f'open.cpu.{name}'].median:.1f}", f"{capacities[name]:,.0f}",
                  f"{late / max(count, 1):.2%}", f"{failed:.0f}"]
        lines.append(cells)
        if failed:
            outcome.faults.append(f"open, {name}: {failed:.0f} of {count:.0f} requests failed")
    head = ["proxy"]
    for title in FIGURES.values():
        head += [f"{title} (min–max)", "Sluice ÷ it"]
    outcome.tables.append(table(
        f"open loop, {rate:,.0f} requests/s on {ROW.clients} connections",
        [*head, "CPU µs/request", "capacity/s", "sent late", "failed"], lines))
    return outcome
