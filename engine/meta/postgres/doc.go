// Package postgres keeps rows in PostgreSQL, so that several processes can share
// them. It knows meta's contract and SQL, and nothing of what the rows mean.
//
// # Life of an Update
//
//  1. Its locks are taken within the process (package locktable), so that those who
//     wait for each other here hold no connection meanwhile.
//  2. One round trip begins the transaction, takes the same locks from the server and
//     reads the rows whose keys are the names of the locks, since these are the likely
//     reads. The locks are advisory ones of the transaction, on hashes of the names, in the order of
//     the hashes: two names with one hash wait for each other without need, and nothing else.
//     The isolation is READ COMMITTED, in which each statement sees what was committed
//     before it; so the reads come after the locks, which keep what they cover still.
//  3. fn runs. Its writes gather in memory, which its reads see through. Other reads are a round trip each.
//  4. One round trip sends the writes and COMMIT.
//
// An Update without locks and reads is one round trip. A View is REPEATABLE READ; it
// begins with its first read, in the same round trip, and its end is waited for by nobody.
//
// # Failure
//
// What fails before COMMIT was sent is tried again where that may help, a bounded
// number of times: connections that broke, a server that shuts down, a deadlock. The
// answer to a COMMIT that does not come is never guessed at: Update fails with
// meta.ErrUnavailable, and the writes may or may not have happened. So it is when the
// server gave up waiting for its synchronous standby, which it tells by a warning.
//
// Every wait is bounded, by the server (statement_timeout, lock_timeout,
// idle_in_transaction_session_timeout) and, since a server may be gone without a word,
// by a deadline of ours for every round trip.
package postgres
