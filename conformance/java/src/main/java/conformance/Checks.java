package conformance;

import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.aliyun.oss.common.comm.SignVersion;

/**
 * Runs every check through aliyun-sdk-oss and prints one line for each, as Report
 * says. World says what the environment must hold.
 *
 * usage: Checks v1|v2|v4 [path]
 *
 * With "path" the bucket is put into the path of URLs, not into the host.
 */
public final class Checks {
    private final Report report = new Report();

    public static void main(String[] args) throws Exception {
        if (args.length == 0 || args.length > 2 || !List.of("v1", "v2", "v4").contains(args[0])
                || args.length == 2 && !args[1].equals("path")) {
            System.err.println("usage: Checks v1|v2|v4 [path]");
            System.exit(2);
        }
        SignVersion version = SignVersion.valueOf(args[0].toUpperCase(Locale.ROOT));
        Checks checks = new Checks();
        checks.run(new World(), version, args.length == 2);
        checks.report.exit();
    }

    private void run(World world, SignVersion version, boolean path) throws Exception {
        String bucket = World.newBucketName();
        Sdk permanent = new Sdk(world, world.owner, bucket, version, path);
        Sdk session = new Sdk(world, world.assumeRole(), bucket, version, path);

        report.check("permanent bucket made", permanent::makeBucket);
        for (Map.Entry<String, Sdk> by : List.of(Map.entry("permanent", permanent), Map.entry("session", session))) {
            ObjectChecks objects = new ObjectChecks(by.getValue());
            for (World.OddKey odd : world.keys) {
                if (version == SignVersion.V2 && odd.key.codePoints().anyMatch(Character::isSupplementaryCodePoint)) {
                    continue; // the SDK's V2 encodes each half of a surrogate pair by itself
                }
                report.check(by.getKey() + " " + odd.name + " object", () -> objects.life(odd.key));
                report.check(by.getKey() + " " + odd.name + " signed GET", () -> objects.signedGet(odd.key));
                report.check(by.getKey() + " " + odd.name + " signed PUT", () -> objects.signedPut(odd.key));
            }
        }
        report.check("permanent additional headers", new ObjectChecks(permanent)::additionalHeaders);
        report.check("permanent bucket removed", permanent::removeBucket);
    }
}
