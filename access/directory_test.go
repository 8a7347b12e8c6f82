package access

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ossd/access/policy"
	"ossd/engine/meta"
)

const (
	acc1 = "1111111111111111"
	acc2 = "1222222222222222"
)

var masterKey = bytes.Repeat([]byte{7}, 32)

const allowAssume = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`

func trusting(principals ...string) string {
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["` +
		strings.Join(principals, `","`) + `"]}}]}`
}

// world is a Directory with a clock that the test moves, and account acc1.
type world struct {
	*Directory
	t     testing.TB
	rows  meta.Store
	clock atomic.Int64 // nanoseconds
	root  AccessKey
}

func newWorld(t testing.TB, changes ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, rows: newRows()}
	w.clock.Store(time.Date(2030, 1, 2, 3, 4, 5, 678e6, time.UTC).UnixNano())
	config := Config{Rows: w.rows, MasterKey: masterKey, Now: w.time}
	for _, change := range changes {
		change(&config)
	}
	w.rows = config.Rows
	var err error
	if w.Directory, err = Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if _, w.root, err = w.CreateAccount(t.Context(), Account{ID: acc1, Name: "first"}, nil); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) time() time.Time       { return time.Unix(0, w.clock.Load()).UTC() }
func (w *world) sleep(d time.Duration) { w.clock.Add(int64(d)) }
func (w *world) ctx() context.Context  { return w.t.Context() }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// user makes a user with a key and the named custom policies, which it makes too.
func (w *world) user(account, name string, documents ...string) (User, AccessKey) {
	w.t.Helper()
	u, err := w.CreateUser(w.ctx(), User{AccountID: account, Name: name})
	w.must(err)
	k, err := w.CreateAccessKey(w.ctx(), account, name)
	w.must(err)
	w.allow(account, UserEntity, name, documents...)
	return u, k
}

func (w *world) role(account, name, trust string, documents ...string) Role {
	w.t.Helper()
	r, err := w.CreateRole(w.ctx(), Role{AccountID: account, Name: name, TrustPolicy: trust})
	w.must(err)
	w.allow(account, RoleEntity, name, documents...)
	return r
}

func (w *world) allow(account string, t EntityType, name string, documents ...string) {
	w.t.Helper()
	attached, err := w.PoliciesOf(w.ctx(), account, t, name)
	w.must(err)
	for i, document := range documents {
		p := strings.ReplaceAll(name, ".", "-") + "-" + lowerType(t) + "-" + string(rune('a'+len(attached)+i))
		_, err := w.CreatePolicy(w.ctx(), Policy{AccountID: account, Name: p, Document: document})
		w.must(err)
		w.must(w.Attach(w.ctx(), account, CustomPolicy, p, t, name))
	}
}

func (w *world) credential(id, token string) *Credential {
	w.t.Helper()
	c, err := w.Credential(w.ctx(), id, token)
	w.must(err)
	return c
}

// assume begins a session of role for the holder of key.
func (w *world) assume(c *Credential, role Role, change ...func(*AssumeRole)) IssuedSession {
	w.t.Helper()
	in := AssumeRole{RoleARN: role.ARN(), SessionName: "session"}
	for _, f := range change {
		f(&in)
	}
	s, err := w.AssumeRole(w.ctx(), c, in)
	w.must(err)
	return s
}

