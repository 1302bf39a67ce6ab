/* Rows that are computed instead of read: range(...), primes(...), random(...). */
#include "bulk/bulk.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ARGUMENTS = 3 };

struct call {
    const struct cli_command *command;
    const char *text; /* as it was typed */
    char arguments[MAX_ARGUMENTS][80];
    int narguments;
};

/* A whole number within int64, for which cli_number knows no sign. */
static bool signed_number(const char *text, int64_t *out, char reason[80])
{
    bool negative = text[0] == '-';
    uint64_t magnitude = 0;
    if (!cli_number(text + negative, 0, (uint64_t)INT64_MAX + negative, &magnitude, reason)) {
        if (strncmp(reason, "not between", 11) == 0)
            (void)snprintf(reason, 80, "not between -2^63 and 2^63-1");
        return false;
    }
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

static int signed_argument(const struct call *call, int i, const char *what, int64_t *out)
{
    char reason[80];
    if (signed_number(call->arguments[i], out, reason))
        return CLI_OK;
    return cli_usage_error(call->command, "%s: %s '%s': %s", call->text, what, call->arguments[i],
                           reason);
}

static int unsigned_argument(const struct call *call, int i, const char *what, uint64_t hi,
                             uint64_t *out)
{
    char reason[80];
    if (cli_number(call->arguments[i], 0, hi, out, reason))
        return CLI_OK;
    return cli_usage_error(call->command, "%s: %s '%s': %s", call->text, what, call->arguments[i],
                           reason);
}

/* The message begins with the generator's name. */
static int opened(const struct call *call, int status, const struct pel_error *err)
{
    const char *colon = strstr(err->message, ": ");
    return status ? cli_usage_error(call->command, "%s: %s", call->text,
                                    colon ? colon + 2 : err->message)
                  : CLI_OK;
}

static int open_range(const struct call *call, struct pel_source **source)
{
    int64_t start = 0, stop = 0, step = 1;
    struct pel_error err = {0};
    int status = signed_argument(call, 0, "START", &start);
    if (status == CLI_OK)
        status = signed_argument(call, 1, "STOP", &stop);
    if (status == CLI_OK && call->narguments == 3)
        status = signed_argument(call, 2, "STEP", &step);
    return status ? status
                  : opened(call, pel_source_range(source, "x", start, stop, step, &err), &err);
}

static int open_primes(const struct call *call, struct pel_source **source)
{
    uint64_t start = 0, stop = 0;
    struct pel_error err = {0};
    int status = unsigned_argument(call, 0, "START", INT64_MAX, &start);
    if (status == CLI_OK)
        status = unsigned_argument(call, 1, "STOP", INT64_MAX, &stop);
    return status ? status : opened(call, pel_source_primes(source, "x", start, stop, &err), &err);
}

static int open_random(const struct call *call, struct pel_source **source)
{
    uint64_t n = 0, seed = 0;
    struct pel_error err = {0};
    int status = unsigned_argument(call, 0, "N", INT64_MAX, &n);
    if (status == CLI_OK && call->narguments == 2)
        status = unsigned_argument(call, 1, "SEED", UINT64_MAX, &seed);
    return status ? status : opened(call, pel_source_random(source, "x", n, seed, &err), &err);
}

static const struct generator {
    const char *name, *usage;
    int least, most; /* arguments */
    int (*open)(const struct call *call, struct pel_source **source);
} generators[] = {
    {"range", "range(START, STOP[, STEP])", 2, 3, open_range},
    {"primes", "primes(START, STOP)", 2, 2, open_primes},
    {"random", "random(N[, SEED])", 1, 2, open_random},
};

static const struct generator *find_generator(const char *text)
{
    for (size_t i = 0; i < sizeof generators / sizeof generators[0]; i++) {
        size_t n = strlen(generators[i].name);
        if (strncmp(text, generators[i].name, n) == 0 && text[n + strspn(text + n, " ")] == '(')
            return &generators[i];
    }
    return NULL;
}

bool bulk_is_generator(const char *text)
{
    return find_generator(text) != NULL;
}

/* Cuts what stands between the outer parentheses at the commas outside of inner ones. */
static bool split(struct call *call)
{
    const char *at = strchr(call->text, '(') + 1;
    const char *end = at + strlen(at);
    while (end > at && end[-1] == ' ')
        end--;
    if (end == at || end[-1] != ')')
        return false;
    end--;
    int depth = 0;
    for (const char *from = at;; at++) {
        depth += at < end && *at == '(' ? 1 : at < end && *at == ')' ? -1 : 0;
        if (at < end && (*at != ',' || depth > 0))
            continue;
        while (from < at && *from == ' ')
            from++;
        size_t n = (size_t)(at - from);
        while (n > 0 && from[n - 1] == ' ')
            n--;
        if (call->narguments == MAX_ARGUMENTS || n >= sizeof call->arguments[0])
            return false;
        memcpy(call->arguments[call->narguments], from, n);
        call->arguments[call->narguments++][n] = '\0';
        if (at == end)
            return true;
        from = at + 1;
    }
}

int bulk_generator(const struct cli_command *command, const char *text, bool *is_generator,
                   struct pel_source **source)
{
    const struct generator *generator = find_generator(text);
    struct call call = {.command = command, .text = text};
    *is_generator = generator != NULL;
    if (!generator)
        return CLI_OK;
    if (!split(&call) || call.narguments < generator->least || call.narguments > generator->most)
        return cli_usage_error(command, "%s: must be %s", text, generator->usage);
    return generator->open(&call, source);
}
