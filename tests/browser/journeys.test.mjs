// What a credit manager does with the pages, in a real browser.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { House, enter, enterWithKey } from "./house.mjs";

const PASSWORD = "vedetta sull'albero";
let house;
let fallen;

before(async () => {
  house = await House.open();
  fallen = house.drops[0];
  for (const rank of ["viewer", "analyst", "manager", "admin"]) house.user(`anna.${rank}`, rank, PASSWORD);
});
after(() => house?.close());

const href = (code) => `/clients/${encodeURIComponent(code)}`;
const text = (page, selector) => page.locator(selector).first().innerText();

/** A journey of somebody who has signed in with the key; nothing foreign is loaded, and the browser has nothing to complain of. */
function journey(name, look, walk) {
  test(name, async () => {
    const page = await house.guest(look);
    try {
      await walk(page);
      assert.deepEqual(page.foreign, []);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  });
}

/** A journey of somebody who has not signed in. */
function outside(name, look, walk) {
  test(name, async () => {
    const page = await house.visitor(look);
    try {
      await walk(page);
      assert.deepEqual(page.foreign, []);
    } finally {
      await page.context().close();
    }
  });
}

outside("who is not signed in is led to the door, and then to where they wanted to go", {}, async (page) => {
  await page.go("/clients?grade=C");
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  await enter(page, "Anna.Viewer", PASSWORD);
  assert.equal(page.url(), `${house.address}/clients?grade=C`);
});

outside("a wrong password is told, and keeps the name", {}, async (page) => {
  await page.go("/sign-in");
  await enter(page, "anna.viewer", "not the password");
  assert.match(await text(page, "[role=alert]"), /non vanno insieme/);
  assert.equal(await page.locator("input[name=name]").inputValue(), "anna.viewer");
});

outside("five wrong passwords close a name, even to the right one", {}, async (page) => {
  house.user("bruno", "viewer", PASSWORD);
  for (let n = 0; n < 5; n += 1) {
    await page.go("/sign-in");
    await enter(page, "bruno", `wrong ${n} wrong ${n}`);
  }
  await page.go("/sign-in");
  await enter(page, "bruno", PASSWORD);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
});

outside("a key opens the pages, and signing out closes them", {}, async (page) => {
  await page.go("/sign-in");
  await enterWithKey(page, house.key);
  const [cookie] = (await page.context().cookies()).filter((c) => c.name === "__Host-vedetta");
  assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path], [true, true, "Lax", "/"]);
  await page.locator(".self button").click();
  await page.waitForURL(/sign-in/);
  await page.go("/work");
  assert.equal(new URL(page.url()).pathname, "/sign-in");
});

outside("a key that opens nothing is told", { lang: "en" }, async (page) => {
  await page.go("/sign-in");
  await page.locator("details summary").click();
  await page.locator("input[name=key]").fill("vdt_nothing");
  await page.locator("input[name=key]").press("Enter");
  assert.match(await text(page, "[role=alert]"), /key opens nothing/);
});

journey("the morning says in a sentence what changed, how much is at risk and what is to be done", {}, async (page) => {
  await page.go("/?days=30");
  assert.match(await text(page, "h1"), /client.* peggiorat.*\s€ di esposizione; oggi/);
  const figures = await page.locator(".figures dd").allInnerTexts();
  assert.ok(figures.length >= 4 && figures[0].endsWith("€"), figures.join());
  assert.ok(await page.locator("#down ~ table tbody tr, section:has(#down) tbody tr").count() > 0);
});

for (const lang of ["it", "en"]) {
  journey(`all of the morning is seen at once on a screen of 1440 by 900 (${lang})`, { lang }, async (page) => {
    for (const path of ["/", "/?days=30"]) {
      await page.go(path);
      await page.evaluate(() => document.fonts.ready);
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      assert.ok(height <= 900, `${path} is ${height} pixels high`);
      // Nothing is put away to get there: what a section holds is as high as it is shown.
      const cut = await page.locator(".morning section, .morning li, .morning td").evaluateAll((all) =>
        all.filter((e) => e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY !== "visible").map((e) => e.outerHTML.slice(0, 120)));
      assert.deepEqual(cut, []);
    }
    for (const section of ["down", "fresh", "due", "links", "sources"]) assert.ok(await page.locator(`#${section}`).isVisible(), section);
  });
}

journey("what the morning counts and does not show is a link away", {}, async (page) => {
  await page.go("/?days=31");
  const links = page.locator(".morning .head a", { hasText: /^e (altri|un altro)/ });
  assert.ok(await links.count() > 0);
  for (const href of await links.evaluateAll((all) => all.map((a) => a.getAttribute("href")))) {
    await page.go("/?days=31");
    const title = await page.locator(`.head:has(a[href="${href}"]) h2`).first().innerText();
    const n = Number(title.match(/(\d+)$/)?.[1]);
    await page.go(href);
    const id = href.split("#")[1];
    const rows = id ? `section:has(#${id}) tbody tr, section:has(#${id}) li` : ".tasks > li, .cards tbody tr";
    assert.ok(await page.locator(rows).count() >= Math.min(n, 50), `${href}: ${title}`);
  }
});

