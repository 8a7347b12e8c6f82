package access

import "io"

const (
	digits       = "0123456789"
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// randomText draws n characters of alphabet, each equally likely.
func randomText(random io.Reader, alphabet string, n int) (string, error) {
	text := make([]byte, 0, n)
	var buf [64]byte
	for len(text) < n {
		if _, err := io.ReadFull(random, buf[:]); err != nil {
			return "", err
		}
		text = appendUniform(text, n, alphabet, buf[:])
	}
	return string(text), nil
}

// appendUniform turns random bytes into characters until text has n of them or
// the bytes are used up. Bytes above the largest multiple of the alphabet's
// size are skipped, since folding them would favour its first characters.
func appendUniform(text []byte, n int, alphabet string, random []byte) []byte {
	limit := 256 - 256%len(alphabet)
	for _, b := range random {
		if len(text) == n {
			break
		}
		if int(b) < limit {
			text = append(text, alphabet[int(b)%len(alphabet)])
		}
	}
	return text
}

// newAccountID returns 16 digits; like real ones it begins with 1.
func newAccountID(random io.Reader) (string, error) { return prefixed(random, "1", digits, 15) }

// newEntityID returns the 18 digits of a user (2…), role (3…) or identity provider
// (5…), or the g- and 16 characters of a group.
func newEntityID(random io.Reader, t EntityType) (string, error) {
	switch t {
	case RoleEntity:
		return prefixed(random, "3", digits, 17)
	case ProviderEntity:
		return prefixed(random, "5", digits, 17)
	case GroupEntity:
		return prefixed(random, "g-", alphanumeric, 16)
	}
	return prefixed(random, "2", digits, 17)
}

func newAccessKeyID(random io.Reader) (string, error) {
	return prefixed(random, "LTAI", alphanumeric, 20)
}

func newAccessKeySecret(random io.Reader) (string, error) {
	return randomText(random, alphanumeric, 30)
}

func prefixed(random io.Reader, prefix, alphabet string, n int) (string, error) {
	text, err := randomText(random, alphabet, n)
	return prefix + text, err
}

// entityTypeOf tells users, roles, identity providers and groups apart by the first character of their ids.
func entityTypeOf(id string) EntityType {
	switch id[0] {
	case '3':
		return RoleEntity
	case '5':
		return ProviderEntity
	case 'g':
		return GroupEntity
	}
	return UserEntity
}

// NewAccount returns the id of an account and a key for it, both such as never
// were. Whoever has to keep the key safe before the account exists asks here
// and hands them to CreateAccount.
func NewAccount(random io.Reader) (id string, key AccessKey, err error) {
	if id, err = newAccountID(random); err != nil {
		return "", AccessKey{}, err
	}
	if key.ID, err = newAccessKeyID(random); err != nil {
		return "", AccessKey{}, err
	}
	key.Secret, err = newAccessKeySecret(random)
	return id, key, err
}
