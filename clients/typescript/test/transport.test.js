/** What is sent, and what becomes of answers that a healthy server does not give. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { HexpressClient, HexpressError } from "@hexpress/client";

/** @typedef {{ method: string, url: string, headers: import("node:http").IncomingHttpHeaders, body: string }} Request */
/** @typedef {{ status?: number, headers?: Record<string, string>, body?: unknown, silent?: boolean }} Answer */

const ID = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";
const post = { success: true, data: { id: ID, updatedAt: "2026-11-22T10:22:33.123Z" } };
const once = { retry: { maxAttempts: 1 } };

/**
 * Answers requests in their order, and keeps them.
 *
 * @param {import("node:test").TestContext} context
 * @param {Answer[]} answers
 */
async function script(context, answers) {
  /** @type {Request[]} */
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) {
      body += chunk;
    }
    const { method = "", url = "", headers } = request;
    const answer = answers[requests.push({ method, url, headers, body }) - 1] ?? { status: 599 };
    if (!answer.silent) {
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? post));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  context.after(() => (server.closeAllConnections(), server.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { requests, baseUrl: `http://127.0.0.1:${port}` };
}

/** @param {number} status @param {string} code @param {Record<string, string>} headers @returns {Answer} */
const refused = (status, code, headers = {}) => ({
  status,
  headers,
  body: { success: false, error: { code, message: code, requestId: "r" } },
});

/** @param {string} code @param {number} status */
const failure = (code, status) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof HexpressError, String(error));
  assert.deepEqual([error.code, error.status], [code, status], error.message);
  return true;
};

const busy = refused(503, "UNAVAILABLE", { "Retry-After": "0" });
const limited = refused(429, "RATE_LIMITED", { "Retry-After": "0" });

test("reads are repeated, and no more often than the policy says", async (context) => {
  const { requests, baseUrl } = await script(context, [busy, limited, { status: 502, body: "<html>" }, {}]);
  const client = new HexpressClient({ baseUrl });
  assert.equal((await client.posts.get(ID)).id, ID);
  assert.equal(requests.length, 4);

  const again = await script(context, [busy, busy, busy]);
  const hasty = new HexpressClient({ baseUrl: again.baseUrl, retry: { maxAttempts: 2 } });
  await assert.rejects(hasty.posts.get(ID), failure("UNAVAILABLE", 503));
  assert.equal(again.requests.length, 2);
});

test("Retry-After is waited for, unless that takes too long", async (context) => {
  const late = refused(429, "RATE_LIMITED", { "Retry-After": "1" });
  const { requests, baseUrl } = await script(context, [late, {}]);
  const begin = performance.now();
  await new HexpressClient({ baseUrl }).posts.get(ID);
  assert.ok(performance.now() - begin >= 990);
  assert.equal(requests.length, 2);

  const headers = { Date: "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:51:37 GMT" };
  const later = await script(context, [refused(503, "UNAVAILABLE", headers)]);
  await assert.rejects(new HexpressClient({ baseUrl: later.baseUrl }).posts.get(ID), (error) => {
    failure("UNAVAILABLE", 503)(error);
    return /** @type {HexpressError} */ (error).retryAfter === 120;
  });
  assert.equal(later.requests.length, 1);
});

test("a write is sent once, unless a rate limit has refused it", async (context) => {
  const { requests, baseUrl } = await script(context, [busy]);
  await assert.rejects(new HexpressClient({ baseUrl }).posts.delete(ID), failure("UNAVAILABLE", 503));
  assert.equal(requests.length, 1);
  const other = await script(context, [limited, {}]);
  await new HexpressClient({ baseUrl: other.baseUrl }).posts.delete(ID);
  assert.equal(other.requests.length, 2);
});

test("an order is repeated with its key, and each call has another one", async (context) => {
  const { requests, baseUrl } = await script(context, [busy, {}, {}, {}]);
  const client = new HexpressClient({ baseUrl });
  const order = { items: [{ productId: ID, quantity: 1 }] };
  await client.orders.create(order);
  await client.orders.create(order);
  await client.orders.create(order, { idempotencyKey: "mine" });
  const keys = requests.map((request) => request.headers["idempotency-key"]);
  assert.match(String(keys[0]), /^[0-9a-f]{32}$/);
  assert.equal(keys[1], keys[0]);
  assert.notEqual(keys[2], keys[0]);
  assert.equal(keys[3], "mine");
  assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), order);
});

