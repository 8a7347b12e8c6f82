// Check STS through @alicloud/sts20150401, whose requests are signed with ACS3, and
// print one line for each check, as checks.js does.
//
// usage: acs3.js
"use strict";

const assert = require("node:assert");

const { $OpenApiUtil } = require("@alicloud/openapi-core");
const STS = require("@alicloud/sts20150401");

const { Report, owner, user } = require("./world");

const role = process.env.OSSD_TEST_KEEPER_ROLE;
const account = role.split(":")[3];

function connect({ accessKeyId, accessKeySecret, securityToken }) {
  const config = new $OpenApiUtil.Config({ accessKeyId, accessKeySecret, securityToken, regionId: process.env.OSS_REGION });
  const [, protocol, address] = /^(https?):\/\/(.*)$/.exec(process.env.STS_ENDPOINT || "") || [];
  config.protocol = protocol; // undefined, and so the SDK's own, under the public names
  config.endpoint = address;
  return new STS.default(config);
}

async function assume(by, options) {
  const request = new STS.AssumeRoleRequest({ roleArn: role, roleSessionName: "conformance", ...options });
  return (await connect(by).assumeRole(request)).body;
}

async function checks(report) {
  await report.check("GetCallerIdentity of the account", async () => {
    const { body } = await connect(owner).getCallerIdentity();
    assert.deepEqual([body.identityType, body.accountId, body.arn], ["Account", account, `acs:ram::${account}:root`]);
  });
  await report.check("AssumeRole, and GetCallerIdentity of the session", async () => {
    const { credentials, assumedRoleUser } = await assume(user, { durationSeconds: 900 });
    assert.equal(assumedRoleUser.arn, role + "/conformance");
    const { body } = await connect(credentials).getCallerIdentity();
    assert.deepEqual([body.identityType, body.accountId], ["AssumedRoleUser", account]);
  });
  await report.check("AssumeRole with a session policy", async () => {
    const policy = '{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:Get*", "Resource": "acs:oss:*:*:a b+c/*"}]}';
    assert.match((await assume(user, { policy })).credentials.accessKeyId, /^STS\./);
  });
  await report.check("AssumeRole refused to the account", () =>
    assert.rejects(assume(owner), (error) => error.code === "NoPermission" && error.statusCode === 403));
  await report.check("a wrong secret refused", () =>
    assert.rejects(assume({ ...user, accessKeySecret: "wrong" }), (error) => error.code === "SignatureDoesNotMatch" && error.statusCode === 400));
}

const report = new Report();
checks(report).then(() => { process.exitCode = report.failed ? 1 : 0; });
