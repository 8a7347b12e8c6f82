package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const denyDocument = `{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:*","Resource":"*"}]}`

// group makes a group, its policies, and puts the users into it.
func (w *world) group(name string, users []string, documents ...string) Group {
	w.t.Helper()
	g, err := w.CreateGroup(w.ctx(), Group{AccountID: acc1, Name: name})
	w.must(err)
	for _, u := range users {
		w.must(w.AddUserToGroup(w.ctx(), acc1, u, name))
	}
	w.allow(acc1, GroupEntity, name, documents...)
	return g
}

// may tells whether the holder of a key may read an object.
func (w *world) may(id string) bool {
	w.t.Helper()
	d, err := w.Authorize(w.ctx(), w.credential(id, ""), getObject("b/k"))
	w.must(err)
	return d.Allowed
}

func TestGroups(t *testing.T) {
	w := newWorld(t)
	g := w.group("Writers", nil)
	if !strings.HasPrefix(g.ID, "g-") || len(g.ID) != 18 || strings.Trim(g.ID[2:], alphanumeric) != "" || g.ARN() != "acs:ram::"+acc1+":group/Writers" {
		t.Errorf("made %+v", g)
	}
	_, err := w.CreateGroup(t.Context(), Group{AccountID: acc1, Name: "WRITERS"})
	refused(t, err, AlreadyExists, "Group", "")
	_, err = w.CreateGroup(t.Context(), Group{AccountID: acc2, Name: "writers"})
	refused(t, err, NotExist, "Account", "")
	for name, kind := range map[string]Kind{"": InvalidLength, strings.Repeat("g", 65): InvalidLength, "a/b": InvalidChars, "é": InvalidChars} {
		_, err := w.CreateGroup(t.Context(), Group{AccountID: acc1, Name: name})
		refused(t, err, kind, "", "GroupName")
	}

	_, alice := w.user(acc1, "alice")
	w.must(w.AddUserToGroup(t.Context(), acc1, "Alice", "writers"))
	w.allow(acc1, GroupEntity, "Writers", readDocument)
	w.sleep(time.Minute)
	g2, err := w.UpdateGroup(t.Context(), acc1, "WRITERS", GroupUpdate{Name: ptr("Authors"), Comments: ptr("c")})
	w.must(err)
	if g2.ID != g.ID || g2.Comments != "c" || !g2.UpdateDate.After(g2.CreateDate) {
		t.Errorf("updated to %+v", g2)
	}
	_, err = w.Group(t.Context(), acc1, "writers")
	refused(t, err, NotExist, "Group", "")
	members, next, err := w.Members(t.Context(), acc1, "authors", Page{})
	w.must(err)
	if len(members) != 1 || next != "" || members[0].Name != "alice" || !members[0].JoinDate.Equal(g.CreateDate) {
		t.Errorf("members are %+v", members)
	}
	if !w.may(alice.ID) {
		t.Error("a new name lost the group's policy")
	}
	to, err := w.EntitiesOf(t.Context(), acc1, CustomPolicy, "writers-group-a")
	w.must(err)
	if len(to) != 1 || to[0].EntityType != GroupEntity || to[0].EntityName != "Authors" {
		t.Errorf("attached to %+v", to)
	}
	// A user renamed stays a member.
	_, err = w.UpdateUser(t.Context(), acc1, "alice", UserUpdate{Name: ptr("carol")})
	w.must(err)
	groups, err := w.GroupsOf(t.Context(), acc1, "carol")
	w.must(err)
	if len(groups) != 1 || groups[0].Name != "Authors" {
		t.Errorf("carol is in %+v", groups)
	}
}

