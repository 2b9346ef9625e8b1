"""What is done from the page: settings, split, advice, sockets, drain, agents, routes, the file, undo, the token."""

import re

from page_suite import until
from playwright.sync_api import expect


def settings_are_edited_in_place(suite):
    suite.api.patch("k", {"maxSockets": 100, "timeout": 8})
    panel = suite.panel("settings")
    field, save = panel.get_by_label("maxSockets"), panel.get_by_role("button", name="Save")
    expect(field).to_have_value("100")
    expect(save).to_be_disabled()
    field.fill("64")
    panel.get_by_label("timeout", exact=True).fill("9")
    save.click()
    until(lambda: suite.api.agent("k")["maxSockets"] == 64, "the setting is saved")
    assert suite.api.agent("k")["timeout"] == 9
    expect(suite.card().locator('[data-figure="maxSockets"]')).to_have_text("64")
    expect(suite.newest()).to_contain_text("maxSockets 100 \u2192 64")
    expect(save).to_be_disabled()


def a_bad_value_is_told_at_its_field(suite):
    panel = suite.panel("settings")
    field = panel.get_by_label("maxSockets")
    before = suite.api.agent("k")["maxSockets"]
    field.fill("0")
    with suite.errors_expected():
        panel.get_by_role("button", name="Save").click()
        expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("1 to 1"))
    expect(field).to_be_focused()
    assert suite.api.agent("k")["maxSockets"] == before
    panel.get_by_role("button", name="Discard").click()
    expect(field).to_have_value(str(before))
    assert field.get_attribute("aria-invalid") is None
    panel.locator("summary").first.click()


def a_change_is_undone(suite):
    suite.api.patch("k", {"maxSockets": 100})
    suite.api.patch("k", {"maxSockets": 50})
    entry = suite.page.get_by_role("log").get_by_role("listitem").filter(has_text="maxSockets 100 \u2192 50").first
    with suite.page.expect_request(lambda request: request.method == "PATCH") as sent:
        entry.get_by_role("button", name="Undo").click()
    assert sent.value.headers.get("if-match", "").startswith('"'), sent.value.headers
    expect(entry).to_contain_text("Undone: maxSockets is 100 again.")
    assert suite.api.agent("k")["maxSockets"] == 100


def a_later_change_is_not_undone_unseen(suite):
    suite.api.patch("k", {"maxSockets": 60})
    suite.api.patch("k", {"maxSockets": 70})
    entry = suite.page.get_by_role("log").get_by_role("listitem").filter(has_text="maxSockets 100 \u2192 60").first
    entry.get_by_role("button", name="Undo").click()
    expect(entry.get_by_role("alert")).to_contain_text("maxSockets is 70 by now: undo the later change first.")
    assert suite.api.agent("k")["maxSockets"] == 70
    suite.api.patch("k", {"maxSockets": 100})


def the_split_is_set_and_compared(suite):
    panel = suite.panel("split")
    slider = panel.get_by_role("slider", name="In the other mode")
    slider.focus()
    for _ in range(12):
        suite.page.keyboard.press("ArrowRight")
    until(lambda: suite.api.agent("k")["split"] == 12, "the split is 12 %")
    until(lambda: suite.load(30) and panel.locator(".sentence").inner_text().strip() != "", "the comparison speaks")
    expect(panel.locator("table")).to_contain_text("requests")
    if suite.mock:
        expect(panel.locator(".sentence")).to_contain_text("keep-alive answers 1.9 ms sooner")
        expect(panel.locator(".lane")).to_have_count(6)
        whisker = panel.locator(".whisker").first.evaluate("(e) => e.getBoundingClientRect().width")
        assert whisker > 0, "the interval has no width"
        expect(panel.locator(".lane").first).to_contain_text("5.20")
    suite.api.patch("k", {"split": 0})
    expect(slider).to_have_value("0")
    panel.locator("summary").first.click()


