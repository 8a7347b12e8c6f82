package oss

// The suite waits until the public service has spread what it was told. ossd needs no
// time for that, and the suite would need an hour.
func init() { timeoutInOperation = 0 }
