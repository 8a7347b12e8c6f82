package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"ossd/engine/meta"
)

// The rows of this package. LOWER is a name in lower case: names are unique and
// found regardless of case, while the value keeps the spelling. ENTITY is the id
// of a user (it begins with 2), role (with 3), identity provider (with 5) or group (with g). Names and ids contain no slash;
// an access key id may, and so stands last.
//
//	A/ring                                   ringRow: the key ring, each key sealed under the master key
//	A/revision                               another random value after every change, where processes share the rows
//	A/account/ACCOUNT                        accountRow
//	A/key/KEYID                              accessKeyRow, its secret sealed
//	A/keyof/ACCOUNT/OWNER/KEYID              the keys of a user, or of the account (OWNER "root"); no value
//	A/user/ACCOUNT/ID                        userRow
//	A/username/ACCOUNT/LOWER                 the id of the user
//	A/role/ACCOUNT/ID                        roleRow
//	A/rolename/ACCOUNT/LOWER                 the id of the role
//	A/group/ACCOUNT/ID                       groupRow
//	A/groupname/ACCOUNT/LOWER                the id of the group
//	A/member/ACCOUNT/GROUP/USER              memberRow: a user (by id) in a group (by id)
//	A/memberof/ACCOUNT/USER/GROUP            the same from the user's side; no value
//	A/alias/ALIAS                            the id of the account of that alias
//	A/oidcprovider/ACCOUNT/ID                providerRow
//	A/oidcprovidername/ACCOUNT/LOWER         the id of the identity provider
//	A/policy/ACCOUNT/LOWER                   policyRow
//	A/attached/ACCOUNT/ENTITY/TYPE/LOWER     attachmentRow: what speaks for a user, a role, or a group's members
//	A/attachedto/ACCOUNT/TYPE/LOWER/ENTITY   the same from the policy's side; no value
//
// Users, roles and groups are stored under their ids, so that renaming one rewrites
// one small index row and neither keys nor attachments nor open sessions. Values
// are JSON with a version "v"; a reader refuses versions that it does not know
// instead of dropping what they say.
const rowPrefix = "A"

const rowVersion = 1

const ringKey = "A/ring"

const rootOwner = "root" // stands for a user id in A/keyof

func accountKey(account string) string    { return "A/account/" + account }
func accessKeyKey(id string) string       { return "A/key/" + id }
func keysOf(account, owner string) string { return "A/keyof/" + account + "/" + owner + "/" }
func policyKey(account, name string) string {
	return "A/policy/" + account + "/" + fold(name)
}

// entityKey is the row of a user, role or group, nameKey the row that finds its id.
func entityKey(t EntityType, account, id string) string {
	return "A/" + strings.ToLower(string(t)) + "/" + account + "/" + id
}

func nameKey(t EntityType, account, name string) string {
	return namesOf(t, account) + fold(name)
}

func namesOf(t EntityType, account string) string {
	return "A/" + strings.ToLower(string(t)) + "name/" + account + "/"
}

func membersOf(account, groupID string) string { return "A/member/" + account + "/" + groupID + "/" }
func groupsOf(account, userID string) string   { return "A/memberof/" + account + "/" + userID + "/" }
func aliasKey(alias string) string             { return "A/alias/" + alias }

func attachmentsOf(account, entityID string) string {
	return "A/attached/" + account + "/" + entityID + "/"
}

func attachmentKey(account, entityID, policyType, policyName string) string {
	return attachmentsOf(account, entityID) + policyType + "/" + fold(policyName)
}

func attachedTo(account, policyType, policyName string) string {
	return "A/attachedto/" + account + "/" + policyType + "/" + fold(policyName) + "/"
}

type ringRow struct {
	Version int         `json:"v"`
	Current uint16      `json:"current"` // seals what is new; the others open what is old
	Keys    []ringEntry `json:"keys"`
}

type ringEntry struct {
	ID         uint16    `json:"id"`
	Sealed     []byte    `json:"sealed"`
	CreateDate time.Time `json:"createDate"`
}

type accountRow struct {
	Version    int       `json:"v"`
	Name       string    `json:"name,omitempty"`
	Alias      string    `json:"alias,omitempty"`
	CreateDate time.Time `json:"createDate"`
}

type accessKeyRow struct {
	Version    int       `json:"v"`
	Account    string    `json:"account"`
	UserID     string    `json:"userId,omitempty"` // empty: the account's own
	Sealed     []byte    `json:"sealed"`
	Inactive   bool      `json:"inactive,omitempty"`
	CreateDate time.Time `json:"createDate"`
	LastUsed   time.Time `json:"lastUsed,omitzero"` // at most useInterval before the last use
}

