package meta

// Expecter is what a Snapshot offers beside whose every read is a journey.
type Expecter interface {
	// Expect reads rows that are likely to be asked for (Get), all of them at once.
	Expect(keys ...[]byte) error
}

// Expect tells a snapshot which rows will probably be asked for. In a Tx a lock must
// cover them. It changes nothing but how long the reads take.
func Expect(s Snapshot, keys ...[]byte) error {
	if e, ok := s.(Expecter); ok {
		return e.Expect(keys...)
	}
	return nil
}