func TestGroupPoliciesCount(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice")
	_, bob := w.user(acc1, "bob", readDocument)
	w.group("readers", []string{"alice"}, readDocument)
	w.group("banned", nil, denyDocument)
	if !w.may(alice.ID) {
		t.Error("the group's policy does not speak for its member")
	}
	w.must(w.AddUserToGroup(t.Context(), acc1, "bob", "banned"))
	if w.may(bob.ID) {
		t.Error("a Deny of the group does not stop its member")
	}
	w.must(w.RemoveUserFromGroup(t.Context(), acc1, "bob", "banned"))
	if !w.may(bob.ID) {
		t.Error("a Deny goes on after its group was left")
	}
	// Attached directly and through two groups: named once, and gone only with the last.
	w.must(w.Attach(t.Context(), acc1, CustomPolicy, "readers-group-a", UserEntity, "alice"))
	w.group("more", []string{"alice"})
	w.must(w.Attach(t.Context(), acc1, CustomPolicy, "readers-group-a", GroupEntity, "more"))
	d, err := w.Authorize(t.Context(), w.credential(alice.ID, ""), getObject("b/k"))
	w.must(err)
	if !d.Allowed || len(d.Matches) != 1 || d.Matches[0].Policy != "readers-group-a" {
		t.Errorf("decided %+v", d)
	}
	w.must(w.Detach(t.Context(), acc1, CustomPolicy, "readers-group-a", UserEntity, "alice"))
	w.must(w.Detach(t.Context(), acc1, CustomPolicy, "readers-group-a", GroupEntity, "readers"))
	if !w.may(alice.ID) {
		t.Error("the second group's attachment went with the first's")
	}
	w.must(w.RemoveUserFromGroup(t.Context(), acc1, "alice", "more"))
	if w.may(alice.ID) {
		t.Error("a policy is left over")
	}
	w.must(w.AddUserToGroup(t.Context(), acc1, "alice", "more"))
	if s, err := w.Simulate(t.Context(), acc1, "alice", getObject("b/k")); err != nil || !s.Decision.Allowed {
		t.Errorf("simulated %+v, %v", s, err)
	}
	// ListPoliciesForUser shows direct attachments only.
	if of, err := w.PoliciesOf(t.Context(), acc1, UserEntity, "alice"); err != nil || len(of) != 0 {
		t.Errorf("of alice: %v, %v", of, err)
	}
}

func TestGroupConflictsAndLimits(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Limits = Limits{Groups: 3, GroupsPerUser: 2, CustomPoliciesPerGroup: 1, SystemPoliciesPerEntity: 1}
	})
	_, k := w.user(acc1, "alice")
	w.group("a", []string{"alice"}, readDocument)
	w.group("b", []string{"alice"})
	w.group("c", nil)
	_, err := w.CreateGroup(t.Context(), Group{AccountID: acc1, Name: "d"})
	refused(t, err, LimitExceeded, "Group", "")
	refused(t, w.AddUserToGroup(t.Context(), acc1, "alice", "c"), LimitExceeded, "User.Group", "")
	refused(t, w.AddUserToGroup(t.Context(), acc1, "alice", "A"), AlreadyExists, "User.Group", "")
	w.allow(acc1, UserEntity, "alice", readDocument)
	refused(t, w.Attach(t.Context(), acc1, CustomPolicy, "alice-user-a", GroupEntity, "a"), LimitExceeded, "Group.Policy", "")
	w.must(w.Attach(t.Context(), acc1, SystemPolicy, "AliyunOSSFullAccess", GroupEntity, "a"))
	refused(t, w.Attach(t.Context(), acc1, SystemPolicy, "AliyunRAMFullAccess", GroupEntity, "a"), LimitExceeded, "Group.Policy", "")
	refused(t, w.Detach(t.Context(), acc1, CustomPolicy, "alice-user-a", GroupEntity, "a"), NotExist, "Group.Policy", "")

	w.must(w.DeleteAccessKey(t.Context(), acc1, "alice", k.ID))
	refused(t, w.DeleteUser(t.Context(), acc1, "alice"), DeleteConflict, "User", "Group")
	refused(t, w.DeleteGroup(t.Context(), acc1, "a"), DeleteConflict, "Group", "User")
	refused(t, w.DeletePolicy(t.Context(), acc1, "a-group-a", true), DeleteConflict, "Policy", "Group")
	w.must(w.RemoveUserFromGroup(t.Context(), acc1, "alice", "A"))
	refused(t, w.RemoveUserFromGroup(t.Context(), acc1, "alice", "A"), NotExist, "User.Group", "")
	refused(t, w.DeleteGroup(t.Context(), acc1, "a"), DeleteConflict, "Group", "Policy")
	w.must(w.Detach(t.Context(), acc1, CustomPolicy, "a-group-a", GroupEntity, "a"))
	w.must(w.Detach(t.Context(), acc1, SystemPolicy, "AliyunOSSFullAccess", GroupEntity, "a"))
	w.must(w.DeleteGroup(t.Context(), acc1, "A"))
	w.must(w.DeletePolicy(t.Context(), acc1, "a-group-a", false))
}

