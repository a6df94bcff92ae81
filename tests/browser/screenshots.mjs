// Every page, in both lights and languages, wide and narrow: to be looked at.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { House } from "./house.mjs";

const folder = process.argv[2];
const only = process.argv[3]?.split(",");
mkdirSync(folder, { recursive: true });
const house = await House.open();
const client = `/clients/${encodeURIComponent(house.drops[0]?.client ?? "C-0001")}`;
const [first] = (await house.api("GET", "/v1/subscriptions")).items;
const alert = `/alerts/${first.id}`;
const made = await house.api("POST", "/v1/assessments?portfolio=demo", { name: "Officine Nuove S.r.l.", country: "IT", city: "Arezzo", sector: "25.62", amount: "5000" });
const prospect = `/assessments/${made.id}`;
const someone = (await house.api("GET", "/v1/clients?limit=1")).items[0];
await house.payment(someone.name, "150.00", "acconto vostre forniture");
house.user("anna.rossi", "manager", "vedetta sull'albero");
const pages = [
  ["morning", "/"], ["changes", "/changes?days=30"], ["clients", "/clients"], ["clients-found", "/clients?grade=C"],
  ["clients-none", "/clients?q=qqqqqqqq"], ["client", client], ["client-then", `${client}?on=2026-10-20&path=B2#past`],
  ["work", "/work?span=month"], ["work-today", "/work"], ["calendar", "/work/calendar"], ["review", "/review"], ["portfolio", "/portfolio?sector=C&shock=-40"], ["alerts", "/alerts"], ["alert-new", "/alerts/new"],
  ["alert", alert], ["sources", "/sources"], ["import", "/import"], ["models", "/models"], ["policy", "/policy"], ["papers", `${client}/papers?order=5000`], ["prospects", "/assessments"], ["prospect-new", "/assessments/new"], ["prospect", prospect], ["payments", "/payments"], ["nights", "/nights"], ["people", "/settings/people"],
  ["keys", "/settings/keys"], ["log", "/settings/log"], ["help", "/help"], ["missing", "/clients/nobody"],
].filter(([name]) => !only || only.includes(name));
// The pictures of the README: no longer than what is seen at once.
if (process.argv[3] === "readme") {
  const page = await house.guest({ lang: "en", width: 1180 });
  for (const [name, path, height] of [["morning", "/", 860], ["client", client, 1000], ["work", "/work?span=month", 760]]) {
    await page.setViewportSize({ width: 1180, height });
    await page.go(path);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
  await house.close();
  process.exit(0);
}
for (const width of [1440, 390]) {
  for (const theme of ["light", "dark"]) {
    for (const lang of ["it", "en"]) {
      const page = await house.guest({ lang, theme, width });
      for (const [name, path] of pages) {
        await page.go(path);
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: join(folder, `${name}-${width}-${theme}-${lang}.png`), fullPage: true });
      }
      const door = await house.visitor({ lang, theme, width });
      await door.go("/sign-in");
      await door.screenshot({ path: join(folder, `sign-in-${width}-${theme}-${lang}.png`) });
      await door.context().close();
      await page.context().close();
    }
  }
}
await house.close();
