package dev.asyncjob.bootstrap.config;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.http.settings.TrustedProxy;
import dev.asyncjob.ui.PageSettings;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the settings of the page, and refuses a header of a proxy without the proxy, and the other way round: no proxy
 * is trusted by default, and a setting without effect would be relied on. Problems go to the sources. Used once, by one
 * thread.
 */
record PageReader(SettingSources sources) {
    Settings.Page read() {
        return new Settings.Page(
                sources.value(SettingKey.UI_ENABLED, SettingValues::truth),
                sources.value(SettingKey.UI_ACTIONS, SettingValues::truth),
                proxy(),
                sources.with(
                                PageSettings.defaults(),
                                SettingKey.UI_TRACE_LINK,
                                Function.identity(),
                                PageSettings::withTraceLink)
                        .traceLink());
    }

    private @Nullable TrustedProxy proxy() {
        String header = sources.optional(SettingKey.UI_PROXY_HEADER, TrustedProxy::header);
        Scope scope = sources.value(SettingKey.UI_PROXY_SCOPE, SettingValues::readerScope);
        String name = header == null ? "X-User" : header; // so that an error of the addresses is found, too
        TrustedProxy proxy = sources.optional(
                SettingKey.UI_PROXY_FROM, text -> new TrustedProxy(name, SettingValues.list(text), scope));
        if (!sources.isSet(SettingKey.UI_PROXY_HEADER)) {
            for (SettingKey key : List.of(SettingKey.UI_PROXY_FROM, SettingKey.UI_PROXY_SCOPE)) {
                if (sources.isSet(key)) {
                    sources.refuse(key, "means nothing without ui.proxy-header");
                }
            }
            return null;
        }
        if (!sources.isSet(SettingKey.UI_PROXY_FROM)) {
            sources.refuse(
                    SettingKey.UI_PROXY_FROM,
                    "must be set, too, because %s is: anyone else could send the header"
                            .formatted(sources.nameOf(SettingKey.UI_PROXY_HEADER)));
        }
        return proxy;
    }
}
