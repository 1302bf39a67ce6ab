#include "primes/pi.h"
#include "primes/reference.h"

int pel_primes_pi(uint64_t x, const struct pel_team *team, uint64_t *pi, struct pel_error *err)
{
    (void)team;
    struct pel_u128 sum;
    int status = pel_reference_pi_and_sum(x, pi, &sum);
    return status ? pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for pi(x)") : 0;
}
