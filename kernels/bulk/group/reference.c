#include "bulk/group/reference.h"

#include "bulk/group.h"
#include "bulk/group/load.h"
#include "bulk/reduce/quotient.h"
#include "core/arena.h"

#include <math.h>
#include <string.h>

__extension__ typedef __int128 int128;

enum { NBUCKETS = 65536, VALUE_NBYTES = 16 };

struct reference {
    const struct pel_column *keys;
    size_t nkeys;
    uint64_t ngroups;
    uint64_t *first, *count; /* of each group: its first row, its number of rows */
    uint64_t **rows;         /* and these rows, ascending */
    uint64_t *group;         /* of each row */
    uint64_t *bucket,
        *link; /* number + 1 of a bucket's newest group, and of the one before a group */
    struct pel_arena *arena;
    double *scratch; /* room for the values of a group */
};

/* One value. False when it does not fit. */
static bool load(const struct pel_column *column, uint64_t row, void *value)
{
    uint64_t bad;
    const void *from = pel_load(column, row, 1, value, &bad);
    if (from && from != value)
        memcpy(value, from, pel_type_nbytes(pel_load_type(column->type)));
    return from != NULL;
}

/* ---- keys -------------------------------------------------------------------------------------------- */

static bool same_double(double a, double b)
{
    return a == b || (a != a && b != b);
}

static bool same_value(const struct pel_column *column, uint64_t a, uint64_t b)
{
    union {
        unsigned char bytes[VALUE_NBYTES];
        bool b;
        int64_t i;
        float f32;
        double f64;
        struct pel_string s;
    } x, y;
    if (!load(column, a, &x) || !load(column, b, &y))
        return false;
    switch (pel_load_type(column->type)) {
    case PEL_BOOL:
        return x.b == y.b;
    case PEL_I64:
        return x.i == y.i;
    case PEL_F32:
        return same_double((double)x.f32, (double)y.f32);
    case PEL_F64:
        return same_double(x.f64, y.f64);
    default:
        return x.s.nbytes == y.s.nbytes &&
               (x.s.nbytes == 0 || memcmp(x.s.text, y.s.text, x.s.nbytes) == 0);
    }
}

/* Equal for equal keys, and not much more: a float counts by its whole part. */
static size_t bucket_of(const struct reference *reference, uint64_t row)
{
    uint64_t sum = 0;
    for (size_t k = 0; k < reference->nkeys; k++) {
        int64_t integer = 0;
        double number = 0;
        float single;
        struct pel_string string = {0};
        const struct pel_column *column = &reference->keys[k];
        enum pel_type type = pel_load_type(column->type);
        bool fits = true;
        if (type == PEL_STRING)
            fits = load(column, row, &string);
        else if (type == PEL_I64)
            fits = load(column, row, &integer);
        else if (type == PEL_F64)
            fits = load(column, row, &number);
        else if (type == PEL_F32 && (fits = load(column, row, &single)))
            number = (double)single;
        if (fabs(number) < 1e15)
            integer += (int64_t)number;
        sum = sum * 31 + (uint64_t)integer;
        for (size_t i = 0; fits && i < string.nbytes; i++)
            sum = sum * 31 + (unsigned char)string.text[i];
    }
    return (sum + (sum >> 20) + (sum >> 44)) % NBUCKETS;
}

static bool same_key(const struct reference *reference, uint64_t a, uint64_t b)
{
    for (size_t k = 0; k < reference->nkeys; k++)
        if (!same_value(&reference->keys[k], a, b))
            return false;
    return true;
}

static void find_group(struct reference *reference, uint64_t row)
{
    uint64_t *bucket = &reference->bucket[bucket_of(reference, row)];
    uint64_t found = *bucket;
    while (found && !same_key(reference, reference->first[found - 1], row))
        found = reference->link[found - 1];
    if (!found) {
        reference->first[reference->ngroups] = row;
        reference->link[reference->ngroups] = *bucket;
        found = *bucket = ++reference->ngroups;
    }
    reference->group[row] = found - 1;
    reference->count[found - 1]++;
}

