/* Walks over the primes by windows: bitmaps of stretches of numbers, of which a piece at a time is decoded
 * into a buffer. Places are counted in bytes of bitmaps (byte g holds the primes of 30 g + 7 to 30 g + 31)
 * so that the same code goes both ways. 2, 3 and 5 are a piece of their own, before byte 0.
 *
 * A walk from 10^18 that is asked for a few primes must not wait for a sieve whose sieving primes alone
 * are 5 10^7. So windows begin as 240 numbers, each of them tested by itself, and double, until they
 * are sqrt(stop) / SIEVE_SHARE; from then on sieves are planned, each over twice as far as
 * the one before, which thus costs as much as what has been walked already, at most. */
#include "primes/decode.h"
#include "primes/part.h"
#include "primes/sieve.h"

#include <stdlib.h>
#include <string.h>

enum {
    TESTED_NBYTES = 8,
    /* A number takes 0.15 us to test, and a sieve at 10^18 0.6 s before its first window: as long as the
     * test of sqrt(10^18) / 270 numbers. At 10^12 it is sqrt / 50, but then nobody would notice. */
    SIEVE_SHARE = 512,
    MIN_SIEVE_NBYTES = 1024
};

#define END_BYTE ((UINT64_MAX - 7) / 30 + 1) /* behind the byte that holds 2^64 - 1 */

/* The bitmap of bytes [begin, end). */
struct window {
    uint64_t begin, end;
    uint8_t *bytes;
    size_t capacity;
};

struct pel_primes_iterator {
    uint64_t start;
    bool fresh; /* neither next nor previous has been called; n = 0 */

    /* Of the buffer's n primes, next gives the one at `up`, previous the one before `down`: the two differ
     * by the prime that was given last. They are those of bytes [begin, end), or 2, 3 and 5. */
    uint64_t buffer[PEL_DECODE_PIECE_PRIMES];
    size_t n, up, down;
    uint64_t begin, end;
    bool first; /* the buffer holds 2, 3 and 5, and begin = end = 0 */

    /* The window in use and the one before, for those who walk to and fro across a border. */
    struct window window[2];
    int current;
    uint64_t span; /* bytes of the next tested window or plan */

    struct pel_sieve_plan plan; /* nchunks 0: none yet */
    struct pel_sieve *sieve;
    struct pel_team team;
    pel_decode_fn *decode;
};

static uint64_t byte_of(uint64_t number)
{
    return number < 7 ? 0 : (number - 7) / 30;
}

/* A power of 2 between sqrt(n) and 2 sqrt(n). */
static uint64_t rough_root(uint64_t n)
{
    uint64_t root = 1;
    while (root < UINT64_C(1) << 32 && root * root < n)
        root *= 2;
    return root;
}

/* ---- windows ----------------------------------------------------------------------------------- */

/* Makes room for bytes [begin, end) in the window that is not in use. */
static struct window *prepare(struct pel_primes_iterator *it, uint64_t begin, uint64_t end)
{
    struct window *window = &it->window[!it->current];
    window->begin = window->end = 0;
    if (end - begin > window->capacity) {
        free(window->bytes);
        window->capacity = 0;
        window->bytes = malloc((size_t)(end - begin));
        if (!window->bytes)
            return NULL;
        window->capacity = (size_t)(end - begin);
    }
    memset(window->bytes, 0, (size_t)(end - begin));
    return window;
}

static void use(struct pel_primes_iterator *it, struct window *window, uint64_t begin, uint64_t end)
{
    window->begin = begin;
    window->end = end;
    it->current = !it->current;
}

static int test_window(struct pel_primes_iterator *it, uint64_t begin, uint64_t end)
{
    struct window *window = prepare(it, begin, end);
    if (!window)
        return -ENOMEM;
    for (uint64_t g = begin; g < end; g++)
        for (int b = 0; b < 8; b++) {
            uint64_t n = 30 * g + pel_wheel_residues[b];
            if (n >= 30 * g && pel_is_prime(n)) /* the last byte goes beyond 2^64 */
                window->bytes[g - begin] |= (uint8_t)(1u << b);
        }
    use(it, window, begin, end);
    return 0;
}

/* The chunk of the plan that holds byte g. */
static int sieve_window(struct pel_primes_iterator *it, uint64_t g)
{
    const struct pel_sieve_plan *plan = &it->plan;
    uint64_t chunk = (g - plan->first_byte) / plan->chunk_bytes, last = byte_of(plan->stop) + 1;
    uint64_t begin = plan->first_byte + chunk * plan->chunk_bytes;
    uint64_t end = last - begin < plan->chunk_bytes ? last : begin + plan->chunk_bytes;
    struct window *window = prepare(it, begin, end);
    int status = window ? pel_sieve_begin(it->sieve, (size_t)chunk) : -ENOMEM;
    if (status)
        return status;
    struct pel_segment segment;
    while ((status = pel_sieve_next(it->sieve, &segment)) > 0)
        memcpy(window->bytes + (segment.base / 30 - begin), segment.bytes, segment.nbytes);
    if (!status)
        use(it, window, begin, end);
    return status;
}

/* Plans the sieve of bytes [begin, end). */
static int plan_sieve(struct pel_primes_iterator *it, uint64_t begin, uint64_t end)
{
    uint64_t stop = end == END_BYTE ? UINT64_MAX : 30 * end + 6;
    pel_sieve_close(it->sieve);
    it->sieve = NULL;
    pel_sieve_plan_free(&it->plan);
    int status =
        pel_sieve_plan(&it->plan, 30 * begin + 7, stop, pel_part_numbers(stop), &it->team, NULL);
    if (!status)
        status = pel_sieve_open(&it->sieve, &it->plan, NULL);
    if (status)
        pel_sieve_plan_free(&it->plan);
    return status;
}

