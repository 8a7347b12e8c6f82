package conformance;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import com.aliyun.oss.OSSException;

import conformance.Sdk.Description;

/** The checks of one object: its life through the SDK, and signed URLs for it in the hands of a plain HTTP client. */
final class ObjectChecks {
    private static final HttpClient PLAIN = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Sdk sdk;

    ObjectChecks(Sdk sdk) {
        this.sdk = sdk;
    }

    void life(String key) throws Exception {
        Description about = new Description("text/x-odd; charset=utf-8", "an SDK");
        sdk.put(key, "content of " + key, about);
        equal("description", sdk.head(key), about);
        equal("content", sdk.get(key), "content of " + key);
        equal("keys listed", sdk.list(key), List.of(key));
        remove(key);
    }

    void signedGet(String key) throws Exception {
        String type = "application/x-replaced";
        String disposition = "attachment; filename=\"a + b.txt\"";
        sdk.put(key, "content", new Description("text/plain", "an SDK"));
        HttpResponse<String> got = send("GET", sdk.signGet(key, type, disposition), new Description(null, null), "");
        equal("answer", got.statusCode() + " " + got.body(), "200 content");
        equal("Content-Type", got.headers().firstValue("Content-Type").orElse(""), type);
        equal("Content-Disposition", got.headers().firstValue("Content-Disposition").orElse(""), disposition);
        remove(key);
    }

    void signedPut(String key) throws Exception {
        Description about = new Description("text/x-odd; charset=utf-8", "a visitor");
        URI link = sdk.signPut(key, about);
        HttpResponse<String> put = send("PUT", link, about, "content");
        equal("answer", put.statusCode() + " " + put.body(), "200 ");
        for (Description other : List.of(
                new Description("text/html", about.from()),
                new Description(about.type(), "somebody"),
                new Description(about.type(), null))) {
            HttpResponse<String> refused = send("PUT", link, other, "defaced");
            equal("status as " + other, refused.statusCode(), 403);
            equal("code as " + other, refused.body().contains("<Code>SignatureDoesNotMatch</Code>"), true);
        }
        equal("description", sdk.head(key), about);
        equal("content", sdk.get(key), "content");
        remove(key);
    }

    void additionalHeaders() throws Exception {
        String key = "additional headers";
        sdk.put(key, "0123456789", new Description("text/plain", "an SDK"));
        equal("content", sdk.getRange(key, 2, 4), "234");
        remove(key);
    }

    private void remove(String key) throws Exception {
        sdk.remove(key);
        try {
            sdk.get(key);
        } catch (OSSException e) {
            equal("code", e.getErrorCode(), "NoSuchKey");
            return;
        }
        throw new IllegalStateException("the object outlived its removal");
    }

    private static HttpResponse<String> send(String method, URI link, Description about, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(link).timeout(Duration.ofSeconds(10))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (about.type() != null) {
            request.header("Content-Type", about.type());
        }
        if (about.from() != null) {
            request.header("x-oss-meta-from", about.from());
        }
        return PLAIN.send(request.build(), BodyHandlers.ofString());
    }

    private static void equal(String what, Object got, Object want) {
        if (!Objects.equals(got, want)) {
            throw new IllegalStateException(what + ": got " + got + ", want " + want);
        }
    }
}
