package pebble

import (
	"context"
	"fmt"

	"ossd/engine/meta"
)

var _ meta.Checkpointer = (*Store)(nil)

// Checkpoint implements meta.Checkpointer. Tables are hard links; the log, which
// grows, is copied. It need not be synced first: no Update returns before that.
func (s *Store) Checkpoint(dir string) error {
	if err := s.enter(context.Background()); err != nil {
		return err
	}
	defer s.gate.Leave()
	if err := s.db.Checkpoint(dir); err != nil {
		return fmt.Errorf("meta/pebble: checkpoint: %w", err)
	}
	return nil
}