static bool planned(const struct pel_sieve_plan *plan, uint64_t g)
{
    return plan->nchunks && plan->first_byte <= g && g <= byte_of(plan->stop);
}

/* Finds or makes a window with byte g, which goes on from there upward or downward. */
static int find_window(struct pel_primes_iterator *it, uint64_t g, bool upward)
{
    for (int i = 0; i < 2; i++)
        if (it->window[i].begin <= g && g < it->window[i].end) {
            it->current = i;
            return 0;
        }
    if (planned(&it->plan, g))
        return sieve_window(it, g);
    uint64_t root = rough_root(30 * g), begin = g, end = g + 1;
    bool tested = 30 * it->span < root / SIEVE_SHARE;
    if (!tested && it->span < MIN_SIEVE_NBYTES)
        it->span = MIN_SIEVE_NBYTES;
    if (!tested && it->span < root / 30)
        it->span = root / 30;
    if (upward)
        end = END_BYTE - g < it->span ? END_BYTE : g + it->span;
    else
        begin = end < it->span ? 0 : end - it->span;
    int status = tested ? test_window(it, begin, end) : plan_sieve(it, begin, end);
    if (!status && !tested)
        status = sieve_window(it, g);
    if (!status)
        it->span *= 2;
    return status;
}

/* ---- pieces ------------------------------------------------------------------------------------ */

static void decode_piece(struct pel_primes_iterator *it, uint64_t begin, uint64_t end)
{
    size_t used;
    it->n =
        it->decode(it->window[it->current].bytes + (begin - it->window[it->current].begin),
                   (size_t)(end - begin), 30 * begin, it->buffer, PEL_DECODE_PIECE_PRIMES, &used);
    it->begin = begin;
    it->end = end;
    it->first = false;
}

static void take_first(struct pel_primes_iterator *it)
{
    it->n = pel_decode_first(0, 5, it->buffer);
    it->begin = it->end = 0;
    it->first = true;
}

/* The next piece upward that has primes; -ERANGE: there is none. */
static int load_up(struct pel_primes_iterator *it)
{
    do {
        if (it->end == END_BYTE)
            return -ERANGE;
        int status = find_window(it, it->end, true);
        if (status)
            return status;
        uint64_t rest = it->window[it->current].end - it->end;
        decode_piece(it, it->end,
                     it->end + (rest < PEL_DECODE_PIECE_NBYTES ? rest : PEL_DECODE_PIECE_NBYTES));
        it->up = it->down = 0;
    } while (it->n == 0);
    return 0;
}

static int load_down(struct pel_primes_iterator *it)
{
    do {
        if (it->first)
            return -ERANGE;
        if (it->begin == 0) {
            take_first(it);
        } else {
            int status = find_window(it, it->begin - 1, false);
            if (status)
                return status;
            uint64_t rest = it->begin - it->window[it->current].begin;
            decode_piece(
                it, it->begin - (rest < PEL_DECODE_PIECE_NBYTES ? rest : PEL_DECODE_PIECE_NBYTES),
                it->begin);
        }
        it->up = it->down = it->n;
    } while (it->n == 0);
    return 0;
}

/* The first call: to the place in the first piece's primes that `start` is at, which may be behind them
 * all or before them all. */
static int begin_walk(struct pel_primes_iterator *it, bool upward)
{
    it->begin = it->end = byte_of(it->start) + !upward;
    int status = 0;
    if (it->start < 7)
        take_first(it);
    else
        status = upward ? load_up(it) : load_down(it);
    if (status && status != -ERANGE)
        return status;
    size_t at = 0;
    while (at < it->n && (upward ? it->buffer[at] < it->start : it->buffer[at] <= it->start))
        at++;
    it->up = it->down = at;
    it->fresh = false;
    return 0;
}

/* ---- public ------------------------------------------------------------------------------------ */

int pel_primes_iterator_open(struct pel_primes_iterator **out, uint64_t start,
                             struct pel_error *err)
{
    struct pel_primes_iterator *it = calloc(1, sizeof *it);
    *out = it;
    if (!it)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE,
                             "no memory for an iterator over primes");
    it->start = start;
    it->fresh = true;
    it->span = TESTED_NBYTES;
    it->team = pel_team(1);
    it->decode = pel_decode_for(it->team.isa);
    return 0;
}

int pel_primes_iterator_next(struct pel_primes_iterator *it, uint64_t *prime)
{
    if (it->up == it->n) {
        *prime = 0;
        int status = it->fresh ? begin_walk(it, true) : 0;
        if (!status && it->up == it->n)
            status = load_up(it);
        if (status == -ERANGE)
            it->down = it->n;
        if (status)
            return status;
    }
    *prime = it->buffer[it->up];
    it->down = it->up++;
    return 0;
}

int pel_primes_iterator_previous(struct pel_primes_iterator *it, uint64_t *prime)
{
    if (it->down == 0) {
        *prime = 0;
        int status = it->fresh ? begin_walk(it, false) : 0;
        if (!status && it->down == 0)
            status = load_down(it);
        if (status == -ERANGE)
            it->up = 0;
        if (status)
            return status;
    }
    *prime = it->buffer[--it->down];
    it->up = it->down + 1;
    return 0;
}

void pel_primes_iterator_close(struct pel_primes_iterator *it)
{
    if (!it)
        return;
    for (int i = 0; i < 2; i++)
        free(it->window[i].bytes);
    pel_sieve_close(it->sieve);
    pel_sieve_plan_free(&it->plan);
    free(it);
}
