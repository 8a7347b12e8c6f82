// Package segment keeps small blobs side by side in large files that only grow,
// and hands larger ones to another store. It knows nothing of objects.
//
// A small blob in a file of its own costs a file's creation and two syncs, that
// of the file and that of its directory. Here it costs a write and a part of a
// sync, which all who commit at the same time share.
//
// # Layout
//
//	DIR/FORMAT        names this layout
//	DIR/LOCK          locked while the directory is open
//	DIR/ID.seg        a segment; ID is 16 hexadecimal digits, greater than those of all before it
//
// A segment is a header and then records, each at a multiple of 8 bytes:
//
//	header   "ossdseg1", ID (8 bytes), the rest zero: 64 bytes
//	record   state (4), version (1), kind (1), zero (2), time (8), length (4),
//	         CRC32C of each 64 KiB of the data (4 × 4), CRC32C of all this but the state (4), data
//
// Numbers are big-endian. The last checksum also covers the segment's ID and the
// record's offset, so that a record is valid in its place alone.
//
// # Life of a blob
//
//  1. Create and Write gather the bytes in memory, at most Config.Limit of them.
//     What becomes longer goes to the other store.
//  2. Commit appends a record to an active segment and joins a sync. The
//     reference that is given out names segment, offset and length.
//  3. Open reads and checks the record. Segments stay open for that.
//  4. Delete overwrites the state. It is not synced: a blob that comes back after
//     a power failure has no reference, and is swept.
//
// A segment is appended to until it is full, the store is closed, or a sync
// fails. After a failed sync it is never synced or appended to again: what the
// kernel dropped is not known. Nothing is appended to the segments of an earlier
// run either, so that a torn end needs no repair: no reference names what is in it.
//
// # Space
//
// Space comes back in two ways. Walk, which looks at every record, joins
// neighbours that are dead into one gap and gives the whole pages within it back
// to the file system (a hole); and a segment in which nothing lives is removed.
// No record is ever moved, so that references stay what they are.
package segment
