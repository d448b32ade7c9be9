/** What a driving adapter needs to know of identity: who is asking, and what that client may do. */
@NullMarked
package dev.asyncjob.application.access;

import org.jspecify.annotations.NullMarked;
