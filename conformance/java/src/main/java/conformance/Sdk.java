package conformance;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.common.auth.Credentials;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.GeneratePresignedUrlRequest;
import com.aliyun.oss.model.GetObjectRequest;
import com.aliyun.oss.model.ListObjectsV2Request;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.ResponseHeaderOverrides;

/** aliyun-sdk-oss acting on one bucket with one pair of credentials. */
final class Sdk {
    /** What is stored with an object: Content-Type and x-oss-meta-from. */
    record Description(String type, String from) {}

    private final OSS oss;
    private final String bucket;

    Sdk(World world, Credentials by, String bucket, SignVersion version, boolean path) {
        ClientBuilderConfiguration config = new ClientBuilderConfiguration();
        config.setSignatureVersion(version);
        config.setSLDEnabled(path);
        config.setMaxErrorRetry(0);
        this.bucket = bucket;
        this.oss = OSSClientBuilder.create()
                .endpoint(world.endpoint)
                .region(world.region)
                .credentialsProvider(new DefaultCredentialProvider(by))
                .clientConfiguration(config)
                .build();
    }

    void makeBucket() {
        oss.createBucket(bucket);
    }

    void removeBucket() {
        oss.deleteBucket(bucket);
    }

    void put(String key, String content, Description about) {
        ObjectMetadata metadata = new ObjectMetadata();
        metadata.setContentType(about.type);
        metadata.addUserMetadata("from", about.from);
        oss.putObject(bucket, key, new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)), metadata);
    }

    String get(String key) throws Exception {
        try (OSSObject object = oss.getObject(bucket, key)) {
            return new String(object.getObjectContent().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** get of the bytes from first to last, with headers signed beyond those that must be (V1 cannot). */
    String getRange(String key, int first, int last) throws Exception {
        GetObjectRequest request = new GetObjectRequest(bucket, key);
        request.setRange(first, last);
        request.addAdditionalHeaderName("host");
        request.addAdditionalHeaderName("range");
        try (OSSObject object = oss.getObject(request)) {
            return new String(object.getObjectContent().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    Description head(String key) {
        ObjectMetadata metadata = oss.headObject(bucket, key);
        return new Description(metadata.getContentType(), metadata.getUserMetadata().get("from"));
    }

    List<String> list(String prefix) {
        ListObjectsV2Request request = new ListObjectsV2Request(bucket);
        request.setPrefix(prefix);
        request.setMaxKeys(100);
        return oss.listObjectsV2(request).getObjectSummaries().stream().map(OSSObjectSummary::getKey).toList();
    }

    void remove(String key) {
        oss.deleteObject(bucket, key);
    }

    URI signGet(String key, String type, String disposition) {
        ResponseHeaderOverrides replaced = new ResponseHeaderOverrides();
        replaced.setContentType(type);
        replaced.setContentDisposition(disposition);
        GeneratePresignedUrlRequest request = new GeneratePresignedUrlRequest(bucket, key, HttpMethod.GET);
        request.setResponseHeaders(replaced);
        return sign(request);
    }

    URI signPut(String key, Description about) {
        GeneratePresignedUrlRequest request = new GeneratePresignedUrlRequest(bucket, key, HttpMethod.PUT);
        request.setContentType(about.type);
        request.addUserMetadata("from", about.from);
        return sign(request);
    }

    private URI sign(GeneratePresignedUrlRequest request) {
        request.setExpiration(new Date(System.currentTimeMillis() + 60_000));
        return URI.create(oss.generatePresignedUrl(request).toString());
    }
}
