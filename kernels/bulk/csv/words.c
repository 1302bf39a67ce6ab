#include "bulk/csv/words.h"

#include <pelton/decimal.h>

#include <string.h>

static void add(struct words *words, const char *text, size_t nbytes)
{
    const size_t room = sizeof words->text - 1 - words->nbytes;
    if (nbytes > room)
        nbytes = room;
    memcpy(words->text + words->nbytes, text, nbytes);
    words->nbytes += nbytes;
}

void pel_words_add(struct words *words, const char *text)
{
    add(words, text, strlen(text));
}

void pel_words_add_number(struct words *words, uint64_t number)
{
    char digits[PEL_DECIMAL_NBYTES];
    add(words, digits, pel_decimal_from_i64((int64_t)number, digits));
}

void pel_words_add_quoted(struct words *words, struct pel_string text)
{
    enum { SHOWN = 40 };
    size_t nbytes = text.nbytes;
    if (nbytes > SHOWN) /* but not a part of a character of UTF-8 */
        for (nbytes = SHOWN; nbytes > SHOWN - 4 && (text.text[nbytes] & 0xc0) == 0x80;)
            nbytes--;
    add(words, "'", 1);
    for (size_t i = 0; i < nbytes; i++) {
        const unsigned char byte = (unsigned char)text.text[i];
        add(words, byte < 0x20 || byte == 0x7f ? "?" : &text.text[i], 1);
    }
    pel_words_add(words, nbytes < text.nbytes ? "...'" : "'");
}