journey("movers are ordered by exposure and notches, each with a reason", {}, async (page) => {
  await page.go("/?days=30");
  const rows = await page.locator("section:has(#down) tbody tr").evaluateAll((all) => all.map((row) => ({
    why: row.querySelector(".why").innerText,
    notches: Number(row.querySelector(".arrow").innerText.slice(1)),
    exposure: Number(row.querySelector(".num").innerText.replace(/[^0-9]/g, "")),
  })));
  const weights = rows.map((row) => Math.max(row.exposure, 0.01) * row.notches);
  weights.slice(1).forEach((weight, n) => assert.ok(weight <= weights[n] + weights[n] * 0.01 + 10, weights.join()));
  assert.ok(rows.some((row) => row.why.length > 0));
});

journey("a mover leads to the client and its reasons", {}, async (page) => {
  await page.go("/?days=30");
  const link = page.locator("section:has(#down) tbody th a").first();
  const name = await link.innerText();
  await link.click();
  assert.equal(await text(page, "h1"), name);
  assert.ok(await page.locator("#why .fall tbody tr").count() > 1);
});

journey("every change is on a page of its own", {}, async (page) => {
  await page.go("/changes?days=30");
  assert.ok(await page.locator("tbody tr").count() > 0);
});

journey("a drop appears on an open morning by itself, and the page survives a restart of the house", {}, async (page) => {
  // Those who owe most of the good: their fall stands among the first.
  await page.go("/clients?grade=B");
  const healthy = await page.locator("#results tbody th a").evaluateAll((all) => all.slice(0, 4).map((a) => ({
    name: a.innerText, client: decodeURIComponent(a.pathname.replace("/clients/", "")),
  })));
  await page.go("/");
  await page.evaluate(() => { window.sameDocument = true; });
  const drop = async (client) => {
    const shown = page.locator("section:has(#down)").getByRole("link", { name: client.name, exact: true }).waitFor({ timeout: 10_000 });
    await house.api("POST", "/v1/signals", {
      client: client.client, kind: "protest", source: "chamber", official: true, valid_at: "2026-11-01",
      fields: { instrument: "bill", amount: "90000.00", raised_on: "2026-11-01" },
    });
    await shown;
  };
  for (const client of healthy.slice(0, 3)) await drop(client);
  await house.stop();
  await page.waitForFunction(() => document.getElementById("live-state").textContent !== "");
  page.complaints.length = 0;
  await house.start();
  await page.waitForFunction(() => /diretta/.test(document.getElementById("live-state").textContent), null, { timeout: 30_000 });
  await drop(healthy[3]);
  assert.equal(await page.evaluate(() => window.sameDocument), true, "never loaded again");
  page.complaints.length = 0;
});

journey("a house that was restored to an earlier state is shown anew on an open morning, and said on a client's page", {}, async (page) => {
  // The feed tells it once, as it does to whoever knows of later events than there are.
  const body = 'id: 1\nevent: reset\ndata: {"reason": "restored", "last_seq": 1}\n\n';
  await page.route("**/live*", (route) => route.fulfill({ contentType: "text/event-stream", body }), { times: 1 });
  const again = page.waitForRequest((request) => request.resourceType() === "fetch" && new URL(request.url()).pathname === "/");
  await page.go("/");
  await again;
  await page.route("**/live*", (route) => route.fulfill({ contentType: "text/event-stream", body }), { times: 1 });
  await page.go(href(fallen.client));
  await page.waitForFunction(() => /cambiato/.test(document.getElementById("live-state").textContent));
});

journey("a search answers as one types, forgives a slip, and is in the address", {}, async (page) => {
  await page.go("/clients");
  const name = await text(page, "#results tbody th a");
  const word = name.split(" ").sort((a, b) => b.length - a.length)[0].toLowerCase();
  const slip = word.slice(0, 2) + word[3] + word[2] + word.slice(4);
  await page.locator(".filters input[name=q]").fill(slip);
  await page.waitForURL((url) => url.searchParams.get("q") === slip);
  await page.locator("#results").getByRole("link", { name }).waitFor();
  await page.reload();
  assert.equal(await page.locator(".filters input[name=q]").inputValue(), slip);
});

journey("filters are in the address and narrow the list", {}, async (page) => {
  await page.go("/clients");
  const all = Number((await text(page, ".sum strong")).replace(/\D/g, ""));
  await page.locator("select[name=grade]").selectOption("C");
  await page.waitForURL(/grade=C/);
  await page.waitForFunction((n) => Number(document.querySelector(".sum strong").innerText.replace(/\D/g, "")) < n, all);
  const grades = await page.locator("#results tbody .grade").allInnerTexts();
  assert.ok(grades.every((grade) => grade.startsWith("C")), grades.join());
});

journey("the list is paged and ordered", {}, async (page) => {
  await page.go("/clients?order=name");
  const first = await page.locator("#results tbody th a").allInnerTexts();
  assert.equal(first.length, 50);
  await page.getByRole("link", { name: /successivi/ }).click();
  const second = await page.locator("#results tbody th a").allInnerTexts();
  assert.ok(second.length > 0 && !second.includes(first[0]));
});

