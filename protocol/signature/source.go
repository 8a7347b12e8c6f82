package signature

import "strconv"

// Parameters that bind a signed URL to a network.
const (
	paramSourceIP   = "x-oss-ac-source-ip"
	paramSubnetMask = "x-oss-ac-subnet-mask"
	paramVPC        = "x-oss-ac-vpc-id"
)

// boundSource returns the value that x-oss-ac-source-ip must have had when the
// URL was signed for this client to be let in: its own address, masked. Putting
// it into the canonical form, whatever the URL says, makes the signature itself
// enforce the bound. It is "" for a URL without mask.
func boundSource(r *Request) (string, error) {
	if r.Query.Has(paramVPC) {
		// There is no VPC here that the client could be in.
		return "", denied("0002-00000603", "The URL is bound to a VPC.", argument(paramVPC, r.Query.Get(paramVPC))...)
	}
	mask, ok := r.Query.Lookup(paramSubnetMask)
	if !ok {
		return "", nil
	}
	peer := r.Peer.Unmap().WithZone("")
	bits, err := strconv.ParseUint(mask, 10, 8)
	if err != nil || peer.IsValid() && int(bits) > peer.BitLen() {
		return "", invalid("0002-00000601", "The subnet mask of the URL is not valid.", argument(paramSubnetMask, mask)...)
	}
	if !peer.IsValid() {
		return "", denied("0002-00000602", "The URL is bound to a network, and the address of the client is not known.")
	}
	prefix, err := peer.Prefix(int(bits))
	if err != nil {
		return "", invalid("0002-00000601", "The subnet mask of the URL is not valid.", argument(paramSubnetMask, mask)...)
	}
	return prefix.Addr().String(), nil
}
