#include "bulk/engine/text.h"

#include <string.h>

static void write_bytes(struct writer *writer, const char *bytes, size_t nbytes)
{
    if (writer->nbytes < writer->room) {
        size_t left = writer->room - writer->nbytes;
        memcpy(writer->data + writer->nbytes, bytes, nbytes < left ? nbytes : left);
    }
    writer->nbytes += nbytes;
}

static void write_number(struct writer *writer, uint64_t n)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    write_bytes(writer, digits + first, sizeof digits - first);
}

void pel_write_list(struct writer *writer, const char *format, va_list arguments)
{
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            write_bytes(writer, at, 1);
            continue;
        }
        switch (*++at) {
        case 's': {
            const char *text = va_arg(arguments, const char *);
            write_bytes(writer, text, strlen(text));
            break;
        }
        case 't': {
            struct pel_string text = va_arg(arguments, struct pel_string);
            if (text.nbytes)
                write_bytes(writer, text.text, text.nbytes);
            break;
        }
        case 'u':
            write_number(writer, va_arg(arguments, uint64_t));
            break;
        default:
            write_bytes(writer, "%", 1);
        }
    }
}

void pel_write(struct writer *writer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pel_write_list(writer, format, arguments);
    va_end(arguments);
}