journey("nobody found is said, with a way out", {}, async (page) => {
  await page.go("/clients?q=qqqqqqqqqqqq");
  assert.match(await text(page, ".empty h2"), /Nessun cliente corrisponde/);
  await page.locator(".empty a").click();
  assert.ok(await page.locator("#results tbody tr").count() > 0);
});

for (const width of [390, 800, 1440]) {
  journey(`no choice and no example is cut (${width})`, { width, lang: "en" }, async (page) => {
    for (const path of ["/clients", "/portfolio", "/work?span=month", "/alerts/new", "/import", href(fallen.client)]) {
      await page.go(path);
      await page.evaluate(() => { document.querySelectorAll("details").forEach((one) => { one.open = true; }); return document.fonts.ready; });
      const cut = await page.evaluate(() => {
        const ruler = document.createElement("canvas").getContext("2d");
        const out = [];
        for (const e of document.querySelectorAll("select, [placeholder]")) {
          if (!e.offsetParent) continue;
          const style = getComputedStyle(e);
          ruler.font = style.font;
          const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
          for (const said of e.options ? [...e.options].map((o) => o.text) : e.placeholder.split("\n")) {
            if (ruler.measureText(said).width > room + 1) out.push(`${e.name}: ${said}`);
          }
        }
        return out;
      });
      assert.deepEqual(cut, [], path);
    }
  });
}

journey("on paper an axis has its numbers, and what is put away on a screen is there", {}, async (page) => {
  await page.setViewportSize({ width: 718, height: 1000 });
  await page.go(href(fallen.client));
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.ok(await page.locator(".past .tick").first().isVisible());
  assert.ok(await page.locator("#past details tbody tr").first().isVisible());
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("#past details").first().evaluate((one) => one.open), false);
});

journey("the list can be taken along as a file", {}, async (page) => {
  await page.go("/clients?grade=C");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".sum .end a[download]").click()]);
  const { readFileSync } = await import("node:fs");
  const rows = readFileSync(await download.path(), "utf8").trim().split("\n");
  assert.ok(rows[0].includes("client;name;city"), rows[0]);
  assert.equal(rows.length - 1, Number((await text(page, ".sum strong")).replace(/\D/g, "")));
});

journey("the waterfall adds up to the points", {}, async (page) => {
  await page.go(href(fallen.client));
  const number = (said) => Number(said.replace(/\./g, "").replace("−", "-").replace("+", ""));
  const bars = (await page.locator("#why .fall").first().locator("tbody td.num").allInnerTexts()).map(number);
  const total = number(await page.locator("#why .fall").first().locator("tfoot td.num").innerText());
  assert.equal(bars.reduce((sum, points) => sum + points, 0), total);
});

journey("the past is drawn, and told as a table", {}, async (page) => {
  await page.go(href(fallen.client));
  assert.ok(await page.locator(".past .dot").count() > 0);
  await page.locator("#past summary").click();
  assert.ok(await page.locator("#past tbody tr").first().isVisible());
});

journey("a slider goes back to a day", {}, async (page) => {
  await page.go(href(fallen.client));
  await page.locator("#past input[type=range]").focus();
  await Promise.all([page.waitForURL(/on=\d{4}-/), page.keyboard.press("ArrowLeft")]);
  assert.match(await text(page, ".then"), /Al \d\d\/\d\d\/\d{4}/);
});

journey("the way back to a grade is told", {}, async (page) => {
  await page.go(href(fallen.client));
  await page.locator("#path button").click();
  await page.waitForURL(/path=/);
  assert.ok((await text(page, "#path .big-line")).length > 10);
});

journey("facts name their source, and our copy can be taken along", {}, async (page) => {
  await page.go(href(fallen.client));
  await page.locator("#facts details").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
  assert.ok(await page.locator("#facts tbody tr").count() > 0);
  const copy = page.locator("#facts a[download]").first();
  const [download] = await Promise.all([page.waitForEvent("download"), copy.click()]);
  assert.match(download.suggestedFilename(), /^[0-9a-f]{64}\.bin$/);
});

const inDays = (n) => new Date(Date.UTC(2026, 10, 2) + n * 86400000).toISOString().slice(0, 10);

async function somebodyDue(page) {
  await page.go("/work?span=month");
  return page.locator(".tasks > li").first();
}

journey("a promise is recorded from the list of work", {}, async (page) => {
  const task = await somebodyDue(page);
  const code = decodeURIComponent((await task.locator(".whom a").getAttribute("href")).replace("/clients/", ""));
  await task.locator("summary").click();
  await task.locator("select[name=what]").selectOption("promise");
  await task.locator("input[name=amount]").fill("1.234,56");
  await task.locator("input[name=due_on]").fill(inDays(7));
  await task.locator("input[name=note]").fill("paga entro venerdì");
  await task.locator("form button").click();
  assert.match(await text(page, "[role=status].said"), /Registrato/);
  const treated = await house.api("GET", `/v1/clients/${encodeURIComponent(code)}/treatment`);
  assert.deepEqual([treated.actions[0].kind, treated.actions[0].amount, treated.actions[0].note], ["promise", "1234.56", "paga entro venerdì"]);
});

