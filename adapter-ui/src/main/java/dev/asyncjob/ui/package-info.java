/**
 * A page for operators: {@link dev.asyncjob.ui.OperatorPage} has its handlers, for any Javalin, and
 * {@link dev.asyncjob.ui.Login} admits people to it. The views make their HTML with one builder, which escapes
 * everything; scripts and styles are files.
 */
@NullMarked
package dev.asyncjob.ui;

import org.jspecify.annotations.NullMarked;
