package signature

// OfSignature tells the parameters that belong to a signature itself: what
// proves it, when it holds, and the network that a URL is bound to. They change
// nothing of what a request does.
func OfSignature(name string) bool {
	switch name {
	case paramSourceIP, paramSubnetMask, paramVPC, "x-oss-ac-forward-allow":
		return true
	}
	return isCredential(name)
}
