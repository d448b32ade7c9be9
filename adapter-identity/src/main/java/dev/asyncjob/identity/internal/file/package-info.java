/** Files that decide about access: who may change them, how they are replaced, and when they are read again. */
@NullMarked
package dev.asyncjob.identity.internal.file;

import org.jspecify.annotations.NullMarked;
