package dev.asyncjob.offender;

/** Planted for {@code ArchitectureBitesTest}. */
public final class MisplacedOffender {}