journey("a call that nobody answered is recorded on the client's page", { lang: "en" }, async (page) => {
  const task = await somebodyDue(page);
  await task.locator(".whom a").click();
  await page.locator("#treatment select[name=what]").selectOption("no_answer");
  await page.locator("#treatment form.record button").click();
  await page.waitForURL(/done=action/);
  assert.match(await text(page, "#treatment .lines"), /Call, no answer/);
});

journey("a plan is recorded in equal instalments", {}, async (page) => {
  const task = page.locator(".tasks > li").nth(1);
  await page.go("/work?span=month");
  const code = decodeURIComponent((await task.locator(".whom a").getAttribute("href")).replace("/clients/", ""));
  await task.locator("summary").click();
  await task.locator("select[name=what]").selectOption("plan");
  await task.locator("input[name=amount]").fill("1.000,00");
  await task.locator("input[name=due_on]").fill(inDays(10));
  await task.locator("input[name=instalments]").fill("3");
  await task.locator("form button").click();
  assert.match(await text(page, "[role=status].said"), /Registrato/);
  const treated = await house.api("GET", `/v1/clients/${encodeURIComponent(code)}/treatment`);
  assert.deepEqual(treated.actions[0].instalments.map((part) => part.amount), ["333.33", "333.33", "333.34"]);
});

journey("an invoice is typed in where the ledger is, refused first, and the fact that was heard of where the facts are", { lang: "en" }, async (page) => {
  await page.go(href(fallen.client));
  const invoice = page.locator("form[action$='/invoices#ledger']");
  await page.locator("#ledger > details > summary", { hasText: "Enter an invoice" }).click();
  await invoice.locator("input[name=invoice]").fill("HAND-1");
  await invoice.locator("input[name=on]").fill("2026-10-20");
  await invoice.locator("input[name=amount]").fill("-1");
  await invoice.locator("button").click();
  assert.match(await text(page, "#ledger [role=alert]"), /above zero/);
  await invoice.locator("input[name=amount]").fill("1,234.50");
  await invoice.locator("button").click();
  await page.waitForURL(/done=invoice/);
  await page.locator("#facts > details > summary", { hasText: "Add a fact" }).click();
  const fact = page.locator("form[action$='/facts#facts']");
  await fact.locator("select[name=kind]").selectOption("news");
  assert.ok(await fact.locator("input[name=title]").isVisible() && !(await fact.locator("select[name=status]").isVisible()));
  await fact.locator("input[name=on]").fill("2026-10-28");
  await fact.locator("input[name=title]").fill("Works closed for a month");
  await fact.locator("select[name=event]").selectOption("closure");
  await fact.locator("input[name=severity]").fill("3");
  await fact.locator("input[name=source]").fill("credit-office");
  await fact.locator("button").click();
  await page.waitForURL(/done=told/);
  assert.match(await text(page, "#facts"), /Works closed for a month/);
});

journey("work is told by owner and by span, and goes into a calendar", {}, async (page) => {
  await page.go("/work?span=month");
  assert.ok(await page.locator("h2.owner").count() > 0);
  const task = page.locator(".task").first();
  const left = (part) => task.locator(part).evaluate((cell) => cell.getBoundingClientRect().left);
  const places = [await left(".what"), await left(".whom"), await left(".owed"), await left(".due")];
  assert.deepEqual(places, [...places].sort((a, b) => a - b), "what, about whom, how much, by when");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".more a[download]").click()]);
  assert.equal(download.suggestedFilename(), "vedetta.ics");
});

journey("a limit is granted, and ended", {}, async (page) => {
  await page.go(href(fallen.client));
  await page.locator("#limit details:has(input[name=amount]) > summary").click();
  await page.locator("#limit input[name=amount]").fill("12.500,00");
  await page.locator("#limit input[name=reason]").fill("garanzia del socio");
  await page.locator("#limit form.record:has(input[name=amount]) button").click();
  await page.waitForURL(/done=limit/);
  assert.match(await text(page, "#limit"), /12\.500.*garanzia del socio/s);
  await page.locator("#limit details:has(input[name=amount]) > summary").click();
  await page.locator("#limit button.plain").click();
  await page.waitForURL(/done=limit/);
  assert.doesNotMatch(await text(page, "#limit"), /garanzia del socio/);
});

journey("a grade is decided with a reason, and given back to the model", {}, async (page) => {
  const one = (await house.api("GET", "/v1/clients?grade=B2&limit=1")).items[0];
  await page.go(href(one.client));
  await page.locator("#override select[name=grade]").selectOption("B3");
  await page.locator("#override input[name=reason]").fill("il socio lascia");
  await page.locator("#override form.record button").click();
  await page.waitForURL(/done=override/);
  assert.match(await text(page, ".decided"), /B3 deciso da .*il socio lascia/s);
  await page.locator("#override button.plain").click();
  await page.waitForURL(/done=override/);
  assert.equal(await page.locator(".decided").count(), 0);
});

