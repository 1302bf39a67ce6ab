#include "text.h"

#include "cli.h"

#include <stdint.h>
#include <string.h>

size_t cli_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] > 0x9f;
    bool too_high = s[0] == 0xf4 && s[1] > 0x8f;
    return overlong || surrogate || too_high ? 0 : length;
}

static int columns_of(size_t sequence_length)
{
    return sequence_length >= 3 ? 2 : 1;
}

int cli_columns(const char *text)
{
    int columns = 0;
    for (size_t length; *text; text += length) {
        length = cli_utf8_length(text);
        columns += columns_of(length);
        length += !length;
    }
    return columns;
}

void cli_cut(char *text, int columns)
{
    size_t length;
    for (; *text && (length = cli_utf8_length(text)) > 0; text += length) {
        columns -= columns_of(length);
        if (columns < 0)
            break;
    }
    *text = '\0';
}

/* C0 and C1 control characters and DEL. */
static bool is_control(const unsigned char *s, size_t length)
{
    return (length == 1 && (s[0] < 0x20 || s[0] == 0x7f)) ||
           (length == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

const char *cli_printable(const char *text, char *buffer, size_t size)
{
    size_t used = 0;
    while (*text) {
        const unsigned char *s = (const unsigned char *)text;
        size_t length = cli_utf8_length(text);
        bool plain = length > 0 && !is_control(s, length);
        size_t taken = length ? length : 1, room = plain ? taken : 4 * taken;
        if (used + room >= size)
            break;
        if (plain)
            memcpy(buffer + used, text, taken);
        else
            for (size_t i = 0; i < taken; i++)
                (void)snprintf(buffer + used + 4 * i, 5, "\\x%02x", s[i]);
        used += room;
        text += taken;
    }
    if (size > 0)
        buffer[used] = '\0';
    return buffer;
}

static size_t edit_distance(const char *a, const char *b)
{
    /* Levenshtein by one row of the table; words longer than the row are not worth a suggestion. */
    size_t row[32], nb = strlen(b);
    if (nb + 1 > sizeof row / sizeof row[0])
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < nb; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            best = best < row[j] + 1 ? best : row[j] + 1;
            best = best < row[j + 1] + 1 ? best : row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[nb];
}

const char *cli_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t length = strlen(word), best = length / 3 + 2; /* further away is no misspelling */
    for (; *candidates; candidates++) {
        size_t distance = edit_distance(word, *candidates);
        if (distance < best && distance < length) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
