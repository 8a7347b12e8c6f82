package postgres

// tx is a meta.Tx whose writes gather in memory.
type tx struct{ reader }

func (t *tx) end() { t.session, t.own = nil, nil }

func (t *tx) Put(key, value []byte) error { return t.put(key, value, false) }

// Insert notices a row that exists when the writes are sent.
func (t *tx) Insert(key, value []byte) error { return t.put(key, value, true) }

func (t *tx) put(key, value []byte, insert bool) error {
	switch {
	case t.session == nil:
		return errEnded
	case len(key) > maxKeyBytes:
		return ErrKeyTooLong
	}
	t.own.put(key, value, insert)
	return nil
}

func (t *tx) Delete(key []byte) error {
	if t.session == nil {
		return errEnded
	}
	t.own.remove(key)
	return nil
}

// statements are the writes, and the news of them for those who follow a row.
func (t *tx) statements() []statement {
	s := t.session.store
	all := t.own.statements(&s.sql)
	for key := range t.own {
		if _, followed := s.followed.Load(key); followed {
			all = append(all, statement{sql: s.sql.notify, args: []any{s.channel(key), ""}})
		}
	}
	return all
}