/* ---- aggregates: of the values at n rows --------------------------------------------------------------- */

static double number_at(const struct pel_column *column, uint64_t row)
{
    union {
        unsigned char bytes[VALUE_NBYTES];
        bool b;
        int64_t i;
        float f32;
        double f64;
    } value;
    (void)load(column, row, &value);
    enum pel_type type = pel_load_type(column->type);
    return type == PEL_BOOL  ? (double)value.b
           : type == PEL_I64 ? (double)value.i
           : type == PEL_F32 ? (double)value.f32
                             : value.f64;
}

static int64_t integer_at(const struct pel_column *column, uint64_t row)
{
    int64_t value = 0;
    bool truth = false;
    if (column->type == PEL_BOOL)
        return load(column, row, &truth) && truth;
    return load(column, row, &value) ? value : 0;
}

static bool is_float(const struct pel_column *column)
{
    enum pel_type type = pel_load_type(column->type);
    return type == PEL_F32 || type == PEL_F64;
}

static double sum_floats(const struct pel_column *column, const uint64_t *rows, uint64_t n)
{
    double total = 0;
    for (uint64_t i = 0; i < n;) {
        uint64_t chunk = rows[i] / PEL_CHUNK_ROWS;
        bool is_first = i == 0;
        double sum = 0;
        for (; i < n && rows[i] / PEL_CHUNK_ROWS == chunk; i++)
            sum += number_at(column, rows[i]);
        total = is_first ? sum : total + sum;
    }
    return total;
}

static int128 sum_integers(const struct pel_column *column, const uint64_t *rows, uint64_t n)
{
    int128 sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += integer_at(column, rows[i]);
    return sum;
}

static double mean(const struct pel_column *column, const uint64_t *rows, uint64_t n)
{
    if (is_float(column))
        return sum_floats(column, rows, n) / (double)n;
    return pel_quotient(sum_integers(column, rows, n), n);
}

static double variance(const struct pel_column *column, const uint64_t *rows, uint64_t n)
{
    double count = 0, middle = 0, squares = 0;
    for (uint64_t i = 0; i < n;) {
        uint64_t chunk = rows[i] / PEL_CHUNK_ROWS;
        double k = 0, m = 0, s = 0;
        for (; i < n && rows[i] / PEL_CHUNK_ROWS == chunk; i++) {
            double value = number_at(column, rows[i]), difference = value - m;
            k += 1;
            m += difference / k;
            s += difference * (value - m);
        }
        double both = count + k, apart = m - middle;
        middle = count == 0 ? m : middle + apart * (k / both);
        squares = count == 0 ? s : squares + (s + apart * apart * (count * (k / both)));
        count = both;
    }
    return squares / count;
}

/* The row with the least value, or the greatest. */
static uint64_t extreme(const struct pel_column *column, bool least, const uint64_t *rows,
                        uint64_t n)
{
    uint64_t best = rows[0];
    for (uint64_t i = 1; i < n; i++) {
        bool better;
        if (is_float(column)) {
            double a = number_at(column, rows[i]), b = number_at(column, best);
            better = b == b && (a != a || (least ? a < b : a > b));
        } else {
            int64_t a = integer_at(column, rows[i]), b = integer_at(column, best);
            better = least ? a < b : a > b;
        }
        if (better)
            best = rows[i];
    }
    return best;
}

static double plain(double value)
{
    static const uint64_t bits = UINT64_C(0x7ff8) << 48;
    if (value != value)
        memcpy(&value, &bits, sizeof value);
    return value;
}

