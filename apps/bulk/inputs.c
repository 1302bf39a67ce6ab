/* Opens what the rows come from: files, pipes and generators, side by side where there are several. */
#include "bulk/bulk.h"

#include <stdlib.h>
#include <string.h>

/* ---- a source that tells its name ------------------------------------------------------------------ */

/* The libraries' messages leave the file's name to whoever knows it; with several files that is only here. */
struct named {
    struct pel_source source; /* the first member: pel_source_free gets its address */
    struct pel_source *inner;
    const char *name;
};

static int name_failure(const struct named *named, int status, struct pel_error *err)
{
    if (status >= 0 || status == -ECANCELED || !err)
        return status;
    char message[sizeof err->message];
    int n = snprintf(message, sizeof message, "%s: %s", named->name, err->message);
    if (n >= 0)
        memcpy(err->message, message, sizeof message);
    return status;
}

static int named_begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct named *named = ctx;
    return name_failure(named, named->inner->begin(named->inner->ctx, wanted, err), err);
}

static int named_next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct named *named = ctx;
    return name_failure(named, named->inner->next(named->inner->ctx, chunk, err), err);
}

static int named_fill(void *ctx, struct pel_chunk *chunk, uint64_t *row, struct pel_error *err)
{
    struct named *named = ctx;
    return name_failure(named, named->inner->fill(named->inner->ctx, chunk, row, err), err);
}

static void named_release(void *ctx, struct pel_chunk *chunk)
{
    struct named *named = ctx;
    named->inner->release(named->inner->ctx, chunk);
}

static void named_end(void *ctx)
{
    struct named *named = ctx;
    named->inner->end(named->inner->ctx);
}

static void named_close(struct pel_source *source)
{
    struct named *named = (struct named *)source;
    pel_source_free(named->inner);
    free(named);
}

/* NULL, with the inner one freed, without memory. */
static struct pel_source *name_source(struct pel_source *inner, const char *name)
{
    struct named *named = malloc(sizeof *named);
    if (!named) {
        pel_source_free(inner);
        return NULL;
    }
    *named = (struct named){.source = *inner, .inner = inner, .name = name};
    named->source.ctx = named;
    named->source.begin = named_begin;
    named->source.next = named_next;
    named->source.fill = inner->fill ? named_fill : NULL;
    named->source.release = named_release;
    named->source.end = named_end;
    named->source.close = named_close;
    return &named->source;
}

/* ---- opening --------------------------------------------------------------------------------------- */

static int failed(const struct pel_error *err)
{
    cli_message("%s", err->message);
    return CLI_SOME_FAILED;
}

static int open_file(const struct bulk_options *options, const char *name,
                     struct pel_source **source)
{
    struct pel_error err = {0};
    bool standard = strcmp(name, "-") == 0;
    struct pel_source *inner;
    if (pel_source_open(&inner, standard ? "/dev/stdin" : name, &options->array, &err)) {
        cli_message("%s: %s", standard ? "standard input" : name, err.message);
        return CLI_SOME_FAILED;
    }
    *source = name_source(inner, standard ? "standard input" : name);
    if (*source)
        return CLI_OK;
    cli_message("out of memory");
    return CLI_SOME_FAILED;
}

static int open_input(const struct cli_command *command, const struct bulk_options *options,
                      const char *text, struct pel_source **source)
{
    bool is_generator;
    int status = bulk_generator(command, text, &is_generator, source);
    return is_generator ? status : open_file(options, text, source);
}

int bulk_open(const struct cli_command *command, const struct bulk_options *options,
              struct pel_source **source)
{
    struct pel_source **sources = calloc(options->ninputs, sizeof *sources);
    struct pel_error err = {0};
    if (!sources) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    int status = CLI_OK;
    size_t n = 0;
    for (; status == CLI_OK && n < options->ninputs; n += status == CLI_OK)
        status = open_input(command, options, options->inputs[n], &sources[n]);
    if (status == CLI_OK && n == 1)
        *source = sources[0];
    else if (status == CLI_OK)
        status = pel_source_zip(source, sources, n, &err) ? failed(&err) : CLI_OK;
    else
        for (size_t i = 0; i < n; i++)
            pel_source_free(sources[i]);
    free(sources);
    return status;
}
