package checks

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Settings say where the server is and who may call it, from the environment:
//
//	OSS_ENDPOINT                 absent: the SDK's own, which is the public name
//	STS_ENDPOINT                 likewise
//	OSS_REGION                   cn-hangzhou
//	OSSD_TEST_OWNER_ID, _SECRET  key of the account that owns the buckets
//	OSSD_TEST_USER_ID, _SECRET   key of its RAM user, who may only assume roles
//	OSSD_TEST_KEEPER_ROLE        role that may do everything with OSS
//	OSSD_TEST_KEYS               file of odd object keys
type Settings struct {
	OSSEndpoint string
	STSEndpoint string
	Region      string
	Owner, User Credentials
	Role        string
	Keys        string
}

// FromEnvironment returns the settings; they are empty where a variable is absent.
func FromEnvironment() Settings {
	return Settings{
		OSSEndpoint: os.Getenv("OSS_ENDPOINT"),
		STSEndpoint: os.Getenv("STS_ENDPOINT"),
		Region:      cmp.Or(os.Getenv("OSS_REGION"), "cn-hangzhou"),
		Owner:       Credentials{ID: os.Getenv("OSSD_TEST_OWNER_ID"), Secret: os.Getenv("OSSD_TEST_OWNER_SECRET")},
		User:        Credentials{ID: os.Getenv("OSSD_TEST_USER_ID"), Secret: os.Getenv("OSSD_TEST_USER_SECRET")},
		Role:        os.Getenv("OSSD_TEST_KEEPER_ROLE"),
		Keys:        os.Getenv("OSSD_TEST_KEYS"),
	}
}

// Arguments returns what a program is told: the signature version, one of versions, and
// whether buckets belong into the path of URLs.
//
//	PROGRAM VERSION [path]
func Arguments(versions ...string) (version string, path bool) {
	args := os.Args[1:]
	if len(args) == 2 && args[1] == "path" {
		args, path = args[:1], true
	}
	if len(args) != 1 || !slices.Contains(versions, args[0]) {
		Fatal(fmt.Errorf("usage: %s %s [path]", filepath.Base(os.Args[0]), strings.Join(versions, "|")))
	}
	return args[0], path
}

// PublicName is the name of the service, for SDKs that cannot derive it from a region.
func (s Settings) PublicName() string { return "oss-" + s.Region + ".aliyuncs.com" }

// NewBucketName returns a name that the role of the settings reaches.
func NewBucketName() string {
	var b [6]byte
	rand.Read(b[:])
	return "conformance-" + hex.EncodeToString(b[:])
}