/* A NaN that min or max found is a computed one. */
static void make_plain(enum pel_type type, void *value)
{
    double wide;
    float narrow;
    if (type == PEL_F64) {
        memcpy(&wide, value, sizeof wide);
        wide = plain(wide);
        memcpy(value, &wide, sizeof wide);
    } else if (type == PEL_F32) {
        memcpy(&narrow, value, sizeof narrow);
        narrow = (float)plain((double)narrow);
        memcpy(value, &narrow, sizeof narrow);
    }
}

static bool is_behind(double a, double b)
{
    return a > b || (a == b && !signbit(a) && signbit(b));
}

/* By Shell's sort, into room for n values; as pel_quantiles of <pelton/sort.h> has it. */
static double quantile(const struct pel_aggregation *what, const uint64_t *rows, uint64_t n,
                       double *x)
{
    for (uint64_t i = 0; i < n; i++)
        if (isnan(x[i] = number_at(what->values, rows[i])))
            return NAN;
    for (uint64_t gap = n / 2; gap > 0; gap /= 2)
        for (uint64_t i = gap; i < n; i++)
            for (uint64_t j = i; j >= gap && is_behind(x[j - gap], x[j]); j -= gap) {
                double held = x[j];
                x[j] = x[j - gap];
                x[j - gap] = held;
            }
    double h = what->q * (double)(n - 1), t = h - floor(h);
    double a = x[(uint64_t)h], b = x[(uint64_t)h + (t > 0)], step = b - a;
    if (t == 0 || a == b)
        return a;
    if (isinf(step) && isfinite(a) && isfinite(b))
        return a * (1 - t) + b * t;
    return t < 0.5 ? a + step * t : b - step * (1 - t);
}