journey("a decision that goes too far is refused where it was written, and keeps what was typed", {}, async (page) => {
  const one = (await house.api("GET", "/v1/clients?grade=C3&limit=1")).items[0] ?? { client: fallen.client };
  await page.go(href(one.client));
  await page.locator("#override select[name=grade]").selectOption("A1");
  await page.locator("#override input[name=reason]").fill("perché sì");
  await page.locator("#override form.record button").click();
  assert.match(await text(page, "#override [role=alert]"), /Qualcosa non va.*quella del modello/s);
  assert.equal(await page.locator("#override input[name=reason]").inputValue(), "perché sì");
  page.complaints.length = 0;
});

outside("without scripts the same refusal is a page", { scripts: false }, async (page) => {
  await page.go("/sign-in");
  await page.locator("input[name=name]").fill("anna.manager");
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.locator("form button").first().click();
  await page.go(href(fallen.client));
  await page.locator("#override select[name=grade]").selectOption("A1");
  await page.locator("#override input[name=reason]").fill("perché sì");
  await page.locator("#override form.record button").click();
  assert.match(await text(page, "h1"), /Qualcosa non va/);
  assert.match(await text(page, "main"), /req_[0-9a-f]{32}/);
});

outside("a viewer reads and finds nothing to press; an analyst records; only a manager decides", {}, async (page) => {
  for (const [rank, forms, decides] of [["viewer", 0, 0], ["analyst", 1, 0], ["manager", 1, 1]]) {
    await page.go("/sign-in");
    await enter(page, `anna.${rank}`, PASSWORD);
    await page.go(href(fallen.client));
    assert.equal(await page.locator("#treatment form").count(), forms, rank);
    assert.equal(await page.locator("#override").count(), decides, rank);
    await page.locator(".self button").click();
    await page.waitForURL(/sign-in/);
  }
});

outside("pages are read without scripts", { scripts: false }, async (page) => {
  await page.go("/sign-in");
  await page.locator("input[name=name]").fill("anna.analyst");
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.locator("form button").first().click();
  assert.match(await text(page, "h1"), /oggi/);
  await page.go("/clients");
  await page.locator(".filters input[name=q]").fill(fallen.client);
  await page.locator(".filters button").click();
  await page.locator("#results tbody th a").first().click();
  assert.ok(await page.locator("#why .fall tbody tr").count() > 1);
  assert.ok(await page.locator("#treatment input[name=amount]").isVisible());
});

journey("the language and the light are chosen and remembered", {}, async (page) => {
  await page.go("/clients?grade=C");
  await page.getByRole("link", { name: "English" }).click();
  assert.equal(page.url(), `${house.address}/clients?grade=C`);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.getByRole("link", { name: /^Light:/ }).click();
  const theme = await page.locator("html").getAttribute("data-theme");
  await page.go("/");
  assert.equal(await page.locator("html").getAttribute("data-theme"), theme);
});

journey("everything is reached from the keyboard, and the focus is seen", {}, async (page) => {
  await page.go("/");
  await page.keyboard.press("Tab");
  assert.match(await page.evaluate(() => document.activeElement.className), /skip/);
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid");
  await page.keyboard.press("Control+k");
  assert.equal(await page.evaluate(() => document.activeElement.name), "q");
});

journey("single letters lead from row to row and to the outcome of one, and can be switched off", {}, async (page) => {
  const focused = (what) => page.evaluate((what) => document.activeElement.closest(what)?.textContent ?? null, what);
  await page.go("/work");
  await page.keyboard.press("j");
  const first = await focused("ul.tasks > li");
  await page.keyboard.press("j");
  const second = await focused("ul.tasks > li");
  assert.ok(first && second && first !== second);
  await page.keyboard.press("k");
  assert.equal(await focused("ul.tasks > li"), first);
  await page.keyboard.press("a");
  assert.equal(await page.evaluate(() => document.activeElement.name), "what");
  // Where somebody types, or chooses, a letter is a letter.
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.name), "what");
  await page.go("/clients");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.name), "q");
  await page.keyboard.type("/j");
  assert.equal(await page.inputValue("[name=q]"), "/j");
  await page.go("/");
  await page.keyboard.press("?");
  await page.waitForURL("**/help#keyboard");
  await page.uncheck("[data-letters] input");
  await page.go("/work");
  await page.keyboard.press("j");
  assert.equal(await focused("ul.tasks > li"), null);
  await page.go("/help");
  await page.check("[data-letters] input");
});

journey("a name that is a script is only a name, wherever it stands", {}, async (page) => {
  const evil = `<img src=x onerror=document.title='taken'> "'><script>document.title='taken'</script>`;
  await house.api("POST", "/v1/clients?portfolio=demo", [{ client: "X<b>1", name: evil, country: "IT", city: "<i>Roma" }]);
  await house.api("POST", "/v1/signals", {
    client: "X<b>1", kind: "news", source: "press", valid_at: "2026-11-01", url: "javascript:document.title='taken'",
    fields: { title: evil, url: "javascript:alert(1)", language: "it", event: "default", severity: 4, about: "client", negated: false },
  }).catch(() => null);
  for (const path of ["/clients?q=onerror", href("X<b>1"), "/?days=30", "/clients?q=" + encodeURIComponent(evil)]) {
    await page.go(path);
    assert.notEqual(await page.title(), "taken", path);
    assert.equal(await page.locator("main img, main script").count(), 0, path);
    assert.equal(await page.locator("a[href^='javascript']").count(), 0, path);
  }
});

