/* Python's literals, as far as the headers of .npy files consist of them.
 *
 * Each call passes over blanks first. Those that return an int give 0, or -EBADMSG with a message that names
 * the byte of the file and what was expected there.
 */
#ifndef PELTON_ARRAY_LITERALS_H
#define PELTON_ARRAY_LITERALS_H

#include <pelton/core.h>

/* How far the text has been understood. */
struct pel_literals {
    const char *text;
    size_t nbytes, at;
    size_t start; /* of the text in the file */
    struct pel_error *err;
};

/* The message: "expected ..." where the text has been understood to. Returns -EBADMSG. */
int pel_literal_mistake(struct pel_literals *c, const char *expected);

void pel_literal_skip_blanks(struct pel_literals *c);

/* Takes the character, if it is the next; need: it must be. */
bool pel_literal_take(struct pel_literals *c, char wanted);
int pel_literal_need(struct pel_literals *c, char wanted);

/* True or False. */
int pel_literal_bool(struct pel_literals *c, bool *out);

/* A number that is not negative; Python 2 wrote an L behind some. */
int pel_literal_number(struct pel_literals *c, uint64_t *out);

/* A text in quotes of either kind; *nbytes of it in `out`, which has room for `capacity`. */
int pel_literal_text(struct pel_literals *c, char *out, size_t capacity, size_t *nbytes);

#endif
