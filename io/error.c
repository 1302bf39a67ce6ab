#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int pel_error_format(struct pel_error *err, int code, enum pel_stage stage, int64_t offset,
                     const char *format, ...)
{
    if (!err)
        return code;
    err->code = code;
    err->stage = stage;
    err->offset = offset;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return code;
}

int pel_error_system(struct pel_error *err, int code, enum pel_stage stage, const char *what)
{
    char text[128];
    /* GNU strerror_r: thread-safe, and the result need not be in text. */
    return pel_error_format(err, code, stage, -1, "%s: %s", what,
                            strerror_r(-code, text, sizeof text));
}