type userRow struct {
	Version     int       `json:"v"`
	Name        string    `json:"name"`
	DisplayName string    `json:"displayName,omitempty"`
	MobilePhone string    `json:"mobilePhone,omitempty"`
	Email       string    `json:"email,omitempty"`
	Comments    string    `json:"comments,omitempty"`
	CreateDate  time.Time `json:"createDate"`
	UpdateDate  time.Time `json:"updateDate"`
}

type roleRow struct {
	Version       int       `json:"v"`
	Name          string    `json:"name"`
	Description   string    `json:"description,omitempty"`
	TrustPolicy   string    `json:"trustPolicy"`
	MaxSeconds    int64     `json:"maxSeconds"`
	RevokedBefore time.Time `json:"revokedBefore,omitzero"`
	Tags          []Tag     `json:"tags,omitempty"` // in the order of their keys
	CreateDate    time.Time `json:"createDate"`
	UpdateDate    time.Time `json:"updateDate"`
}

// policyRow holds all versions of a custom policy, the oldest first.
type policyRow struct {
	Version     int             `json:"v"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Default     string          `json:"default"`
	Versions    []policyVersion `json:"versions"`
	LastVersion int             `json:"lastVersion,omitempty"` // number of the newest that ever was; 0: v1 is the only one that was
	Tags        []Tag           `json:"tags,omitempty"`        // in the order of their keys
	CreateDate  time.Time       `json:"createDate"`
	UpdateDate  time.Time       `json:"updateDate"`
}

type policyVersion struct {
	ID         string    `json:"id"`
	Document   string    `json:"document"`
	CreateDate time.Time `json:"createDate"`
}

type groupRow struct {
	Version    int       `json:"v"`
	Name       string    `json:"name"`
	Comments   string    `json:"comments,omitempty"`
	CreateDate time.Time `json:"createDate"`
	UpdateDate time.Time `json:"updateDate"`
}

type memberRow struct {
	Version  int       `json:"v"`
	JoinDate time.Time `json:"joinDate"`
}

type attachmentRow struct {
	Version    int       `json:"v"`
	PolicyName string    `json:"policyName"` // as the policy spells it
	AttachDate time.Time `json:"attachDate"`
}

// readRow decodes the row at key into row, whatever its kind; ok is false if
// there is none.
func readRow[R any](s meta.Snapshot, key string, row *R) (ok bool, err error) {
	value, err := s.Get([]byte(key))
	if errors.Is(err, meta.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, decodeRow(key, value, row)
}

func decodeRow[R any](key string, value []byte, row *R) error {
	var head struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(value, &head); err != nil {
		return fmt.Errorf("access: row %s cannot be read: %w", key, err)
	}
	if head.Version != rowVersion {
		return fmt.Errorf("access: row %s has version %d, this program knows %d", key, head.Version, rowVersion)
	}
	if err := json.Unmarshal(value, row); err != nil {
		return fmt.Errorf("access: row %s cannot be read: %w", key, err)
	}
	return nil
}

func writeRow(tx meta.Tx, key string, row any) error {
	value, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("access: row %s: %w", key, err)
	}
	return tx.Put([]byte(key), value)
}

func deleteRow(tx meta.Tx, key string) error { return tx.Delete([]byte(key)) }

// readText returns the value of an index row, "" if there is none.
func readText(s meta.Snapshot, key string) (string, error) {
	value, err := s.Get([]byte(key))
	if errors.Is(err, meta.ErrNotFound) {
		return "", nil
	}
	return string(value), err
}

// scanNames yields what follows prefix in the keys that begin with it, and the
// values, in order, from the first that is greater than after.
func scanNames(s meta.Snapshot, prefix, after string) iter.Seq2[[2]string, error] {
	lo := []byte(prefix)
	if after != "" {
		lo = append(lo, after+"\x00"...)
	}
	return func(yield func([2]string, error) bool) {
		for row, err := range s.Scan(lo, meta.PrefixEnd([]byte(prefix))) {
			if err != nil {
				yield([2]string{}, err)
				return
			}
			if !yield([2]string{string(row.Key[len(prefix):]), string(row.Value)}, nil) {
				return
			}
		}
	}
}

// countRows counts the keys that begin with prefix. The limits of RAM bound it.
func countRows(s meta.Snapshot, prefix string) (n int, err error) {
	for _, err := range s.Scan([]byte(prefix), meta.PrefixEnd([]byte(prefix))) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
