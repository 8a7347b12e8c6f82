// Package durable makes changes to files and directories survive a power
// failure. It knows what the kernel promises and nothing of what is stored.
//
// Three promises shape it. A file's bytes are safe once fdatasync returned; its
// name is safe once its directory was synced, which is a second call. And a
// failed sync must never be tried again on the same file: the kernel may have
// marked the lost pages clean, so that the second attempt succeeds for nothing.
package durable
