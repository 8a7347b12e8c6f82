package oss

import (
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"time"

	"ossd/objectstore"
)

var restoreObject = define(Operation{
	Name: "RestoreObject", Method: "POST", On: Object, Query: []string{"restore"}, VersionAction: "oss:RestoreObjectVersion",
}, doRestoreObject)

type restoreObjectInput struct {
	Document restoreRequest `body:"xml"`
}

type restoreRequest struct {
	XMLName       xml.Name `xml:"RestoreRequest"`
	Days          *int
	JobParameters *struct{ Tier string }
}

type restoreObjectOutput struct {
	versioned
	Priority string `header:"x-oss-object-restore-priority"`
	started  bool
}

func (o *restoreObjectOutput) status() int {
	if o.started {
		return http.StatusAccepted
	}
	return http.StatusOK
}

// Bounds of how long an object can be asked to stay readable, in days (vendor documentation "RestoreObject").
const (
	maxArchiveDays     = 7
	maxColdArchiveDays = 365
)

func doRestoreObject(ctx context.Context, c *call, in *restoreObjectInput) (*restoreObjectOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	if !o.StorageClass.Archived() {
		return nil, explainRule(&objectstore.Error{Kind: objectstore.NotArchived, Bucket: c.resource.Bucket, Key: o.Key})
	}
	days, priority, err := in.Document.read(c, o.StorageClass)
	if err != nil {
		return nil, err
	}
	now, started, err := c.Store.RestoreObject(ctx, c.found.Bucket, c.resource.Key, c.version(), time.Duration(days)*24*time.Hour)
	if err != nil {
		return nil, err
	}
	return &restoreObjectOutput{versioned: c.versioned(&now), Priority: priority, started: started}, nil
}

// read checks the document: only the colder classes know priorities.
func (d *restoreRequest) read(c *call, class objectstore.StorageClass) (days int, priority string, err error) {
	longest := maxArchiveDays
	if class != objectstore.Archive {
		longest, priority = maxColdArchiveDays, "Standard"
	}
	if d.JobParameters != nil {
		switch tier := d.JobParameters.Tier; {
		case class == objectstore.Archive:
			return 0, "", c.malformedXML()
		case tier != "Expedited" && tier != "Standard" && tier != "Bulk":
			return 0, "", invalidArgument("Tier", tier, "The restore tier must be Expedited, Standard or Bulk.")
		default:
			priority = tier
		}
	}
	days = 1
	if d.Days != nil {
		days = *d.Days
	}
	if days < 1 || days > longest {
		return 0, "", invalidArgument("Days", strconv.Itoa(days), "The number of days must be between 1 and "+strconv.Itoa(longest)+".")
	}
	return days, priority, nil
}
