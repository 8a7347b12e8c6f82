package diagnose

import (
	"fmt"
	"net/url"
	"strings"

	"ossd/protocol/signature"
)

// ofResources are the wrong spellings of what the request addresses.
func ofResources(in Input, right *sheet) (list []mistake) {
	bucket, key := right.bucket, right.key
	resource := func(id, sentence string, make func(*sheet)) {
		list = append(list, mistake{id, sentence, ofResource, false, make})
	}
	if key != "" {
		list = append(list, ofKeys(right)...)
		resource("resource-without-bucket", "The resource was signed as the path of the URL, without the bucket; that must be there even if only the host names it.",
			func(s *sheet) { s.resource = s.spellPath("/" + key) })
	}
	if bucket == "" {
		return list
	}
	resource("bucket-without-slash", "The resource of a bucket was signed without its slash; it is /"+bucket+"/.",
		func(s *sheet) { s.resource = strings.TrimSuffix(s.resource, s.spellPath("/")) })
	resource("resource-without-slash", "The resource was signed without the slash that it begins with.",
		func(s *sheet) { s.resource = strings.TrimPrefix(s.resource, s.spellPath("/")) })

	host := right.headers["host"]
	name, _, _ := strings.Cut(host, ":")
	const alone = "; it must be /BUCKET/KEY alone."
	for _, label := range [...]string{host, name} {
		for _, path := range [...]string{"/" + key, "/" + bucket + "/" + key} {
			resource("host-in-resource", "The host is part of the resource that was signed"+alone, func(s *sheet) { s.resource = s.spellPath("/" + label + path) })
			resource("host-in-resource", "The host is part of the resource that was signed"+alone, func(s *sheet) { s.resource = "/" + label + s.spellPath(path) })
			for _, scheme := range [...]string{"http://", "https://"} {
				resource("url-signed", "The whole URL was signed in place of the resource"+alone, func(s *sheet) { s.resource = scheme + label + s.spellPath(path) })
				resource("url-signed", "The whole URL was signed in place of the resource"+alone, func(s *sheet) { s.resource = s.spellPath(scheme + label + path) })
			}
		}
	}
	for _, domain := range in.Domains.Service {
		resource("host-in-resource", "The endpoint is part of the resource that was signed"+alone,
			func(s *sheet) { s.resource = s.spellPath("/" + bucket + "." + domain + "/" + key) })
	}
	return append(list, ofAddressing(right, name)...)
}

// ofAddressing are misunderstandings about where the bucket stands.
func ofAddressing(right *sheet, host string) (list []mistake) {
	whole := right.bucket
	if right.key != "" {
		whole += "/" + right.key
	}
	if label, domain, ok := strings.Cut(host, "."); ok && label != right.bucket {
		list = append(list, mistake{"bucket-in-host",
			fmt.Sprintf("The client takes %s of the host for the bucket; this server does not know %s as a service domain, and takes %s for it.", label, domain, right.bucket),
			ofResource, false, func(s *sheet) { s.address(label, whole) }})
	}
	return append(list, mistake{"bucket-twice", "The bucket was signed twice, as it stands in the host and at the beginning of the key.",
		ofResource, false, func(s *sheet) { s.address(s.bucket, whole) }})
}

// ofKeys are the wrong spellings of an object key.
func ofKeys(right *sheet) (list []mistake) {
	bucket, key := right.bucket, right.key
	respell := func(id, sentence, signed string) {
		if signed != key {
			list = append(list, mistake{id, sentence, ofResource, false, func(s *sheet) { s.address(bucket, signed) }})
		}
	}
	verbatim := func(id, sentence, signed string) {
		list = append(list, mistake{id, sentence, ofResource, false, func(s *sheet) { s.resource = signed }})
	}
	respell("key-leading-slash", "The key was signed with a slash in front; the URL has none.", "/"+key)
	respell("key-leading-slash", "The key begins with a slash in the URL, and was signed without it.", strings.TrimPrefix(key, "/"))
	respell("key-plus", `A "+" of the key stands in the URL as it is, where it means a space; it must be written as %2B.`, strings.ReplaceAll(key, " ", "+"))
	respell("key-plus", `A space of the key was signed where the URL has "+" (%2B); it must be written as %20.`, strings.ReplaceAll(key, "+", " "))
	if plain, err := url.PathUnescape(key); err == nil {
		respell("key-encoded-twice", "The key is percent-encoded twice in the URL, and was signed as what it was before.", plain)
	}
	const encoded = "The key was percent-encoded before it was signed; the resource takes it "
	switch right.family {
	case v1:
		respell("key-encoded", encoded+"as it is.", signature.EncodePath(key))
		respell("key-slash-encoded", `The slashes of the key were signed as %2F; the resource takes the key as it is.`, escape(key))
	case v2:
		respell("key-encoded", encoded+"encoded once.", signature.EncodePath(key))
		respell("key-encoded", encoded+"encoded once.", escape(key))
		verbatim("key-slash-plain", `The slashes of the resource were signed as they are; V2 writes them as %2F.`, signature.EncodePath("/"+bucket+"/"+key))
		verbatim("key-not-encoded", "The resource was not percent-encoded when it was signed.", "/"+bucket+"/"+key)
	case v4:
		verbatim("key-slash-encoded", `The slashes of the key were signed as %2F; V4 leaves them as they are.`, "/"+bucket+"/"+escape(key))
		verbatim("key-slash-encoded", `The slashes of the resource were signed as %2F; V4 leaves them as they are.`, escape("/"+bucket+"/"+key))
		respell("key-encoded", encoded+"encoded once.", signature.EncodePath(key))
		verbatim("key-not-encoded", "The key was not percent-encoded when it was signed.", "/"+bucket+"/"+key)
		verbatim("key-plus", "A space of the key was signed as \"+\"; it must be written as %20.", "/"+bucket+"/"+strings.ReplaceAll(signature.EncodePath(key), "%20", "+"))
	}
	return list
}
