package diagnose

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/protocol/signature"
)

var (
	everyScheme = []signature.Scheme{"v1-header", "v1-url", "v2-header", "v2-url", "v4-header", "v4-url"}
	urls        = []signature.Scheme{"v1-url", "v2-url", "v4-url"}
	headers     = []signature.Scheme{"v1-header", "v2-header", "v4-header"}
	onlyV1      = []signature.Scheme{"v1-header", "v1-url"}
	onlyV4      = []signature.Scheme{"v4-header", "v4-url"}
	v4Header    = []signature.Scheme{"v4-header"}
	v4URL       = []signature.Scheme{"v4-url"}
	v1Header    = []signature.Scheme{"v1-header"}
)

// prepared are mistakes that clients make, each really made.
var prepared = []struct {
	name    string
	want    string // the causes' ids
	schemes []signature.Scheme
	make    func(t *testing.T, d *draft) *signature.Request
}{
	{"a library added a Content-Type", "content-type-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.method = "PUT"
		r := d.sign(t)
		return sent(r, "Content-Type", "application/x-www-form-urlencoded")
	}},
	{"an unusual Content-Type was added", "content-type-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		return sent(d.sign(t), "Content-Type", "application/vnd.own+type")
	}},
	{"the signed Content-Type was not sent", "content-type-missing", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("Content-Type", "image/png")
		return sent(d.sign(t), "Content-Type", "")
	}},
	{"another Content-Type was sent", "content-type-changed", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("Content-Type", "text/plain")
		return sent(d.sign(t), "Content-Type", "text/plain;charset=UTF-8")
	}},
	{"a charset was appended", "content-type-changed", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("Content-Type", "application/vnd.own+type")
		return sent(d.sign(t), "Content-Type", "application/vnd.own+type; charset=utf-8")
	}},
	{"an empty Content-Type line", "content-type-empty", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("Content-Type", "")
		return sent(d.sign(t), "Content-Type", "")
	}},
	{"a Content-MD5 was added", "content-md5-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		return sent(d.sign(t), "Content-Md5", "XUFAKrxLKna5cZ2REBfFkg==")
	}},
	{"the Content-MD5 was not sent", "content-md5-missing", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("Content-Md5", emptyMD5)
		return sent(d.sign(t), "Content-Md5", "")
	}},
	{"the Content-MD5 was signed in hex", "content-md5-changed", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("Content-Md5", "5d41402abc4b2a76b9719d911017c592")
		return sent(d.sign(t), "Content-Md5", "XUFAKrxLKna5cZ2REBfFkg==")
	}},
	{"slashes of the key as %2F", "key-slash-encoded", onlyV1, func(t *testing.T, d *draft) *signature.Request {
		d.res.Key = "dir%2Fa%20cat.jpg"
		return d.sign(t)
	}},
	{"slashes of the key as %2F", "key-slash-encoded", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "dir/a", "dir%2Fa"), nil)
		return r
	}},
	{"the key was encoded before signing", "key-encoded", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.res.Key = "dir/a%20cat.jpg"
		return d.sign(t)
	}},
	{"the key was not encoded", "key-not-encoded", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "a%20cat", "a cat"), nil)
		return r
	}},
	{"the URL is encoded twice", "key-encoded-twice", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Path = "/dir/a%2520cat.jpg"
		return r
	}},
	{"a plus in the key stands in the URL as it is", "key-plus", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.res.Key = "a+b.txt"
		r := d.sign(t)
		r.Path = "/a+b.txt"
		return r
	}},
	{"a space was signed where the URL has a plus", "key-plus", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.res.Key = "a b.txt"
		r := d.sign(t)
		r.Path = "/a%2Bb.txt"
		return r
	}},
	{"the key was signed with a slash in front", "key-leading-slash", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.res.Key = "/dir/a cat.jpg"
		return d.sign(t)
	}},
	{"a slash too many in the URL", "key-leading-slash", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.path = "//dir/a%20cat.jpg"
		return d.sign(t)
	}},
	{"the resource without its slash", "resource-without-slash", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "/photos/", "photos/"), nil)
		return r
	}},
	{"the resource without bucket", "resource-without-bucket", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "/photos/", "/"), nil)
		return r
	}},
	{"the bucket without its slash", "bucket-without-slash", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.path, d.query, d.res = "/", "acl", signature.Resource{Bucket: "photos"}
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "/photos/", "/photos"), nil)
		return r
	}},
	{"the endpoint in the resource", "host-in-resource", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.res.Bucket = host
		return d.sign(t)
	}},
	{"the host before bucket and key", "host-in-resource", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.host, d.path = "127.0.0.1:8280", "/photos/dir/a%20cat.jpg"
		d.res = signature.Resource{Bucket: "127.0.0.1:8280", Key: "photos/dir/a cat.jpg"}
		r := d.sign(t)
		forge(t, r, signature.Resource{Bucket: "photos", Key: "dir/a cat.jpg"}, own.Secret, replaceIn(t, "/photos/", "/127.0.0.1:8280/photos/"), nil)
		return r
	}},
	{"the whole URL", "url-signed", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "/photos/", "https://"+host+"/"), nil)
		return r
	}},
	{"the host names the bucket, under a domain that the server does not know", "bucket-in-host", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.host = "photos.storage.example.com"
		return d.sign(t)
	}},
	{"the slashes of the resource as they are", "key-slash-plain", []signature.Scheme{"v2-header", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "%2Fphotos%2Fdir%2F", "/photos/dir/"), nil)
		return r
	}},
	{"a space of the key as a plus", "key-plus", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "a%20cat", "a+cat"), nil)
		return r
	}},
	{"the bucket twice", "bucket-twice", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.res.Key = "photos/dir/a cat.jpg"
		return d.sign(t)
	}},
	{"another host, which is signed", "host", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		listHost(t, r, d.res, "photos.localhost")
		r.Host = host
		return r
	}},
	{"a parameter was added", "parameter-added", []signature.Scheme{"v2-url", "v4-url"}, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Query = append(r.Query, signature.Param{Name: "utm_source", Value: "mail"})
		return r
	}},
	{"a sub-resource was added", "parameter-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Query = append(r.Query, signature.Param{Name: "response-content-type", Value: "text/html"})
		return r
	}},
	{"two sub-resources were added", "parameter-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Query = append(r.Query, signature.Param{Name: "response-content-type", Value: "text/html"}, signature.Param{Name: "versionId", Value: "x"})
		return r
	}},
	{"a sub-resource got lost", "parameter-missing", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.query = "acl"
		r := d.sign(t)
		r.Query = slices.DeleteFunc(r.Query, func(p signature.Param) bool { return p.Name == "acl" })
		return r
	}},
	{"the sub-resource's value was encoded", "parameter-encoded", onlyV1, func(t *testing.T, d *draft) *signature.Request {
		d.query = "response-content-type=text%2Fhtml"
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "text/html", "text%2Fhtml"), nil)
		return r
	}},
	{"the parameter's value was not encoded", "parameter-not-encoded", []signature.Scheme{"v2-header", "v4-header"}, func(t *testing.T, d *draft) *signature.Request {
		d.query = "response-content-type=text%2Fhtml%3B"
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "text%2Fhtml%3B", "text/html;"), nil)
		return r
	}},
	{"the parameter's value was encoded twice", "parameter-encoded", []signature.Scheme{"v2-header", "v4-header"}, func(t *testing.T, d *draft) *signature.Request {
		d.query = "response-content-type=text%2Fhtml"
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "text%2Fhtml", "text%252Fhtml"), nil)
		return r
	}},
	{"an empty value with its sign", "parameter-empty", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.path, d.query, d.res = "/", "acl", signature.Resource{Bucket: "photos"}
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "acl", "acl="), nil)
		return r
	}},
	{"parameters sorted without regard to case", "parameter-order", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.query = "versionId=x&uploadId=y&versioning=&X-x=1"
		if d.scheme[:2] == "v1" {
			d.query = "x-oss-a=1&x-oss-Z=2"
		}
		r := d.sign(t)
		c, err := signature.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		text, request := c.Canonical(r, d.res)
		query := text[strings.LastIndex(text, "?")+1:]
		switch {
		case request != "":
			query = strings.Split(request, "\n")[2]
		case d.scheme[:2] == "v2":
			query = text[strings.Index(text, "?")+1:]
		}
		items := strings.Split(query, "&")
		slices.SortFunc(items, func(x, y string) int {
			x, _, _ = strings.Cut(x, "=")
			y, _, _ = strings.Cut(y, "=")
			return strings.Compare(strings.ToLower(x), strings.ToLower(y))
		})
		forge(t, r, d.res, own.Secret, replaceIn(t, query, strings.Join(items, "&")), nil)
		return r
	}},
	{"parameters that V1 does not sign", "parameter-unlisted", onlyV1, func(t *testing.T, d *draft) *signature.Request {
		d.query = "prefix=a"
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, func(text, _ string) (string, string) { return text + "?prefix=a", "" }, nil)
		return r
	}},
	{"parameters in the order of the URL", "parameter-order", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.query = "versionId=x&response-expires=y"
		r := d.sign(t)
		if d.scheme[:2] == "v1" {
			forge(t, r, d.res, own.Secret, replaceIn(t, "response-expires=y&versionId=x", "versionId=x&response-expires=y"), nil)
			return r
		}
		var items []string
		for _, p := range r.Query {
			if p.Name != "x-oss-signature" {
				items = append(items, p.Name+"="+strings.ReplaceAll(p.Value, "/", "%2F"))
			}
		}
		sorted := slices.Sorted(slices.Values(items))
		forge(t, r, d.res, own.Secret, replaceIn(t, strings.Join(sorted, "&"), strings.Join(items, "&")), nil)
		return r
	}},
	{"parameters left out, as V1 does", "parameter-unsigned", []signature.Scheme{"v2-header", "v4-header"}, func(t *testing.T, d *draft) *signature.Request {
		d.path, d.res = "/", signature.Resource{Bucket: "photos"}
		d.query = "prefix=a&list-type=2&uploads"
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "list-type=2&prefix=a&uploads", "uploads"), nil)
		return r
	}},
	{"a header was added", "header-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		return sent(d.sign(t), "X-Oss-Meta-Color", "red")
	}},
	{"several headers were added", "header-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		sent(r, "X-Oss-Meta-Color", "red")
		return sent(r, "X-Oss-Meta-Size", "9")
	}},
	{"another value of a header", "header-changed", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("X-Oss-Object-Acl", "private")
		return sent(d.sign(t), "X-Oss-Object-Acl", "public-read")
	}},
	{"a header is listed and not signed", "additional-headers-unsigned", v4Header, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), ",Signature", ",AdditionalHeaders=host,Signature", 1))
		return r
	}},
	{"a header was not sent", "header-missing", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.header.Set("X-Oss-Object-Acl", "public-read")
		return sent(d.sign(t), "X-Oss-Object-Acl", "")
	}},
	{"HEAD for GET", "method", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Method = "HEAD"
		return r
	}},
	{"PUT for GET", "method", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Method = "PUT"
		return r
	}},
	{"PUT for GET, with the Content-Type that a tool adds", "method content-type-added", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Method = "PUT"
		return sent(r, "Content-Type", "application/x-www-form-urlencoded")
	}},
	{"the method in lower case", "method-case", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.method = "get"
		r := d.sign(t)
		r.Method = "GET"
		return r
	}},
	{"a line feed behind the secret", "secret-white-space", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.cred.Secret += "\n"
		return d.sign(t)
	}},
	{"a blank before the secret", "secret-white-space", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.cred.Secret = " " + d.cred.Secret
		return d.sign(t)
	}},
	{"a blank before the secret, and a Content-Type", "content-type-added secret-white-space", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.cred.Secret = " " + d.cred.Secret
		return sent(d.sign(t), "Content-Type", "text/plain")
	}},
	{"the secret of another key", "secret-of-another-key", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.cred.Secret = other.Secret
		return d.sign(t)
	}},
	{"the secret as for STS", "secret-ampersand", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.cred.Secret += "&"
		return d.sign(t)
	}},
	{"the token was added after signing", "token-not-signed", headers, func(t *testing.T, d *draft) *signature.Request {
		d.cred = session
		d.cred.SecurityToken = ""
		return sent(d.sign(t), "X-Oss-Security-Token", session.SecurityToken)
	}},
	{"the token was added after signing", "token-not-signed", v4URL, func(t *testing.T, d *draft) *signature.Request {
		d.cred = session
		d.cred.SecurityToken = ""
		r := d.sign(t)
		r.Query = append(r.Query, signature.Param{Name: "x-oss-security-token", Value: session.SecurityToken})
		return r
	}},
	{"the token is not encoded", "token-not-encoded", urls, func(t *testing.T, d *draft) *signature.Request {
		d.cred = session
		r := d.sign(t)
		for i := range r.Query {
			if r.Query[i].Value == session.SecurityToken {
				r.Query[i].Value = strings.ReplaceAll(session.SecurityToken, "+", " ")
			}
		}
		return r
	}},
	{"the token is missing", "token-missing", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		d.cred = session
		d.cred.SecurityToken = ""
		return d.sign(t)
	}},
	{"the region of another server", "region", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		d.region = "cn-shanghai"
		return d.sign(t)
	}},
	{"the key derived for another region", "region-derivation", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, nil, func(c *signature.Claim) []byte {
			return chain("aliyun_v4"+own.Secret, c.Details().Day, "cn-beijing", "oss", "aliyun_v4_request")
		})
		return r
	}},
	{"the region of the credential was changed", "region-derivation", v4Header, func(t *testing.T, d *draft) *signature.Request {
		d.region = "oss-cn-hangzhou"
		r := d.sign(t)
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "oss-cn-hangzhou", region, 1))
		return r
	}},
	{"the key derived for the day before", "scope-day", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, nil, func(*signature.Claim) []byte {
			return chain("aliyun_v4"+own.Secret, "20261123", region, "oss", "aliyun_v4_request")
		})
		return r
	}},
	{"the credential of the day before", "scope-day", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		const right, wrong = "/20261124/", "/20261123/"
		for i := range r.Query {
			r.Query[i].Value = strings.Replace(r.Query[i].Value, right, wrong, 1)
		}
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), right, wrong, 1))
		if inURL(d.scheme) {
			r.Header.Del("Authorization")
		}
		return r
	}},
	{"the key derived for another product", "product", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, nil, func(c *signature.Claim) []byte {
			return chain("aliyun_v4"+own.Secret, c.Details().Day, region, "s3", "aliyun_v4_request")
		})
		return r
	}},
	{"the key derived as for AWS", "aws-derivation", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, nil, func(c *signature.Claim) []byte {
			return chain("AWS4"+own.Secret, c.Details().Day, region, "oss", "aws4_request")
		})
		return r
	}},
	{"the key not derived", "key-not-derived", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, nil, func(*signature.Claim) []byte { return []byte(own.Secret) })
		return r
	}},
	{"local time for UTC", "local-time", headers, func(t *testing.T, d *draft) *signature.Request {
		d.at = noon.Add(8*time.Hour + 20*time.Second)
		return d.sign(t)
	}},
	{"local time for UTC", "local-time", v4URL, func(t *testing.T, d *draft) *signature.Request {
		d.at = noon.Add(8 * time.Hour)
		return d.sign(t)
	}},
	{"local time signed, UTC sent", "local-time", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, func(text, request string) (string, string) {
			return strings.Replace(text, "T120000Z", "T200000Z", 1), request
		}, nil)
		return r
	}},
	{"a clock that is wrong", "clock", headers, func(t *testing.T, d *draft) *signature.Request {
		d.at = noon.Add(-20 * time.Minute)
		return d.sign(t)
	}},
	{"the Date was signed where x-oss-date is sent", "date-header", v1Header, func(t *testing.T, d *draft) *signature.Request {
		d.at = noon.Add(time.Second)
		r := d.sign(t)
		r.Header.Set("X-Oss-Date", noon.Format(http.TimeFormat))
		forge(t, r, d.res, own.Secret, func(text, _ string) (string, string) {
			return strings.Replace(text, "\n"+noon.Format(http.TimeFormat)+"\n", "\n"+d.at.Format(http.TimeFormat)+"\n", 1), ""
		}, nil)
		return r
	}},
	{"no date where x-oss-date is sent", "date-line-empty", v1Header, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		r.Header.Set("X-Oss-Date", r.Header.Get("Date"))
		r.Header.Del("Date")
		forge(t, r, d.res, own.Secret, replaceIn(t, "\n"+r.Header.Get("X-Oss-Date")+"\nx-oss-date", "\n\nx-oss-date"), nil)
		return r
	}},
	{"the URL has ended", "url-expired", urls, func(t *testing.T, d *draft) *signature.Request {
		d.at = noon.Add(-2 * time.Hour)
		return d.sign(t)
	}},
	{"the end was moved", "expires-changed", v4URL, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		for i := range r.Query {
			if r.Query[i].Name == "x-oss-expires" {
				r.Query[i].Value = "604800"
			}
		}
		return r
	}},
	{"the end was moved by a day", "expires-changed", []signature.Scheme{"v1-url", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		for i := range r.Query {
			if n := r.Query[i].Name; n == "Expires" || n == "x-oss-expires" {
				r.Query[i].Value = fmt.Sprint(noon.Add(25 * time.Hour).Unix())
			}
		}
		return r
	}},
	{"Expires as a number of seconds", "expires-relative", []signature.Scheme{"v1-url", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		d.at, d.lifetime = time.Unix(0, 0), time.Hour
		return d.sign(t)
	}},
	{"x-oss-expires as a Unix time", "expires-absolute", v4URL, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		for i := range r.Query {
			if r.Query[i].Name == "x-oss-expires" {
				r.Query[i].Value = fmt.Sprint(noon.Add(time.Hour).Unix())
			}
		}
		return r
	}},
	{"the signature is not encoded", "signature-not-encoded", []signature.Scheme{"v1-url", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		return respelled(t, d, "+", func(s string) string { return strings.ReplaceAll(s, "+", " ") })
	}},
	{"the signature is encoded twice", "signature-encoded-twice", []signature.Scheme{"v1-url", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		return respelled(t, d, "=", func(s string) string { return strings.ReplaceAll(s, "=", "%3D") })
	}},
	{"the signature in the alphabet of URLs", "signature-base64url", []signature.Scheme{"v1-url", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		return respelled(t, d, "/", func(s string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(s) })
	}},
	{"the signature in upper case", "signature-upper-case", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		return respelled(t, d, "", strings.ToUpper)
	}},
	{"the signature in base64", "signature-base64", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		return respelled(t, d, "", func(s string) string {
			b, _ := hex.DecodeString(s)
			return base64.StdEncoding.EncodeToString(b)
		})
	}},
	{"the signature in hex", "signature-hex", []signature.Scheme{"v1-header", "v1-url", "v2-header", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		return respelled(t, d, "", func(s string) string {
			b, _ := base64.StdEncoding.DecodeString(s)
			return hex.EncodeToString(b)
		})
	}},
	{"the signature is cut off", "signature-malformed", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		return respelled(t, d, "", func(s string) string { return s[:10] })
	}},
	{"a line feed behind the string to sign", "trailing-newline", everyScheme, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, func(text, request string) (string, string) { return text + "\n", request }, nil)
		return r
	}},
	{"no empty line behind the headers", "missing-empty-line", onlyV4, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		forge(t, r, d.res, own.Secret, replaceIn(t, "\n\n\nUNSIGNED", "\n\nUNSIGNED"), nil)
		return r
	}},
	{"a digest as payload", "payload", v4URL, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		digest := sha256.Sum256(nil)
		forge(t, r, d.res, own.Secret, replaceIn(t, "UNSIGNED-PAYLOAD", hex.EncodeToString(digest[:])), nil)
		return r
	}},
	{"another hash", "hash", []signature.Scheme{"v1-header", "v1-url", "v2-header", "v2-url"}, func(t *testing.T, d *draft) *signature.Request {
		r := d.sign(t)
		c, err := signature.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := c.Canonical(r, d.res)
		newHash := sha256.New
		if d.scheme[:2] == "v2" {
			newHash = sha1.New
		}
		setSignature(r, c.Details().Signature, base64.StdEncoding.EncodeToString(sum(newHash, []byte(own.Secret), text)))
		return r
	}},
}

