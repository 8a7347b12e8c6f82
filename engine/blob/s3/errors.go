package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"

	"ossd/engine/blob"
)

var (
	// errNoRange is an answer that the object ends before the range begins.
	errNoRange = errors.New("the range lies behind the object's end")
	// errNoBucket is an answer that there is no such bucket.
	errNoBucket = errors.New("blob/s3: there is no such bucket: make it, or add create=true")
)

// judge says what an error of the client means, and for which object. It keeps
// the store's code and not its text, which could repeat what was sent.
func judge(ctx context.Context, doing, name string, err error) error {
	if err == nil || errors.As(err, new(stopped)) {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		return judgeAnswer(doing, name, answer)
	}
	var trust *tls.CertificateVerificationError
	if errors.As(err, &trust) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return fmt.Errorf("blob/s3: %s %s: the endpoint is not trusted (https, ca): %w", doing, name, err)
	}
	if errors.Is(err, blob.ErrUnavailable) || errors.Is(err, blob.ErrCorrupt) {
		return err
	}
	// Refused, cut, stalled, not S3: the network, or what stands between. Not wrapped,
	// since io.ErrUnexpectedEOF would say something about the blob.
	return fmt.Errorf("%w: %s %s: %v", blob.ErrUnavailable, doing, name, err)
}

func judgeAnswer(doing, name string, answer minio.ErrorResponse) error {
	told := fmt.Sprintf("%s %s: S3 answered %d %s", doing, name, answer.StatusCode, printable(answer.Code))
	if kind := kindOfAnswer(answer); kind != nil {
		return fmt.Errorf("%w: %s", kind, told)
	}
	if hint := hintFor(answer); hint != "" {
		return fmt.Errorf("blob/s3: %s: %s", told, hint)
	}
	return fmt.Errorf("blob/s3: %s", told)
}

// kindOfAnswer is the sentinel that an answer amounts to, or nil.
func kindOfAnswer(answer minio.ErrorResponse) error {
	switch answer.Code {
	case "NoSuchKey":
		return blob.ErrNotFound
	case "NoSuchBucket":
		return errNoBucket
	case "InvalidRange":
		return errNoRange
	case "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded":
		return blob.ErrFull
	case "SlowDown", "SlowDownRead", "SlowDownWrite", "InternalError", "ServiceUnavailable", "RequestTimeout", "Throttling", "ThrottlingException", "OperationAborted":
		return blob.ErrUnavailable
	}
	switch answer.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable:
		return errNoRange
	case http.StatusPreconditionFailed: // asked for only while a blob is read
		return blob.ErrCorrupt
	case http.StatusInsufficientStorage:
		return blob.ErrFull
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return blob.ErrUnavailable
	}
	return nil
}

// hintFor says what to do, where a setting is wrong.
func hintFor(answer minio.ErrorResponse) string {
	switch answer.Code {
	case "InvalidAccessKeyId", "XAdminUserNotFound": // the latter is versitygw's
		return "the store does not know the access key: see " + accessKeyVariable
	case "SignatureDoesNotMatch":
		return "the secret is not that of the access key: see " + secretKeyVariable
	case "RequestTimeTooSkewed":
		return "this machine's clock or the store's is wrong"
	case "ExpiredToken", "InvalidToken":
		return "the session token is not valid any more: see " + awsTokenVariable
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "InvalidRegion", "IllegalLocationConstraintException":
		return "the bucket is in another region: see region and endpoint"
	}
	if answer.StatusCode == http.StatusForbidden {
		return "the access key of " + accessKeyVariable + " needs s3:ListBucket, s3:ListBucketMultipartUploads, s3:GetObject, s3:PutObject, " +
			"s3:DeleteObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts on the bucket; or its secret is wrong"
	}
	return ""
}

// printable bounds what the store calls an error.
func printable(code string) string {
	code = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, code)
	return code[:min(len(code), 64)]
}