journey("what is not there is a page that says so", {}, async (page) => {
  await page.go("/clients/nobody-at-all");
  assert.match(await text(page, "h1"), /Qui non c'è nulla/);
  page.complaints.length = 0;
});

// Where the card of the model that rates is read.
async function card() {
  const [rates] = (await house.api("GET", "/v1/models")).models;
  return `/models/card?model=${encodeURIComponent(rates.model)}`;
}

journey("nothing is wider than a narrow screen", { width: 360 }, async (page) => {
  for (const path of ["/?days=30", "/clients", href(fallen.client), "/work?span=month", "/review", "/portfolio", "/help", "/changes?days=30",
    "/work/calendar", "/alerts", "/alerts/new", "/sources", "/import", "/models", await card(), "/policy", "/settings/people", "/settings/keys", "/settings/log", `${href(fallen.client)}/papers?order=5000`, "/assessments", "/assessments/new", "/payments", "/nights", "/new-client",
    `${href(fallen.client)}/facts`, `${href(fallen.client)}/invoices`]) {
    await page.go(path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${path} is ${wide} pixels too wide`);
  }
});

test("nothing in the report of a policy is cut, in a window and on a telephone", async () => {
  // A table of the back-test may be wider than a telephone: it is moved in its frame.
  for (const [kind, frames] of [["dry-run", "html, figure, .scroll"], ["backtest", "html, figure"]]) {
    const report = house.report(kind);
    for (const width of [1000, 390]) {
      const page = await house.visitor({ width });
      await page.setContent(report);
      const wide = await page.locator(frames).evaluateAll((all) =>
        all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${e.scrollWidth} of ${e.clientWidth}: ${e.outerHTML.slice(0, 120)}`));
      assert.deepEqual(wide, [], `${kind} at ${width}`);
      await page.context().close();
    }
  }
});

journey("targets are large enough to be touched", { width: 390 }, async (page) => {
  await page.go("/");
  const small = await page.locator("button, select, input:not([type=hidden]), .way a").evaluateAll((all) =>
    all.filter((e) => e.offsetParent && Math.min(e.getBoundingClientRect().height, e.getBoundingClientRect().width) < 24).map((e) => e.outerHTML));
  assert.deepEqual(small, []);
});

journey("review: somebody says whether a record is about a client", {}, async (page) => {
  await page.go("/review");
  const n = await page.locator(".pair").count();
  if (n === 0) return assert.match(await text(page, ".empty h2"), /Nessun documento/);
  await page.locator(".pair").first().getByRole("button", { name: /^Non è lui/ }).click();
  assert.match(await text(page, "[role=status].said"), /Deciso/);
  assert.equal(await page.locator(".pair").count(), n - 1);
});

journey("the portfolio is told by grade and by sector, and a broken market is tried on it", {}, async (page) => {
  await page.go("/portfolio");
  const number = (said) => Number(said.replace(/\D/g, ""));
  const clients = (await page.locator(".stand").first().locator("tbody td.num:nth-of-type(1)").allInnerTexts()).map(number);
  assert.equal(clients.reduce((sum, n) => sum + n, 0), number(await text(page, ".figures dd")));
  await page.locator("#stress select").selectOption("C");
  await page.locator("#stress input[type=range]").fill("-40");
  await page.locator("#stress button").click();
  await page.waitForURL(/shock=-40/);
  assert.match(await text(page, "#stress .then"), /Manifattura, −40 %/);
});

journey("an alert is tried on the past, made, tested and switched off", { lang: "en" }, async (page) => {
  const heard = [];
  const receiver = createServer((request, response) => { heard.push(request.headers["webhook-id"]); response.end(); }).listen(0, "127.0.0.1");
  await page.go("/alerts");
  await page.getByRole("link", { name: "New alert" }).click();
  await page.locator("input[name=name]").fill("Credit office");
  await page.locator("select[name=channel]").selectOption("webhook");
  assert.equal(await page.locator("input[name=to]").isVisible(), false);
  await page.locator("input[name=url]").fill(`http://127.0.0.1:${receiver.address().port}/hook`);
  await page.getByRole("button", { name: "Try on the last 90 days" }).click();
  assert.match(await text(page, ".then [role=status]"), /In the last 90 days it would have fired/);
  assert.equal(await page.locator("input[name=name]").inputValue(), "Credit office");
  await page.getByRole("button", { name: "Make it and switch it on" }).click();
  if (await page.locator("[role=alert]").count() === 0) {
    assert.match(await text(page, "code.secret"), /^whsec_/);
    await page.getByRole("button", { name: "Send a test" }).click();
    assert.match(await text(page, "main"), /The test arrived/);
    assert.equal(heard.length, 1);
    await page.getByRole("button", { name: "Switch off" }).click();
    assert.match(await text(page, ".said"), /is off/);
  } else {
    // A house that sends to no private address says so at the field, and keeps what was typed.
    assert.equal(await page.locator("input[name=url]").getAttribute("aria-invalid"), "true");
    assert.equal(await page.locator("input[name=name]").inputValue(), "Credit office");
  }
  receiver.close();
});

