package diagnose

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"
)

func newSHA1() hash.Hash   { return sha1.New() }
func newSHA256() hash.Hash { return sha256.New() }

// digestSpellings are the other ways to write an MD5.
func digestSpellings(sent string) (list []string) {
	if sum, err := hex.DecodeString(sent); err == nil {
		list = append(list, base64.StdEncoding.EncodeToString(sum))
	}
	if sum, err := base64.StdEncoding.DecodeString(sent); err == nil {
		text := hex.EncodeToString(sum)
		list = append(list, text, strings.ToUpper(text), base64.StdEncoding.EncodeToString([]byte(text)))
	}
	return list
}

// ofSecrets never says what the secret is, nor how it differs beyond its edges.
func ofSecrets(in Input, right *sheet) (list []mistake) {
	own := right.secret
	secret := func(id, sentence, signed string) {
		if signed != own && signed != "" {
			list = append(list, mistake{id, sentence, ofSecret, false, func(s *sheet) { s.secret = signed }})
		}
	}
	const spaced = "The secret was used with white space around it, probably copied along or read from a file with a line feed."
	for _, signed := range [...]string{own + "\n", own + "\r\n", own + "\r", own + " ", " " + own, own + "\t", "\n" + own, " " + own + " ", "\"" + own + "\"", "'" + own + "'"} {
		secret("secret-white-space", spaced, signed)
	}
	secret("secret-white-space", "The secret of the server ends or begins with white space, and was used without it.", strings.TrimSpace(own))
	for _, other := range in.Secrets {
		secret("secret-of-another-key", fmt.Sprintf("It was signed with the secret of another access key, %s.", other.AccessKeyID), other.Secret)
		secret("secret-of-another-key", fmt.Sprintf("It was signed with the secret of another access key, %s.", other.AccessKeyID), strings.TrimSpace(other.Secret))
	}
	secret("secret-ampersand", `An "&" was put behind the secret, as RPC signatures of STS and RAM want it; OSS takes the secret alone.`, own+"&")
	return list
}

// regions are the IDs that credentials may have been made for.
var regions = strings.Fields(`cn-hangzhou cn-shanghai cn-beijing cn-shenzhen cn-qingdao cn-zhangjiakou cn-huhehaote cn-wulanchabu
	cn-chengdu cn-guangzhou cn-heyuan cn-nanjing cn-fuzhou cn-hongkong ap-southeast-1 ap-southeast-3 ap-southeast-5 ap-southeast-6
	ap-southeast-7 ap-northeast-1 ap-northeast-2 eu-central-1 eu-west-1 us-west-1 us-east-1 me-east-1 me-central-1`)

func ofScopes(in Input, right *sheet) (list []mistake) {
	if right.family != v4 {
		return nil
	}
	scoped := func(id, sentence string, rare bool, change func(*scope)) {
		for _, where := range [...]func(s *sheet){
			func(s *sheet) { change(&s.keyScope) },
			func(s *sheet) { change(&s.scope); change(&s.keyScope) },
			func(s *sheet) { change(&s.scope) },
		} {
			list = append(list, mistake{id, sentence, ofScope, rare, where})
		}
	}
	have := right.scope
	for i, region := range append([]string{in.Region, "oss-" + have.region, strings.TrimPrefix(have.region, "oss-"), ""}, regions...) {
		if region != have.region && region != "*" {
			scoped("region-derivation", fmt.Sprintf("The signing key was derived for the region %q; the credential says %s.", region, have.region), i > 0,
				func(k *scope) { k.region = region })
		}
	}
	if day, err := time.Parse("20060102", have.day); err == nil {
		for _, days := range [...]int{-1, 1} {
			other := day.AddDate(0, 0, days).Format("20060102")
			scoped("scope-day", fmt.Sprintf("The signing key was derived for the day %s; the credential says %s (days are those of UTC).", other, have.day), false,
				func(k *scope) { k.day = other })
		}
	}
	for _, product := range [...]string{"OSS", "s3", "sts", "oss-cloudbox"} {
		scoped("product", fmt.Sprintf("The signing key was derived for the product %q; it must be oss.", product), true, func(k *scope) { k.product = product })
	}
	scoped("aws-derivation", "The signing key was derived as for AWS; the names here are aliyun_v4 and aliyun_v4_request.", true,
		func(k *scope) { k.prefix, k.terminator = "AWS4", "aws4_request" })
	scoped("aws-derivation", "The signing key was derived without \"aliyun_v4\" in front of the secret.", true, func(k *scope) { k.prefix = "" })
	list = append(list, mistake{"key-not-derived", "The secret itself was used as signing key; V4 derives one from day, region and product.", ofScope, true,
		func(s *sheet) { s.derive = rawSecret }})
	return list
}

