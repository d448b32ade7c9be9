/** Reading of request bodies and query parameters: strict JSON, each field by its rule. */
@NullMarked
package dev.asyncjob.http.internal.body;

import org.jspecify.annotations.NullMarked;
