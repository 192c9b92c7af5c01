package amqctl;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

import javax.jms.JMSException;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.ActiveMQSslConnectionFactory;

/** How one gets in: user and password, and for TLS whom to trust and what to show, both PEM. */
final class Admission {
    private final String user;
    private final String password;
    private final TrustManager[] trusted;
    private final KeyManager[] shown;

    /** fields: user, password, ca (PEM text, or none without TLS), certificate (a PEM file with its key, or none). */
    Admission(Map<String, Object> fields) throws Exception {
        user = (String) fields.get("user");
        password = (String) fields.get("password");
        String ca = (String) fields.get("ca");
        String certificate = (String) fields.get("certificate");
        trusted = ca == null ? null : trust(ca);
        shown = ca == null || certificate == null ? null : keys(certificate);
    }

    /** Not yet connected: that comes with its first session. */
    ActiveMQConnection connection(String url) throws JMSException {
        ActiveMQConnectionFactory factory;
        if (trusted == null) {
            factory = new ActiveMQConnectionFactory(url);
        } else {
            ActiveMQSslConnectionFactory secure = new ActiveMQSslConnectionFactory(url);
            secure.setKeyAndTrustManagers(shown, trusted, new SecureRandom());
            factory = secure;
        }
        ActiveMQConnection made = (ActiveMQConnection) factory.createConnection(user, password);
        made.setCloseTimeout(1000);
        return made;
    }

    private static TrustManager[] trust(String pem) throws Exception {
        KeyStore store = empty();
        int number = 0;
        for (Certificate each : certificates(pem)) {
            store.setCertificateEntry("trusted-" + number++, each);
        }
        TrustManagerFactory made = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        made.init(store);
        return made.getTrustManagers();
    }

    private static KeyManager[] keys(String file) throws Exception {
        String pem = new String(Files.readAllBytes(Paths.get(file)), StandardCharsets.US_ASCII);
        String from = "-----BEGIN PRIVATE KEY-----";
        int begin = pem.indexOf(from) + from.length();
        byte[] der = Base64.getMimeDecoder().decode(pem.substring(begin, pem.indexOf("-----END PRIVATE KEY-----")));
        Certificate[] chain = certificates(pem).toArray(new Certificate[0]);
        PrivateKey key = KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(der));
        KeyStore store = empty();
        store.setKeyEntry("client", key, new char[0], chain);
        KeyManagerFactory made = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        made.init(store, new char[0]);
        return made.getKeyManagers();
    }

    /** Only what stands between the lines of certificates: a factory stumbles over a key between them. */
    private static Collection<? extends Certificate> certificates(String pem) throws Exception {
        StringBuilder only = new StringBuilder();
        String end = "-----END CERTIFICATE-----";
        for (int at = pem.indexOf("-----BEGIN CERTIFICATE-----"); at >= 0;) {
            int last = pem.indexOf(end, at) + end.length();
            only.append(pem, at, last).append('\n');
            at = pem.indexOf("-----BEGIN CERTIFICATE-----", last);
        }
        byte[] bytes = only.toString().getBytes(StandardCharsets.US_ASCII);
        return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes));
    }

    private static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
