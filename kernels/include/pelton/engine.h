/* Queries that are known at run time only: a text is compiled for the columns of a source, and run over its
 * rows by a team, block by block, without temporaries larger than a block.
 *
 *     where price > 10 | group by city | select city, n = count(), avg = mean(price) | order by avg desc
 *
 * The language, in full:
 *
 *   query   = [ stage { "|" stage } ]                            nothing: all rows as they are
 *   stage   = "where" expr
 *           | "let" name "=" expr { "," name "=" expr }          adds columns, or replaces them
 *           | "select" item { "," item }                         item = expr | name "=" expr | "*"
 *           | "group" "by" key { "," key }                       key = expr | name "=" expr; the next stage
 *                                                                is a select or an aggregate
 *           | "order" "by" expr [ "asc" | "desc" ] { "," ... }   stable
 *           | "distinct" | "take" N | "skip" N | "take" "while" expr
 *           | aggregate [ expr { "," expr } ]                    short for: select aggregate(expr, ... or x)
 *   expr    = by rising strength: or; and; not; == (or =) != < <= > >=; + -; * / // %; unary -; ** or ^
 *             (to the right); numbers, "text", 'text', true, false, nan, inf, pi, names, `names with blanks`,
 *             function(expr, ...), (expr). || && ! are or, and, not.
 *   function  = abs sqrt exp log log2 log10 pow sin cos tan atan2 floor ceil round clip min max
 *               where(c, a, b) isnan isprime int float float32 cumsum; pel_function_describe lists them
 *   aggregate = sum count min max argmin argmax any all mean var std median quantile first last
 *               histogram(x, bins, lo, hi)
 *
 * Words are in lower case. A name is letters (those beyond ASCII, too), digits and _, not a digit first, or
 * several such with dots between, as in input.column and z.re; in quotes, \ takes the meaning of a quote or a \ away. A query has at most 64 KiB, 200 parentheses and 1000
 * operators inside of each other, and 4096 operations in one pass. N may be written as 1e6.
 *
 * A column is known by its name; `x` is also the only column, where no other has that name; `row` is the row's
 * number in the source, or in the last table made since: of groups, an order, rows taken, skipped or
 * distinct. Columns go before row, nan, inf and pi, not before true and false; between backquotes there are
 * columns only. A column of a select or a key without a name is called as it is written.
 *
 * In a select, let, where or order, aggregates beside plain columns are computed first, over the rows that the
 * stages before have left, in a pass of their own, and used as constants; so is one inside of another. If a
 * select has aggregates and no plain columns, the result is one row. After group by they are of each group, and
 * plain columns are keys, or expressions written like one. A histogram stands alone in its select: its rows
 * are lo, hi, count.
 *
 * cumsum(a), a running sum, is the sum of a over this row and those before it that the stages before have left:
 * of ints and bools int64, with an error at the first row where it does not fit; of floats float64, by the
 * definition of pel_scan_sum in <pelton/bulk.h>, with x_i = 0 for rows that were left out. It counts as a plain
 * column, takes no pass of its own, and needs no memory.
 *
 * Types: int64, float64, float32, bool, string; narrower columns are widened as they are read (f16 to
 * float32, u64 above 2^63-1 is an error with its row). Where types meet, bool becomes int64, that float64;
 * float32 stays it with bool, becomes float64 with int64 and float64; strings meet strings only. A number as it
 * is written, or computed from such, is float32 beside float32 (unless that is infinite), int64 if it
 * is written without point and exponent, else float64. int op int is int64 and an overflow is an error with
 * its row (or in the query's text, of constants), but / always gives a float; a negative power of an int is an
 * error. // and % round towards minus infinity; an int divided by zero is an error. floor, ceil and round
 * leave an int as it is; int(a) cuts towards 0, and is an error where an int64 does not hold it. Sums of ints
 * and bools are int64, those of floats float64, as are mean, var, std, median, quantile; q is a constant in
 * [0, 1]. Texts are compared by bytes. Groups have no aggregates of texts.
 *
 * What a result does not need is not computed, and then cannot fail; and, or and where(c, a, b) compute all
 * they are given, so that what protects from an error is a stage of its own:
 * where n != 0 | where a // n > 2.
 *
 * NaN, as in numpy: comparisons with it are false (!= true), sum, mean, min and max of values with one are
 * NaN, argmin and argmax give the first; order by puts them last. A NaN that was computed is always the
 * same quiet one. Of no rows, sum and count are 0, any false, all true, mean, var, std, median and quantile
 * NaN; min, max, argmin, argmax, first and last are an error (-ENODATA).
 *
 * The same bits come out for every number of threads, instruction set, machine and kind of source: see
 * <pelton/bulk.h> for the tree by which floats are summed, and <pelton/math.h> for functions and their errors.
 */
