/** Settings and limits of the HTTP adapter. */
@NullMarked
package dev.asyncjob.http.settings;

import org.jspecify.annotations.NullMarked;
