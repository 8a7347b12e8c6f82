package migrate

import (
	"context"
	"sync"

	"ossd/engine/meta"
)

// progress gathers what is told of a run.
type progress struct {
	references int64 // rows of that kind, when the run began

	mu  sync.Mutex
	now Progress
}

// count finds out how much there is to do.
func (m *mover) count(ctx context.Context) error {
	return m.From.Rows.View(ctx, func(rows meta.Snapshot) error {
		m.result.Rows, m.seen.references = 0, 0
		for row, err := range rows.Scan(nil, nil) {
			if err != nil {
				return err
			}
			if m.result.Rows++; m.result.Rows%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if row.Key[0] == references[0] {
				m.seen.references++
			}
		}
		return nil
	})
}

func (p *progress) begin(m *mover, s Stage, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = Progress{Stage: s, Pass: m.result.Passes, Total: total}
	p.tell(m)
}

func (p *progress) add(m *mover, rows int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Done += int64(rows)
	p.now.Bytes += bytes
	p.now.Total = max(p.now.Total, p.now.Done)
	p.tell(m)
}

func (p *progress) tell(m *mover) {
	if m.Progress != nil {
		m.Progress(p.now)
	}
}
