// Package ossd is the root of the module: it holds no code, only the test that
// keeps the architecture (see ARCHITECTURE.md).
package ossd
