package dev.asyncjob.ui;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/**
 * A file of the page that is the same for everybody, plain and compressed. Immutable, provided that callers do not
 * change the arrays.
 */
@SuppressWarnings("ImmutableEnumChecker") // nothing changes the arrays
enum Asset {
    STYLE("page.css", "text/css; charset=utf-8"),
    SCRIPT("page.js", "text/javascript; charset=utf-8"),
    ICON("icon.svg", "image/svg+xml");

    final String file;
    final String contentType;
    private final byte[] plain;
    private final byte[] compressed;

    /** Changes with the content, so that a browser may keep the file for ever. */
    final String version;

    Asset(String file, String contentType) {
        this.file = file;
        this.contentType = contentType;
        try (InputStream in = Asset.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("missing on the class path: " + file);
            }
            plain = in.readAllBytes();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(plain);
            }
            compressed = out.toByteArray();
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(plain);
            version = HexFormat.of().formatHex(hash, 0, 8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    byte[] bytes(boolean compress) {
        return compress ? compressed : plain;
    }
}
