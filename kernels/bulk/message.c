#include "bulk/message.h"

#include <string.h>

/* Appends to a text of at most `room` bytes that ends in a zero. */
static void append(char *text, size_t room, const char *more)
{
    size_t n = strlen(text), length = strlen(more);
    if (length > room - 1 - n)
        length = room - 1 - n;
    memcpy(text + n, more, length);
    text[n + length] = '\0';
}

static void append_number(char *text, size_t room, uint64_t number)
{
    char digits[21] = {0};
    size_t at = sizeof digits - 1;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    append(text, room, digits + at);
}

int pel_message_number(struct pel_error *err, int code, const char *before, uint64_t number,
                       const char *after)
{
    char text[sizeof err->message] = {0};
    append(text, sizeof text, before);
    append_number(text, sizeof text, number);
    append(text, sizeof text, after);
    return pel_error_set(err, code, PEL_STAGE_COMPUTE, text);
}

int pel_message_numbers(struct pel_error *err, int code, const char *before, uint64_t number,
                        const char *between, uint64_t second, const char *after)
{
    char text[sizeof err->message] = {0};
    append(text, sizeof text, between);
    append_number(text, sizeof text, second);
    append(text, sizeof text, after);
    return pel_message_number(err, code, before, number, text);
}
