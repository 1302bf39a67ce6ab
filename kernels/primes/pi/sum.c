#include "primes/pi.h"
#include "primes/reference.h"

int pel_primes_sum_up_to(uint64_t x, const struct pel_team *team, struct pel_u128 *sum,
                         struct pel_error *err)
{
    (void)team;
    uint64_t pi;
    int status = pel_reference_pi_and_sum(x, &pi, sum);
    return status ? pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for the sum of primes") : 0;
}
