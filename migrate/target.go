package migrate

import (
	"errors"
	"net/url"
	"os"
	"strings"
)

// Target names the engines of a destination as a user does. It may hold secrets,
// which none of its forms in text shows.
type Target struct {
	Metadata string `json:"metadata"` // postgres://…
	Blobs    string `json:"blobs"`    // s3://…
	// Environment has the variables of the user's environment in which the engines
	// look for credentials. A server that is asked to do the work has its own.
	Environment map[string]string `json:"environment"`
}

// environment are the names, or beginnings, of these variables.
var environment = []string{"OSSD_S3_", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGUSER", "PGPASSWORD"}

// NewTarget takes from the environment what the engines need.
func NewTarget(metadata, blobs string) (Target, error) {
	t := Target{Metadata: metadata, Blobs: blobs, Environment: map[string]string{}}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		for _, wanted := range environment {
			if name == wanted || strings.HasSuffix(wanted, "_") && strings.HasPrefix(name, wanted) {
				t.Environment[name] = value
			}
		}
	}
	// What a URL is worth, its engine tells; that the two were exchanged, nobody else does.
	if !hasScheme(metadata, "postgres", "postgresql") {
		return t, errors.New("the metadata goes to a database, written as postgres://user@host:5432/database")
	}
	if !hasScheme(blobs, "s3") {
		return t, errors.New("the blobs go to a bucket, written as s3://bucket/prefix?endpoint=https://host:port")
	}
	return t, nil
}

func hasScheme(text string, schemes ...string) bool {
	for _, scheme := range schemes {
		if strings.HasPrefix(text, scheme+"://") {
			return true
		}
	}
	return false
}

// Getenv is os.Getenv in the user's environment.
func (t Target) Getenv(name string) string { return t.Environment[name] }

// MetadataURL is the database's URL with the user and the password of the environment
// where it has none of its own.
func (t Target) MetadataURL() string {
	user, _, query := split(t.Metadata)
	name, password, _ := strings.Cut(user, ":")
	add := func(parameter, given, variable string) {
		if value := t.Getenv(variable); value != "" && given == "" && !query.Has(parameter) {
			query.Set(parameter, value)
		}
	}
	add("user", name, "PGUSER")
	add("password", password, "PGPASSWORD")
	base, _, _ := strings.Cut(t.Metadata, "?")
	if len(query) > 0 {
		base += "?" + strings.ReplaceAll(query.Encode(), "+", "%20") // libpq's URLs know no other spaces
	}
	return base
}

// split takes a URL apart. Those of databases may name several hosts, which
// package url does not read.
func split(text string) (user, rest string, query url.Values) {
	base, parameters, _ := strings.Cut(text, "?")
	scheme, rest, _ := strings.Cut(base, "://")
	// The last one, wherever it stands: a password may hold what it should not, unescaped.
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		user, rest = rest[:at], rest[at+1:]
	}
	query, err := url.ParseQuery(parameters)
	if err != nil {
		query = url.Values{} // the engine refuses it
	}
	return user, scheme + "://@" + rest, query
}

// String says where it is, without secrets.
func (t Target) String() string { return Redacted(t.Metadata) + " and " + Redacted(t.Blobs) }

// GoString is String, so that %#v shows no secret either.
func (t Target) GoString() string { return t.String() }

// Redacted is a URL without the password, and without any parameter that may be a secret.
func Redacted(text string) string {
	user, rest, query := split(text)
	name, _, _ := strings.Cut(user, ":")
	if name != "" {
		name += "@"
	}
	for parameter := range query {
		for _, part := range []string{"password", "secret", "key", "token", "credential", "passfile"} {
			if strings.Contains(strings.ToLower(parameter), part) {
				query.Del(parameter)
			}
		}
	}
	rest = strings.Replace(rest, "@", name, 1)
	if len(query) == 0 {
		return rest
	}
	// Slashes and colons need no escape in a query, and endpoints are full of them.
	return rest + "?" + strings.NewReplacer("%2F", "/", "%3A", ":").Replace(query.Encode())
}
