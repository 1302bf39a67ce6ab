/* Messages with numbers in them. */
#ifndef PELTON_BULK_MESSAGE_H
#define PELTON_BULK_MESSAGE_H

#include <pelton/core.h>

/* pel_error_set with "before number after", or "before number between second after". */
int pel_message_number(struct pel_error *err, int code, const char *before, uint64_t number,
                       const char *after);
int pel_message_numbers(struct pel_error *err, int code, const char *before, uint64_t number,
                        const char *between, uint64_t second, const char *after);

#endif
