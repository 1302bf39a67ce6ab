/* Four values of 8 bytes, some of which count, in a vector: to the front, and back to their places. */
#ifndef PELTON_BULK_FOURS_H
#define PELTON_BULK_FOURS_H

#include <stdint.h>

/* By the bits of those that count, the order that vpermd (_mm256_permutevar8x32_epi32) puts halves of them in.
 * Anything may stand at the places that are left. */
struct fours {
    int32_t pack[16][8], unpack[16][8];
};
extern const struct fours pel_fours;

#endif
