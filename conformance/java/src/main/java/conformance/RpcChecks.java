package conformance;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;

import com.aliyun.oss.common.auth.DefaultCredentials;
import com.aliyuncs.AcsResponse;
import com.aliyuncs.RpcAcsRequest;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.ram.model.v20150501.*;
import com.aliyuncs.sts.model.v20150401.AssumeRoleRequest;
import com.aliyuncs.sts.model.v20150401.AssumeRoleResponse;
import com.aliyuncs.sts.model.v20150401.GetCallerIdentityRequest;
import com.aliyuncs.sts.model.v20150401.GetCallerIdentityResponse;

/**
 * Checks STS and RAM through aliyun-java-sdk-sts and -ram: a user, a group, a role and a
 * policy made, used, and removed again. It prints one line for each check, as Report says.
 */
public final class RpcChecks {
    private final World world = new World();
    private final Report report = new Report();
    private final String account = world.role.split(":")[3];
    private final String name = World.newBucketName(); // as good a name for the rest
    private String keyId; // the user's, to be removed

    private RpcChecks() throws Exception {}

    public static void main(String[] args) throws Exception {
        RpcChecks checks = new RpcChecks();
        checks.sts();
        checks.ram();
        checks.report.exit();
    }

    private void sts() {
        report.check("GetCallerIdentity of the account", () -> {
            GetCallerIdentityResponse got = world.send(world.owner, new GetCallerIdentityRequest());
            equal("identity", got.getIdentityType() + " " + got.getArn(), "Account acs:ram::" + account + ":root");
        });
        report.check("AssumeRole with a session policy, and GetCallerIdentity of the session", () -> {
            AssumeRoleResponse got = world.send(world.user, assume(world.role, allow("oss:Get*")));
            equal("Arn", got.getAssumedRoleUser().getArn(), world.role + "/conformance");
            AssumeRoleResponse.Credentials issued = got.getCredentials();
            DefaultCredentials session =
                    new DefaultCredentials(issued.getAccessKeyId(), issued.getAccessKeySecret(), issued.getSecurityToken());
            equal("IdentityType", world.send(session, new GetCallerIdentityRequest()).getIdentityType(), "AssumedRoleUser");
            refused("InvalidParameter.PolicyGrammar", () -> world.send(world.user, assume(world.role, "no JSON")));
        });
        report.check("AssumeRole refused to the account", () ->
                refused("NoPermission", () -> world.send(world.owner, assume(world.role, null))));
        report.check("a wrong secret refused", () -> {
            DefaultCredentials forged = new DefaultCredentials(world.user.getAccessKeyId(), "wrong");
            // The code is the SDK's own, for an answer whose string to sign is the one it used.
            refused("SDK.InvalidAccessKeySecret", () -> world.send(forged, new GetCallerIdentityRequest()));
        });
    }

    private void ram() {
        report.check("CreateUser, GetUser", () -> {
            CreateUserRequest create = new CreateUserRequest();
            create.setUserName(name);
            create.setDisplayName("Größe 大");
            create.setComments("a + b & c=d ~*");
            String id = send(create).getUser().getUserId();
            GetUserResponse.User got = send(getUser(name)).getUser();
            equal("UserId", got.getUserId(), id);
            equal("DisplayName", got.getDisplayName(), create.getDisplayName());
            equal("Comments", got.getComments(), create.getComments());
        });
        report.check("ListUsers in pages", () -> {
            List<String> found = new ArrayList<>();
            ListUsersRequest list = new ListUsersRequest();
            list.setMaxItems(1);
            ListUsersResponse page;
            do {
                page = send(list);
                equal("users of a page", page.getUsers().size(), 1);
                found.add(page.getUsers().get(0).getUserName());
                list = new ListUsersRequest();
                list.setMaxItems(1);
                list.setMarker(page.getMarker());
            } while (page.getIsTruncated());
            equal("found in " + found, found.containsAll(List.of(name, "uploader")), true);
            equal("different users", new HashSet<>(found).size(), found.size());
        });
        report.check("CreateAccessKey, used for GetCallerIdentity", () -> {
            CreateAccessKeyRequest create = new CreateAccessKeyRequest();
            create.setUserName(name);
            CreateAccessKeyResponse.AccessKey key = send(create).getAccessKey();
            keyId = key.getAccessKeyId();
            DefaultCredentials by = new DefaultCredentials(keyId, key.getAccessKeySecret());
            equal("Arn", world.send(by, new GetCallerIdentityRequest()).getArn(), "acs:ram::" + account + ":user/" + name);
        });
        report.check("CreatePolicy, CreatePolicyVersion, SetDefaultPolicyVersion, GetPolicy", () -> {
            send(createPolicy());
            CreatePolicyVersionRequest create = new CreatePolicyVersionRequest();
            create.setPolicyName(name);
            create.setPolicyDocument(allow("oss:List*"));
            create.setSetAsDefault(false);
            CreatePolicyVersionResponse.PolicyVersion version = send(create).getPolicyVersion();
            equal("version", version.getVersionId() + " " + version.getIsDefaultVersion(), "v2 false");
            SetDefaultPolicyVersionRequest set = new SetDefaultPolicyVersionRequest();
            set.setPolicyName(name);
            set.setVersionId("v2");
            send(set);
            GetPolicyRequest get = new GetPolicyRequest();
            get.setPolicyType("Custom");
            get.setPolicyName(name);
            GetPolicyResponse got = send(get);
            equal("DefaultVersion", got.getPolicy().getDefaultVersion(), "v2");
            equal("PolicyDocument", got.getDefaultPolicyVersion().getPolicyDocument(), create.getPolicyDocument());
        });
        report.check("CreateRole, assumed", () -> {
            CreateRoleRequest create = new CreateRoleRequest();
            create.setRoleName(name);
            create.setAssumeRolePolicyDocument("{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\","
                    + "\"Principal\":{\"RAM\":[\"acs:ram::" + account + ":root\"]}}]}");
            send(create);
            GetRoleRequest get = new GetRoleRequest();
            get.setRoleName(name);
            String arn = send(get).getRole().getArn();
            equal("Arn", world.send(world.user, assume(arn, null)).getAssumedRoleUser().getArn(), arn + "/conformance");
        });
        report.check("CreateGroup, AddUserToGroup, ListGroupsForUser", () -> {
            CreateGroupRequest create = new CreateGroupRequest();
            create.setGroupName(name);
            send(create);
            AddUserToGroupRequest add = new AddUserToGroupRequest();
            add.setGroupName(name);
            add.setUserName(name);
            send(add);
            ListGroupsForUserRequest list = new ListGroupsForUserRequest();
            list.setUserName(name);
            equal("groups", send(list).getGroups().stream().map(group -> group.getGroupName()).toList(), List.of(name));
        });
        report.check("AttachPolicyToUser, AttachPolicyToRole, ListPoliciesForUser", () -> {
            AttachPolicyToUserRequest toUser = new AttachPolicyToUserRequest();
            toUser.setPolicyType("Custom");
            toUser.setPolicyName(name);
            toUser.setUserName(name);
            send(toUser);
            AttachPolicyToRoleRequest toRole = new AttachPolicyToRoleRequest();
            toRole.setPolicyType("Custom");
            toRole.setPolicyName(name);
            toRole.setRoleName(name);
            send(toRole);
            ListPoliciesForUserRequest list = new ListPoliciesForUserRequest();
            list.setUserName(name);
            equal("policies", send(list).getPolicies().stream().map(policy -> policy.getPolicyName()).toList(), List.of(name));
        });
        report.check("refusals have their codes", () -> {
            refused("EntityNotExist.User", () -> send(getUser(name + "-absent")));
            refused("EntityAlreadyExists.Policy", () -> send(createPolicy()));
            refused("DeleteConflict.Policy.User", () -> send(deletePolicy()));
            refused("NoPermission", () -> world.send(world.user, new ListUsersRequest()));
        });
        report.check("all removed again", this::removeAll);
    }