journey("an alert for the stream is made, changed and ended", {}, async (page) => {
  await page.go("/alerts/new");
  await page.locator("input[name=name]").fill("Mattino");
  await page.locator("select[name=channel]").selectOption("sse");
  await page.locator("input[name=exposure]").fill("molto");
  await page.getByRole("button", { name: "Crea e accendi" }).click();
  assert.match(await text(page, "[role=alert]"), /importo da zero in su/);
  await page.locator("input[name=exposure]").fill("10.000");
  await page.getByRole("button", { name: "Crea e accendi" }).click();
  await page.waitForURL(/done=made/);
  await page.locator("select[name=grade]").selectOption("C1");
  await page.getByRole("button", { name: "Salva" }).click();
  await page.waitForURL(/done=changed/);
  assert.match(await text(page, ".lead"), /classe C1 o peggiore; esposizione da 10000 €/);
  await page.getByText("Elimina l'avviso").click();
  await page.getByRole("button", { name: "Elimina", exact: true }).click();
  await page.waitForURL(/done=ended/);
  assert.equal(await page.getByRole("link", { name: "Mattino", exact: true }).count(), 1, "only the way to the morning");
});

journey("sources say how they answer and whom nobody sees", {}, async (page) => {
  await page.go("/");
  await page.getByRole("link", { name: "Gestione" }).click();
  assert.ok(await page.locator("section .cards tbody tr").count() > 3);
  assert.match(await text(page, ".figures"), /Nessuno li vede/);
});

journey("a file with wrong columns is looked at, put right, and taken", {}, async (page) => {
  const file = join(house.folder, "clienti strani.csv");
  writeFileSync(file, "Sigla;Chi è;Nazione\nZZ-1;Segheria Inventata Srl;IT\nZZ-2;;IT\n");
  await page.go("/import");
  await page.locator("input[type=file]").setInputFiles(file);
  await page.getByRole("button", { name: "Guarda" }).click();
  assert.match(await text(page, "[role=alert]"), /non si può leggere/);
  await page.locator("select[name='column.client']").selectOption("Sigla");
  await page.locator("select[name='column.name']").selectOption("Chi è");
  await page.getByRole("button", { name: "Guarda di nuovo" }).click();
  assert.match(await text(page, "#rejects ~ table tbody"), /Manca/);
  await page.getByRole("button", { name: "Importa", exact: true }).click();
  await page.waitForLoadState();
  assert.match(await text(page, "#outcome"), /Importato/);
  await page.go("/clients?q=ZZ-1");
  assert.match(await text(page, "#results tbody th"), /Segheria Inventata/);
});

outside("an administrator makes somebody, gives a key, and reads both in the log", { lang: "en" }, async (page) => {
  await page.go("/sign-in");
  await enter(page, "anna.admin", PASSWORD);
  await page.go("/settings/people");
  await page.locator("#new ~ form input[name=name]").fill("dora");
  await page.locator("#new ~ form input[name=password]").fill("short");
  await page.locator("#new ~ form button").click();
  assert.match(await text(page, "[role=alert]"), /12 to 200/);
  assert.equal(await page.locator("#new ~ form input[name=name]").inputValue(), "dora");
  await page.locator("#new ~ form input[name=password]").fill(PASSWORD);
  await page.locator("#new ~ form button").click();
  await page.waitForURL(/done=person/);
  await page.locator("tr", { hasText: "dora" }).locator("summary").click();
  await page.getByRole("button", { name: "Lock out dora" }).click();
  await page.waitForURL(/done=locked/);
  await page.go("/settings/keys");
  await page.locator("#new ~ form button").click();
  assert.match(await text(page, "code.secret"), /^vdt_/);
  await page.go("/settings/log");
  const log = await text(page, "main");
  for (const word of ["person.created", "person.revoked", "key.created"]) assert.ok(log.includes(word), word);
});

outside("only an administrator finds the way to people, keys and the log", {}, async (page) => {
  await page.go("/sign-in");
  await enter(page, "anna.viewer", PASSWORD);
  await page.go("/sources");
  const ways = await page.locator(".rooms a").allInnerTexts();
  assert.deepEqual(ways, ["Fonti", "Incassi", "Notti", "Modelli", "Regole"]);
  await page.go("/settings/keys");
  assert.match(await text(page, "h1"), /non ti è permesso/);
});

journey("the card of the model that rates is read", { lang: "en" }, async (page) => {
  await page.go("/models");
  await page.getByRole("link", { name: /^Card and evaluation/ }).first().click();
  await page.waitForURL(/models\/card/);
  assert.ok(await page.locator(".read h3").count() > 0);
});

journey("the model that rates tells what it looks at, and a draft of the policy is tried", {}, async (page) => {
  await page.go("/models");
  assert.ok(await page.locator(".fall tbody tr").count() >= 8);
  await page.go("/policy");
  assert.ok(await page.locator("#ladder ~ table tbody tr").count() >= 6);
  await page.locator("textarea").fill("version = 3");
  await page.locator("#try ~ form button").click();
  assert.match(await text(page, "[role=alert]"), /bozza non si può usare/);
  assert.equal(await page.locator("textarea").inputValue(), "version = 3");
});

