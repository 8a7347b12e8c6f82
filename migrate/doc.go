// Package migrate moves a store to other engines while it is being used. It knows
// rows, blobs and the rows that name blobs; what else rows mean, and which engines
// these are, it does not know.
//
// # The life of a migration
//
//  1. A mark is written into the destination: from which store, since when. Where
//     rows are without a mark, or with another store's, nothing is touched. No
//     server starts on rows that have a mark (UnderWay).
//  2. A pass copies what the destination lacks: first blobs, each under its own
//     name, whose length is asked for when it is there; then all other rows. A row
//     is compared with its like in key order and written only where the two differ.
//  3. Passes follow one another while the source is used, until one is short.
//  4. The final pass runs when nobody uses the source any more. Then all rows are
//     compared once more, and must be the same.
//  5. Config.Switch makes the source unusable, and the mark is removed.
//
// Nothing needs to be remembered between the steps. The row that names a blob is
// written to the destination when the blob is durable there, so a migration that
// was cut off anywhere goes on where it was; at most some blobs are copied again.
// The source is only read until 5.
//
// # Beside a store in use
//
// Nothing is frozen: rows are read a page at a time, each as of its own instant,
// and a blob that was freed before its turn is left out, since the row that
// named it is gone, too. So what an online pass leaves may be of no one instant;
// the final pass is what makes it whole.
package migrate
