// A house with a made-up portfolio, and a browser that looks at it.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const PROGRAM = process.env.VEDETTA_PROGRAM;
const BROWSER = process.env.VEDETTA_BROWSER ?? "/usr/bin/chromium";
// Enough clients for every section of every page to have something to say.
const WORLD = ["--clients", process.env.VEDETTA_CLIENTS ?? "80", "--seed", "7"];
// No day passes by itself while a test looks.
const STILL = ["--day-every", "1000000"];

async function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class House {
  static async open() {
    const house = new House();
    house.folder = mkdtempSync(join(tmpdir(), "vedetta-browser-"));
    house.port = await freePort();
    house.address = `http://127.0.0.1:${house.port}`;
    await house.start();
    house.browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] });
    return house;
  }

  async start() {
    const args = ["demo", ...WORLD, ...STILL, "--json", "--quiet", "--data", this.folder, "--bind", `127.0.0.1:${this.port}`];
    this.process = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "inherit"] });
    const said = await new Promise((resolve, reject) => {
      let text = "";
      this.process.stdout.on("data", (piece) => {
        text += piece;
        try { resolve(JSON.parse(text)); } catch { /* not all of it yet */ }
      });
      this.process.on("exit", (code) => reject(new Error(`the demo ended with ${code}: ${text}`)));
    });
    this.key = said.key;
    this.drops = said.drops;
    await this.answers();
  }

  /** Waits until the house takes requests. */
  async answers() {
    for (;;) {
      try {
        if ((await fetch(`${this.address}/livez`)).ok) return;
      } catch { await new Promise((resolve) => setTimeout(resolve, 50)); }
    }
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.on("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
  }

  async close() {
    await this.browser.close();
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  user(name, rank, password, ...more) {
    execFileSync(PROGRAM, ["users", "create", name, "--rank", rank, ...more, "--data", this.folder, "--quiet"], { input: `${password}\n` });
  }

  /** The report of a policy that begins everywhere with a formal notice, and has a person with a long name do it. */
  report(kind) {
    const [draft, report] = [join(this.folder, "draft.toml"), join(this.folder, "report.html")];
    const shipped = readFileSync("config/policy.toml", "utf8").replace(/^version = .*$/m, 'version = "draft"');
    const changed = shipped.replaceAll('start = "courtesy_call"', 'start = "formal_notice"');
    writeFileSync(draft, changed.replaceAll('owner = "credit_office"', 'owner = "the_office_of_credit_and_recovery_north"'));
    execFileSync(PROGRAM, ["policy", kind, draft, "--html", report, "--data", this.folder, "--quiet"]);
    return readFileSync(report, "utf8");
  }

  /** A browser of its own: nothing is remembered from another. */
  async visitor({ lang = "it", theme = "light", width = 1440, scripts = true } = {}) {
    const context = await this.browser.newContext({
      viewport: { width, height: width < 600 ? 844 : 900 }, javaScriptEnabled: scripts, reducedMotion: "reduce",
    });
    await context.addCookies([
      { name: "vedetta-lang", value: lang, url: this.address },
      { name: "vedetta-theme", value: theme, url: this.address },
    ]);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.foreign = [];
    page.complaints = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(this.address) && !request.url().startsWith("data:")) page.foreign.push(request.url());
    });
    page.on("console", (line) => { if (line.type() === "error") page.complaints.push(line.text()); });
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    page.go = (path) => page.goto(this.address + path);
    return page;
  }

  /** A browser that has signed in with the key. */
  async guest(look) {
    const page = await this.visitor(look);
    await page.go("/sign-in");
    await enterWithKey(page, this.key);
    return page;
  }

  /** A bank tells of a payment that names no invoice. */
  async payment(payer, amount, reference) {
    const entry = `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-10-30</Dt></BookgDt>` +
      `<AcctSvcrRef>E${Math.random()}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Nm>${payer.replaceAll("&", "&amp;")}</Nm></Dbtr></RltdPties>` +
      `<RmtInf><Ustrd>${reference}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`;
    const body = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>${entry}</Stmt></BkToCstmrStmt></Document>`;
    const headers = { authorization: `Bearer ${this.key}`, "content-type": "application/xml" };
    const answer = await fetch(`${this.address}/v1/payments?portfolio=demo`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  async api(method, path, body) {
    const answer = await fetch(this.address + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
}

export async function enterWithKey(page, key) {
  await page.locator("details summary").first().click();
  await page.locator("input[name=key]").fill(key);
  await Promise.all([page.waitForURL((url) => url.pathname !== "/sign-in"), page.locator("input[name=key]").press("Enter")]);
}

export async function enter(page, name, password) {
  await page.locator("input[name=name]").fill(name);
  await page.locator("input[name=password]").fill(password);
  await page.locator("input[name=password]").press("Enter");
  await page.waitForLoadState();
}
