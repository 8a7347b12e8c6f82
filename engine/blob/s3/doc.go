// Package s3 keeps each blob in an object of an S3-compatible bucket, which many
// nodes may share. It knows nothing of objectstore's objects, nor of other nodes.
//
// # Layout
//
//	PREFIX/FORMAT      names this layout
//	PREFIX/hh/ID.1     one blob; ID is 32 hexadecimal digits, hh its first two
//	PREFIX/hh/ID.1~N   for a moment: what becomes a part of that blob, see fold
//	PREFIX/moved/REF.1 one blob that came from another store, with its reference there
//
// The object of a blob is frames: 64 KiB of its bytes, then their CRC32C
// (big-endian). The last frame may be shorter, and there is at least one. The
// checksum also covers the reference, the frame's number and whether it is the
// last, so that no bytes are valid in another's place and none can be cut off.
// How long a blob is follows from the size of its object alone, and any range of
// it lies in one range of the object: a read costs one request. References end in
// the version of the layout of what they name; for those of other stores the object's name does. What is named differently is not
// ours: it is neither reported nor deleted.
//
// # Life of a blob
//
//  1. Create chooses a random, new name. Nothing is sent.
//  2. Write gathers frames. What is beyond 5 MiB is sent as parts of a multipart
//     upload while the next ones are received. The context of Create ends that, too.
//  3. Commit sends the rest: in one request if there are no parts yet. The blob is
//     durable once the store answers 200, as far as the store keeps its promise.
//  4. A Reader compares the checksums before it yields bytes.
//
// If the answer to 3 is lost, an object can be left that nobody knows. Walk
// reports it once it is old. Walk cannot know what other nodes have committed
// and are about to refer to: olderThan must leave them the time for it. Unfinished
// uploads are not visible; Walk aborts them once no part has come since olderThan.
//
// # Memory
//
// A blob up to 768 KiB is held in at most 1 MiB of its own. A longer one takes
// buffers of 5 MiB out of Config.PartBuffers, by default 64: 320 MiB for all
// writers together. A writer that gets none waits, at most Config.Stall.
//
// # Failure
//
// Requests are tried a few times, for Config.RetryFor at most: all of them may be
// repeated, since names are used only once. None waits longer than Config.Stall for
// the next byte, or ten times that where the store has to copy. Reading goes on
// where a connection was cut, if the object is still there and the same: a blob
// that is deleted while it is read stays readable only while the connection lasts.
//
// A bucket with versioning keeps the bytes of deleted blobs; it needs a lifecycle
// rule that removes noncurrent versions.
package s3