// refused wants an *Error of the given kind, entity and parameter.
func refused(t testing.TB, err error, kind Kind, entity, parameter string) {
	t.Helper()
	got := (*Error)(nil)
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want a refusal: %v", err, kind)
	}
	if got.Kind != kind || got.Entity != entity || got.Parameter != parameter {
		t.Fatalf("got %v (%d), want %v, entity %s, parameter %s", err, got.Kind, kind, entity, parameter)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func ptr[T any](v T) *T { return &v }

func getObject(bucketKey string) Check {
	return Check{Action: "oss:GetObject", Resource: "acs:oss:oss-cn-hangzhou:" + acc1 + ":" + bucketKey, Class: policy.Data, Owner: acc1}
}

func TestOpenKeepsTheRing(t *testing.T) {
	w := newWorld(t)
	again, err := Open(t.Context(), Config{Rows: w.rows, MasterKey: masterKey, Now: w.time})
	w.must(err)
	c, err := again.Credential(t.Context(), w.root.ID, "")
	w.must(err)
	if c.Secret != w.root.Secret {
		t.Error("a second Directory over the same rows opens another secret")
	}
}

func TestOpenRefuses(t *testing.T) {
	w := newWorld(t)
	_, err := Open(t.Context(), Config{Rows: w.rows, MasterKey: bytes.Repeat([]byte{8}, 32)})
	wantErr(t, err, ErrMasterKey)
	if _, err := Open(t.Context(), Config{Rows: w.rows, MasterKey: masterKey[:16]}); err == nil {
		t.Error("a short master key is taken")
	}
	if _, err := Open(t.Context(), Config{MasterKey: masterKey}); err == nil {
		t.Error("no rows are taken")
	}
}

func TestOpenRefusesRowsOfANewerProgram(t *testing.T) {
	w := newWorld(t)
	w.must(w.update(t.Context(), func(tx meta.Tx) error {
		return tx.Put([]byte(accessKeyKey("LTAInewer")), []byte(`{"v":2,"account":"`+acc1+`"}`))
	}))
	_, err := w.Credential(t.Context(), "LTAInewer", "")
	if err == nil || errors.Is(err, ErrKeyNotFound) {
		t.Errorf("a row of version 2 gave %v", err)
	}
}

func TestRandomnessFails(t *testing.T) {
	_, err := Open(t.Context(), Config{Rows: newRows(), MasterKey: masterKey, Random: strings.NewReader("too little")})
	if err == nil {
		t.Error("a ring was made without enough randomness")
	}
}

func TestSecretsAreNotInRows(t *testing.T) {
	w := newWorld(t)
	_, k := w.user(acc1, "alice")
	w.must(w.view(t.Context(), func(s meta.Snapshot) error {
		for row, err := range s.Scan(nil, nil) {
			if err != nil {
				return err
			}
			if !strings.HasPrefix(string(row.Key), rowPrefix) {
				t.Errorf("row %q is outside the range", row.Key)
			}
			for _, secret := range []string{w.root.Secret, k.Secret, string(masterKey)} {
				if bytes.Contains(row.Value, []byte(secret)) {
					t.Errorf("row %q holds a secret in the clear", row.Key)
				}
			}
		}
		return nil
	}))
}

func TestSealedSecretOpensOnlyInItsRow(t *testing.T) {
	w := newWorld(t)
	_, a := w.user(acc1, "alice")
	_, b := w.user(acc1, "bob")
	w.must(w.update(t.Context(), func(tx meta.Tx) error {
		var from, to accessKeyRow
		if _, err := readRow(tx, accessKeyKey(a.ID), &from); err != nil {
			return err
		}
		if _, err := readRow(tx, accessKeyKey(b.ID), &to); err != nil {
			return err
		}
		to.Sealed = from.Sealed
		return writeRow(tx, accessKeyKey(b.ID), to)
	}))
	if c, err := w.Credential(t.Context(), b.ID, ""); err == nil {
		t.Errorf("a secret that was moved to another key opens: %v", c.AccessKeyID)
	}
	if c := w.credential(a.ID, ""); c.Secret != a.Secret {
		t.Error("the secret in its own row does not open")
	}
}

func TestSealedSecretAltered(t *testing.T) {
	w := newWorld(t)
	sealed, err := w.ring.Load().sealSecret("LTAIx", "the secret")
	w.must(err)
	for i := range len(sealed) * 8 {
		altered := bytes.Clone(sealed)
		altered[i/8] ^= 1 << (i % 8)
		if _, err := w.ring.Load().openSecret("LTAIx", altered); err == nil {
			t.Fatalf("bit %d changed and it opens", i)
		}
	}
	for n := range sealed {
		if _, err := w.ring.Load().openSecret("LTAIx", sealed[:n]); err == nil {
			t.Fatalf("cut to %d bytes and it opens", n)
		}
	}
}
