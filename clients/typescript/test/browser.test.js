import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { password, startServer } from "./server.js";

const PAGE = `<!doctype html>
<script type="importmap">{ "imports": { "@hexpress/client": "/dist/index.js" } }</script>
<script type="module">
import { HexpressClient, HexpressError } from "@hexpress/client";

const report = async () => {
  const { api, password } = Object.fromEntries(new URLSearchParams(location.search));
  const client = new HexpressClient({ baseUrl: api });
  const email = "ada@example.org";
  await client.users.signUp({ email, password, firstName: "Ada", lastName: "Lovelace" });
  const ada = client.withToken((await client.auth.logIn({ email, password })).token);
  const draft = await ada.posts.create({ title: "From a page", content: "Hello." });
  const post = await ada.posts.publish(draft);
  const titles = [];
  for await (const { title } of client.posts.list()) titles.push(title);
  const refusal = await ada.posts.update(draft, { title: "Too late" }).catch((error) => error);
  await ada.posts.update(post, { slug: "moved" });
  const moved = await client.posts.getBySlug("from-a-page");
  await ada.posts.delete(moved);
  const { code, status, requestId } = refusal;
  return { titles, isError: refusal instanceof HexpressError, code, status, hasId: requestId !== undefined };
};

const result = await report().catch((error) => ({ failed: String(error.stack ?? error) }));
await fetch("/report", { method: "POST", body: JSON.stringify(result) });
</script>`;

test("a page of another origin uses the client in a browser", async (context) => {
  const server = await startServer();
  context.after(() => server.stop());
  /** @type {(report: string) => void} */
  let receive = () => {};
  const report = new Promise((/** @type {(report: string) => void} */ resolve) => (receive = resolve));
  const pages = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    if (pathname === "/report") {
      let body = "";
      for await (const chunk of request) {
        body += chunk;
      }
      response.end();
      receive(body);
    } else if (pathname.startsWith("/dist/")) {
      response.setHeader("Content-Type", "text/javascript");
      response.end(readFileSync(new URL(`..${pathname}`, import.meta.url)));
    } else {
      response.setHeader("Content-Type", "text/html");
      response.end(PAGE);
    }
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", () => resolve(null)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (pages.address());

  const profile = mkdtempSync(join(tmpdir(), "hexpress-browser-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  const query = new URLSearchParams({ api: server.baseUrl, password });
  const page = `http://127.0.0.1:${port}/?${query}`;
  const browser = spawn("chromium", [...flags, `--user-data-dir=${profile}`, "--remote-debugging-port=0", page], {
    stdio: "ignore",
    // With its children, so that they end with it.
    detached: true,
  });
  const ended = new Promise((resolve, reject) => {
    browser.once("error", reject);
    browser.once("exit", resolve);
  });
  context.after(async () => {
    if (browser.pid !== undefined) {
      process.kill(-browser.pid, "SIGKILL");
    }
    await ended;
    pages.closeAllConnections();
    pages.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const gone = ended.then((status) => assert.fail(`chromium has ended: ${status}`));
  assert.deepEqual(JSON.parse(await Promise.race([report, gone])), {
    titles: ["From a page"],
    isError: true,
    code: "PRECONDITION_FAILED",
    status: 412,
    hasId: true,
  });
});
