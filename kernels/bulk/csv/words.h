/* Messages with names and numbers in them, without stdio. */
#ifndef PELTON_BULK_CSV_WORDS_H
#define PELTON_BULK_CSV_WORDS_H

#include <pelton/core.h>
#include <pelton/table.h>

/* Zeroed: no words yet. What does not fit is cut off. */
struct words {
    char text[232];
    size_t nbytes;
};

void pel_words_add(struct words *words, const char *text);
void pel_words_add_number(struct words *words, uint64_t number);

/* What comes from outside: in single quotes, 40 bytes of it at most, '?' for what cannot be
 * shown. */
void pel_words_add_quoted(struct words *words, struct pel_string text);

#endif
