/* CSV that is in memory, as one piece. */
#include <pelton/csv.h>

#include <stdlib.h>

struct memory {
    const char *text;
    size_t nbytes;
    bool given;
};

static int memory_begin(void *ctx, struct pel_error *err)
{
    struct memory *memory = ctx;
    (void)err;
    memory->given = false;
    return 0;
}

static int memory_next(void *ctx, const char **text, size_t *nbytes, struct pel_error *err)
{
    struct memory *memory = ctx;
    (void)err;
    if (memory->given || memory->nbytes == 0)
        return 0;
    memory->given = true;
    *text = memory->text;
    *nbytes = memory->nbytes;
    return 1;
}

static void memory_end(void *ctx)
{
    (void)ctx;
}

int pel_source_csv_text(struct pel_source **out, const char *text, size_t nbytes,
                        const struct pel_csv_options *options, struct pel_error *err)
{
    struct memory *memory = malloc(sizeof *memory);
    *out = NULL;
    if (!memory)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a source of rows");
    *memory = (struct memory){text, nbytes, false};
    const struct pel_csv_input input = {
        .ctx = memory,
        .lasting = true,
        .begin = memory_begin,
        .next = memory_next,
        .end = memory_end,
        .close = free,
    };
    return pel_source_csv(out, &input, options, err);
}
