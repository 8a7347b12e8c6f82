// Where the server under test is, who may call it, and how ali-oss is told so.
//
//   OSS_ENDPOINT, STS_ENDPOINT   absent: the SDK's own, which are the public names
//   OSS_REGION                   cn-hangzhou
//   OSSD_TEST_OWNER_ID, _SECRET  key of the account that owns the buckets
//   OSSD_TEST_USER_ID, _SECRET   key of its RAM user, who may only assume roles
//   OSSD_TEST_KEEPER_ROLE        role that may do everything with OSS
//   OSSD_TEST_KEYS               file of odd object keys
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");

const OSS = require("ali-oss");

const env = process.env;
const owner = { accessKeyId: env.OSSD_TEST_OWNER_ID, accessKeySecret: env.OSSD_TEST_OWNER_SECRET };
const user = { accessKeyId: env.OSSD_TEST_USER_ID, accessKeySecret: env.OSSD_TEST_USER_SECRET };
const keys = JSON.parse(fs.readFileSync(env.OSSD_TEST_KEYS, "utf8"));

const newBucketName = () => "conformance-" + crypto.randomBytes(6).toString("hex");

async function assumeRole() {
  const sts = new OSS.STS(env.STS_ENDPOINT ? { ...user, endpoint: env.STS_ENDPOINT } : user);
  const { credentials } = await sts.assumeRole(env.OSSD_TEST_KEEPER_ROLE, null, 900, "conformance");
  return {
    accessKeyId: credentials.AccessKeyId,
    accessKeySecret: credentials.AccessKeySecret,
    stsToken: credentials.SecurityToken,
    refreshSTSToken: async () => { throw new Error("the session is over"); },
    refreshSTSTokenInterval: 900_000,
  };
}

// connect returns what the checks need of ali-oss: one bucket, seen with one pair of
// credentials. A description is {type, from}: Content-Type and x-oss-meta-from.
function connect(credentials, { version, path, bucket }) {
  const options = { ...credentials, region: "oss-" + env.OSS_REGION, bucket, authorizationV4: version === "v4", sldEnable: path };
  if (env.OSS_ENDPOINT) options.endpoint = env.OSS_ENDPOINT;
  const sdk = new OSS(options);
  return {
    // By an IP address ali-oss signs no V1 URL: "can not get the object URL when endpoint is IP".
    signs: version === "v4" || !net.isIP(sdk.options.endpoint.hostname),

    makeBucket: () => sdk.putBucket(bucket),
    removeBucket: () => sdk.deleteBucket(bucket),
    put: (key, content, { type, from }) => sdk.put(key, Buffer.from(content), { headers: { "Content-Type": type }, meta: { from } }),
    get: async (key) => (await sdk.get(key)).content.toString(),
    head: async (key) => {
      const { res, meta } = await sdk.head(key);
      return { type: res.headers["content-type"], from: meta && meta.from };
    },
    list: async (prefix) => ((await sdk.listV2({ prefix, "max-keys": 100 })).objects || []).map((found) => found.name),
    remove: (key) => sdk.delete(key),

    signGet: (key, type, disposition) =>
      version === "v4"
        ? sdk.signatureUrlV4("GET", 60, { queries: { "response-content-type": type, "response-content-disposition": disposition } }, key)
        : sdk.signatureUrl(key, { expires: 60, response: { "content-type": type, "content-disposition": disposition } }),
    signPut: (key, { type, from }) =>
      version === "v4"
        ? sdk.signatureUrlV4("PUT", 60, { headers: { "Content-Type": type, "x-oss-meta-from": from } }, key)
        : sdk.signatureUrl(key, { method: "PUT", expires: 60, "Content-Type": type, "x-oss-meta-from": from }),
    signRemove: (key) =>
      version === "v4" ? sdk.signatureUrlV4("DELETE", 60, {}, key) : sdk.signatureUrl(key, { method: "DELETE", expires: 60 }),
  };
}

// Report prints a line for each check and remembers whether one failed.
class Report {
  failed = false;

  async check(name, check) {
    try {
      await check();
      console.log("ok " + name);
    } catch (error) {
      this.failed = true;
      console.error(error);
      console.log(`FAIL ${name}: ${String(error.message).replace(/\s+/g, " ")}`);
    }
  }
}

module.exports = { Report, assumeRole, connect, keys, newBucketName, owner, user };
