"""Debian's siege against Sluice with its built-in upstream: the published benchmark, by the published tool."""

import subprocess

from processes import Fault, Workshop, free_ports, get_json, wait_until_serving

# Client connections kept alive and no HTML parsing, whatever the machine's own siege.conf says.
SIEGE_CONFIGURATION = """\
verbose = false
quiet = false
color = off
json_output = false
show-logfile = false
logging = false
protocol = HTTP/1.1
connection = keep-alive
parser = false
limit = 1024
timeout = 30
failures = 100000
gmethod = GET
chunked = true
"""


def run(workshop: Workshop, sluice: str, users: int, requests: int, max_sockets: int) -> None:
    """Runs siege for the keep-alive agent, then for the normal one, and prints its reports and the sockets created."""
    directory = workshop.directory("siege")
    configuration, log = directory / "siege.conf", directory / "sluice.log"
    configuration.write_text(SIEGE_CONFIGURATION)
    port, admin_port = free_ports(2)
    command = [
        sluice, "serve", "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin_port}",
        "--max-sockets", str(max_sockets)]
    proxy = workshop.start(command, None, log, stdout=subprocess.DEVNULL)
    wait_until_serving(port, proxy, log)
    wait_until_serving(admin_port, proxy, log)
    for path in ("/k/5", "/5"):
        print(f"siege -b -c {users} -r {requests} http://127.0.0.1:{port}{path}", flush=True)
        siege = [
            "env", f"HOME={directory}", "siege", "-R", str(configuration), "-b", "-c", str(users), "-r",
            str(requests), f"http://127.0.0.1:{port}{path}"]
        done = workshop.run(siege, None, 120 + users * requests / 200)
        if done.returncode != 0:
            raise Fault(f"siege failed: {done.stdout}{done.stderr}")
        print(_summary(done.stdout + done.stderr))
        for agent in get_json(f"http://127.0.0.1:{admin_port}/api/v1/agents")["agents"]:
            totals = agent["status"]["totals"]
            print(
                f"agent {agent['name']}: {totals['created']:,} sockets created, {totals['requests']:,} requests, "
                f"{agent['status']['requestsPerSocket']:,.2f} requests per socket")
        print(flush=True)
    workshop.end(proxy)


def _summary(text: str) -> str:
    """Siege's report alone: what begins with the line of transactions."""
    start = text.find("Transactions:")
    return text[start:].rstrip() if start >= 0 else text.rstrip()