    private void removeAll() throws Exception {
        DetachPolicyFromUserRequest fromUser = new DetachPolicyFromUserRequest();
        fromUser.setPolicyType("Custom");
        fromUser.setPolicyName(name);
        fromUser.setUserName(name);
        send(fromUser);
        DetachPolicyFromRoleRequest fromRole = new DetachPolicyFromRoleRequest();
        fromRole.setPolicyType("Custom");
        fromRole.setPolicyName(name);
        fromRole.setRoleName(name);
        send(fromRole);
        RemoveUserFromGroupRequest member = new RemoveUserFromGroupRequest();
        member.setGroupName(name);
        member.setUserName(name);
        send(member);
        DeleteGroupRequest group = new DeleteGroupRequest();
        group.setGroupName(name);
        send(group);
        DeletePolicyVersionRequest version = new DeletePolicyVersionRequest();
        version.setPolicyName(name);
        version.setVersionId("v1");
        send(version);
        send(deletePolicy());
        DeleteRoleRequest role = new DeleteRoleRequest();
        role.setRoleName(name);
        send(role);
        DeleteAccessKeyRequest key = new DeleteAccessKeyRequest();
        key.setUserName(name);
        key.setUserAccessKeyId(keyId);
        send(key);
        DeleteUserRequest user = new DeleteUserRequest();
        user.setUserName(name);
        send(user);
        refused("EntityNotExist.User", () -> send(getUser(name)));
    }

    private <T extends AcsResponse> T send(RpcAcsRequest<T> request) throws ClientException {
        return world.send(world.owner, request);
    }

    private static String allow(String action) {
        return "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"" + action + "\",\"Resource\":\"*\"}]}";
    }

    private static AssumeRoleRequest assume(String role, String policy) {
        AssumeRoleRequest request = new AssumeRoleRequest();
        request.setRoleArn(role);
        request.setRoleSessionName("conformance");
        request.setPolicy(policy);
        return request;
    }

    private static GetUserRequest getUser(String name) {
        GetUserRequest request = new GetUserRequest();
        request.setUserName(name);
        return request;
    }

    private CreatePolicyRequest createPolicy() {
        CreatePolicyRequest request = new CreatePolicyRequest();
        request.setPolicyName(name);
        request.setPolicyDocument(allow("oss:Get*"));
        return request;
    }

    private DeletePolicyRequest deletePolicy() {
        DeletePolicyRequest request = new DeletePolicyRequest();
        request.setPolicyName(name);
        return request;
    }

    private static void refused(String code, Callable<?> call) throws Exception {
        try {
            call.call();
        } catch (ClientException e) {
            equal("code", e.getErrCode(), code);
            return;
        }
        throw new IllegalStateException("accepted, want " + code);
    }

    private static void equal(String what, Object got, Object want) {
        if (!Objects.equals(got, want)) {
            throw new IllegalStateException(what + ": got " + got + ", want " + want);
        }
    }
}