journey("one note is written for several clients, said first and then done", { scripts: false }, async (page) => {
  await page.go("/clients");
  const names = (await page.locator("#results tbody th a").allInnerTexts()).slice(0, 2);
  for (const n of [0, 1]) await page.locator("#results .tick input").nth(n).check();
  await page.locator("#together select").selectOption("note");
  await page.locator("#together button").click();
  for (const name of names) assert.ok(await page.getByRole("link", { name, exact: true }).count() > 0, name);
  await page.locator("input[name=note]").fill("visti in fiera");
  await page.locator("form.record button").click();
  assert.match(await text(page, "[role=status].said"), /Registrato per 2 clienti/);
});

journey("a prospect is evaluated, refused first, and found again in the list", {}, async (page) => {
  await page.go("/clients");
  await page.getByRole("link", { name: "Nuovi clienti" }).click();
  await page.getByRole("link", { name: "Valuta un nuovo cliente" }).click();
  await page.locator("input[name=name]").fill("Officine Nuove S.r.l.");
  await page.locator("input[name=sector]").fill("mobili");
  await page.locator("form.record button").click();
  assert.match(await text(page, "[role=alert]"), /codice ATECO/);
  assert.equal(await page.locator("input[name=name]").inputValue(), "Officine Nuove S.r.l.");
  await page.locator("input[name=sector]").fill("25.62");
  await page.locator("form.record button").click();
  await page.waitForURL(/assessments\/asm_/, { timeout: 30_000 });
  assert.equal(await text(page, "h1"), "Officine Nuove S.r.l.");
  await page.getByRole("link", { name: /Tutte le valutazioni/ }).click();
  assert.ok(await page.getByRole("link", { name: "Officine Nuove S.r.l." }).count() > 0);
});

journey("a payment that names no invoice waits, and is dismissed", {}, async (page) => {
  const someone = (await house.api("GET", "/v1/clients?limit=1")).items[0];
  await house.payment(someone.name, "151.25", "acconto");
  await page.go("/payments");
  const task = page.locator(".pair", { hasText: "151,25" });
  await task.getByRole("button", { name: /^Non è per una fattura/ }).click();
  assert.match(await text(page, "[role=status].said"), /Scartato/);
  assert.equal(await page.locator(".pair", { hasText: "151,25" }).count(), 0);
});

journey("two codes are made one company, and taken apart", {}, async (page) => {
  const [one, two] = (await house.api("GET", "/v1/clients?limit=2")).items;
  await page.go(href(one.client));
  await page.locator(".inside .end").click();
  await page.locator("input[name=into]").fill(two.client);
  await page.getByRole("button", { name: "Sono la stessa azienda" }).click();
  await page.waitForURL(/done=merged/);
  assert.equal((await house.api("GET", `/v1/clients/${encodeURIComponent(one.client)}/rating`)).merged_into, two.client);
  await page.getByRole("button", { name: "Non sono la stessa azienda" }).click();
  await page.waitForURL(/done=unmerged/);
});

journey("the file for the lawyer is taken along, and an order is held against the limit", { lang: "en" }, async (page) => {
  await page.go(`${href(fallen.client)}/papers`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /PDF/ }).click()]);
  assert.match(download.suggestedFilename(), /\.pdf$/);
  await page.locator("input[name=order]").fill("1,500.00");
  await page.locator("input[name=order]").press("Enter");
  await page.waitForURL(/order=/);
  assert.match(await text(page, ".then"), /1,500/);
});

for (const theme of ["light", "dark"]) {
  for (const lang of ["it", "en"]) {
    journey(`axe finds nothing on any page (${theme}, ${lang})`, { theme, lang }, async (page) => {
      const found = [];
      const paths = ["/?days=30", "/changes?days=30", "/clients", "/clients?q=qqqqqqqqqqq", href(fallen.client),
        `${href(fallen.client)}?on=2026-10-20&known=2026-10-25&path=B2`, `${href(fallen.client)}/facts`, `${href(fallen.client)}/invoices`, "/new-client",
        "/work?span=month", "/work", "/review", "/portfolio?shock=-20", "/help",
        "/work/calendar", "/alerts", "/alerts/new", "/sources", "/import", "/models", await card(), "/policy", "/settings/people", "/settings/keys", "/settings/log",
        `${href(fallen.client)}/papers?order=5000`, "/assessments", "/assessments/new", "/payments", "/nights"];
      for (const path of paths) {
        await page.go(path);
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
        const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
        for (const { id, nodes } of violations) found.push(`${path} ${id}: ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary?.slice(0, 200)}`);
      }
      await page.locator(".self button").click();
      await page.waitForURL(/sign-in/);
      const { violations } = await new AxeBuilder({ page }).analyze();
      found.push(...violations.map(({ id, nodes }) => `/sign-in ${id}: ${nodes[0].html}`));
      assert.deepEqual(found, []);
    });
  }
}
