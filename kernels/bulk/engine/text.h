/* Writing text into memory: kernels have no printf. */
#ifndef PELTON_BULK_ENGINE_TEXT_H
#define PELTON_BULK_ENGINE_TEXT_H

#include <pelton/table.h>

#include <stdarg.h>

/* What does not fit into `room` is counted in nbytes and not written. */
struct writer {
    char *data;
    size_t room, nbytes;
};

/* A byte that moves a terminal's cursor, or worse. */
static inline bool pel_is_control(char c)
{
    return (unsigned char)c < ' ' || c == 127;
}

/* As printf, with %s (const char *), %t (struct pel_string), %u (uint64_t) and %% only. */
void pel_write(struct writer *writer, const char *format, ...);
void pel_write_list(struct writer *writer, const char *format, va_list arguments);

#endif
