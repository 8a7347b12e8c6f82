// Package ram is the Resource Access Management API, version 2015-05-01: one
// file per action. It has no rule about users, roles or policies of its own,
// those are the access package's, and it sees only the caller's own account.
package ram

import "ossd/protocol/rpc"

var product = &rpc.Product{Name: "Ram", Version: "2015-05-01", Refuse: refuse, Spell: spell}

// Actions are the entries of the table.
func Actions() []rpc.Action {
	return []rpc.Action{
		createUser, getUser, listUsers, updateUser, deleteUser,
		createAccessKey, updateAccessKey, deleteAccessKey, listAccessKeys, getAccessKeyLastUsed,
		createGroup, getGroup, listGroups, updateGroup, deleteGroup,
		addUserToGroup, removeUserFromGroup, listUsersForGroup, listGroupsForUser,
		createRole, getRole, listRoles, updateRole, deleteRole,
		createPolicy, getPolicy, listPolicies, updatePolicyDescription, deletePolicy,
		createPolicyVersion, getPolicyVersion, listPolicyVersions, setDefaultPolicyVersion, deletePolicyVersion,
		attachPolicyToUser, detachPolicyFromUser, listPoliciesForUser,
		attachPolicyToRole, detachPolicyFromRole, listPoliciesForRole,
		attachPolicyToGroup, detachPolicyFromGroup, listPoliciesForGroup,
		listEntitiesForPolicy,
		tagResources, untagResources, listTagResources,
		setAccountAlias, getAccountAlias, clearAccountAlias,
		getLoginProfile, updateLoginProfile, deleteLoginProfile, getUserMFAInfo, unbindMFADevice,
		listVirtualMFADevices, getPasswordPolicy, getSecurityPreference,
		decodeDiagnosticMessage,
	}
}
