package objectstore

// FindingKind says what is wrong.
type FindingKind string

// What Check and Scrub can find.
const (
	MissingBlob    FindingKind = "missing"   // a row names bytes that are not there
	WrongLength    FindingKind = "length"    // they are shorter or longer than the row says
	DamagedBlob    FindingKind = "damaged"   // they are not those that were written
	UnreadableBlob FindingKind = "unread"    // they cannot be read, whatever they are
	BadRow         FindingKind = "row"       // a row is malformed, or contradicts another
	BadReference   FindingKind = "reference" // what says that a blob is in use is missing, idle or wrong
	OrphanBlob     FindingKind = "orphan"    // old bytes that no row names
)

// Finding is one thing that is wrong with the store. What does not apply is empty.
type Finding struct {
	Kind    FindingKind `json:"kind"`
	Bucket  string      `json:"bucket,omitempty"`
	Key     string      `json:"key,omitempty"`
	Version string      `json:"version,omitempty"`
	Upload  string      `json:"upload,omitempty"`
	Part    int         `json:"part,omitempty"`
	Blob    string      `json:"blob,omitempty"` // reference
	File    string      `json:"file,omitempty"` // and where it lies
	Text    string      `json:"text"`           // what is wrong with it
}

// about fills in which version of an object is meant.
func (f Finding) about(bucket string, o *Object) Finding {
	f.Bucket, f.Key, f.Version = bucket, o.Key, o.Version()
	return f
}

// aboutPart fills in which part of an upload is meant.
func (f Finding) aboutPart(bucket, key, upload string, part int) Finding {
	f.Bucket, f.Key, f.Upload, f.Part = bucket, key, upload, part
	return f
}
