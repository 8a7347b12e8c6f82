// Package crashdisk is a file system in memory that can lose its power, fail at
// will, be full or refuse to be written to, for tests of those who keep files. It
// knows nothing of what they keep.
//
// # What a crash leaves
//
// What was synced is there. Of the rest any part may be, since no real file
// system promises an order:
//
//   - each write since a file's last sync survives whole, not at all, or as some
//     of its sectors of 512 bytes; likewise each hole;
//   - a file is as long as it was synced, as long as it was at some moment since,
//     or ends somewhere between; what it has instead of lost bytes are zeros;
//   - each name made, replaced or removed since its directory's last sync is as it
//     was before or after; a rename happens whole or not.
//
// That is meaner than any one of them. A sync that fails loses what it should
// have saved: later ones succeed, and do not save it (Linux marks the pages clean).
package crashdisk
