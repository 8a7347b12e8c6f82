package oss

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"hash/crc32"
)

var listObjectsV2 = define(Operation{
	Name: "ListObjectsV2", Method: "GET", On: Bucket, Query: []string{"list-type=2"}, Action: "oss:ListObjects",
}, doListObjectsV2)

type listObjectsV2Input struct {
	listingInput
	StartAfter        string `query:"start-after"`
	ContinuationToken string `query:"continuation-token"`
	FetchOwner        bool   `query:"fetch-owner"`
}

type listObjectsV2Output struct {
	Body listBucketV2Result `body:"xml"`
}

type listBucketV2Result struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	Prefix                string
	StartAfter            string `xml:",omitempty"`
	MaxKeys               int
	Delimiter             string
	EncodingType          string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              int
	Contents              []listedObject `xml:"Contents"`
	CommonPrefixes        []commonPrefix `xml:"CommonPrefixes"`
}

func doListObjectsV2(ctx context.Context, c *call, in *listObjectsV2Input) (*listObjectsV2Output, error) {
	after := header("start-after", in.StartAfter)
	if in.ContinuationToken != "" { // wins over start-after
		last, err := readContinuation(in.ContinuationToken)
		if err != nil {
			return nil, err
		}
		after = header("continuation-token", last)
	}
	l, err := c.list(ctx, in.listingInput, after, in.FetchOwner)
	if err != nil {
		return nil, err
	}
	result := listBucketV2Result{
		Name: c.resource.Bucket, Prefix: l.encode(in.Prefix), StartAfter: l.encode(in.StartAfter), MaxKeys: l.limit,
		Delimiter: l.encode(in.Delimiter), EncodingType: encodingName(in.EncodingType), ContinuationToken: in.ContinuationToken,
		IsTruncated: l.page.More, KeyCount: len(l.objects) + len(l.prefixes), Contents: l.objects, CommonPrefixes: l.prefixes,
	}
	if l.page.More {
		result.NextContinuationToken = continuation(l.page.Last)
	}
	return &listObjectsV2Output{Body: result}, nil
}

// A continuation token is the last name of a page behind a version byte and a
// checksum, which tells foreign or cut tokens from ours. Its alphabet survives
// every client's escaping: one SDK signs the value escaped.
const continuationVersion = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func continuation(last string) string {
	b := binary.BigEndian.AppendUint32([]byte{continuationVersion}, crc32.Checksum([]byte(last), castagnoli))
	return base64.RawURLEncoding.EncodeToString(append(b, last...))
}

func readContinuation(token string) (string, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 5 || b[0] != continuationVersion || binary.BigEndian.Uint32(b[1:]) != crc32.Checksum(b[5:], castagnoli) {
		return "", invalidArgument("continuation-token", token, "The continuation token provided is incorrect.")
	}
	return string(b[5:]), nil
}
