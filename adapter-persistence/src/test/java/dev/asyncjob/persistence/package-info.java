/** Tests on real databases: H2 in files and in memory, and a PostgreSQL server of this process's own. */
@NullMarked
package dev.asyncjob.persistence;

import org.jspecify.annotations.NullMarked;
