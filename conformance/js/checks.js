// Run every check through ali-oss and print one line for each.
//
// usage: checks.js v1|v4 [path]
//
// With "path" the bucket is put into the path of URLs, not into the host. A line is
// "ok NAME" or "FAIL NAME: REASON"; the exit status is 1 if a check failed. world.js
// says what the environment must hold.
"use strict";

const { Report, assumeRole, connect, keys, newBucketName, owner } = require("./world");
const { object, signedGet, signedPut, signedAlone } = require("./objects");

async function main() {
  const [version, style] = process.argv.slice(2);
  if (!["v1", "v4"].includes(version) || ![undefined, "path"].includes(style)) {
    throw new Error("usage: checks.js v1|v4 [path]");
  }
  const options = { version, path: style === "path", bucket: newBucketName() };
  const clients = { permanent: connect(owner, options), session: connect(await assumeRole(), options) };
  const report = new Report();

  await report.check("permanent bucket made", () => clients.permanent.makeBucket());
  for (const [who, client] of Object.entries(clients)) {
    for (const { name, key } of keys) {
      if (hasDotSegment(key)) {
        if (client.signs) await report.check(`${who} ${name} signed URLs`, () => signedAlone(client, key));
        continue;
      }
      await report.check(`${who} ${name} object`, () => object(client, key));
      if (!client.signs) continue;
      await report.check(`${who} ${name} signed GET`, () => signedGet(client, key));
      await report.check(`${who} ${name} signed PUT`, () => signedPut(client, key));
    }
  }
  await report.check("permanent bucket removed", () => clients.permanent.removeBucket());
  process.exitCode = report.failed ? 1 : 0;
}

// ali-oss sends requests through WHATWG URLs, which resolve "." and ".." after it has
// signed the key as it was: such keys are refused everywhere, but not in signed URLs.
function hasDotSegment(key) {
  return key.split("/").some((segment) => segment === "." || segment === "..");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
