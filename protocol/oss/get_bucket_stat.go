package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

// GetBucketStat counts anew each time, unlike the service, whose figures lag by
// an hour (SDK suite oss2 asserts them at once).
var getBucketStat = define(Operation{Name: "GetBucketStat", Method: "GET", On: Bucket, Query: []string{"stat"}}, doGetBucketStat)

type getBucketStatOutput struct {
	Body bucketStat `body:"xml"`
}

type bucketStat struct {
	XMLName                     xml.Name `xml:"BucketStat"`
	Storage                     int64
	ObjectCount                 int64
	MultipartUploadCount        int64
	LiveChannelCount            int64
	LastModifiedTime            int64 // Unix seconds
	StandardStorage             int64
	StandardObjectCount         int64
	InfrequentAccessStorage     int64
	InfrequentAccessRealStorage int64
	InfrequentAccessObjectCount int64
	ArchiveStorage              int64
	ArchiveRealStorage          int64
	ArchiveObjectCount          int64
	ColdArchiveStorage          int64
	ColdArchiveRealStorage      int64
	ColdArchiveObjectCount      int64
	DeepColdArchiveStorage      int64
	DeepColdArchiveRealStorage  int64
	DeepColdArchiveObjectCount  int64
	MultipartPartCount          int64
	DeleteMarkerCount           int64
}

func doGetBucketStat(ctx context.Context, c *call, _ *none) (*getBucketStatOutput, error) {
	stat, err := c.Store.Stat(ctx, c.resource.Bucket)
	if err != nil {
		return nil, err
	}
	b := bucketStat{
		Storage: stat.PartBytes, MultipartUploadCount: stat.Uploads, MultipartPartCount: stat.Parts, DeleteMarkerCount: stat.DeleteMarkers,
	}
	for _, class := range stat.Classes {
		b.Storage += class.Bytes
		b.ObjectCount += class.Objects
	}
	b.LastModifiedTime = c.found.Bucket.Created.Unix()
	if stat.LastModified.After(c.found.Bucket.Created) {
		b.LastModifiedTime = stat.LastModified.Unix()
	}
	of := func(class objectstore.StorageClass) (objects, bytes int64) {
		return stat.Classes[class].Objects, stat.Classes[class].Bytes
	}
	b.StandardObjectCount, b.StandardStorage = of(objectstore.Standard)
	b.InfrequentAccessObjectCount, b.InfrequentAccessStorage = of(objectstore.IA)
	b.ArchiveObjectCount, b.ArchiveStorage = of(objectstore.Archive)
	b.ColdArchiveObjectCount, b.ColdArchiveStorage = of(objectstore.ColdArchive)
	b.DeepColdArchiveObjectCount, b.DeepColdArchiveStorage = of(objectstore.DeepColdArchive)
	// What is billed and what is stored are the same here.
	b.InfrequentAccessRealStorage, b.ArchiveRealStorage = b.InfrequentAccessStorage, b.ArchiveStorage
	b.ColdArchiveRealStorage, b.DeepColdArchiveRealStorage = b.ColdArchiveStorage, b.DeepColdArchiveStorage
	return &getBucketStatOutput{Body: b}, nil
}
