"""From the start of the process to its first answer."""

import proxies
from context import Context, Outcome, say
from figures import TIME_NOISE, record
from processes import PROXY_CORE, Fault, Upstream, enter_fresh_network, free_ports
from report import NAMES, table
from rows import Row
from timing import order

ROW = Row("start", "start to first answer", "keepalive", ("sluice", "haproxy", "nginx"))
TIMES = 20


def run(context: Context) -> Outcome:
    """Starts each proxy some twenty times, in turn."""
    workshop, outcome, names, values = context.workshop, Outcome(), context.proxies(ROW.proxies), {}
    enter_fresh_network()
    upstream = Upstream(workshop)
    try:
        for number in range(TIMES):
            for name in order(names, number):
                directory, ports = workshop.directory(name), free_ports(2)
                command = proxies.COMMANDS[name](ROW, upstream.port, ports, directory, context.sluice)
                program = str(workshop.compile("start"))
                done = workshop.run([program, str(PROXY_CORE), str(ports[0]), *command], ROW.load_core, 20)
                if done.returncode != 0:
                    raise Fault(f"{name} did not answer within 10 s of its start: {done.stderr}")
                values[name, number] = int(done.stdout) / 1000
    finally:
        workshop.end(upstream.process)
    record(outcome.figures, "start.time", "ms", values, TIME_NOISE, TIME_NOISE)
    for name in names:
        say(f"start      {name:12} {outcome.figures[f'start.time.{name}']}")
    outcome.tables.append(table(
        f"{ROW.title}, {TIMES} times", ["proxy", "time (min–max)"],
        [[NAMES[name], str(outcome.figures[f"start.time.{name}"])] for name in names]))
    return outcome