static bool aggregate(const struct pel_aggregation *what, const uint64_t *rows, uint64_t n,
                      double *scratch, void *out)
{
    const struct pel_column *v = what->values;
    bool least = what->kind == PEL_AGGREGATE_MIN || what->kind == PEL_AGGREGATE_ARGMIN;
    switch (what->kind) {
    case PEL_AGGREGATE_COUNT:
        *(int64_t *)out = v ? (int64_t)sum_integers(v, rows, n) : (int64_t)n;
        return true;
    case PEL_AGGREGATE_SUM:
        if (is_float(v)) {
            *(double *)out = plain(sum_floats(v, rows, n));
            return true;
        }
        *(int64_t *)out = (int64_t)sum_integers(v, rows, n);
        return *(int64_t *)out == sum_integers(v, rows, n);
    case PEL_AGGREGATE_ANY:
        *(bool *)out = sum_integers(v, rows, n) > 0;
        return true;
    case PEL_AGGREGATE_ALL:
        *(bool *)out = sum_integers(v, rows, n) == (int128)n;
        return true;
    case PEL_AGGREGATE_MEAN:
        *(double *)out = plain(mean(v, rows, n));
        return true;
    case PEL_AGGREGATE_VAR:
        *(double *)out = plain(variance(v, rows, n));
        return true;
    case PEL_AGGREGATE_STD:
        *(double *)out = plain(sqrt(variance(v, rows, n)));
        return true;
    case PEL_AGGREGATE_QUANTILE:
        *(double *)out = plain(quantile(what, rows, n, scratch));
        return true;
    case PEL_AGGREGATE_ARGMIN:
    case PEL_AGGREGATE_ARGMAX:
        *(int64_t *)out = (int64_t)extreme(v, least, rows, n);
        return true;
    case PEL_AGGREGATE_MIN:
    case PEL_AGGREGATE_MAX:
        (void)load(v, extreme(v, least, rows, n), out);
        make_plain(pel_load_type(v->type), out);
        return true;
    case PEL_AGGREGATE_FIRST:
        return load(v, rows[0], out);
    case PEL_AGGREGATE_LAST:
        return load(v, rows[n - 1], out);
    default:
        return false;
    }
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static bool make_column(const struct reference *reference, struct pel_table *out, size_t c,
                        enum pel_type type)
{
    size_t nbytes = pel_type_nbytes(type);
    void *data = pel_arena_take(out->memory, reference->ngroups * nbytes + VALUE_NBYTES);
    out->fields[c].type = type;
    out->columns[c] = (struct pel_column){type, false, (ptrdiff_t)nbytes, data};
    return data != NULL;
}

static char *cell(const struct pel_table *out, size_t c, uint64_t row)
{
    return (char *)out->columns[c].data + (ptrdiff_t)row * out->columns[c].stride;
}

static int write_table(const struct reference *reference,
                       const struct pel_aggregation *aggregations, size_t naggregations,
                       struct pel_table *out)
{
    bool whole = true, fits = true;
    for (size_t k = 0; k < reference->nkeys && whole; k++) {
        whole = make_column(reference, out, k, pel_load_type(reference->keys[k].type));
        for (uint64_t g = 0; whole && g < reference->ngroups; g++)
            fits &= load(&reference->keys[k], reference->first[g], cell(out, k, g));
    }
    for (size_t a = 0; a < naggregations && whole; a++) {
        const struct pel_column *values = aggregations[a].values;
        enum pel_type type = values ? pel_load_type(values->type) : PEL_I64;
        size_t c = reference->nkeys + a;
        whole = make_column(reference, out, c, pel_grouping_type(aggregations[a].kind, type));
        for (uint64_t g = 0; whole && g < reference->ngroups; g++)
            fits &= aggregate(&aggregations[a], reference->rows[g], reference->count[g],
                              reference->scratch, cell(out, c, g));
    }
    return !whole ? -ENOMEM : fits ? 0 : -ERANGE;
}

/* The rows of each group, one group's behind the other's. */
static bool list_rows(struct reference *reference, uint64_t nrows, const bool *keep)
{
    reference->rows = pel_arena_take(reference->arena, (nrows + 1) * sizeof *reference->rows);
    uint64_t *all = pel_arena_take(reference->arena, (nrows + 1) * sizeof *all);
    if (!reference->rows || !all)
        return false;
    for (uint64_t g = 0; g < reference->ngroups; g++) {
        reference->rows[g] = all;
        all += reference->count[g];
        reference->count[g] = 0;
    }
    for (uint64_t row = 0; row < nrows; row++) {
        uint64_t g = reference->group[row];
        if (!keep || keep[row])
            reference->rows[g][reference->count[g]++] = row;
    }
    return true;
}

int pel_group_reference(const struct pel_column *keys, size_t nkeys,
                        const struct pel_aggregation *aggregations, size_t naggregations,
                        uint64_t nrows, const bool *keep, struct pel_table *out)
{
    *out = (struct pel_table){.ncolumns = nkeys + naggregations};
    struct reference reference = {.keys = keys, .nkeys = nkeys, .arena = pel_arena_open()};
    out->memory = pel_arena_open();
    int status = -ENOMEM;
    if (!reference.arena || !out->memory)
        goto out;
    uint64_t **arrays[] = {&reference.first, &reference.count, &reference.group, &reference.link};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        if (!(*arrays[i] = pel_arena_take(reference.arena, (nrows + 1) * sizeof **arrays[i])))
            goto out;
    reference.scratch = pel_arena_take(reference.arena, (nrows + 1) * sizeof *reference.scratch);
    reference.bucket = pel_arena_take(reference.arena, NBUCKETS * sizeof *reference.bucket);
    out->fields = pel_arena_take(out->memory, out->ncolumns * sizeof *out->fields);
    out->columns = pel_arena_take(out->memory, out->ncolumns * sizeof *out->columns);
    if (!reference.scratch || !reference.bucket || !out->fields || !out->columns)
        goto out;

    for (uint64_t row = 0; row < nrows; row++)
        if (!keep || keep[row])
            find_group(&reference, row);
    if (list_rows(&reference, nrows, keep))
        status = write_table(&reference, aggregations, naggregations, out);
    out->nrows = reference.ngroups;
out:
    pel_arena_close(reference.arena);
    if (status)
        pel_table_free(out);
    return status;
}