func TestMembersInPages(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 7 {
		name := fmt.Sprintf("u%d", i)
		w.user(acc1, name)
		want = append(want, name)
	}
	w.group("all", want)
	var got []string
	page := Page{Limit: 3}
	for range 3 {
		members, next, err := w.Members(t.Context(), acc1, "all", page)
		w.must(err)
		for _, m := range members {
			got = append(got, m.Name)
		}
		page.Marker = next
	}
	if slices.Sort(got); page.Marker != "" || !slices.Equal(got, want) {
		t.Errorf("pages hold %v and then %q", got, page.Marker)
	}
}

// Whoever reads the policies of a member while the group changes must not bring
// what was into the cache after the change.
func TestGroupChangeOvertakesAReader(t *testing.T) {
	late := &latecomer{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = late })
	_, alice := w.user(acc1, "alice")
	w.group("readers", []string{"alice"}, readDocument)
	for what, change := range map[string]func() error{
		"detached": func() error {
			return w.Detach(t.Context(), acc1, CustomPolicy, "readers-group-a", GroupEntity, "readers")
		},
		"removed": func() error { return w.RemoveUserFromGroup(t.Context(), acc1, "alice", "readers") },
		"other version": func() error {
			_, err := w.CreatePolicyVersion(t.Context(), acc1, "readers-group-a", NewPolicyVersion{Document: denyDocument, Default: true})
			return err
		},
	} {
		c := w.credential(alice.ID, "")
		w.changes.generation.Add(1)
		late.afterRead = func() { w.must(change()) }
		if _, err := w.Authorize(t.Context(), c, getObject("b/k")); err != nil {
			t.Fatal(err)
		}
		if w.may(alice.ID) {
			t.Errorf("%s, and still allowed", what)
		}
		// Back to the beginning.
		_ = w.AddUserToGroup(t.Context(), acc1, "alice", "readers")
		_ = w.Attach(t.Context(), acc1, CustomPolicy, "readers-group-a", GroupEntity, "readers")
		w.must(w.SetDefaultPolicyVersion(t.Context(), acc1, "readers-group-a", "v1"))
		if !w.may(alice.ID) {
			t.Fatal("not allowed to begin with")
		}
	}
}

// A change counts from when it is answered, however many ask meanwhile.
func TestGroupChangesWhileOthersDecide(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice")
	w.group("readers", []string{"alice"}, readDocument)
	var stop atomic.Bool
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for !stop.Load() {
				c, err := w.Credential(t.Context(), alice.ID, "")
				if err == nil {
					_, err = w.Authorize(t.Context(), c, getObject("b/k"))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 100 {
		w.must(w.Detach(t.Context(), acc1, CustomPolicy, "readers-group-a", GroupEntity, "readers"))
		if w.may(alice.ID) {
			t.Error("detached, and still allowed")
		}
		w.must(w.Attach(t.Context(), acc1, CustomPolicy, "readers-group-a", GroupEntity, "readers"))
		w.must(w.RemoveUserFromGroup(t.Context(), acc1, "alice", "readers"))
		if w.may(alice.ID) {
			t.Error("removed, and still allowed")
		}
		w.must(w.AddUserToGroup(t.Context(), acc1, "alice", "readers"))
		if !w.may(alice.ID) {
			t.Error("added, and not allowed")
		}
	}
	stop.Store(true)
	group.Wait()
}

// Of a deletion and a joining at once, one is refused: no member is left of a
// group or user that is gone.
func TestJoiningWhileDeleting(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		name := fmt.Sprintf("n%d", i)
		w.must(lastOf(w.CreateUser(t.Context(), User{AccountID: acc1, Name: name})))
		w.group(name, nil)
		var group sync.WaitGroup
		var joined, gone error
		group.Go(func() { joined = w.AddUserToGroup(t.Context(), acc1, name, name) })
		group.Go(func() {
			if i%2 == 0 {
				gone = w.DeleteUser(t.Context(), acc1, name)
			} else {
				gone = w.DeleteGroup(t.Context(), acc1, name)
			}
		})
		group.Wait()
		if (joined == nil) == (gone == nil) {
			t.Errorf("joining: %v, deleting: %v", joined, gone)
		}
		for _, err := range []error{joined, gone} {
			if refusal := (*Error)(nil); err != nil && !errors.As(err, &refusal) {
				t.Error(err)
			}
		}
		if gone == nil { // room for the next: an account has 50 groups
			_ = w.DeleteGroup(t.Context(), acc1, name)
		}
	}
}
