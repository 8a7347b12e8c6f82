package signature

// RPCError is a refusal of the RPC gateway. Status is the one of HTTP.
type RPCError struct {
	Code, Message string
	Status        int
}

// Error leaves the message out: that of SignatureDoesNotMatch repeats every
// parameter, and errors are logged.
func (e *RPCError) Error() string { return e.Code }

func rpcMissing(name string) *RPCError {
	return &RPCError{"Missing" + name, name + " is mandatory for this action.", 400}
}

func rpcInvalid(name string) *RPCError {
	return &RPCError{"InvalidParameter", `The specified parameter "` + name + `" is not valid.`, 400}
}

func rpcSignatureMethod() *RPCError {
	return &RPCError{"InvalidSignatureMethod", "Specified signature method is not valid.", 400}
}

// rpcIncomplete refuses an ACS3 signature that lacks something.
func rpcIncomplete(what string) *RPCError {
	return &RPCError{"IncompleteSignature", "The request signature does not conform to Aliyun standards. " + what, 400}
}

// RPCKeyNotFound refuses an access key that does not exist.
func RPCKeyNotFound() *RPCError {
	return &RPCError{"InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404}
}

// RPCKeyInactive refuses an access key that exists but is not active.
func RPCKeyInactive() *RPCError {
	return &RPCError{"InvalidAccessKeyId.Inactive", "Specified access key is disabled.", 400}
}

// RPCTokenMissing refuses a temporary access key that came without its token.
func RPCTokenMissing() *RPCError { return rpcMissing("SecurityToken") }

// RPCTokenMalformed refuses a token that was never issued, or was changed.
func RPCTokenMalformed() *RPCError {
	return &RPCError{"InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.", 400}
}

// RPCTokenMismatch refuses a genuine token that belongs to another access key,
// and any token beside a permanent one.
func RPCTokenMismatch() *RPCError {
	return &RPCError{"InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.", 400}
}

// RPCTokenExpired refuses a token past its end.
func RPCTokenExpired() *RPCError {
	return &RPCError{"InvalidSecurityToken.Expired", "Specified SecurityToken is expired.", 400}
}

// RPCNonceUsed refuses a nonce that the access key used within the window.
func RPCNonceUsed() *RPCError {
	return &RPCError{"SignatureNonceUsed", "Specified signature nonce was used already.", 400}
}
