// Check STS and RAM through one client and print one line for each check, as checks.js does.
//
// usage: rpc.js acs3|pop-core|ali-oss
//
//   acs3      @alicloud/sts20150401 and @alicloud/ram20150501, whose requests are signed with ACS3
//   pop-core  @alicloud/pop-core, which sends any action, with RPC signature V1
//   ali-oss   OSS.STS, which knows AssumeRole only
"use strict";

const assert = require("node:assert");

const { $OpenApiUtil } = require("@alicloud/openapi-core");
const RPCClient = require("@alicloud/pop-core");
const RAM = require("@alicloud/ram20150501");
const STS = require("@alicloud/sts20150401");
const OSS = require("ali-oss");

const { Report, newBucketName, owner, user } = require("./world");

// STS_ENDPOINT stands for RAM as well: both are served at one address.
const endpoint = process.env.STS_ENDPOINT;
const role = process.env.OSSD_TEST_KEEPER_ROLE;
const account = role.split(":")[3];
const forged = { ...user, accessKeySecret: "wrong" };
const sessionPolicy = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":"acs:oss:*:*:a b+c/*"}]}';

// A client is a function (by, product, action, parameters) that returns the answer; "by" are credentials.
const clients = {
  async acs3(by, product, action, parameters) {
    const config = new $OpenApiUtil.Config({ ...by, regionId: process.env.OSS_REGION });
    if (endpoint) [config.protocol, config.endpoint] = endpoint.split("://");
    const sdk = product === "sts" ? STS : RAM;
    const client = new sdk.default(config);
    const Request = sdk[action + "Request"]; // GetCallerIdentity has none
    const named = Object.entries(parameters).map(([name, value]) => [lowerFirst(name), value]);
    const answer = await client[lowerFirst(action)](...(Request ? [new Request(Object.fromEntries(named))] : []));
    return answer.body.toMap();
  },
  async "pop-core"(by, product, action, parameters) {
    const apiVersion = product === "sts" ? "2015-04-01" : "2015-05-01";
    const client = new RPCClient({ ...by, endpoint: endpoint || `https://${product}.aliyuncs.com`, apiVersion });
    // Both methods are meant to do; STS gets the one, RAM the other.
    return client.request(action, parameters, { method: product === "sts" ? "GET" : "POST" });
  },
};

const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);

function credentials({ AccessKeyId, AccessKeySecret, SecurityToken }) {
  return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
}

function refused(code, status, call) {
  return assert.rejects(call, (error) => {
    const got = error.statusCode || error.status || error.entry.response.statusCode;
    assert.deepEqual([error.code, got], [code, status], error);
    return true;
  });
}

async function sts(report, send) {
  const identity = (by, parameters = {}) => send(by, "sts", "GetCallerIdentity", parameters);
  const assume = (by, options) => send(by, "sts", "AssumeRole", { RoleArn: role, RoleSessionName: "conformance", ...options });

  await report.check("GetCallerIdentity of the account", async () => {
    const { IdentityType, AccountId, Arn } = await identity(owner);
    assert.deepEqual([IdentityType, AccountId, Arn], ["Account", account, `acs:ram::${account}:root`]);
  });
  await report.check("AssumeRole, and GetCallerIdentity of the session", async () => {
    const { Credentials, AssumedRoleUser } = await assume(user, { DurationSeconds: 900 });
    assert.equal(AssumedRoleUser.Arn, role + "/conformance");
    const { IdentityType, AccountId } = await identity(credentials(Credentials));
    assert.deepEqual([IdentityType, AccountId], ["AssumedRoleUser", account]);
  });
  await report.check("AssumeRole with a session policy", async () => {
    assert.match((await assume(user, { Policy: sessionPolicy })).Credentials.AccessKeyId, /^STS\./);
    await refused("InvalidParameter.PolicyGrammar", 400, assume(user, { Policy: "no JSON" }));
  });
  await report.check("AssumeRole refused to the account", () => refused("NoPermission", 403, assume(owner)));
  await report.check("a wrong secret refused", () => refused("SignatureDoesNotMatch", 400, assume(forged)));
  if (send === clients["pop-core"]) { // the other would have to be told by the clock of the machine
    await report.check("a late clock refused", () =>
      refused("InvalidTimeStamp.Expired", 400, identity(user, { Timestamp: "2020-02-02T02:02:02Z" })));
  }
}

async function ram(report, send) {
  const call = (action, parameters, by = owner) => send(by, "ram", action, parameters);
  const name = newBucketName(); // as good a name for the rest
  const UserName = name, GroupName = name, PolicyName = name, RoleName = name;
  const policy = { PolicyType: "Custom", PolicyName };
  const holders = { User: { UserName }, Group: { GroupName }, Role: { RoleName } };
  const allow = (action) => `{"Version":"1","Statement":[{"Effect":"Allow","Action":"${action}","Resource":"*"}]}`;
  let UserAccessKeyId;

  await report.check("CreateUser, GetUser", async () => {
    const about = { DisplayName: "Größe 大", Comments: "a + b & c=d ~*'()!" };
    const made = (await call("CreateUser", { UserName, ...about })).User;
    const { UserId, DisplayName, Comments } = (await call("GetUser", { UserName })).User;
    assert.deepEqual({ UserId, DisplayName, Comments }, { UserId: made.UserId, ...about });
  });
  await report.check("ListUsers in pages", async () => {
    const found = [];
    let page = {};
    do {
      page = await call("ListUsers", page.Marker ? { MaxItems: 1, Marker: page.Marker } : { MaxItems: 1 });
      assert.equal(page.Users.User.length, 1);
      found.push(page.Users.User[0].UserName);
    } while (page.IsTruncated);
    assert.ok(found.includes(name) && found.includes("uploader"), found.join(" "));
    assert.equal(new Set(found).size, found.length);
  });
  await report.check("CreateAccessKey, used for GetCallerIdentity", async () => {
    const { AccessKey } = await call("CreateAccessKey", { UserName });
    UserAccessKeyId = AccessKey.AccessKeyId;
    const { Arn } = await send(credentials(AccessKey), "sts", "GetCallerIdentity", {});
    assert.equal(Arn, `acs:ram::${account}:user/${name}`);
  });
  await report.check("CreatePolicy, CreatePolicyVersion, SetDefaultPolicyVersion, GetPolicy", async () => {
    await call("CreatePolicy", { PolicyName, PolicyDocument: allow("oss:Get*") });
    const { PolicyVersion } = await call("CreatePolicyVersion", { PolicyName, PolicyDocument: allow("oss:List*"), SetAsDefault: false });
    assert.deepEqual([PolicyVersion.VersionId, PolicyVersion.IsDefaultVersion], ["v2", false]);
    await call("SetDefaultPolicyVersion", { PolicyName, VersionId: "v2" });
    const { DefaultPolicyVersion } = await call("GetPolicy", policy);
    assert.deepEqual([DefaultPolicyVersion.VersionId, DefaultPolicyVersion.PolicyDocument], ["v2", allow("oss:List*")]);
  });
  await report.check("CreateRole, assumed", async () => {
    const trust = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::${account}:root"]}}]}`;
    await call("CreateRole", { RoleName, AssumeRolePolicyDocument: trust });
    const { Arn } = (await call("GetRole", { RoleName })).Role;
    const { AssumedRoleUser } = await send(user, "sts", "AssumeRole", { RoleArn: Arn, RoleSessionName: "conformance" });
    assert.equal(AssumedRoleUser.Arn, Arn + "/conformance");
  });
  await report.check("CreateGroup, AddUserToGroup, ListGroupsForUser", async () => {
    await call("CreateGroup", { GroupName });
    await call("AddUserToGroup", { GroupName, UserName });
    const { Groups } = await call("ListGroupsForUser", { UserName });
    assert.deepEqual(Groups.Group.map((group) => group.GroupName), [name]);
  });
  await report.check("AttachPolicyTo and ListPoliciesFor user, group and role", async () => {
    for (const [kind, holder] of Object.entries(holders)) {
      await call("AttachPolicyTo" + kind, { ...policy, ...holder });
      const { Policies } = await call("ListPoliciesFor" + kind, holder);
      assert.deepEqual(Policies.Policy.map((attached) => attached.PolicyName), [name]);
    }
  });
  await report.check("refusals have their codes", async () => {
    await refused("EntityNotExist.User", 404, call("GetUser", { UserName: name + "-absent" }));
    await refused("EntityAlreadyExists.Policy", 409, call("CreatePolicy", { PolicyName, PolicyDocument: allow("oss:Get*") }));
    await refused("DeleteConflict.Policy.User", 409, call("DeletePolicy", { PolicyName }));
    await refused("DeleteConflict.Group.User", 409, call("DeleteGroup", { GroupName }));
    await refused("NoPermission", 403, call("ListUsers", {}, user));
  });
  await report.check("all removed again", async () => {
    for (const [kind, holder] of Object.entries(holders)) await call("DetachPolicyFrom" + kind, { ...policy, ...holder });
    await call("RemoveUserFromGroup", { GroupName, UserName });
    await call("DeleteGroup", { GroupName });
    await call("DeletePolicyVersion", { PolicyName, VersionId: "v1" });
    await call("DeletePolicy", { PolicyName });
    await call("DeleteRole", { RoleName });
    await call("DeleteAccessKey", { UserName, UserAccessKeyId });
    await call("DeleteUser", { UserName });
    await refused("EntityNotExist.User", 404, call("GetUser", { UserName }));
  });
}

async function aliOSS(report) {
  const connect = (by) => new OSS.STS(endpoint ? { ...by, endpoint } : by);
  await report.check("AssumeRole with a session policy", async () => {
    const { credentials } = await connect(user).assumeRole(role, sessionPolicy, 900, "conformance");
    assert.match(credentials.AccessKeyId, /^STS\./);
  });
  await report.check("AssumeRole refused to the account", () =>
    refused("NoPermission", 403, connect(owner).assumeRole(role, null, 900, "conformance")));
  await report.check("a wrong secret refused", () =>
    refused("SignatureDoesNotMatch", 400, connect(forged).assumeRole(role, null, 900, "conformance")));
}

async function main() {
  const [which] = process.argv.slice(2);
  const report = new Report();
  if (which === "ali-oss") {
    await aliOSS(report);
  } else if (clients[which]) {
    await sts(report, clients[which]);
    await ram(report, clients[which]);
  } else {
    throw new Error("usage: rpc.js acs3|pop-core|ali-oss");
  }
  process.exitCode = report.failed ? 1 : 0;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
