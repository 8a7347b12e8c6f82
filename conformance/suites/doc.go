// Package suites runs the test suites that come with the official SDKs, unchanged,
// against a built ossd, and holds the outcome against what is expected. Like package
// conformance it sees ossd from outside only.
//
// A suite is downloaded, copied to where it may write, and compiled by the script
// install; nothing of it is kept here. Every process of a suite gets a server of its
// own under the service's public names (see ../realnames), with the people of
// testdata/bootstrap.yaml. So tests cannot disturb one another, and STS is found where
// the suites look for it. A test of a suite is a subtest here:
//
//	go test -tags conformance -run 'TestGoV2/v4/TestPutBucket$' ./conformance/suites
//
// All tests must pass but those in testdata/SUITE.txt (see expectations.go). With -short
// these are not run, and of the slower suites only a part.
//
// It needs Linux with namespaces, and these variables of the environment tell it what
// to use:
//
//	OSSD_BIN          the program; ../../bin/ossd by default
//	OSSD_TEST_SUITES  a folder made by install; ../../build/suites by default
//	OSSD_TEST_VENV    a Python environment made by ../python/venv; ../../build/venv by default
//
// With OSSD_TEST_CLUSTER=3, servers are clusters of so many nodes; see kit.Main.
//
// What a test and its server wrote is kept in OSSD_TEST_SUITES/log.
package suites
