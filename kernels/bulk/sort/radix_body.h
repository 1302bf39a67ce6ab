/* The sort of one kind of records: RECORD, KEY(record), NAME(function). See sort_radix.h. */

/* ---- in cache ------------------------------------------------------------------------------------ */

static void NAME(insert)(RECORD *records, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        RECORD record = records[i];
        size_t j = i;
        for (; j && KEY(records[j - 1]) > KEY(record); j--)
            records[j] = records[j - 1];
        records[j] = record;
    }
}

/* The number of low bits of the keys that are not the same in all. */
static int NAME(varying)(const RECORD *records, size_t n)
{
    uint64_t differ = 0, first = KEY(records[0]);
    for (size_t i = 1; i < n; i++)
        differ |= KEY(records[i]) ^ first;
    return bits_of(differ);
}

/* From counts to the place where each digit begins. */
static inline void NAME(spread)(const RECORD *from, size_t n, RECORD *to, uint32_t *at, int shift,
                                uint64_t mask)
{
    uint32_t sum = 0;
    for (size_t digit = 0; digit <= mask; digit++) {
        uint32_t count = at[digit];
        at[digit] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[at[(KEY(from[i]) >> shift) & mask]++] = from[i];
}

static RECORD *NAME(leaf)(RECORD *from, size_t n, RECORD *a, RECORD *b);

/* Sorts what is not in order yet after it was sorted by the bits from `low` on. */
static void NAME(mend)(RECORD *records, size_t n, int low, RECORD *a, RECORD *b)
{
    for (size_t i = 1; i < n; i++) {
        if (KEY(records[i - 1]) <= KEY(records[i]))
            continue;
        uint64_t high = KEY(records[i]) >> low;
        size_t lo = i - 1, hi = i + 1;
        while (lo && KEY(records[lo - 1]) >> low == high)
            lo--;
        while (hi < n && KEY(records[hi]) >> low == high)
            hi++;
        RECORD *sorted = NAME(leaf)(records + lo, hi - lo, a, b);
        if (sorted != records + lo)
            memcpy(records + lo, sorted, (hi - lo) * sizeof *records);
        i = hi;
    }
}

/* Sorts by the `width` bits from `low` on, in two digits: from -> a -> b. */
static void NAME(two_digits)(const RECORD *from, size_t n, RECORD *a, RECORD *b, int low, int width)
{
    uint32_t lower[1 << DIGIT_BITS_MAX], upper[1 << DIGIT_BITS_MAX];
    int middle = low + width / 2;
    uint64_t lower_mask = (UINT64_C(1) << width / 2) - 1;
    uint64_t upper_mask = (UINT64_C(1) << (width - width / 2)) - 1;
    memset(lower, 0, (lower_mask + 1) * sizeof *lower);
    memset(upper, 0, (upper_mask + 1) * sizeof *upper);
    for (size_t i = 0; i < n; i++) {
        lower[(KEY(from[i]) >> low) & lower_mask]++;
        upper[(KEY(from[i]) >> middle) & upper_mask]++;
    }
    NAME(spread)(from, n, a, lower, low, lower_mask);
    NAME(spread)(a, n, b, upper, middle, upper_mask);
}

static void NAME(one_digit)(const RECORD *from, size_t n, RECORD *to, int low, int width)
{
    uint32_t at[1 << DIGIT_BITS_MAX];
    uint64_t mask = (UINT64_C(1) << width) - 1;
    memset(at, 0, (mask + 1) * sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[(KEY(from[i]) >> low) & mask]++;
    NAME(spread)(from, n, to, at, low, mask);
}

/* Sorts n records, all three arrays being its own. Returns the one where they are then. */
static RECORD *NAME(leaf)(RECORD *from, size_t n, RECORD *a, RECORD *b)
{
    if (n <= INSERTION_MAX) {
        NAME(insert)(from, n);
        return from;
    }
    int top = NAME(varying)(from, n);
    if (!top)
        return from;
    int width = bits_of(n) + LEAF_EXTRA_BITS;
    if (width > 2 * DIGIT_BITS_MAX)
        width = 2 * DIGIT_BITS_MAX;
    if (width > top)
        width = top;
    if (width <= DIGIT_BITS_MAX) {
        NAME(one_digit)(from, n, a, top - width, width);
        NAME(mend)(a, n, top - width, from, b);
        return a;
    }
    NAME(two_digits)(from, n, a, b, top - width, width);
    NAME(mend)(b, n, top - width, from, a);
    return b;
}

/* ---- a bucket ------------------------------------------------------------------------------------- */

/* Sorts and stores the n records of places [lo, lo + n), which lie in `from`; both arrays are its own. */
static void NAME(bucket)(struct radix *radix, RECORD *from, RECORD *spare, size_t lo, size_t n,
                         RECORD *leaf)
{
    const struct radix_job *job = radix->job;
    const size_t capacity = radix->leaf_records;
    if (n <= capacity) {
        job->store(job->ctx, lo, n, NAME(leaf)(from, n, leaf, leaf + capacity), false);
        return;
    }
    int top = radix_cancelled(radix) ? 0 : NAME(varying)(from, n);
    if (!top) {
        job->store(job->ctx, lo, n, from, false);
        return;
    }
    const int width = top < 8 ? top : 8;
    NAME(one_digit)(from, n, spare, top - width, width);
    for (size_t begin = 0, end; begin < n; begin = end) {
        uint64_t digit = KEY(spare[begin]) >> (top - width);
        for (end = begin + 1; end < n && KEY(spare[end]) >> (top - width) == digit;)
            end++;
        NAME(bucket)(radix, spare + begin, from + begin, lo + begin, end - begin, leaf);
    }
}

/* Worker `index` takes bucket after bucket, all but the large ones. */
static void NAME(work)(void *ctx, size_t index)
{
    struct split *split = ctx;
    struct radix *radix = split->radix;
    RECORD *from = split->to;
    RECORD *spare = split->to == radix->records ? radix->spare : radix->records;
    for (size_t b; (b = __atomic_fetch_add(&split->next, 1, __ATOMIC_RELAXED)) < split->nbuckets;) {
        size_t lo = radix->bounds[b], n = radix->bounds[b + 1] - lo;
        if (n >= SPLIT_MIN)
            continue;
        if (radix_cancelled(radix))
            radix->job->store(radix->job->ctx, lo, n, from + lo, false);
        else
            NAME(bucket)
        (radix, from + lo, spare ? spare + lo : NULL, lo, n,
         (RECORD *)(void *)radix->leaves[index]);
    }
}

/* ---- a split ---------------------------------------------------------------------------------------- */

/* Records [lo, lo + n) of the split's input, perhaps in `block`. */
static inline const RECORD *NAME(input)(const struct split *split, size_t lo, size_t n,
                                        RECORD *block)
{
    const struct radix_job *job = split->radix->job;
    if (split->from)
        return (const RECORD *)split->from + split->lo + lo;
    if (job->input)
        return (const RECORD *)job->input + lo;
    job->load(job->ctx, lo, n, block);
    return block;
}

static void NAME(scan_block)(struct split_task *task, const RECORD *records, size_t n, bool strict)
{
    uint64_t last = task->last, min = task->min, max = task->max;
    if (task->sorted || task->reversed)
        for (size_t i = 0; i < n; last = KEY(records[i]), i++) {
            task->sorted &= last <= KEY(records[i]);
            task->reversed &= strict ? last > KEY(records[i]) : last >= KEY(records[i]);
        }
    for (size_t i = 0; i < n; i++) {
        uint64_t key = KEY(records[i]);
        min = key < min ? key : min;
        max = key > max ? key : max;
    }
    task->min = min;
    task->max = max;
    task->last = KEY(records[n - 1]);
}

static void NAME(scan)(void *ctx, size_t index)
{
    const struct split *split = ctx;
    struct split_task *task = &split->radix->tasks[index];
    struct pel_range range = pel_partition(split->n, split->radix->ntasks, index);
    RECORD block[RADIX_BLOCK];
    task->sorted = task->reversed = true;
    for (size_t lo = range.lo, n; lo < range.hi; lo += n) {
        n = min_size(RADIX_BLOCK, range.hi - lo);
        const RECORD *records = NAME(input)(split, lo, n, block);
        size_t skip = lo == range.lo;
        if (skip)
            task->first = task->last = task->min = task->max = KEY(records[0]);
        if (n > skip)
            NAME(scan_block)(task, records + skip, n - skip, split->radix->job->strict);
    }
}

static void NAME(count)(void *ctx, size_t index)
{
    const struct split *split = ctx;
    uint32_t *cells = split->radix->tasks[index].cells;
    struct pel_range range = pel_partition(split->n, split->radix->ntasks, index);
    RECORD block[RADIX_BLOCK];
    memset(cells, 0, split->ncells * sizeof *cells);
    for (size_t lo = range.lo, n; lo < range.hi; lo += n) {
        n = min_size(RADIX_BLOCK, range.hi - lo);
        const RECORD *records = NAME(input)(split, lo, n, block);
        for (size_t i = 0; i < n; i++)
            cells[(KEY(records[i]) - split->min) >> split->shift]++;
    }
}

/* Writes the line that ends with number `end`, as far as it is the bucket's, which has those from `start`. */
static inline void NAME(flush)(RECORD *to, size_t phase, const RECORD *line, size_t start,
                               size_t end)
{
    const size_t mask = STREAM_LINE_NBYTES / sizeof(RECORD) - 1;
    size_t first = end & ~mask;
    if (first >= start && end - first == mask)
        stream_line(to + (first - phase), line);
    else
        for (size_t i = first < start ? start : first; i <= end; i++)
            to[i - phase] = line[i & mask];
}

static void NAME(scatter)(void *ctx, size_t index)
{
    const struct split *split = ctx;
    const struct split_task *task = &split->radix->tasks[index];
    struct pel_range range = pel_partition(split->n, split->radix->ntasks, index);
    const size_t mask = STREAM_LINE_NBYTES / sizeof(RECORD) - 1;
    const uint16_t *bucket_of = split->radix->bucket_of;
    const uint64_t min = split->min;
    const int shift = split->shift;
    size_t *at = task->at, phase = split->phase;
    RECORD *lines = (RECORD *)(void *)task->lines, *to = split->to;
    RECORD block[RADIX_BLOCK];
    for (size_t lo = range.lo, n; lo < range.hi; lo += n) {
        n = min_size(RADIX_BLOCK, range.hi - lo);
        const RECORD *records = NAME(input)(split, lo, n, block);
        for (size_t i = 0; i < n; i++) {
            size_t bucket = bucket_of[(KEY(records[i]) - min) >> shift], place = at[bucket]++;
            RECORD *line = lines + bucket * (mask + 1);
            line[place & mask] = records[i];
            if ((place & mask) == mask)
                NAME(flush)(to, phase, line, task->start[bucket], place);
        }
    }
    for (size_t b = 0; b < split->nbuckets; b++)
        if (at[b] > task->start[b] && (at[b] & mask))
            NAME(flush)(to, phase, lines + b * (mask + 1), task->start[b], at[b] - 1);
    stream_end();
}

/* Stores what is in order as it is, in pieces. */
static void NAME(store_piece)(void *ctx, size_t index)
{
    const struct split *split = ctx;
    const struct radix_job *job = split->radix->job;
    struct pel_range range = pel_partition(split->n, split->radix->ntasks, index);
    if (range.lo == range.hi)
        return;
    const RECORD *records = (const RECORD *)split->from + split->lo + range.lo;
    bool continues = range.lo && KEY(records[-1]) == KEY(records[0]);
    job->store(job->ctx, split->lo + range.lo, range.hi - range.lo, records, continues);
}

/* Sorts and stores what one worker can alone. */
static void NAME(alone)(const struct split *split)
{
    struct radix *radix = split->radix;
    RECORD *records = radix->records;
    for (size_t lo = 0, n; lo < split->n; lo += n) {
        n = min_size(RADIX_BLOCK, split->n - lo);
        const RECORD *from = NAME(input)(split, lo, n, records + lo);
        if (from != records + lo)
            memcpy(records + lo, from, n * sizeof *from);
    }
    NAME(bucket)(radix, records, NULL, 0, split->n, (RECORD *)(void *)radix->leaves[0]);
}

static const struct steps NAME(steps) = {
    .record_nbytes = sizeof(RECORD),
    .scan = NAME(scan),
    .count = NAME(count),
    .scatter = NAME(scatter),
    .work = NAME(work),
    .store_piece = NAME(store_piece),
    .alone = NAME(alone),
};

#undef RECORD
#undef NAME
#undef KEY
