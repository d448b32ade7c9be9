package dev.asyncjob.bootstrap;

/** Planted for {@link ArchitectureBitesTest}. */
public final class PublicOffender {}
