package oss

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"ossd/access"
	"ossd/objectstore"
	"ossd/protocol/formpolicy"
	"ossd/protocol/signature"
	"ossd/protocol/wire"
)

// Error is a refusal as the client sees it.
type Error struct {
	Status  int
	Code    string
	Message string
	EC      string
	Fields  []signature.Field // further elements of the document
	Headers []wire.Header     // further headers

	cause error // for the operator, never sent
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func (e *Error) with(fields ...signature.Field) *Error {
	copied := *e
	copied.Fields = fields
	return &copied
}

// refusals is the table of kinds: code, status, EC and text (protocol facts
// "errors", sections 2 and 3; the texts are compared by client suites).
var refusals = map[objectstore.Kind]*Error{
	objectstore.NoSuchBucket:        {404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101", nil, nil, nil},
	objectstore.NoSuchKey:           {404, "NoSuchKey", "The specified key does not exist.", "0026-00000001", nil, nil, nil},
	objectstore.NoSuchVersion:       {404, "NoSuchVersion", "The specified version does not exist.", "", nil, nil, nil},
	objectstore.NoSuchPolicy:        {404, "NoSuchBucketPolicy", "The specified bucket policy does not exist.", "0030-00000006", nil, nil, nil},
	objectstore.NoSuchUpload:        {404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", "0042-00000002", nil, nil, nil},
	objectstore.BucketHasUploads:    {409, "BucketNotEmpty", "The bucket has Multipart Uploads. Please complete or abort them first.", "0015-00000301", nil, nil, nil},
	objectstore.NotAppendable:       {409, "ObjectNotAppendable", "The object is not appendable", "0026-00000017", nil, nil, nil},
	objectstore.AppendableSource:    errAppendableSource,
	objectstore.PositionMismatch:    {409, "PositionNotEqualToLength", "Position is not equal to file length", "0026-00000016", nil, nil, nil},
	objectstore.NotArchived:         {400, "OperationNotSupported", "The operation is not supported for this resource", "0016-00000702", nil, nil, nil},
	objectstore.RestoreInProgress:   {409, "RestoreAlreadyInProgress", "The restore operation is in progress.", "0016-00000701", nil, nil, nil},
	objectstore.InvalidObjectState:  {403, "InvalidObjectState", "The operation is not valid for the object's state.", "", nil, nil, nil},
	objectstore.PartNumberRange:     {400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive.", "0017-00000220", nil, nil, nil},
	objectstore.InvalidPart:         {400, "InvalidPart", "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.", "", nil, nil, nil},
	objectstore.InvalidPartOrder:    {400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts list must specified in order by part number.", "0042-00000209", nil, nil, nil},
	objectstore.PartTooSmall:        {400, "EntityTooSmall", "Your proposed upload smaller than the minimum allowed size.", "0042-00000213", nil, nil, nil},
	objectstore.PartNotSequential:   {400, "PartNotSequential", "The part is not the next one of a sequential upload.", "", nil, nil, nil},
	objectstore.BucketAlreadyExists: {409, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", "0015-00000104", nil, nil, nil},
	objectstore.BucketConflict:      {409, "BucketAlreadyExists", "Cannot modify existing bucket's storage class.", "0015-00000104", nil, nil, nil},
	objectstore.BucketNotEmpty:      {409, "BucketNotEmpty", "The bucket has objects. Please delete them first.", "0015-00000301", nil, nil, nil},
	objectstore.TooManyBuckets:      {400, "TooManyBuckets", "You have attempted to create more buckets than allowed.", "", nil, nil, nil},
	objectstore.InvalidBucketName:   {400, "InvalidBucketName", "The specified bucket is not valid.", "", nil, nil, nil},
	objectstore.ObjectNameEmpty:     {400, "InvalidObjectName", "The Object name can not be empty", "0016-00000001", nil, nil, nil},
	objectstore.ObjectNameTooLong:   {400, "InvalidObjectName", "The Length of Object name must be less than 1024.", "0016-00000003", nil, nil, nil},
	objectstore.ObjectNameEncoding:  {400, "InvalidObjectName", "The specified object is not valid.", "0016-00000004", nil, nil, nil},
	objectstore.ObjectNameStart:     {400, "InvalidObjectName", "The specified object is not valid.", "0016-00000005", nil, nil, nil},
	objectstore.InvalidDigest:       {400, "InvalidDigest", "The Content-MD5 you specified was invalid.", "", nil, nil, nil},
	objectstore.InvalidCRC64:        {400, "InvalidCRC64", "The x-oss-hash-crc64ecma you specified does not match what we calculated.", "", nil, nil, nil},
	objectstore.IncompleteBody:      {400, "IncompleteBody", "The request body ended before the announced length was reached.", "", nil, nil, nil},
	objectstore.EntityTooLarge:      {400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.", "", nil, nil, nil},
	objectstore.MetadataTooLarge:    {400, "InvalidArgument", "The user metadata exceeds the maximum allowed size of 8192 bytes.", "", nil, nil, nil},
	objectstore.FileAlreadyExists:   {409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.", "0026-00000002", nil, nil, nil},
	objectstore.StoreFull:           {503, "ServiceUnavailable", "The server has no room for new data; reading and deleting go on.", "", nil, nil, nil},
}

// Refusals that no other package raises.
var (
	errBucketByURL        = &Error{Status: 403, Code: "AccessDenied", Message: "Signed URLs of signature version 1 are for objects only.", EC: "0002-00000079"}
	errPreflight          = &Error{Status: 403, Code: "AccessForbidden", Message: "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec."}
	errMissingLength      = &Error{Status: 411, Code: "MissingContentLength", Message: "You must provide the Content-Length HTTP header."}
	errMalformedXML       = &Error{Status: 400, Code: "MalformedXML", Message: "The XML you provided was not well-formed or did not validate against our published schema.", EC: "0031-00000001"}
	errInvalidDigest      = refusals[objectstore.InvalidDigest]
	errInvalidRange       = &Error{Status: 416, Code: "InvalidRange", Message: "The requested range cannot be satisfied"}
	errNotModified        = &Error{Status: 304, Code: "NotModified", Message: "Not Modified"}
	errPreconditionFailed = &Error{Status: 412, Code: "PreconditionFailed", Message: "At least one of the pre-conditions you specified did not hold.", EC: "0017-00001001"}
	errAppendableSource   = &Error{Status: 400, Code: "OperationNotSupported", Message: "The operation is not supported for this resource", Fields: []signature.Field{{Name: "Detail", Value: "Appendable objects cannot be copied."}}}
	errAnonymousResponse  = &Error{Status: 400, Code: "InvalidRequest", Message: "Request specific response headers cannot be used for anonymous GET requests."}
)

// Refusals of form uploads (protocol facts "authentication", section 8; the
// vendor's pages 0006-00000003 and so on).
var (
	errFormKind      = &Error{Status: 400, Code: "RequestIsNotMultiPartContent", Message: "Bucket POST must be of the enclosure-type multipart/form-data."}
	errFormMalformed = &Error{Status: 400, Code: "MalformedPOSTRequest", Message: "The body of your POST request is not well-formed multipart/form-data.", EC: "0006-00000104"}
	errFormKey       = &Error{Status: 400, Code: "InvalidArgument", Message: "The bucket POST must contain the specified 'key'. If it is specified, please check the order of the fields",
		Fields: []signature.Field{{Name: "ArgumentName", Value: "key"}, {Name: "ArgumentValue", Value: ""}}}
	errFileCount    = &Error{Status: 400, Code: "IncorrectNumberOfFilesInPOSTRequest", Message: "POST requires exactly one file upload per request."}
	errFieldName    = &Error{Status: 400, Code: "FieldItemTooLong", Message: "The name of a form field is longer than 8192 bytes.", EC: "0006-00000110"}
	errFieldValue   = &Error{Status: 400, Code: "FieldItemTooLong", Message: "The value of a form field is longer than 2097152 bytes.", EC: "0006-00000111"}
	errFormsBusy    = &Error{Status: 503, Code: "ServiceUnavailable", Message: "The server holds too many unfinished forms; try again."}
	errFieldsSize   = &Error{Status: 400, Code: "MaxPOSTPreDataLengthExceededError", Message: "The form fields are larger than 8388608 bytes, or more than 1000.", EC: "0006-00000112"}
	errFormSize     = &Error{Status: 400, Code: "EntityTooLarge", Message: "Your proposed upload exceeds the maximum allowed size.", EC: "0006-00000003"}
	errFileTooSmall = &Error{Status: 400, Code: "EntityTooSmall", Message: "Your proposed upload smaller than the minimum allowed size.", EC: "0006-00000004"}
	errFormSlow     = &Error{Status: 400, Code: "RequestTimeout", Message: "The form took too long to arrive."}
)

func invalidArgument(name, value, message string) *Error {
	return &Error{Status: 400, Code: "InvalidArgument", Message: message,
		Fields: []signature.Field{{Name: "ArgumentName", Value: name}, {Name: "ArgumentValue", Value: value}}}
}

func notImplementedHeader(name string) *Error {
	return &Error{Status: 400, Code: "NotImplemented", Message: "A header you provided implies functionality that is not implemented.",
		Fields: []signature.Field{{Name: "Header", Value: name}}}
}

func notImplementedParameter(name string) *Error {
	return &Error{Status: 400, Code: "NotImplemented", Message: "A parameter you provided implies functionality that is not implemented.",
		Fields: []signature.Field{{Name: "ArgumentName", Value: name}}}
}

func notImplementedValue(name, value string) *Error {
	return &Error{Status: 400, Code: "NotImplemented", Message: "A value you provided implies functionality that is not implemented.",
		Fields: []signature.Field{{Name: "ArgumentName", Value: name}, {Name: "ArgumentValue", Value: value}}}
}

func errMethodNotAllowed(method string, on Target) *Error {
	return &Error{Status: 405, Code: "MethodNotAllowed", Message: "The specified method is not allowed against this resource.",
		Fields: []signature.Field{{Name: "Method", Value: method}, {Name: "ResourceType", Value: on.String()}}}
}

// explain turns whatever went wrong into what the client is told.
func (c *call) explain(err error) *Error {
	var (
		refusal *Error
		rule    *objectstore.Error
		proof   *signature.Error
		admits  *formpolicy.Error
		field   *wire.FieldError
	)
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &rule):
		e := explainRule(rule)
		if c.operation != nil && c.operation.NoSuchUpload != "" && rule.Kind == objectstore.NoSuchUpload {
			e.EC = c.operation.NoSuchUpload
		}
		return e
	case errors.As(err, &proof):
		return &Error{Status: proofStatus(proof.Code), Code: proof.Code, Message: proof.Message, EC: proof.EC, Fields: proof.Fields}
	case errors.As(err, &admits):
		return &Error{Status: proofStatus(admits.Code), Code: admits.Code, Message: admits.Message, EC: admits.EC}
	case errors.As(err, &field):
		e := invalidArgument(field.Name, field.Value, fmt.Sprintf("The value of %s is not valid.", field.Name))
		if field.Name == "x-oss-forbid-overwrite" {
			e.EC = "0017-00000279"
		}
		return e
	case errors.Is(err, wire.ErrMalformedXML):
		return c.malformedXML()
	case objectstore.Unavailable(err): // before the ends of contexts: the engine's deadline is not the client's
		return &Error{Status: 503, Code: "ServiceUnavailable", Message: "The server cannot reach what it stores things in; try again.", cause: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Error{Status: 400, Code: "RequestTimeout", Message: "The request was given up by the client, or took too long.", cause: err}
	}
	return &Error{Status: 500, Code: "InternalError", Message: "The server could not fulfil the request. Its log knows the request by the RequestId.", cause: err}
}

// malformedXML is the refusal of a document, with the EC of the operation that reads it.
func (c *call) malformedXML() *Error {
	e := errMalformedXML.with()
	if c.operation != nil && c.operation.MalformedXML != "" {
		e.EC = c.operation.MalformedXML
	}
	return e
}

func explainRule(rule *objectstore.Error) *Error {
	e, ok := refusals[rule.Kind]
	if !ok {
		return &Error{Status: 500, Code: "InternalError", Message: "The server met a refusal that it has no words for.", cause: rule}
	}
	copied := *e
	copied.cause = rule.Err
	switch rule.Kind {
	case objectstore.NoSuchBucket, objectstore.BucketNotEmpty, objectstore.BucketHasUploads, objectstore.NoSuchPolicy, objectstore.BucketAlreadyExists, objectstore.InvalidBucketName:
		copied.Fields = []signature.Field{{Name: "BucketName", Value: rule.Bucket}}
	case objectstore.NoSuchKey, objectstore.NoSuchVersion:
		copied.Fields = []signature.Field{{Name: "Key", Value: rule.Key}}
	case objectstore.NoSuchUpload:
		copied.Fields = []signature.Field{{Name: "UploadId", Value: rule.Upload}}
	case objectstore.PositionMismatch: // oss2 reads the header without asking whether it is there
		copied.Headers = []wire.Header{header("x-oss-next-append-position", strconv.FormatInt(rule.Position, 10))}
	}
	return &copied
}

// proofStatus gives the status of a refusal to believe a signature, or to accept
// what a form's policy does not admit.
func proofStatus(code string) int {
	switch code {
	case "InvalidArgument", "InvalidBucketName", "InvalidObjectName", "InvalidPolicyDocument":
		return http.StatusBadRequest
	}
	return http.StatusForbidden
}

// credentialError says why the claimed access key or its token does not count.
func (c *call) credentialError(err error) error {
	id, now := "", c.Now()
	if c.claim != nil {
		id = c.claim.AccessKeyID
	}
	var expired *access.TokenExpiredError
	switch {
	case errors.Is(err, access.ErrKeyNotFound):
		return signature.UnknownKey(id)
	case errors.Is(err, access.ErrKeyInactive):
		return signature.DisabledKey(id)
	case errors.Is(err, access.ErrTokenMissing):
		return signature.TokenMissing(id)
	case errors.Is(err, access.ErrTokenMismatch):
		return signature.TokenMismatch()
	case errors.As(err, &expired):
		return signature.TokenExpired(expired.At, now)
	case errors.Is(err, access.ErrTokenUnexpected):
		return signature.TokenUnexpected()
	case errors.Is(err, access.ErrTokenInvalid):
		return signature.TokenInvalid()
	}
	return err
}

// maxElement bounds what of a request an error repeats in one element: a field of
// a form can be far longer than anything in a head.
const maxElement = 256 << 10

// document is the error body. It is written by hand, since its elements differ
// from error to error and their line feeds must stay literal.
func (e *Error) document(requestID, host string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<Error>\n")
	element := func(name, value string) {
		b.WriteString("  <" + name + ">")
		b.Write(escapeText(value))
		b.WriteString("</" + name + ">\n")
	}
	element("Code", e.Code)
	element("Message", e.Message)
	element("RequestId", requestID)
	element("HostId", host)
	for _, f := range e.Fields {
		if f.Name == accessDeniedDetail {
			b.WriteString("  " + f.Value + "\n") // is a document itself
			continue
		}
		element(f.Name, f.Value[:min(len(f.Value), maxElement)])
	}
	if e.EC != "" {
		element("EC", e.EC)
		element("RecommendDoc", "https://api.aliyun.com/troubleshoot?q="+e.EC)
	}
	b.WriteString("</Error>\n")
	return b.Bytes()
}

// escapeText is xml.EscapeText with literal line feeds, so that a string to
// sign can be read and compared as it is.
func escapeText(s string) []byte {
	var b bytes.Buffer
	// Writing to a bytes.Buffer cannot fail.
	_ = xml.EscapeText(&b, []byte(s))
	return bytes.ReplaceAll(b.Bytes(), []byte("&#xA;"), []byte("\n"))
}

func header(name, value string) wire.Header { return wire.Header{Name: name, Value: value} }
