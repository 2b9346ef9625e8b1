"""What the checks of the page share: the API as another operator would use it, a browser, and a load."""

import concurrent.futures
import contextlib
import json
import time
import urllib.error
import urllib.request

from playwright.sync_api import expect

WAIT = 15_000  # Milliseconds that any condition may take to come true; a busy machine with two cores needs some.
# Lets a test end or silence the stream as a network would, and say what no server says; all else is fetch's own.
STREAM_HOOK = """
{
  window.silent = false;
  const original = window.fetch;
  const encoder = new TextEncoder();
  window.fetch = async (input, options) => {
    const response = await original(input, options);
    if (!String(input).includes("/events?") || !response.ok) return response;
    const reader = response.body.getReader();
    const body = new ReadableStream({
      start(controller) {
        window.inject = (type, data) => controller.enqueue(encoder.encode(`event: ${type}\\ndata: ${data}\\n\\n`));
        window.breakStream = () => controller.error(new TypeError("the network went away"));
        (async () => {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) return controller.close();
            if (!window.silent) controller.enqueue(value);
          }
        })().catch((error) => controller.error(error));
      },
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
"""

expect.set_options(timeout=WAIT)


def until(condition, what):
    deadline = time.monotonic() + WAIT / 1000
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT / 1000:.0f} s: {what}"


class Api:
    """The admin API as another operator would use it."""

    def __init__(self, base):
        self.base = base.rstrip("/")

    def call(self, path, method="GET", body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        kind = {"PATCH": "application/merge-patch+json"}.get(method, "application/json")
        headers = {**({"Content-Type": kind} if data else {}), **(headers or {})}
        request = urllib.request.Request(f"{self.base}/api/v1/{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=15) as response:
            text = response.read()
            return json.loads(text) if text else None, response.headers.get("ETag")

    def agents(self):
        return self.call("agents")[0]["agents"]

    def agent(self, name):
        return self.call(f"agents/{name}")[0]

    def has(self, name):
        return any(agent["name"] == name for agent in self.agents())

    def patch(self, name, patch):
        etag = self.call(f"agents/{name}")[1]
        return self.call(f"agents/{name}", "PATCH", patch, {"If-Match": etag})[0]

    def set_mode(self, name, mode):
        return self.patch(name, {"mode": mode})


class Suite:
    """Everything the checks share: the API, the browser, and what the page complained about."""

    def __init__(self, api, proxy, browser, mock):
        self.api, self.proxy, self.browser, self.mock = api, proxy.rstrip("/"), browser, mock
        self.complaints, self.foreign, self.bases = [], [], [api.base + "/", "data:"]
        self.expecting_errors = False
        self.page = self.open(width=1280)

    def context(self, width=1280, height=900, **options):
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(WAIT)
        context.add_init_script(STREAM_HOOK)
        page = context.new_page()
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error} {error.stack}"))
        page.on("request", self.requested)
        return page

    def open(self, width=1280, height=900, **options):
        page = self.context(width, height, **options)
        page.goto(self.api.base + "/")
        expect(page.locator("#stream")).to_have_text("live")
        expect(page.get_by_role("article").first).to_be_visible()
        return page

    def console(self, message):
        # The agent that comes and goes may have been asked for a moment before it went.
        is_gone = "/agents/guest" in message.location.get("url", "")
        if message.type in ("error", "warning") and not self.expecting_errors and not is_gone:
            self.complaints.append(f"{message.type}: {message.text}")

    def requested(self, request):
        if not request.url.startswith(tuple(self.bases)):
            self.foreign.append(request.url)

    @contextlib.contextmanager
    def errors_expected(self):
        """A reply of 4xx is a console error of the browser's own making."""
        self.expecting_errors = True
        try:
            yield
            self.page.evaluate("0")  # A round trip, so that what was logged has arrived.
        finally:
            self.expecting_errors = False

    @contextlib.contextmanager
    def answering(self, pattern, method, handler):
        """Requests that fit are answered by `handler(route)`."""
        self.page.route(pattern, lambda route: handler(route) if route.request.method == method else route.fallback())
        try:
            yield
        finally:
            self.page.unroute(pattern)

    def load(self, requests=200, threads=8):
        """Sends requests through agent k and returns how many were answered with 200."""
        def one(_):
            try:
                with urllib.request.urlopen(f"{self.proxy}/k/5", timeout=15) as response:
                    response.read()
                    return response.status == 200
            except urllib.error.HTTPError:
                return False
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(one, range(requests)))

    def card(self, name="k", page=None):
        return (page or self.page).get_by_role("article", name=f"Agent {name}", exact=True)

    def switch(self, name="k", page=None):
        return self.card(name, page).get_by_role("switch", name=f"Keep-alive of agent {name}", exact=True)

    def panel(self, name, agent="k"):
        """A panel of an agent's card, opened."""
        details = self.card(agent).locator(f'[data-panel="{name}"]')
        if details.get_attribute("open") is None:
            details.locator("summary").first.click()
        return details

    def press(self, mode, name="k"):
        """Clicks where a person would: on the word."""
        self.switch(name).get_by_text(mode, exact=True).click()

    def newest(self):
        """The newest entry of the log."""
        return self.page.get_by_role("log").get_by_role("listitem").first

    def api_mode(self, mode, name="k"):
        until(lambda: self.api.agent(name)["mode"] == mode, f"the API says that {name} is {mode}")

    def settled(self, mode, name="k"):
        """The page shows the mode as done, not as wished for."""
        expect(self.switch(name)).to_be_checked(checked=mode == "keepalive")
        expect(self.switch(name)).not_to_have_attribute("aria-busy", "true")
        expect(self.card(name)).not_to_contain_text("switching to")

    def start_keepalive(self):
        if self.api.agent("k")["mode"] != "keepalive":
            self.api.set_mode("k", "keepalive")
        self.settled("keepalive")
