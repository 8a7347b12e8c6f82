package oss

import (
	"context"
	"encoding/xml"
)

// ListLiveChannel lists nothing, which is true: no channel can be made here. The
// SDK suites ask for it to clean up behind themselves.
var listLiveChannel = define(Operation{
	Name: "ListLiveChannel", Method: "GET", On: Bucket, Group: groupChannels, Query: []string{"live"},
}, doListLiveChannel)

type listLiveChannelInput struct {
	Prefix  string `query:"prefix"`
	Marker  string `query:"marker"`
	MaxKeys string `query:"max-keys"`
}

type listLiveChannelOutput struct {
	Body listLiveChannelResult `body:"xml"`
}

type listLiveChannelResult struct {
	XMLName     xml.Name `xml:"ListLiveChannelResult"`
	Prefix      string
	Marker      string
	MaxKeys     int
	IsTruncated bool
	NextMarker  string
}

func doListLiveChannel(_ context.Context, _ *call, in *listLiveChannelInput) (*listLiveChannelOutput, error) {
	limit, err := pageLimit(in.MaxKeys, "0044-00000101")
	if err != nil {
		return nil, err
	}
	return &listLiveChannelOutput{Body: listLiveChannelResult{Prefix: in.Prefix, Marker: in.Marker, MaxKeys: limit}}, nil
}
