/* The list: threads turn blocks of primes into text, or 64-bit words, in pieces of an ordered writer. */
#include "primes/primes.h"

#include <pelton/ordered.h>
#include <pelton/store.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Memory for each thread to go on with a part while others fill lower ones: the text of 3 * 10^7 numbers,
 * several parts up to 10^12. Further up parts are longer, and threads wait for the lowest. */
enum { PART_BYTES = 16 << 20 };

struct list {
    struct pel_ordered *ordered;
    struct primes_text text;
    uint64_t n; /* atomic */
};

static int add_text(void *ctx, uint64_t part, const uint64_t *primes, size_t n)
{
    struct list *list = ctx;
    size_t width = primes_text_width(primes[n - 1]) + 1;
    for (size_t i = 0; i < n;) {
        struct pel_piece *piece;
        int status = pel_ordered_piece(list->ordered, part, width + PRIMES_TEXT_SLACK, &piece);
        if (status)
            return status;
        size_t fit = (piece->capacity - piece->used - PRIMES_TEXT_SLACK) / width;
        size_t some = fit < n - i ? fit : n - i;
        piece->used +=
            primes_text_format(&list->text, primes + i, some, (char *)piece->data + piece->used);
        i += some;
    }
    __atomic_fetch_add(&list->n, n, __ATOMIC_RELAXED);
    return 0;
}

static int add_binary(void *ctx, uint64_t part, const uint64_t *primes, size_t n)
{
    struct list *list = ctx;
    for (size_t i = 0; i < n;) {
        struct pel_piece *piece;
        int status = pel_ordered_piece(list->ordered, part, sizeof *primes, &piece);
        if (status)
            return status;
        size_t fit = (piece->capacity - piece->used) / sizeof *primes;
        size_t some = fit < n - i ? fit : n - i;
        for (size_t end = i + some; i < end; i++, piece->used += sizeof *primes) {
            uint64_t word = htole64(primes[i]);
            memcpy(piece->data + piece->used, &word, sizeof word);
        }
    }
    __atomic_fetch_add(&list->n, n, __ATOMIC_RELAXED);
    return 0;
}

static int end_part(void *ctx, uint64_t part)
{
    return pel_ordered_end(((struct list *)ctx)->ordered, part);
}

static void stop(void *ctx, int status)
{
    pel_ordered_stop(((struct list *)ctx)->ordered, status);
}

static int write_list(const struct primes_options *options, const struct pel_team *team,
                      struct list *list, int fd, struct pel_error *err)
{
    struct pel_ordered_options ordered = {
        .cancel = team->cancel,
        .budget_bytes = PART_BYTES * (size_t)(team->nthreads < 4 ? 4 : team->nthreads),
    };
    ordered.cpu_mask = cli_io_cpus(&ordered.cpu_mask_words);
    int status = pel_ordered_open(&list->ordered, fd, &ordered, err);
    if (status)
        return status;
    struct pel_primes_parts parts = {
        .block = options->binary ? add_binary : add_text, .end = end_part, .failed = stop};
    status = pel_primes_parts(options->start, options->stop, &parts, list, team, err);
    if (status)
        pel_ordered_stop(list->ordered, status);
    int written = pel_ordered_close(list->ordered, NULL);
    if (written == 0 || written == -ECANCELED || (err && err->code == written))
        return written;
    /* What ended the writing, not what the sieve made of it. */
    pel_error_set(err, written, PEL_STAGE_WRITE, strerror(-written));
    return written;
}

static int list_to_file(const struct primes_options *options, const struct pel_team *team,
                        struct list *list, struct pel_error *err)
{
    struct pel_output *output;
    int status = pel_output_open(&output, options->output, options->overwrite, err);
    if (status)
        return status;
    status = write_list(options, team, list, pel_output_fd(output), err);
    if (!status)
        return pel_output_finish(output, err);
    pel_output_discard(output);
    return status;
}

int primes_list(const struct primes_options *options, const struct pel_team *team, uint64_t *n,
                struct pel_error *err)
{
    struct list *list = calloc(1, sizeof *list);
    *n = 0;
    if (!list)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "out of memory");
    primes_text_init(&list->text);
    int status = options->output ? list_to_file(options, team, list, err)
                                 : write_list(options, team, list, STDOUT_FILENO, err);
    *n = status ? 0 : list->n;
    free(list);
    return status;
}
