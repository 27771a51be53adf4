import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { HexpressClient, HexpressError } from "@hexpress/client";

import { password, startServer } from "./server.js";

/** @typedef {import("@hexpress/client").ErrorCode} ErrorCode */

/**
 * @param {number} status
 * @param {ErrorCode} code
 */
const refusal = (status, code) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof HexpressError, String(error));
  assert.deepEqual([error.status, error.code], [status, code]);
  assert.match(error.requestId ?? "none", /^[0-9a-f-]{36}$/);
  return true;
};

describe("against the built server", () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {HexpressClient} */
  let anonymous;
  /** @type {HexpressClient} */
  let ada;
  /** @type {HexpressClient} */
  let admin;

  before(async () => {
    server = await startServer();
    anonymous = new HexpressClient({ baseUrl: server.baseUrl });
    const email = "ada@example.org";
    await anonymous.users.signUp({ email, password, firstName: "Ada", lastName: "Lovelace" });
    ada = anonymous.withToken((await anonymous.auth.logIn({ email, password })).token);
    server.createAdmin("root@example.org");
    admin = anonymous.withToken((await anonymous.auth.logIn({ email: "root@example.org", password })).token);
  });

  after(() => server.stop());

  test("an error names every field, and the request", async () => {
    const user = { email: "nobody", password: "short", firstName: " ", lastName: "" };
    await assert.rejects(anonymous.users.signUp(user), (error) => {
      refusal(400, "VALIDATION_ERROR")(error);
      const { message, details } = /** @type {HexpressError} */ (error);
      assert.equal(message, "Validation failed");
      assert.deepEqual(details.map((detail) => detail.field), ["email", "password", "firstName"]);
      return true;
    });
    await assert.rejects(anonymous.auth.me(), refusal(401, "UNAUTHENTICATED"));
    await assert.rejects(anonymous.auth.logIn({ email: user.email, password }), refusal(400, "VALIDATION_ERROR"));
    await assert.rejects(anonymous.posts.get("0192d3a4-5b6c-7d8e-9f01-23456789abcd"), refusal(404, "NOT_FOUND"));
  });

  test("a token is for its client, and for no print", async () => {
    const me = await ada.auth.me();
    assert.equal(me.fullName, "Ada Lovelace");
    await assert.rejects(anonymous.auth.me(), refusal(401, "UNAUTHENTICATED"));
    const { inspect } = await import("node:util");
    const { token, id } = await ada.auth.tokens.create({ name: "a script" });
    const script = ada.withToken(token);
    assert.equal((await script.auth.me()).id, me.id);
    assert.ok(!inspect(script, { depth: 9, showHidden: true }).includes(token));
    assert.ok((await ada.auth.tokens.list()).some((one) => one.id === id));
    await ada.auth.tokens.revoke(id);
    await assert.rejects(script.auth.me(), refusal(401, "UNAUTHENTICATED"));
  });

  test("a post that has changed since it was read is not written over", async () => {
    const draft = await ada.posts.create({ title: "On engines", content: "Brass.", metadata: { shelf: 7 } });
    assert.deepEqual(draft.metadata, { shelf: 7 });
    const published = await ada.posts.publish(draft);
    await assert.rejects(ada.posts.update(draft, { title: "Too late" }), refusal(412, "PRECONDITION_FAILED"));
    const renamed = await ada.posts.update(published, { slug: "engines", excerpt: null });
    assert.equal((await anonymous.posts.getBySlug("on-engines")).id, renamed.id);
    assert.equal((await anonymous.posts.getBySlug(renamed.slug)).id, renamed.id);
    // By its id it is changed whatever it is.
    const changed = await ada.posts.update(draft.id, { content: "Steam." });
    assert.equal(changed.content, "Steam.");
    await assert.rejects(ada.posts.delete(renamed), refusal(412, "PRECONDITION_FAILED"));
    await ada.posts.delete(changed);
    await assert.rejects(ada.posts.get(changed.id), refusal(404, "NOT_FOUND"));
    assert.equal((await admin.posts.restore(changed.id)).content, "Steam.");
  });

  test("a post from a list, or a copy of one, is guarded, too", async () => {
    const { id } = await ada.posts.create({ title: "Listed", content: "Here.", status: "published" });
    const { data } = await ada.posts.list({ search: "Listed" }).page();
    const [listed] = data;
    assert.equal(listed?.id, id);
    const changed = await ada.posts.update(listed, { content: "There." });
    await assert.rejects(ada.posts.update(listed, { content: "No." }), (error) => {
      assert.ok(error instanceof HexpressError);
      return error.status === 412 && error.code === "PRECONDITION_FAILED";
    });
    const copy = structuredClone(changed);
    await ada.posts.delete(copy);
    await assert.rejects(ada.posts.delete({ id }), TypeError);
  });

  test("a list is all its things, or a page", async () => {
    const titles = Array.from({ length: 7 }, (_, number) => `Volume ${number}`);
    for (const title of titles) {
      await ada.posts.create({ title, content: "Tables.", status: "published" });
    }
    const volumes = anonymous.posts.list({ search: "volume", sortBy: "title", order: "asc", limit: 3 });
    const listed = [];
    for await (const post of volumes) {
      listed.push(post.title);
    }
    assert.deepEqual(listed, titles);
    const page = await volumes.page();
    assert.deepEqual(page.data.map((post) => post.title), titles.slice(0, 3));
    assert.deepEqual([page.pagination.total, page.pagination.totalPages], [7, 3]);
    const { nextCursor } = page.pagination;
    assert.ok(nextCursor);
    const query = { search: "volume", sortBy: /** @type {const} */ ("title"), order: "asc", limit: 3 };
    const next = await anonymous.posts.list({ ...query, cursor: nextCursor }).page();
    assert.deepEqual(next.data.map((post) => post.title), titles.slice(3, 6));
    // From the second page on, with contents, and no further than is asked for.
    const rest = [];
    for await (const post of anonymous.posts.list({ ...query, page: 2 })) {
      rest.push(post.title);
    }
    assert.deepEqual(rest, titles.slice(3));
    for await (const post of anonymous.posts.list({ search: "volume", include: "content" })) {
      assert.equal(post.content, "Tables.");
      break;
    }
    await assert.rejects(volumes.page.call(ada.users.list()), refusal(403, "FORBIDDEN"));
  });

  test("an order is placed once", async () => {
    const product = await admin.products.create({ name: "Engine", priceCents: 1999, currency: "EUR", stock: 3 });
    const items = [{ productId: product.id, quantity: 1 }];
    const order = await ada.orders.create({ items });
    const other = await ada.orders.create({ items }, { idempotencyKey: "mine" });
    assert.notEqual(order.id, other.id);
    assert.equal((await ada.orders.create({ items }, { idempotencyKey: "mine" })).id, other.id);
    const reused = ada.orders.create({ items: [{ productId: product.id, quantity: 2 }] }, { idempotencyKey: "mine" });
    await assert.rejects(reused, refusal(422, "IDEMPOTENCY_KEY_REUSED"));
    const much = ada.orders.create({ items: [{ productId: product.id, quantity: 2 }] });
    await assert.rejects(much, (error) => {
      refusal(409, "INSUFFICIENT_STOCK")(error);
      return /** @type {HexpressError} */ (error).details[0]?.field === "items[0].quantity";
    });
    const cancelled = await ada.orders.cancel(order);
    assert.equal(cancelled.status, "cancelled");
    await admin.orders.fulfil(await admin.orders.pay(other));
    assert.equal((await ada.orders.get(other.id)).status, "fulfilled");
    const { data } = await ada.orders.list({ status: "fulfilled" }).page();
    assert.deepEqual(data.map((one) => one.id), [other.id]);
    // Orders move no version.
    const restocked = await admin.products.update(product, { stockDelta: 5 });
    assert.equal(restocked.stock, 7);
    await admin.products.delete(restocked);
    const names = [];
    for await (const one of anonymous.products.list()) {
      names.push(one.name);
    }
    assert.deepEqual(names, []);
  });

  test("accounts", async () => {
    const email = "grace@example.org";
    const grace = await anonymous.users.signUp({ email, password, firstName: "Grace", lastName: "Hopper" });
    const profile = await anonymous.users.get(grace.id);
    assert.deepEqual(profile.posts, []);
    assert.ok(!("email" in profile));
    const moderator = await admin.users.update(grace, { role: "moderator" });
    assert.equal(moderator.role, "moderator");
    const session = await anonymous.auth.logIn({ email, password });
    const caller = anonymous.withToken(session.token);
    assert.equal((await caller.users.stats(grace.id)).length, 3);
    assert.deepEqual(await caller.users.analytics(grace.id), []);
    const { data } = await caller.users.list({ role: "moderator" }).page();
    assert.deepEqual(data.map((user) => user.email), [email]);
    await caller.users.update(session.user, { lastName: "Murray" });
    await caller.auth.logOut();
    await assert.rejects(caller.auth.me(), refusal(401, "UNAUTHENTICATED"));
    await admin.users.delete(grace.id);
    assert.equal((await admin.users.restore(grace.id)).lastName, "Murray");
  });
});
