/* What the tests of `pelton bulk` share: running it in a folder, and expecting what it says. */
#ifndef PELTON_TESTS_BULK_CLI_H
#define PELTON_TESTS_BULK_CLI_H

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `pelton bulk ARGUMENTS` in the folder; the arguments may go on with what a shell understands. */
static inline struct test_run bulk_in(const char *folder, const char *arguments)
{
    return test_run_shell("cd '%s' && '%s' bulk %s", folder, PELTON_PROGRAM, arguments);
}

static inline void expect_in(const char *folder, const char *arguments, int status, const char *out,
                             const char *err)
{
    struct test_run got = bulk_in(folder, arguments);
    if (got.status != status || strcmp(got.out, out) != 0 || strcmp(got.err, err) != 0)
        fail_msg("bulk %s: status %d\n%s%sexpected: %s", arguments, got.status, got.out, got.err,
                 err);
    test_run_free(&got);
}

static inline void expect(const char *arguments, int status, const char *out, const char *err)
{
    expect_in("/", arguments, status, out, err);
}

/* It says nothing, and is done. */
static inline void make_in(const char *folder, const char *arguments)
{
    expect_in(folder, arguments, 0, "", "");
}

static inline void expect_file(const char *folder, const char *name, const char *contents)
{
    size_t nbytes;
    char *data = (char *)test_file_read(test_path(folder, name), &nbytes);
    if (strlen(contents) != nbytes || memcmp(data, contents, nbytes) != 0)
        fail_msg("%s: %.*s", name, (int)nbytes, data);
    free(data);
}

static inline void write_text(const char *folder, const char *name, const char *text)
{
    test_file_write(test_path(folder, name), text, strlen(text));
}

#endif
