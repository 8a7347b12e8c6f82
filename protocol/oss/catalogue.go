package oss

import "slices"

// Sections of docs/operations.md that served and unserved operations share.
// Operations without a Group are in the first three, by their target.
const (
	groupService    = "Service"
	groupBuckets    = "Buckets"
	groupObjects    = "Objects"
	groupMultipart  = "Multipart uploads"
	groupVersioning = "Versioning"
	groupPolicies   = "Bucket policies and public access"
	groupChannels   = "Live channels"
)

// Unserved lists the operations of the service that are refused: together with
// Operations, all of its API. Names are the vendor's (documentation "API overview"
// and "RAM policy"; where that has none, those of the official SDKs), requests are
// as the documentation and the SDKs send them. An operation that can be asked for
// in two ways has two lines. Whoever implements one deletes its lines here.
//
// Where two lines fit a request equally well, the first one counts.
var Unserved = slices.Concat(
	group(groupService,
		refused("DescribeRegions", "GET", Service, "regions"),
		refused("ListCloudBoxes", "GET", Service, "cloudboxes"),
	),
	group(groupObjects,
		refused("SealAppendObject", "POST", Object, "seal"),
		refused("CleanRestoredObject", "POST", Object, "cleanRestoredObject"),
		refused("PutAsyncFetchTask", "POST", Bucket, "asyncFetch"),
		refused("GetAsyncFetchTask", "GET", Bucket, "asyncFetch"),
	),
	group(groupPolicies,
		refused("PutBucketReferer", "PUT", Bucket, "referer"),
		refused("GetBucketReferer", "GET", Bucket, "referer"),
		refused("PutBucketRequestPayment", "PUT", Bucket, "requestPayment"),
		refused("GetBucketRequestPayment", "GET", Bucket, "requestPayment"),
		refused("PutBucketCallbackPolicy", "PUT", Bucket, "policy", "comp=callback"),
		refused("GetBucketCallbackPolicy", "GET", Bucket, "policy", "comp=callback"),
		refused("DeleteBucketCallbackPolicy", "DELETE", Bucket, "policy", "comp=callback"),
	),
	group("Bucket configuration",
		refused("PutBucketCors", "PUT", Bucket, "cors"),
		refused("GetBucketCors", "GET", Bucket, "cors"),
		refused("DeleteBucketCors", "DELETE", Bucket, "cors"),
		refused("OptionObject", "OPTIONS", Object),
		refused("PutBucketLifecycle", "PUT", Bucket, "lifecycle"),
		refused("GetBucketLifecycle", "GET", Bucket, "lifecycle"),
		refused("DeleteBucketLifecycle", "DELETE", Bucket, "lifecycle"),
		refused("PutBucketWebsite", "PUT", Bucket, "website"),
		refused("GetBucketWebsite", "GET", Bucket, "website"),
		refused("DeleteBucketWebsite", "DELETE", Bucket, "website"),
		refused("PutBucketLogging", "PUT", Bucket, "logging"),
		refused("GetBucketLogging", "GET", Bucket, "logging"),
		refused("DeleteBucketLogging", "DELETE", Bucket, "logging"),
		refused("PutUserDefinedLogFieldsConfig", "PUT", Bucket, "userDefinedLogFieldsConfig"),
		refused("GetUserDefinedLogFieldsConfig", "GET", Bucket, "userDefinedLogFieldsConfig"),
		refused("DeleteUserDefinedLogFieldsConfig", "DELETE", Bucket, "userDefinedLogFieldsConfig"),
		refused("PutBucketEncryption", "PUT", Bucket, "encryption"),
		refused("GetBucketEncryption", "GET", Bucket, "encryption"),
		refused("DeleteBucketEncryption", "DELETE", Bucket, "encryption"),
		refused("PutBucketHttpsConfig", "PUT", Bucket, "httpsConfig"),
		refused("GetBucketHttpsConfig", "GET", Bucket, "httpsConfig"),
		refused("PutBucketArchiveDirectRead", "PUT", Bucket, "bucketArchiveDirectRead"),
		refused("GetBucketArchiveDirectRead", "GET", Bucket, "bucketArchiveDirectRead"),
		refused("PutBucketAccessMonitor", "PUT", Bucket, "accessmonitor"),
		refused("GetBucketAccessMonitor", "GET", Bucket, "accessmonitor"),
		refused("PutBucketTransferAcceleration", "PUT", Bucket, "transferAcceleration"),
		refused("GetBucketTransferAcceleration", "GET", Bucket, "transferAcceleration"),
		refused("PutBucketResourceGroup", "PUT", Bucket, "resourceGroup"),
		refused("GetBucketResourceGroup", "GET", Bucket, "resourceGroup"),
		refused("PutBucketInventory", "PUT", Bucket, "inventory", "inventoryId"),
		refused("GetBucketInventory", "GET", Bucket, "inventory", "inventoryId"),
		refused("ListBucketInventory", "GET", Bucket, "inventory"),
		refused("DeleteBucketInventory", "DELETE", Bucket, "inventory", "inventoryId"),
	),
	group("Retention",
		refused("InitiateBucketWorm", "POST", Bucket, "worm"),
		refused("AbortBucketWorm", "DELETE", Bucket, "worm"),
		refused("CompleteBucketWorm", "POST", Bucket, "wormId"),
		refused("ExtendBucketWorm", "POST", Bucket, "wormId", "wormExtend"),
		refused("GetBucketWorm", "GET", Bucket, "worm"),
		refused("PutBucketObjectWormConfiguration", "PUT", Bucket, "objectWorm"),
		refused("GetBucketObjectWormConfiguration", "GET", Bucket, "objectWorm"),
		refused("PutObjectRetention", "PUT", Object, "retention"),
		refused("GetObjectRetention", "GET", Object, "retention"),
		refused("PutObjectLegalHold", "PUT", Object, "legalHold"),
		refused("GetObjectLegalHold", "GET", Object, "legalHold"),
		refused("PutBucketOverwriteConfig", "PUT", Bucket, "overwriteConfig"),
		refused("GetBucketOverwriteConfig", "GET", Bucket, "overwriteConfig"),
		refused("DeleteBucketOverwriteConfig", "DELETE", Bucket, "overwriteConfig"),
	),
	group("Replication and redundancy",
		refused("PutBucketReplication", "POST", Bucket, "replication", "comp=add"),
		refused("GetBucketReplication", "GET", Bucket, "replication"),
		refused("DeleteBucketReplication", "POST", Bucket, "replication", "comp=delete"),
		refused("GetBucketReplicationLocation", "GET", Bucket, "replicationLocation"),
		refused("GetBucketReplicationProgress", "GET", Bucket, "replicationProgress"),
		refused("PutBucketRTC", "PUT", Bucket, "rtc"),
		refused("CreateBucketDataRedundancyTransition", "POST", Bucket, "redundancyTransition"),
		refused("GetBucketDataRedundancyTransition", "GET", Bucket, "redundancyTransition", "x-oss-redundancy-transition-taskid"),
		refused("DeleteBucketDataRedundancyTransition", "DELETE", Bucket, "redundancyTransition"),
		refused("ListBucketDataRedundancyTransition", "GET", Bucket, "redundancyTransition"),
		refused("ListUserDataRedundancyTransition", "GET", Service, "redundancyTransition"),
	),
	group("Domain names",
		refused("PutCname", "POST", Bucket, "cname", "comp=add"),
		refused("ListCname", "GET", Bucket, "cname"),
		refused("DeleteCname", "POST", Bucket, "cname", "comp=delete"),
		refused("CreateCnameToken", "POST", Bucket, "cname", "comp=token"),
		refused("GetCnameToken", "GET", Bucket, "cname", "comp=token"),
	),
	group("Access points",
		refused("CreateAccessPoint", "PUT", Bucket, "accessPoint"),
		refusedBy("x-oss-access-point-name", "GetAccessPoint", "GET", Bucket, "accessPoint"),
		refused("DeleteAccessPoint", "DELETE", Bucket, "accessPoint"),
		refused("ListAccessPoints", "GET", Service, "accessPoint"),
		refused("ListAccessPoints", "GET", Bucket, "accessPoint"),
		refused("PutAccessPointPolicy", "PUT", Bucket, "accessPointPolicy"),
		refused("GetAccessPointPolicy", "GET", Bucket, "accessPointPolicy"),
		refused("DeleteAccessPointPolicy", "DELETE", Bucket, "accessPointPolicy"),
		refused("PutAccessPointPublicAccessBlock", "PUT", Bucket, "publicAccessBlock", "x-oss-access-point-name"),
		refused("GetAccessPointPublicAccessBlock", "GET", Bucket, "publicAccessBlock", "x-oss-access-point-name"),
		refused("DeleteAccessPointPublicAccessBlock", "DELETE", Bucket, "publicAccessBlock", "x-oss-access-point-name"),
		refused("CreateAccessPointForObjectProcess", "PUT", Bucket, "accessPointForObjectProcess"),
		refused("GetAccessPointForObjectProcess", "GET", Bucket, "accessPointForObjectProcess"),
		refused("DeleteAccessPointForObjectProcess", "DELETE", Bucket, "accessPointForObjectProcess"),
		refused("ListAccessPointsForObjectProcess", "GET", Service, "accessPointForObjectProcess"),
		refused("PutAccessPointConfigForObjectProcess", "PUT", Bucket, "accessPointConfigForObjectProcess"),
		refused("GetAccessPointConfigForObjectProcess", "GET", Bucket, "accessPointConfigForObjectProcess"),
		refused("PutAccessPointPolicyForObjectProcess", "PUT", Bucket, "accessPointPolicyForObjectProcess"),
		refused("GetAccessPointPolicyForObjectProcess", "GET", Bucket, "accessPointPolicyForObjectProcess"),
		refused("DeleteAccessPointPolicyForObjectProcess", "DELETE", Bucket, "accessPointPolicyForObjectProcess"),
		refused("WriteGetObjectResponse", "POST", Service, "x-oss-write-get-object-response"),
	),
	group("Processing and queries",
		refused("SelectObject", "POST", Object, "x-oss-process=csv/select"),
		refused("SelectObject", "POST", Object, "x-oss-process=json/select"),
		refused("CreateSelectObjectMeta", "POST", Object, "x-oss-process=csv/meta"),
		refused("CreateSelectObjectMeta", "POST", Object, "x-oss-process=json/meta"),
		refused("ProcessObject", "POST", Object, "x-oss-process"),
		refused("AsyncProcessObject", "POST", Object, "x-oss-async-process"),
		refused("PutStyle", "PUT", Bucket, "style", "styleName"),
		refused("GetStyle", "GET", Bucket, "style", "styleName"),
		refused("ListStyle", "GET", Bucket, "style"),
		refused("DeleteStyle", "DELETE", Bucket, "style", "styleName"),
		refused("OpenMetaQuery", "POST", Bucket, "metaQuery", "comp=add"),
		refused("GetMetaQueryStatus", "GET", Bucket, "metaQuery"),
		refused("DoMetaQuery", "POST", Bucket, "metaQuery", "comp=query"),
		refused("CloseMetaQuery", "POST", Bucket, "metaQuery", "comp=delete"),
		refused("DoMetaQueryAction", "POST", Bucket, "metaQuery", "action"),
		refused("DoDataPipeLineAction", "POST", Service, "dataPipeline", "action"),
	),
	group("Directories",
		refused("CreateDirectory", "POST", Object, "x-oss-dir"),
		refused("DeleteDirectory", "POST", Object, "x-oss-delete"),
		refused("Rename", "POST", Object, "x-oss-rename"),
	),
	group(groupChannels,
		refused("PutLiveChannel", "PUT", Object, "live"),
		refused("DeleteLiveChannel", "DELETE", Object, "live"),
		refused("PutLiveChannelStatus", "PUT", Object, "live", "status"),
		refused("GetLiveChannelInfo", "GET", Object, "live"),
		refused("GetLiveChannelStat", "GET", Object, "live", "comp=stat"),
		refused("GetLiveChannelHistory", "GET", Object, "live", "comp=history"),
		refused("PostVodPlaylist", "POST", Object, "vod"),
		refused("GetVodPlaylist", "GET", Object, "vod"),
	),
	group("Quotas and resource pools",
		refused("PutBucketStorageCapacity", "PUT", Bucket, "qos"),
		refused("GetBucketStorageCapacity", "GET", Bucket, "qos"),
		refused("PutBucketQoSInfo", "PUT", Bucket, "qosInfo"),
		refused("GetBucketQoSInfo", "GET", Bucket, "qosInfo"),
		refused("DeleteBucketQosInfo", "DELETE", Bucket, "qosInfo"),
		refused("GetUserQosInfo", "GET", Service, "qosInfo"),
		refused("PutBucketRequesterQoSInfo", "PUT", Bucket, "requesterQosInfo", "qosRequester"),
		refused("GetBucketRequesterQoSInfo", "GET", Bucket, "requesterQosInfo", "qosRequester"),
		refused("ListBucketRequesterQoSInfos", "GET", Bucket, "requesterQosInfo"),
		refused("DeleteBucketRequesterQoSInfo", "DELETE", Bucket, "requesterQosInfo", "qosRequester"),
		refused("ListResourcePools", "GET", Service, "resourcePool"),
		refused("GetResourcePoolInfo", "GET", Service, "resourcePoolInfo", "resourcePool"),
		refused("ListResourcePoolBuckets", "GET", Service, "resourcePoolBuckets", "resourcePool"),
		refused("PutResourcePoolRequesterQoSInfo", "PUT", Service, "requesterQosInfo", "resourcePool", "qosRequester"),
		refused("GetResourcePoolRequesterQoSInfo", "GET", Service, "requesterQosInfo", "resourcePool", "qosRequester"),
		refused("ListResourcePoolRequesterQoSInfos", "GET", Service, "requesterQosInfo", "resourcePool"),
		refused("DeleteResourcePoolRequesterQoSInfo", "DELETE", Service, "requesterQosInfo", "resourcePool", "qosRequester"),
	),
)

func refused(name, method string, on Target, query ...string) *Operation {
	return &Operation{Name: name, Method: method, On: on, Query: query}
}

// refusedBy declares an operation that a header tells from its neighbours.
func refusedBy(header, name, method string, on Target, query ...string) *Operation {
	return &Operation{Name: name, Method: method, On: on, Query: query, By: header}
}

func group(name string, operations ...*Operation) []*Operation {
	for _, o := range operations {
		o.Group = name
	}
	return operations
}
