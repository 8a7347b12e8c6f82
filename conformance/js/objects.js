// The checks of one object: its life through the SDK, and signed URLs for it in the
// hands of a plain HTTP client.
"use strict";

const assert = require("node:assert");
const http = require("node:http");
const https = require("node:https");

async function object(client, key) {
  const about = { type: "text/x-odd; charset=utf-8", from: "an SDK" };
  await client.put(key, "content of " + key, about);
  assert.deepEqual(await client.head(key), about);
  assert.equal(await client.get(key), "content of " + key);
  assert.deepEqual(await client.list(key), [key]);
  await remove(client, key);
}

async function remove(client, key) {
  await client.remove(key);
  await assert.rejects(client.get(key), { code: "NoSuchKey", status: 404 });
}

async function signedGet(client, key) {
  const type = "application/x-replaced";
  const disposition = 'attachment; filename="a + b.txt"';
  await client.put(key, "content", { type: "text/plain", from: "an SDK" });
  const got = await send("GET", await client.signGet(key, type, disposition), {});
  assert.deepEqual([got.status, got.body], [200, "content"]);
  assert.equal(got.headers["content-type"], type);
  assert.equal(got.headers["content-disposition"], disposition);
  await remove(client, key);
}

async function signedPut(client, key) {
  const about = { type: "text/x-odd; charset=utf-8", from: "a visitor" };
  const link = await client.signPut(key, about);
  const got = await send("PUT", link, about, "content");
  assert.deepEqual([got.status, got.body], [200, ""]);
  for (const change of [{ type: "text/html" }, { from: "somebody" }, { from: undefined }]) {
    const refused = await send("PUT", link, { ...about, ...change }, "defaced");
    assert.equal(refused.status, 403);
    assert.match(refused.body, /<Code>SignatureDoesNotMatch<\/Code>/);
  }
  assert.deepEqual(await client.head(key), about);
  assert.equal(await client.get(key), "content");
  await remove(client, key);
}

// signedAlone walks through the life of an object with signed URLs only.
async function signedAlone(client, key) {
  const about = { type: "text/plain", from: "a visitor" };
  const put = await send("PUT", await client.signPut(key, about), about, "content of " + key);
  assert.deepEqual([put.status, put.body], [200, ""]);
  const got = await send("GET", await client.signGet(key, "text/x-odd", "inline"), {});
  assert.deepEqual([got.status, got.body, got.headers["content-type"]], [200, "content of " + key, "text/x-odd"]);
  assert.deepEqual(await client.list(key), [key]);
  const removed = await send("DELETE", await client.signRemove(key), {});
  assert.deepEqual([removed.status, removed.body], [204, ""]);
  assert.deepEqual(await client.list(key), []);
}

// send is a plain HTTP client. Node's own parsing of URLs would resolve the dots of a
// path, so the path goes out as it was signed.
function send(method, link, { type, from }, body = "") {
  const [, origin, path] = /^(https?:\/\/[^/]+)(\/.*)$/.exec(link);
  const headers = { "Content-Length": Buffer.byteLength(body) };
  if (type) headers["Content-Type"] = type;
  if (from) headers["x-oss-meta-from"] = from;
  return new Promise((resolve, reject) => {
    const transport = origin.startsWith("https:") ? https : http;
    const request = transport.request(origin, { method, path, headers, timeout: 10_000 }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 10 seconds")));
    request.on("error", reject);
    request.end(body);
  });
}

module.exports = { object, signedAlone, signedGet, signedPut };
