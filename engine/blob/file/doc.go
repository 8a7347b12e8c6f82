// Package file keeps each blob in a file of its own. It knows nothing of objects.
//
// # Layout
//
//	DIR/FORMAT        names this layout
//	DIR/LOCK          locked while the directory is open
//	DIR/hh/ID.2       one blob; ID is 32 hexadecimal digits, hh its first two
//	DIR/hh/ID         one that was written when there were no checksums
//
// All 256 directories are made and synced when the store is opened, so that a
// commit never has to.
//
// A blob's file is its bytes, and then a CRC32C (big-endian) of each 64 KiB of
// them, at least one. It also covers the blob's ID and which 64 KiB they are, so
// that no bytes are valid in another's place. How long a blob is follows from the
// length of its file alone.
//
// # Life of a blob
//
//  1. Create makes the file under its final name, which is random and new.
//  2. Write appends to it.
//  3. Commit appends the checksums, syncs the file and then its directory, whose
//     syncs are shared by those who commit there at the same time. Then the
//     reference is given out.
//  4. A Reader compares the checksums before it yields bytes.
//
// A crash before the end of 3 leaves a file that nobody knows. Walk reports it
// once it is old, like any blob that nobody refers to. Files that this process
// is still writing are not reported.
//
// The age of a blob is the time since its last write, the file's modification
// time, not since Create: a slow upload that has just ended is young, so a
// sweeper cannot take it before its reference was stored.
//
// # Failure
//
// After a failed sync the file is removed and never synced again, and after a
// failed sync of a directory every later commit into it fails: what the kernel
// dropped is not known. A full disk, or one whose free bytes would fall below
// Config.ReserveBytes, refuses new bytes with blob.ErrFull and goes on reading.
package file
