package access

import (
	"testing"

	"ossd/access/policy"
)

func BenchmarkCredentialPermanent(b *testing.B) {
	w, alice, _ := withRole(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Credential(b.Context(), alice.ID, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCredentialPermanentUncached(b *testing.B) {
	w, alice, _ := withRole(b)
	b.ReportAllocs()
	for b.Loop() {
		w.changes.generation.Add(1)
		if _, err := w.Credential(b.Context(), alice.ID, ""); err != nil {
			b.Fatal(err)
		}
	}
}

const uploadDocument = `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":["acs:oss:*:*:b/uploads/u123/*"]}]}`

func BenchmarkCredentialToken(b *testing.B) {
	w, alice, reader := withRole(b)
	s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Policy = uploadDocument })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Credential(b.Context(), s.AccessKeyID, s.SecurityToken); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenToken(b *testing.B) {
	for name, document := range map[string]string{"plain": "", "policy": uploadDocument} {
		b.Run(name, func(b *testing.B) {
			w, alice, reader := withRole(b)
			s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Policy = document })
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.ring.Load().openToken(s.SecurityToken); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(s.SecurityToken)), "chars")
		})
	}
}

func BenchmarkSessionSecret(b *testing.B) {
	w, _, _ := withRole(b)
	b.ReportAllocs()
	for b.Loop() {
		w.ring.Load().keys[1].sessionSecret("STS.123456789ABCDEFGHJKLMNPQ")
	}
}

func BenchmarkAssumeRole(b *testing.B) {
	w, alice, reader := withRole(b)
	c := w.credential(alice.ID, "")
	b.ReportAllocs()
	for b.Loop() {
		w.assume(c, reader, func(in *AssumeRole) { in.Policy = uploadDocument })
	}
}

func BenchmarkAuthorizeThreePolicies(b *testing.B) {
	w := newWorld(b)
	_, alice := w.user(acc1, "alice", allowAssume, uploadDocument, readDocument)
	c := w.credential(alice.ID, "")
	check := getObject("b/uploads/u123/k")
	b.ReportAllocs()
	for b.Loop() {
		if d, err := w.Authorize(b.Context(), c, check); err != nil || !d.Allowed || d.Reason != policy.ByIdentityAllow {
			b.Fatal(d, err)
		}
	}
}