test("the tag that was seen goes along, strong again", async (context) => {
  const { requests, baseUrl } = await script(context, [{ headers: { ETag: 'W/"1-ab"' } }, {}, {}]);
  const client = new HexpressClient({ baseUrl: `${baseUrl}/shop/`, token: "hxp_secret" });
  const read = await client.posts.get(ID);
  await client.posts.update(read, { title: "New" });
  await client.posts.update(read.id, { title: "New" });
  assert.deepEqual(
    requests.map(({ method, url, headers }) => [method, url, headers["if-match"], headers.authorization]),
    [
      ["GET", `/shop/api/posts/${ID}`, undefined, "Bearer hxp_secret"],
      ["PATCH", `/shop/api/posts/${ID}`, '"1-ab"', "Bearer hxp_secret"],
      ["PATCH", `/shop/api/posts/${ID}`, undefined, "Bearer hxp_secret"],
    ],
  );
});

test("what is not the API's is told apart", async (context) => {
  const answers = [
    { body: "<html>" },
    { body: { ok: true } },
    { body: "null" },
    { status: 404, body: { success: true } },
    { status: 307, headers: { Location: "/login" } },
  ];
  const { baseUrl } = await script(context, answers);
  const client = new HexpressClient({ baseUrl, ...once });
  for (const { status = 200 } of answers) {
    await assert.rejects(client.posts.create({ title: "New", content: "x" }), failure("UNEXPECTED_ANSWER", status));
  }
});

test("what is asked of one server is answered by no other", async (context) => {
  const other = await script(context, [{}]);
  const { baseUrl } = await script(context, [{ status: 308, headers: { Location: `${other.baseUrl}/api/posts/x` } }]);
  const client = new HexpressClient({ baseUrl, token: "hxp_secret", ...once });
  await assert.rejects(client.posts.get(ID), failure("UNEXPECTED_ANSWER", 308));
  assert.equal(other.requests.length, 0);
});

test("no answer is an error, in time", async (context) => {
  const { baseUrl } = await script(context, [{ silent: true }, { silent: true }]);
  const client = new HexpressClient({ baseUrl, timeoutMs: 50, retry: { maxAttempts: 2 } });
  await assert.rejects(client.posts.get(ID), failure("NO_ANSWER", 0));
  const nobody = new HexpressClient({ baseUrl: "http://127.0.0.1:1", ...once });
  await assert.rejects(nobody.posts.get(ID), (error) => {
    failure("NO_ANSWER", 0)(error);
    return /** @type {HexpressError} */ (error).cause !== undefined;
  });
});

test("a call that is aborted ends with the reason, in a pause too", async (context) => {
  const { requests, baseUrl } = await script(context, [refused(503, "UNAVAILABLE", { "Retry-After": "30" })]);
  const client = new HexpressClient({ baseUrl });
  const abort = new AbortController();
  const call = client.posts.get(ID, { signal: abort.signal });
  const rejected = assert.rejects(call, /enough/);
  while (requests.length === 0) {
    await new Promise(setImmediate);
  }
  setTimeout(() => abort.abort(new Error("enough")), 50);
  await rejected;
  await assert.rejects(client.posts.get(ID, { signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  assert.equal(requests.length, 1);
});

test("a list sends what its query says", async (context) => {
  /** @param {string | null} nextCursor @returns {Answer} */
  const page = (nextCursor) => ({ body: { success: true, data: [{}], pagination: { limit: 1, nextCursor } } });
  const { requests, baseUrl } = await script(context, [page("a b&c"), page(null), page("more")]);
  const client = new HexpressClient({ baseUrl });
  const things = [];
  for await (const thing of client.posts.list({ search: "a&b", sortBy: "title" })) {
    things.push(thing);
  }
  assert.equal(things.length, 2);
  await client.posts.list({ page: 3 }).page();
  assert.deepEqual(
    requests.map((request) => request.url),
    [
      "/api/posts?count=none&limit=100&search=a%26b&sortBy=title",
      "/api/posts?count=none&limit=100&search=a%26b&sortBy=title&cursor=a+b%26c",
      "/api/posts?page=3",
    ],
  );
});

test("a mistake is found without a request", async () => {
  for (const baseUrl of ["", "example.org", "ftp://example.org", "http://a:b@example.org", "http://example.org?x=1"]) {
    assert.throws(() => new HexpressClient({ baseUrl }), TypeError, baseUrl);
  }
  for (const token of ["", "hxp_a\r\nb", "hxp_ä"]) {
    assert.throws(() => new HexpressClient({ baseUrl: "http://127.0.0.1:1", token }), TypeError, token);
  }
  const client = new HexpressClient({ baseUrl: "http://127.0.0.1:1" });
  for (const idempotencyKey of ["", "bestellung-€", "a".repeat(256)]) {
    assert.throws(() => client.orders.create({ items: [] }, { idempotencyKey }), TypeError);
  }
  for (const id of ["", ".", ".."]) {
    assert.throws(() => client.posts.get(id), TypeError, id);
  }
});