// step is the distance of time zones.
const step = 30 * time.Minute

func ofTimes(right *sheet) (list []mistake) {
	at := func(id, sentence, timestamp string) {
		if timestamp != right.timestamp {
			list = append(list, mistake{id, sentence, ofTime, true, func(s *sheet) { s.timestamp = timestamp }})
		}
	}
	if right.inURL && right.family != v4 {
		return ofExpiries(right)
	}
	if date, ok := right.headers["date"]; ok && !right.inURL {
		at("date-header", "The Date header was signed; where x-oss-date is sent too, that one counts.", date)
	}
	if right.family == v1 {
		at("date-line-empty", "The line of the date was left empty; it takes x-oss-date if that is sent, or else Date.", "")
	}
	for _, layout := range [...]string{"20060102T150405Z", "Mon, 02 Jan 2006 15:04:05 GMT"} {
		t, err := time.Parse(layout, right.timestamp)
		if err != nil {
			continue
		}
		for shift := -14 * time.Hour; shift <= 14*time.Hour; shift += step {
			at("local-time", fmt.Sprintf("The time that was signed is not the one that is sent: it is %s off, as local time is from UTC.", hours(shift)), t.Add(shift).Format(layout))
		}
	}
	if right.inURL {
		list = append(list, ofLifetimes(right)...)
	}
	return list
}

func hours(d time.Duration) string { return strings.TrimSuffix(d.Abs().String(), "0s") }

// ofExpiries are the instants from which somebody may have moved the end of a URL.
func ofExpiries(right *sheet) (list []mistake) {
	seconds, err := strconv.ParseInt(right.timestamp, 10, 64)
	if err != nil {
		return nil
	}
	changed := func(signed int64) {
		text := strconv.FormatInt(signed, 10)
		list = append(list, mistake{"expires-changed", fmt.Sprintf("The time at which the URL ends was changed after signing: it was %s (%s).",
			text, time.Unix(signed, 0).UTC().Format(time.RFC3339)), ofTime, true, func(s *sheet) {
			s.timestamp = text
			s.setParameter("x-oss-expires", text)
		}})
	}
	for _, lifetime := range lifetimes() {
		changed(seconds - lifetime)
		changed(seconds + lifetime)
	}
	for _, year := range [...]int64{365, 3650} {
		changed(seconds - year*86400)
	}
	return list
}

// ofLifetimes are the values that x-oss-expires may have had.
func ofLifetimes(right *sheet) (list []mistake) {
	for _, lifetime := range lifetimes() {
		text := strconv.FormatInt(lifetime, 10)
		list = append(list, mistake{"expires-changed", fmt.Sprintf("The life of the URL was changed after signing: x-oss-expires was %s.", text),
			ofTime, true, func(s *sheet) { s.setParameter("x-oss-expires", text) }})
	}
	return list
}

// lifetimes are the usual ones, in seconds: whole minutes, hours and days.
func lifetimes() (list []int64) {
	for n := int64(1); n <= 60; n++ {
		list = append(list, n*60)
	}
	for n := int64(2); n <= 72; n++ {
		list = append(list, n*3600)
	}
	for n := int64(4); n <= 31; n++ {
		list = append(list, n*86400)
	}
	return append(list, 1, 5, 10, 15, 30, 45, 90, 100, 1000, 10000)
}
