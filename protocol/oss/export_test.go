package oss

// Reads shows to tests of the API as a whole which parameters an operation knows.
func (o *Operation) Reads(parameter string) bool { return o.reads(parameter) }
