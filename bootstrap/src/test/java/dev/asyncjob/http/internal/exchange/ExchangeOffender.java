package dev.asyncjob.http.internal.exchange;

import dev.asyncjob.http.HttpOffenders;

/** Planted for {@code ArchitectureBitesTest}: a low layer that depends on the highest. */
public record ExchangeOffender(HttpOffenders.UsesStore front) {}
