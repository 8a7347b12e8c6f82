package signature

import "strings"

// isSubresource tells the parameters that V1 signs besides those beginning with
// x-oss-. Names are compared with their case. No published list is complete:
// this is the union of what fifteen SDKs sign and what none of them contradicts.
func isSubresource(name string) bool {
	_, ok := subresources[name]
	return ok
}

var subresources = func() map[string]struct{} {
	set := map[string]struct{}{}
	for name := range strings.FieldsSeq(`
		accessPoint accessPointConfigForObjectProcess accessPointForObjectProcess accessPointPolicy
		accessPointPolicyForObjectProcess acl append asyncFetch
		bucketArchiveDirectRead bucketInfo
		callback callback-var cleanRestoredObject cloudboxes cname comp continuation-token cors
		dataPipeline delete
		encryption endTime
		group
		httpsConfig
		img inventory inventoryId
		legalHold lifecycle link live location logging
		metaQuery
		objectInfo objectMeta objectWorm overwriteConfig
		partNumber policy policyStatus position processConfiguration publicAccessBlock
		qos qosInfo qosRequester
		redundancyTransition referer regionList replication replicationLocation replicationProgress
		requestPayment requesterQosInfo resourceGroup resourcePool resourcePoolBuckets resourcePoolInfo
		response-cache-control response-content-disposition response-content-encoding
		response-content-language response-content-type response-expires responseHeader
		restore retention rtc
		seal security-token sequential startTime stat status style styleName symlink
		tagging transferAcceleration
		udf udfApplication udfApplicationLog udfId udfImage udfImageDesc udfName
		uploadId uploads userDefinedLogFieldsConfig
		versionId versioning versions vod
		website withHashContext worm wormExtend wormId`) {
		set[name] = struct{}{}
	}
	return set
}()

// V1Signs tells whether V1 covers a query parameter. One that it does not cover
// can be changed by whoever holds a signed request.
func V1Signs(name string) bool { return strings.HasPrefix(name, ossPrefix) || isSubresource(name) }
