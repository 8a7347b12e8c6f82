package policy

import "sync"

// systemPolicies are the vendor's ready-made policies that matter here, in the
// order of their names. They cannot be changed and belong to no account.
var systemPolicies = []struct{ name, description, text string }{
	{"AdministratorAccess", "Everything in the account.",
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
	{"AliyunOSSFullAccess", "Everything in Object Storage Service.",
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}`},
	{"AliyunOSSReadOnlyAccess", "Reading and listing in Object Storage Service.",
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*","oss:List*"],"Resource":"*"}]}`},
	{"AliyunRAMFullAccess", "Managing users, groups, roles and policies.",
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:*","ims:*"],"Resource":"*"}]}`},
	{"AliyunRAMReadOnlyAccess", "Looking at users, groups, roles and policies.",
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:Get*","ram:List*"],"Resource":"*"}]}`},
	{"AliyunSTSAssumeRoleAccess", "Assuming the roles that trust the caller.",
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`},
}

var systemDocuments = sync.OnceValue(func() map[string]*Document {
	documents := make(map[string]*Document, len(systemPolicies))
	for _, p := range systemPolicies {
		d, err := Parse(Identity, p.text)
		if err != nil {
			panic("policy: " + p.name + ": " + err.Error()) // the table above is wrong
		}
		documents[p.name] = d
	}
	return documents
})

// System returns a system policy and its description. Names are exact.
func System(name string) (*Document, string, bool) {
	for _, p := range systemPolicies {
		if p.name == name {
			return systemDocuments()[name], p.description, true
		}
	}
	return nil, "", false
}

// SystemNames lists the system policies in the order of their names.
func SystemNames() []string {
	names := make([]string, len(systemPolicies))
	for i, p := range systemPolicies {
		names[i] = p.name
	}
	return names
}
