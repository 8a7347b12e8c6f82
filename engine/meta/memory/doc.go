// Package memory keeps rows in memory: the strictest implementation of
// meta.Store, made for tests. It knows nothing of disks; what it holds ends
// with the process.
//
// Where other engines trust their callers, this one does not. It refuses, with
// meta.ErrNotLocked, a read or a write in an Update that no declared lock
// covers, and a commit whose reads somebody else changed meanwhile although
// locks seemed to cover them (a lock of an upper name was forgotten). It refuses
// to insert over an existing row, and to serve a Snapshot or Tx whose function
// has returned. Config.RunTwice runs every Update's function twice, so that
// one with a side effect shows it.
//
// Rows live in an immutable search tree: a snapshot is a pointer to a root.
package memory
