// Package conformance runs official SDKs, unchanged, against a built ossd: by its
// address, and under the service's public names in a private network namespace. It
// sees ossd from outside only, as a client does, and imports nothing of it.
//
// Each SDK has a folder by its language: python, golang (a module of its own, so that
// ours depends on no SDK), js, java. Its programs print a line for each check, which
// becomes a subtest. The keys that they try are testdata/keys.json. The tests that the
// SDKs bring along are run by package suites.
//
// The tests need more than Go (the program, SDKs from their registries), so they are
// built with the tag conformance alone; `make test` prepares all that and runs them.
// Tests of a language that the machine lacks are skipped, but for Python.
// These variables of the environment tell them what to use:
//
//	OSSD_BIN        the program; ../bin/ossd by default
//	OSSD_TEST_VENV  a Python environment made by python/venv; ../build/venv by default
//	OSSD_TEST_GO    a folder of the programs of golang; ../build/golang by default
//	OSSD_TEST_JS    a folder made by js/install; ../build/js by default
//	OSSD_TEST_JAVA  a folder made by java/install; ../build/java by default
//
// With OSSD_TEST_CLUSTER=3, servers are clusters of so many nodes; see kit.Main.
package conformance
