/* What the files of cli/ share among themselves about standard error. */
#ifndef PELTON_CLI_TEXT_H
#define PELTON_CLI_TEXT_H

#include <pelton/core.h>

#include <stdarg.h>

/* Writes PREFIX, the formatted message, a newline and SUFFIX (may be "") to standard error in one
 * piece, clear of the progress line. From any thread. */
void cli_emit(const char *prefix, const char *suffix, const char *format, va_list args);

/* Takes the progress line away, from a signal handler that is about to end the process. */
void cli_progress_clear_at_exit(void);

#endif