def advice_is_applied(suite):
    suite.api.patch("k", {"freeSocketTimeout": 30})
    panel = suite.panel("advice")
    expect(panel.get_by_role("listitem")).to_have_count(3)
    expect(panel).to_contain_text("maxFreeSockets")
    if suite.mock:
        expect(panel).to_contain_text("high confidence")
        panel.get_by_text("Evidence").first.click()
        expect(panel).to_contain_text("smallest stable age")
        panel.get_by_text("Evidence").first.click()
        panel.get_by_role("button", name="Apply freeSocketTimeout 4.5").click()
        until(lambda: suite.api.agent("k")["freeSocketTimeout"] == 4.5, "the advice is applied")
        expect(panel.get_by_role("button")).to_have_count(0)
    panel.locator("summary").first.click()


def sockets_are_cells(suite):
    suite.start_keepalive()
    suite.api.patch("k", {"freeSocketTimeout": 60})
    suite.load(40)
    grid = suite.card().get_by_role("listbox", name="Sockets of agent k")
    until(lambda: grid.get_by_role("option").count() > 0, "open sockets are cells")
    grid.focus()
    suite.page.keyboard.press("ArrowRight")
    chosen = grid.locator('[aria-selected="true"]')
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_accessible_name(re.compile(r"Socket \d+, free: .* old, .* requests, idle for .*"))
    number = chosen.get_attribute("data-socket")
    suite.card().get_by_role("button", name="Close it").click()
    until(lambda: all(row["id"] != number for row in suite.api.call("agents/k/sockets?limit=1000")[0]["sockets"]),
          "the chosen socket is closed")
    suite.card().get_by_role("button", name="Close free sockets").click()
    until(lambda: suite.api.agent("k")["status"]["sockets"]["free"] == 0, "free sockets are closed")
    expect(suite.card().get_by_role("region", name="Closed by reason")).to_contain_text("operator")
    suite.api.patch("k", {"freeSocketTimeout": 30})


def an_agent_drains_and_resumes(suite):
    card = suite.card()
    card.get_by_role("button", name="Drain").click()
    expect(card.get_by_text("draining", exact=True)).to_be_visible()
    until(lambda: suite.api.agent("k")["status"]["state"] == "draining", "the API says draining")
    expect(suite.newest()).to_contain_text("k drained")
    card.get_by_role("button", name="Resume").click()
    until(lambda: suite.api.agent("k")["status"]["state"] == "running", "the API says running")
    expect(card.get_by_text("draining", exact=True)).to_be_hidden()


def an_agent_comes_and_goes(suite):
    # One that is gone may have been asked for a moment before.
    with suite.errors_expected():
        page = suite.page
        page.get_by_role("button", name="Add agent").click()
        form = page.get_by_role("form", name="New agent")
        form.get_by_label("Name").fill("k")
        form.get_by_label("Upstream").fill("http://127.0.0.1:9")
        form.get_by_role("button", name="Add it").click()
        expect(form.get_by_role("alert")).to_be_visible()
        form.get_by_label("Name").fill("guest")
        form.get_by_role("button", name="Add it").click()
        expect(suite.card("guest")).to_be_visible()
        expect(form).to_have_count(0)
        remove = suite.card("guest").locator('[data-action="remove"]')
        remove.click()
        expect(remove).to_have_text("Really remove guest")
        assert suite.api.has("guest"), "one press was enough"
        remove.click()
        expect(suite.card("guest")).to_have_count(0)
        assert not suite.api.has("guest")
        entry = page.get_by_role("log").get_by_role("listitem").filter(has_text="guest removed").first
        entry.get_by_role("button", name="Undo").click()
        expect(suite.card("guest")).to_be_visible()
        suite.api.call("agents/guest", "DELETE")
        expect(suite.card("guest")).to_have_count(0)


def an_agent_in_use_stays(suite):
    if not any(route["agent"] == "k" for route in suite.api.call("routes")[0]["routes"]):
        return
    remove = suite.card().locator('[data-action="remove"]')
    remove.click()
    with suite.errors_expected():
        remove.click()
        expect(suite.card().get_by_role("alert")).to_be_visible()
    assert suite.api.has("k")
    suite.card().get_by_role("button", name="Dismiss").click()


