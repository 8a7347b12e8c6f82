// Package conformance runs official SDKs, unchanged, against a built ossd: by its
// address, and under the service's public names in a private network namespace. It
// sees ossd from outside only, as a client does, and imports nothing of it.
//
// The tests need more than Go (the program, Python, packages from PyPI), so they are
// built with the tag conformance alone; `make test` prepares all that and runs them.
// These variables of the environment tell them what to use:
//
//	OSSD_BIN        the program; ../bin/ossd by default
//	OSSD_TEST_VENV  a Python environment made by python/venv; ../build/venv by default
package conformance
