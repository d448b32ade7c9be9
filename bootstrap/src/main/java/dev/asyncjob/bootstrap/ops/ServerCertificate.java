package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.bootstrap.config.InvalidSettings;
import dev.asyncjob.bootstrap.config.Settings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The certificate of the server's TLS and its private key, in two PEM files that are read again every second.
 *
 * <p>What is read replaces the pair before it only if it is good. A pair that is broken, does not belong together or is
 * not valid now is logged, at most once a minute, and read again. Safe for use from any thread.
 */
public final class ServerCertificate implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ServerCertificate.class.getName());
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int MAX_BYTES = 1 << 20;

    private static final String CERTIFICATE = "http.tls.certificate: ";
    private static final String KEY = "http.tls.key: ";
    private static final Pattern PKCS8 =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    /** A signature algorithm for each algorithm of keys. */
    private static final Map<String, String> SIGNATURES =
            Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");

    private final Settings.TlsFiles files;
    private final RateLimitedLog failures =
            new RateLimitedLog(System::nanoTime, message -> LOG.log(Level.WARNING, message));
    private final BackgroundLoop loop = new BackgroundLoop(
            "asyncjob-certificate",
            this::readAgain,
            e -> failures.accept("the certificate stays as it was: " + e.getMessage()));
    private List<String> texts;
    private KeyStore identity;
    private Consumer<KeyStore> changed = identity -> {};

    /**
     * Reads both files.
     *
     * @throws InvalidSettings if they cannot be read, or do not belong together
     */
    public ServerCertificate(Settings.TlsFiles files) {
        this.files = files;
        try {
            texts = read();
            identity = identity(texts);
            warnOfOthers();
        } catch (GeneralSecurityException | IOException e) {
            throw new InvalidSettings(List.of(String.valueOf(e.getMessage())));
        }
        try {
            requireValid(identity);
        } catch (GeneralSecurityException | IOException e) { // it was good when the server started before
            LOG.log(Level.WARNING, e.getMessage());
        }
    }

    /** The key, protected by the empty password, and its certificates, as they were at first. */
    public KeyStore identity() {
        return identity;
    }

    /** Begins to read the files again; every good change is passed on, on a thread of its own. */
    public void follow(Consumer<KeyStore> listener) {
        changed = listener;
        loop.start();
    }

    private Duration readAgain() {
        try {
            List<String> present = read();
            if (!present.equals(texts)) {
                KeyStore next = identity(present);
                requireValid(next);
                changed.accept(next);
                texts = present;
                warnOfOthers();
                LOG.log(
                        Level.INFO,
                        "the certificate was replaced; the new one ends at "
                                + first(next).getNotAfter().toInstant());
            }
            return PAUSE;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private List<String> read() throws IOException {
        return List.of(text(CERTIFICATE, files.certificate()), text(KEY, files.key()));
    }

    private static String text(String setting, Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IOException(
                    setting + "the file cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    private void warnOfOthers() throws IOException {
        warnIf(PosixFilePermission.OTHERS_READ, files.key(), KEY, "read");
        warnIf(PosixFilePermission.OTHERS_WRITE, files.key(), KEY, "change");
        warnIf(PosixFilePermission.OTHERS_WRITE, files.certificate(), CERTIFICATE, "change");
    }

    private static void warnIf(PosixFilePermission may, Path file, String setting, String what) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (view != null && view.readAttributes().permissions().contains(may)) {
            LOG.log(Level.WARNING, setting + "every user of this machine can " + what + " the file");
        }
    }

    private static KeyStore identity(List<String> texts) throws IOException, GeneralSecurityException {
        Certificate[] chain = chain(texts.get(0));
        PrivateKey key = key(texts.get(1), chain[0].getPublicKey());
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", key, new char[0], chain);
        return store;
    }

    private static Certificate[] chain(String pem) throws IOException {
        try {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)))
                    .toArray(Certificate[]::new);
            for (int i = 1; i < chain.length; i++) {
                chain[i - 1].verify(chain[i].getPublicKey());
            }
            if (chain.length > 0) {
                return chain;
            }
        } catch (GeneralSecurityException e) {
            LOG.log(Level.DEBUG, "the certificates are unusable", e);
        }
        throw new IOException(
                CERTIFICATE + "the file must have certificates in PEM (BEGIN CERTIFICATE), each before its issuer's");
    }

    private static PrivateKey key(String pem, PublicKey of) throws IOException {
        Matcher pkcs8 = PKCS8.matcher(pem);
        if (!pkcs8.find()) {
            throw new IOException(KEY + "the file must have a PKCS#8 key in PEM without a password (BEGIN PRIVATE KEY);"
                    + " 'openssl pkcs8 -topk8 -nodes' converts others");
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(pkcs8.group(1));
            PrivateKey key =
                    KeyFactory.getInstance(of.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            Signature signature = Signature.getInstance(SIGNATURES.getOrDefault(of.getAlgorithm(), "none"));
            signature.initSign(key);
            byte[] signed = signature.sign();
            signature.initVerify(of);
            if (signature.verify(signed)) {
                return key;
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            LOG.log(Level.DEBUG, "the key is unusable", e);
        }
        throw new IOException(KEY + "the key does not belong to the first certificate of http.tls.certificate");
    }

    private static void requireValid(KeyStore identity) throws IOException, GeneralSecurityException {
        X509Certificate certificate = first(identity);
        try {
            certificate.checkValidity();
        } catch (CertificateException e) { // its message has the default time zone
            throw new IOException(
                    CERTIFICATE + "the certificate is valid from "
                            + certificate.getNotBefore().toInstant() + " to "
                            + certificate.getNotAfter().toInstant() + " only",
                    e);
        }
    }

    private static X509Certificate first(KeyStore identity) throws GeneralSecurityException {
        return (X509Certificate) identity.getCertificate("server");
    }

    @Override
    public void close() {
        loop.stop(PAUSE);
    }
}