def routes_are_edited_as_a_whole(suite):
    before = suite.api.call("routes")[0]["routes"]
    form = suite.page.get_by_role("form", name="Routes")
    suite.page.locator("#routes").scroll_into_view_if_needed()
    rows = form.locator("tbody tr")
    expect(rows).to_have_count(len(before))
    form.get_by_role("button", name="Add route").click()
    prefix = rows.nth(len(before)).get_by_label("Prefix")
    prefix.fill("no-slash")
    with suite.errors_expected():
        form.get_by_role("button", name="Save routes").click()
        expect(prefix).to_have_attribute("aria-invalid", "true")
    assert suite.api.call("routes")[0]["routes"] == before, "half a change was made"
    prefix.fill("/extra")
    form.get_by_role("button", name="Save routes").click()
    until(lambda: len(suite.api.call("routes")[0]["routes"]) == len(before) + 1, "the route is there")
    expect(suite.newest()).to_contain_text("/extra \u2192")
    suite.newest().get_by_role("button", name="Undo").click()
    until(lambda: suite.api.call("routes")[0]["routes"] == before, "the routes are as before")
    expect(rows).to_have_count(len(before))


def the_file_is_read_again(suite):
    box = suite.page.locator("#config")
    box.scroll_into_view_if_needed()
    if suite.api.call("config")[0]["status"]["file"] is None:
        expect(box).to_contain_text("No file")
        return
    expect(box).to_contain_text(".yaml")
    box.get_by_role("button", name="Read the file again").click()
    # Said only when the reading is over, unlike what stood there before.
    expect(box).to_contain_text(re.compile("Nothing in it differs|Changed:"))
    expect(box).to_contain_text("In force since")
    if suite.mock:
        suite.mock.file_faults = [{"pointer": "/agents/k/maxSockets", "detail": "must be 1 to 1000000", "line": 12,
                                   "column": 17}]
        with suite.errors_expected():
            box.get_by_role("button", name="Read the file again").click()
            expect(box.get_by_role("alert")).to_contain_text("must be 1 to 1000000")
            expect(box).to_contain_text("Line 12:17")
        suite.mock.file_faults = None


def a_token_is_asked_for(suite):
    import mock_admin
    admin, _, mock = mock_admin.start()
    mock.token = "a-token-of-sixteen"
    suite.bases.append(admin + "/")
    with suite.errors_expected():
        page = suite.context()
        page.goto(admin + "/")
        dialog = page.get_by_role("dialog", name="Token")
        dialog.get_by_label("Token").fill("not this one")
        dialog.get_by_role("button", name="Use it").click()
        expect(dialog).to_contain_text("does not accept this token")
        dialog.get_by_label("Token").fill("read-" + mock.token)
        dialog.get_by_role("button", name="Use it").click()
        expect(dialog).to_have_count(0)
        expect(page.locator("#stream")).to_have_text("live")
        expect(suite.card(page=page)).to_be_visible()
        page.reload()
        expect(page.locator("#stream")).to_have_text("live")
        suite.switch(page=page).click()  # Reading is all that this token is good for.
        expect(dialog).to_contain_text("may only read")
        dialog.get_by_label("Token").fill(mock.token)
        page.keyboard.press("Enter")
        expect(suite.switch(page=page)).not_to_be_checked()
        until(lambda: mock.agents["k"].mode == "normal", "the change is made with the other token")
        assert page.evaluate("localStorage.getItem('sluice-token')") is None
        page.context.close()


CHECKS = [
    settings_are_edited_in_place, a_bad_value_is_told_at_its_field, a_change_is_undone,
    a_later_change_is_not_undone_unseen, the_split_is_set_and_compared, advice_is_applied, sockets_are_cells,
    an_agent_drains_and_resumes, an_agent_comes_and_goes, an_agent_in_use_stays, routes_are_edited_as_a_whole,
    the_file_is_read_again, a_token_is_asked_for,
]
