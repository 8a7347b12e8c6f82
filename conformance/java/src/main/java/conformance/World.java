package conformance;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

import com.aliyun.oss.common.auth.DefaultCredentials;
import com.aliyuncs.AcsResponse;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.RpcAcsRequest;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.aliyuncs.sts.model.v20150401.AssumeRoleRequest;
import com.aliyuncs.sts.model.v20150401.AssumeRoleResponse;
import com.google.gson.Gson;

/**
 * Where the server under test is and who may call it, from the environment.
 *
 * <pre>
 * OSS_ENDPOINT, STS_ENDPOINT   absent: the public names
 * OSS_REGION                   cn-hangzhou
 * OSSD_TEST_OWNER_ID, _SECRET  key of the account that owns the buckets
 * OSSD_TEST_USER_ID, _SECRET   key of its RAM user, who may only assume roles
 * OSSD_TEST_KEEPER_ROLE        role that may do everything with OSS
 * OSSD_TEST_KEYS               file of odd object keys
 * </pre>
 */
final class World {
    /** An object key that clients, proxies or servers like to change. */
    static final class OddKey {
        String name;
        String key;
    }

    final String region = System.getenv("OSS_REGION");
    final String endpoint;
    final String role = System.getenv("OSSD_TEST_KEEPER_ROLE");
    final DefaultCredentials owner = credentials("OWNER");
    final DefaultCredentials user = credentials("USER");
    final List<OddKey> keys;

    World() throws Exception {
        String given = System.getenv("OSS_ENDPOINT");
        endpoint = given != null ? given : "oss-" + region + ".aliyuncs.com";
        try (Reader file = Files.newBufferedReader(Path.of(System.getenv("OSSD_TEST_KEYS")))) {
            keys = List.of(new Gson().fromJson(file, OddKey[].class));
        }
    }

    static String newBucketName() {
        return "conformance-" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    }

    /** The credentials of a session of the role, which the user assumes with aliyun-java-sdk-sts. */
    DefaultCredentials assumeRole() throws Exception {
        AssumeRoleRequest request = new AssumeRoleRequest();
        request.setRoleArn(role);
        request.setRoleSessionName("conformance");
        AssumeRoleResponse.Credentials issued = send(user, request).getCredentials();
        return new DefaultCredentials(issued.getAccessKeyId(), issued.getAccessKeySecret(), issued.getSecurityToken());
    }

    /** Sends a request of STS or RAM. STS_ENDPOINT stands for both, which are served at one address. */
    <T extends AcsResponse> T send(DefaultCredentials by, RpcAcsRequest<T> request) throws ClientException {
        String given = System.getenv("STS_ENDPOINT");
        if (given != null) {
            String[] parts = given.split("://", 2);
            request.setSysProtocol(parts[0].equals("https") ? ProtocolType.HTTPS : ProtocolType.HTTP);
            request.setSysEndpoint(parts[1]);
        }
        DefaultAcsClient client = new DefaultAcsClient(DefaultProfile.getProfile(
                region, by.getAccessKeyId(), by.getSecretAccessKey(), by.getSecurityToken()));
        try {
            return client.getAcsResponse(request);
        } finally {
            client.shutdown();
        }
    }

    private static DefaultCredentials credentials(String who) {
        return new DefaultCredentials(System.getenv("OSSD_TEST_" + who + "_ID"), System.getenv("OSSD_TEST_" + who + "_SECRET"));
    }
}
