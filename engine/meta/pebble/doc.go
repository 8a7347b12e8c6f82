// Package pebble keeps rows in a directory, in Pebble's log-structured merge
// tree. It knows meta's contract and nothing of what the rows mean.
//
// # Life of an Update
//
//  1. Its locks are taken in the order of their names (package locktable).
//  2. fn fills an indexed batch, which answers its reads from its own writes
//     first and from the committed rows else. The locks, not a snapshot, keep
//     what it reads still.
//  3. The batch enters the write-ahead log and the memtable. This step goes
//     one by one, see Failure.
//  4. The caller waits until the log is synced. Whoever waits at the same time
//     shares a sync; nobody waits for a timer.
//  5. The locks are released. Until then nobody can change these rows again,
//     though a View can see them from step 3 on, up to one sync too early.
//
// # Failure
//
// When the log cannot be written or synced, nobody knows which of the waiting
// commits are on disk, and memory holds rows that may not be. Pebble would end
// the process. This package instead fails every Update that waits and poisons
// the store: from then on each call returns ErrFailed, until the directory is
// opened again and the log tells what is there. The Updates that were under
// way may or may not have happened, as meta.Store allows.
//
// Two failures still end the process by a panic: one that meets the log while
// Pebble changes to a new one, and a failed write of Pebble's manifest, which
// happens in the background. Nothing is acknowledged then, and the next start
// recovers from the log.
package pebble
