"""The measures that are not the CPU time of a row. To add one, write a function from Context to Outcome, and name it
in MEASURES."""

from collections.abc import Callable

import allocations
import idle
import open_loop
import queueing
import starting
import threads
from context import Context, Outcome

MEASURES: dict[str, Callable[[Context], Outcome]] = {
    "open": open_loop.run,
    "queue": queueing.run,
    "idle": idle.run,
    "threads": threads.run,
    "start": starting.run,
    "allocations": allocations.run,
}
