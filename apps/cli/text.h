/* What the files of cli/ share among themselves about text and standard error. */
#ifndef PELTON_CLI_TEXT_H
#define PELTON_CLI_TEXT_H

#include <pelton/core.h>

#include <stdarg.h>

/* Length in bytes, 1 to 4, of the well-formed UTF-8 sequence at text (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF); 0 where there is none. */
size_t cli_utf8_length(const char *text);

/* Columns that text takes on a terminal. Sequences of 3 and more bytes count as two columns, which
 * is right for CJK and too many for the rest: a line may come out shorter than it could be, never
 * longer.
 */
int cli_columns(const char *text);

/* Cuts text, which must be well-formed, so that it takes at most `columns`. */
void cli_cut(char *text, int columns);

/* Writes PREFIX, the formatted message, a newline and SUFFIX (may be "") to standard error in one
 * piece, clear of the progress line. From any thread. */
void cli_emit(const char *prefix, const char *suffix, const char *format, va_list args);

/* Takes the progress line away, from a signal handler that is about to end the process. */
void cli_progress_clear_at_exit(void);

#endif