// sent changes a header that is sent; "" removes it.
func sent(r *signature.Request, name, value string) *signature.Request {
	if r.Header.Set(name, value); value == "" {
		r.Header.Del(name)
	}
	return r
}

// replaceIn changes the form, whether it has the words as they are or escaped.
func replaceIn(t *testing.T, old, now string) func(text, request string) (string, string) {
	return func(text, request string) (string, string) {
		t.Helper()
		form := &text
		if request != "" {
			form = &request
		}
		switch {
		case strings.Contains(*form, old):
			*form = strings.Replace(*form, old, now, 1)
		case strings.Contains(*form, escape(old)):
			*form = strings.Replace(*form, escape(old), escape(now), 1)
		default:
			t.Fatalf("%q is not in %q", old, *form)
		}
		return text, request
	}
}

// respelled signs requests until the signature has the character with, and writes it otherwise.
func respelled(t *testing.T, d *draft, with string, spell func(string) string) *signature.Request {
	t.Helper()
	for i := range 1000 {
		d.res.Key = fmt.Sprintf("k%d", i)
		d.path = "/" + d.res.Key
		r := d.sign(t)
		c, err := signature.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		if s := c.Details().Signature; strings.Contains(s, with) {
			setSignature(r, s, spell(s))
			return r
		}
	}
	t.Fatal("no signature has " + with)
	return nil
}

// listHost makes the Host header a signed one and signs for a name.
func listHost(t *testing.T, r *signature.Request, res signature.Resource, name string) {
	t.Helper()
	r.Host = name
	if r.Query.Has("x-oss-signature") {
		r.Query = append(r.Query, signature.Param{Name: "x-oss-additional-headers", Value: "host"})
	} else {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), ",Signature", ",AdditionalHeaders=host,Signature", 1))
	}
	forge(t, r, res, own.Secret, nil, nil)
}
