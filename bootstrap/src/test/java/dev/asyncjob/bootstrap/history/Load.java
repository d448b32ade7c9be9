package dev.asyncjob.bootstrap.history;
final class Load { static final String PROBE = "probe"; }
