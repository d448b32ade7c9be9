/** Settings: their keys, sources and values. */
@NullMarked
package dev.asyncjob.bootstrap.config;

import org.jspecify.annotations.NullMarked;