#ifndef PELTON_ENGINE_H
#define PELTON_ENGINE_H

#include <pelton/bulk.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

struct pel_plan;

/* A mistake in a query's text: bytes [lo, hi) of it, what is wrong, and what may have been meant. */
struct pel_query_error {
    size_t lo, hi;
    char message[160];
    char hint[120];     /* "" where there is none */
    size_t text_column; /* from 1: the source's column that is text where a number is needed; 0 */
};

/* Compiles a text (nbytes of it) for rows of these fields. On failure *out is NULL and *mistake (may be
 * NULL) tells where: -EINVAL for the text, -ENOMEM. The plan keeps no reference to its arguments. */
PEL_API PEL_MUST_CHECK int pel_plan_compile(struct pel_plan **out, const char *text, size_t nbytes,
                                            const struct pel_field *fields, size_t nfields,
                                            struct pel_query_error *mistake);

/* The result's columns, owned by the plan, and whether it is one row of aggregates only. */
PEL_API const struct pel_field *pel_plan_fields(const struct pel_plan *plan, size_t *nfields);
PEL_API bool pel_plan_is_scalar(const struct pel_plan *plan);

/* How many times the rows of the source are read. */
PEL_API int pel_plan_passes(const struct pel_plan *plan);

/* The plan for people: a line a step. */
PEL_API PEL_MUST_CHECK int pel_plan_explain(const struct pel_plan *plan, struct pel_bytes *text);

struct pel_run_options {
    enum pel_precision precision; /* of sums and means of floats */
    size_t memory_bytes; /* for what must be held (groups, order, results in memory); 0: 1 GiB. Of an order
                            of which only the first n rows are taken, skipped ones included, each thread
                            holds 2 n + 8192 rows at most, and once more while they are brought together,
                            where that is less than all. */
};

/* Runs the plan over a source of the fields it was compiled for; rows go to the sink. Not twice at once on one
 * source. -ECANCELED; -ENOBUFS when memory_bytes would be exceeded; -EDOM, -ERANGE or -ENODATA with the
 * lowest row at fault; what the source or the sink gave. Of a query that fails in a row, the sink has had the
 * rows of all chunks before that row's (PEL_CHUNK_ROWS each, of the source or of the table that they are computed
 * from) and no others, for any number of threads. Memory: the result's rows of a chunk for each thread. */
PEL_API PEL_MUST_CHECK int pel_plan_run(const struct pel_plan *plan, struct pel_source *source,
                                        const struct pel_sink *sink, const struct pel_team *team,
                                        const struct pel_run_options *options,
                                        struct pel_error *err);

/* The same into memory. */
PEL_API PEL_MUST_CHECK int pel_plan_table(const struct pel_plan *plan, struct pel_source *source,
                                          const struct pel_team *team,
                                          const struct pel_run_options *options,
                                          struct pel_table *out, struct pel_error *err);

/* What there is to call in a query, for people: "clip", "a, lo, hi", "min(max(a, lo), hi)", "exact". */
struct pel_function_info {
    const char *name, *arguments, *about;
    const char *accuracy; /* of the result, in units in the last place (ulp) of the type it has */
    bool aggregate;
};

/* Function number `index` (from 0, aggregates last); false, with *out zeroed, where there are no more. */
PEL_API bool pel_function_describe(int index, struct pel_function_info *out);

/* NULL is fine. */
PEL_API void pel_plan_free(struct pel_plan *plan);

PEL_END_DECLS
#endif
