package meta

// Checkpointer is what a Store may offer beside, where its rows lie in files.
type Checkpointer interface {
	// Checkpoint makes a directory, which must not exist yet, that holds the
	// rows as they are at one instant: every Update that had returned is in it. The
	// same engine opens it. It shares files with the store, which are never
	// changed, so that it is quick and costs little space. It must lie on the
	// store's file system.
	Checkpoint(dir string) error
}
