/* The inner loops for one level (see core/levels.h). */

#include "primes/pi/divide_body.h"
#include "primes/pi/easy_body.h"
#include "primes/pi/hard_body.h"
#include "primes/pi/pairs_body.h"

static const struct pel_gourdon_level LEVEL(table) = {
    .sum_pi = LEVEL(sum_pi),
    .count_words = LEVEL(count_words),
    .pairs_segment = LEVEL(pairs_segment),
    .hard_segment = LEVEL(hard_segment),
};
