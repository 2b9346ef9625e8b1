"""The clients: wrk for a time, client.c for an exact number of requests."""

import json
import re
from dataclasses import dataclass

from processes import LOAD_CORE, Fault, Workshop
from rows import Row


@dataclass
class Load:
    """What wrk reports: requests completed, failures of each kind, seconds, and latencies in milliseconds."""

    requests: int
    bad_status: int
    socket_errors: int
    seconds: float
    latency50: float
    latency99: float


def _milliseconds(text: str, percentile: str) -> float:
    match = re.search(rf"^\s*{percentile}%\s+([\d.]+)(us|ms|s)\s*$", text, re.MULTILINE)
    if match is None:
        return 0.0
    return float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[match[2]]


def run_wrk(workshop: Workshop, row: Row, port: int, seconds: int) -> Load:
    """Loads a port of 127.0.0.1 with a row's clients for some seconds."""
    command = ["wrk", f"-t{row.load_threads}", f"-c{row.clients}", f"-d{seconds}s", "--latency"]
    for name, value in row.headers.items():
        command += ["-H", f"{name}: {value}"]
    if row.closes:
        command += ["-H", "Connection: close"]
    if row.script:
        script = workshop.path / f"{row.name}.lua"
        script.write_text(row.script)
        command += ["-s", str(script)]
    done = workshop.run([*command, f"http://127.0.0.1:{port}{row.path}"], row.load_core, seconds + 20)
    text = done.stdout
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
    if done.returncode != 0 or total is None:
        raise Fault(f"wrk failed: {text}{done.stderr}")
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Load(
        requests=int(total[1]), bad_status=int(bad[1]) if bad else 0,
        socket_errors=sum(int(count) for count in errors.groups()) if errors else 0,
        seconds=float(total[2]) * {"ms": 0.001, "s": 1, "m": 60}[total[3]],
        latency50=_milliseconds(text, "50"), latency99=_milliseconds(text, "99"))


def run_exactly(workshop: Workshop, row: Row, port: int, connections: int, requests: int, seconds: float) -> None:
    """Makes exactly so many requests over so many connections; a Fault when one of them fails."""
    command = [str(workshop.compile("client")), str(port), str(connections), str(requests), row.path]
    done = workshop.run(command + (["close"] if row.closes else []), LOAD_CORE, seconds)
    if done.returncode != 0 or json.loads(done.stdout)["failed"] != 0:
        raise Fault(f"client failed: {done.stdout}{done.stderr}")


def run_latency(
    workshop: Workshop, row: Row, port: int, rate: float, warm_up: float, seconds: float, seed: int
) -> dict[str, float]:
    """Loads a port at a rate (0: as fast as it answers) and returns what latency.c prints."""
    program = workshop.compile("latency", "-lm")
    command = [str(program), str(port), str(row.clients), f"{rate:.0f}", f"{warm_up:g}", f"{seconds:g}", str(seed)]
    done = workshop.run([*command, row.path], row.load_core, warm_up + seconds + 30)
    if done.returncode != 0:
        raise Fault(f"latency failed: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)
