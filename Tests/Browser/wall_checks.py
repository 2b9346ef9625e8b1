"""The page left open: a stream that breaks, a day of samples; every width, both themes, and its weight."""

import re
import time

from page_suite import until
from playwright.sync_api import expect

WEIGHT_MAX = 60 * 1024
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const read = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [0.2126, 0.7152, 0.0722].reduce((sum, share, index) => {
    const value = [r, g, b][index] / 255;
    return sum + share * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  }, 0);
  const faults = [];
  for (const node of document.querySelectorAll("body *")) {
    const words = [...node.childNodes].filter((child) => child.nodeType === 3 && child.data.trim() !== "");
    if (words.length === 0 || !node.checkVisibility()) continue;
    if (node.closest(":disabled, .unseen, .skip, noscript, option")) continue;
    const style = getComputedStyle(node);
    let ground = node;
    const paints = (place) => read(getComputedStyle(place).backgroundColor)[3] >= 250;
    while (ground.parentElement && !paints(ground)) ground = ground.parentElement;
    const [a, b] = [light(read(style.color)), light(read(getComputedStyle(ground).backgroundColor))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.6 && style.fontWeight >= 600) ? 3 : 4.5;
    if (ratio < least) faults.push(`${words[0].data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(faults)];
}"""


def a_broken_stream_resumes(suite):
    suite.start_keepalive()
    stream, notice = suite.page.locator("#stream"), suite.page.locator("#notice")
    suite.page.evaluate("breakStream()")
    expect(stream).to_contain_text("lost, trying again in")
    expect(notice).to_contain_text("Connection lost since")
    suite.api.set_mode("k", "normal")
    expect(stream).to_have_text("live")
    expect(notice).to_contain_text("Connection back at")
    suite.settled("normal")
    entries = suite.page.get_by_role("log").get_by_role("listitem")
    expect(entries.filter(has_text="Connection back at").first).to_be_visible()
    expect(entries.filter(has_text="mode keepalive \u2192 normal").first).to_be_visible()
    twice = suite.page.evaluate("""() => { const keys = [...document.querySelectorAll("#changes [data-key^='[']")]
        .map((e) => e.dataset.key); return keys.length - new Set(keys).size; }""")
    assert twice == 0, f"{twice} changes are listed twice"


def a_server_that_ends_streams_is_followed_again(suite):
    if not suite.mock:
        return
    suite.mock.drop_streams()
    expect(suite.page.locator("#stream")).to_contain_text("lost")
    expect(suite.page.locator("#stream")).to_have_text("live")


def a_silent_stream_is_noticed(suite):
    stream = suite.page.locator("#stream")
    suite.page.evaluate("silent = true")
    started = time.monotonic()
    expect(stream).to_contain_text("lost")
    took = time.monotonic() - started
    suite.page.evaluate("silent = false")
    expect(stream).to_have_text("live")
    assert took < 8, f"it took {took:.1f} s"


def data_is_text_and_lists_are_bounded(suite):
    page = suite.open()
    page.evaluate("""() => {
      for (let index = 0; index < 600; index += 1) {
        const [before, after] = index % 2 ? ["keepalive", "normal"] : ["normal", "keepalive"];
        inject("change", JSON.stringify({time: new Date(Date.now() - 600000 + index * 1000).toISOString(), agent: "k",
          who: "<img src=x onerror=alert(1)>", what: "settings", changes: [{setting: "mode", before, after}]}));
      }
      for (const data of ["", "null", "[]", "{", "7", "{}"]) inject("problem", data);
    }""")
    log = page.get_by_role("log")
    until(lambda: log.locator("li").count() == 200, "the log keeps its last 200 entries")
    assert page.locator('[data-agent="k"] .era').count() <= 64, "the marks grow without bound"
    assert page.locator("img").count() == 0, "data became markup"
    expect(log).to_contain_text("<img src=x")
    page.context.close()


def a_day_does_not_grow(suite):
    """Ten minutes of samples at once, four times: after the first the heap and the document stay as they are."""
    page = suite.open()
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable")
    page.evaluate("""() => {
      window.moment = Date.now();
      window.sped = async (samples) => {
        for (let index = 0; index < samples; index += 1) {
          moment += 1000;
          const agents = [...document.querySelectorAll("article")].map((card) => ({
            name: card.dataset.agent, mode: card.dataset.mode, maxSockets: 100, pending: index % 7,
            sockets: {open: 90, connecting: 2, active: 70 + index % 9, free: 18}, requestsPerSocket: index,
            totals: {requests: index * 100, created: index, reused: index * 99, closed: index, errors: 0, retries: 0,
              timeouts: 0, closedBy: {freeSocketTimeout: index}},
            rates: {requests: 100 + index % 50, created: 1, closed: 1}, latency: {p50: 0.005, p99: 0.01 + index % 3}}));
          inject("sample", JSON.stringify({time: new Date(moment).toISOString(),
            clients: {connections: 9, requestsPerSecond: 100}, agents}));
          if (index % 20 === 0) await new Promise(requestAnimationFrame);
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
      };
    }""")

    def measure():
        page.evaluate("sped(600)")
        client.send("HeapProfiler.collectGarbage")
        metrics = {entry["name"]: entry["value"] for entry in client.send("Performance.getMetrics")["metrics"]}
        return metrics["JSHeapUsedSize"], metrics["Nodes"]
    measure()  # The rings fill.
    measure()
    (heap, nodes), _, (later_heap, later_nodes) = measure(), measure(), measure()
    page.context.close()
    print(f"    heap {heap / 1e6:.2f} MB, after twenty minutes more {later_heap / 1e6:.2f} MB; "
          f"{nodes:.0f} and {later_nodes:.0f} nodes")
    assert later_heap - heap < 500_000, f"the heap grew from {heap} to {later_heap} bytes"
    assert later_nodes - nodes < 300, f"the document grew from {nodes} to {later_nodes} nodes"


def a_thousand_sockets_are_no_burden(suite):
    page = suite.open()
    rows = [{"id": str(index), "upstream": "http://x", "state": ("active", "free", "connecting")[index % 3],
             "localPort": index, "age": 1.5, "idle": 0.5, "requests": index, "bytesReceived": 1, "bytesSent": 1,
             "thread": 0} for index in range(1000)]
    page.route(re.compile(r"agents/k/sockets\?limit"),
               lambda route: route.fulfill(json={"sockets": rows, "next": None}))
    suite.card(page=page).locator('[data-panel="sockets"]').scroll_into_view_if_needed()
    until(lambda: suite.card(page=page).get_by_role("option").count() == 1000, "a thousand cells")
    longest = page.evaluate("""() => new Promise((resolve) => {
      let longest = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) longest = Math.max(longest,
        entry.duration); }).observe({type: "longtask"});
      setTimeout(() => resolve(longest), 2500);
    })""")
    print(f"    longest task with a thousand sockets: {longest:.0f} ms")
    assert longest < 250, f"the page stands still for {longest:.0f} ms"
    page.context.close()


def everything_is_reached_by_tab(suite):
    page = suite.open()
    page.locator("#config").scroll_into_view_if_needed()
    expect(page.get_by_role("form", name="Routes")).to_be_visible()
    page.locator('[data-panel="sockets"]').first.scroll_into_view_if_needed()
    expect(page.get_by_role("listbox").first).to_be_visible()
    reached = []
    for _ in range(400):
        page.keyboard.press("Tab")
        what, visible = page.evaluate("""() => {
            const e = document.activeElement;
            if (e === document.body || e.dataset.walked) return ["end", true];
            e.dataset.walked = "yes";
            const style = getComputedStyle(e);
            return [e.getAttribute("role") ?? (e.tagName === "BUTTON" ? e.textContent : e.type || e.tagName),
                e.closest(".skip") !== null || style.outlineStyle !== "none"];
        }""")
        if what == "end":
            break
        assert visible, f"the focus on {what} is not to be seen"
        reached.append(what)
    for what in ("select-one", "switch", "slider", "log", "listbox", "SUMMARY", "Drain", "Add agent", "Add route",
                 "checkbox"):
        assert what in reached, f"Tab never reaches {what}: {reached}"
    page.context.close()


def no_width_scrolls_sideways(suite):
    for width in (360, 414, 768, 1024, 1280, 1920, 2560):
        page = suite.open(width=width)
        page.evaluate("for (const e of document.querySelectorAll('article:first-child .panels > *')) e.open = true")
        page.locator("#config").scroll_into_view_if_needed()
        expect(page.locator("#routes tbody tr").first).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{wide} px too wide at {width} px"
        cut = page.evaluate("""() => [...document.querySelectorAll("dd, dt, h2, h3, h4, label, button, p")].filter(
            (e) => e.checkVisibility() && !e.closest(".unseen") && e.scrollWidth > e.clientWidth + 1
            && getComputedStyle(e).display !== "inline").map((e) => e.textContent)""")
        assert not cut, f"cut off at {width} px: {cut}"
        page.context.close()


def words_stand_out_in_both_themes(suite):
    for scheme in ("light", "dark"):
        page = suite.open(color_scheme=scheme)
        page.locator("#config").scroll_into_view_if_needed()
        for name, part in (("split", ".sentence"), ("advice", "li p"), ("settings", "input")):
            panel = suite.card(page=page).locator(f'[data-panel="{name}"]')
            panel.evaluate("(e) => { e.open = true; }")
            panel.scroll_into_view_if_needed()
            expect(panel.locator(part).first).to_be_visible()
        faults = page.evaluate(CONTRAST)
        assert not faults, f"too little contrast in {scheme}: {faults}"
        page.context.close()


def the_theme_is_kept(suite):
    page = suite.open(color_scheme="light")
    paper = lambda: page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    before = paper()
    page.get_by_role("button", name="Theme: auto").click()
    page.get_by_role("button", name="Theme: light").click()
    dark = paper()
    assert dark != before, "dark looks like light"
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert paper() == dark, "the theme was forgotten"
    page.context.close()


def motion_is_reduced_when_asked(suite):
    page = suite.open(reduced_motion="reduce")
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((e) =>
        getComputedStyle(e).transitionDuration !== "0s" || getComputedStyle(e).animationName !== "none").length""")
    assert moving == 0, f"{moving} elements still move"
    page.context.close()


def the_page_is_light(suite):
    page = suite.open()
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
    weight = page.evaluate("""() => [...performance.getEntriesByType("navigation"),
        ...performance.getEntriesByType("resource").filter((e) => /\\.(js|css)$/.test(e.name))]
        .reduce((sum, e) => sum + e.decodedBodySize, 0)""")
    print(f"    first contentful paint after {paint:.0f} ms, {weight} bytes in all")
    assert 0 < weight <= WEIGHT_MAX, f"{weight} bytes"
    page.context.close()


def nothing_was_complained_about(suite):
    suite.page.evaluate("0")
    assert not suite.complaints, "\n".join(suite.complaints)
    assert not suite.foreign, f"requests to another origin: {suite.foreign}"


CHECKS = [
    a_broken_stream_resumes, a_server_that_ends_streams_is_followed_again, a_silent_stream_is_noticed,
    data_is_text_and_lists_are_bounded, a_day_does_not_grow, a_thousand_sockets_are_no_burden,
    everything_is_reached_by_tab, no_width_scrolls_sideways, words_stand_out_in_both_themes, the_theme_is_kept,
    motion_is_reduced_when_asked, the_page_is_light, nothing_was_complained_about,
]
