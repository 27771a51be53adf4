import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));

test("the package holds what runs, its types, and how it is used", () => {
  const arguments_ = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [packed] = JSON.parse(execFileSync("npm", arguments_, { cwd: folder, encoding: "utf8" }));
  const modules = ["auth", "client", "error", "index", "list", "orders", "posts", "products", "retry", "schema"];
  const built = [...modules, "transport", "types", "users"].flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
  const expected = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", ...built, "package.json"];
  const files = packed.files.map((/** @type {{ path: string }} */ file) => file.path);
  assert.deepEqual(files.sort(), expected.sort());
});

test("it depends on nothing", () => {
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.peerDependencies, undefined);
});

test("the lock file names no host but the public registry's", () => {
  const lock = readFileSync(new URL("package-lock.json", folder), "utf8");
  const hosts = [...lock.matchAll(/"resolved": "([^"]*)"/g)].map(([, url]) => new URL(url ?? "").host);
  assert.deepEqual(hosts.filter((host) => host !== "registry.npmjs.org"), []);
});
