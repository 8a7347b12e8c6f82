//go:build conformance

package conformance

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"ossd/conformance/kit"
)

const (
	region = "cn-hangzhou"
	domain = "oss-cn-hangzhou.aliyuncs.com"

	bootstrapFile = "testdata/bootstrap.yaml"
	examplesFile  = "../examples/python/bootstrap.yaml"
)

// publicNamesVariable is set when this test program runs where every public name
// leads to a server that somebody else started (see TestPublicNames).
const publicNamesVariable = "OSSD_TEST_PUBLIC_NAMES"

// target is a server under test and what clients must be told to reach it.
type target struct {
	ossEndpoint string // "": the client's own, which is the public name
	stsEndpoint string // likewise
	authority   string // PEM file by which clients know the server under TLS
	people      people
}

// newTarget starts a server for the test, or uses the one behind the public names.
func newTarget(t *testing.T) target {
	t.Helper()
	if os.Getenv(publicNamesVariable) != "" {
		return target{authority: os.Getenv("SSL_CERT_FILE"), people: readPeople(t, bootstrapFile)}
	}
	return startTarget(t, bootstrapFile)
}

// startTarget starts a server with the people of a bootstrap file.
func startTarget(t *testing.T, bootstrap string, flags ...string) target {
	t.Helper()
	address, authority := startServer(t, bootstrap, flags...)
	endpoint := "http://" + address
	return target{ossEndpoint: endpoint, stsEndpoint: endpoint, authority: authority, people: readPeople(t, bootstrap)}
}

// public tells whether the target is reached by its public names.
func (tg target) public() bool { return tg.ossEndpoint == "" }

// people are those that a bootstrap file declares.
type people struct {
	owner    kit.Key // the account that owns the bucket
	user     kit.Key // its RAM user, who may assume the role
	stranger kit.Key // another account; zero if there is none
	roleARN  string
	keeper   string // ARN of a role that may do everything with OSS; "" if there is none
	bucket   string
}

func readPeople(t *testing.T, bootstrap string) people {
	t.Helper()
	accounts := kit.Accounts(t, bootstrap)
	owner := accounts[0]
	found := people{owner: owner.Key(), user: owner.Users[0].AccessKeys[0], roleARN: owner.Role(0), bucket: owner.Buckets[0].Name}
	if len(owner.Roles) > 1 {
		found.keeper = owner.Role(1)
	}
	if len(accounts) > 1 {
		found.stranger = accounts[1].Key()
	}
	return found
}

// environment is that of a client program whose own key is k, without what the
// machine's user may have set for the real service.
func (tg target) environment(k kit.Key) []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		return strings.HasPrefix(name, "OSS_") || strings.HasPrefix(name, "STS_") || strings.HasSuffix(name, "_PROXY") ||
			strings.HasPrefix(name, "ALIBABA_CLOUD_") && name != "ALIBABA_CLOUD_CA_BUNDLE"
	})
	env = append(env,
		"PYTHONDONTWRITEBYTECODE=1",
		"OSS_REGION="+region,
		"OSS_BUCKET="+tg.people.bucket,
		"ROLE_ARN="+tg.people.roleARN,
		"OSSD_TEST_KEEPER_ROLE="+tg.people.keeper,
		"ALIBABA_CLOUD_ACCESS_KEY_ID="+k.ID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET="+k.Secret,
	)
	for name, k := range map[string]kit.Key{"OWNER": tg.people.owner, "USER": tg.people.user, "STRANGER": tg.people.stranger} {
		env = append(env, "OSSD_TEST_"+name+"_ID="+k.ID, "OSSD_TEST_"+name+"_SECRET="+k.Secret)
	}
	if tg.ossEndpoint != "" {
		env = append(env, "OSS_ENDPOINT="+tg.ossEndpoint)
	}
	if tg.stsEndpoint != "" {
		env = append(env, "STS_ENDPOINT="+tg.stsEndpoint)
	}
	return env
}

// host is where a signed URL for the target must lead.
func (tg target) host(t *testing.T) string {
	t.Helper()
	if tg.public() {
		return tg.people.bucket + "." + domain
	}
	endpoint, err := url.Parse(tg.ossEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	return endpoint.Host
}
