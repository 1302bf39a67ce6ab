/* `pelton bulk` beside numpy: bulk_numpy.py, where the system's Python has numpy. */
#include "bulk_cli.h"

int main(void)
{
    struct test_run got = test_run_shell("/usr/bin/python3 -c 'import numpy'");
    if (got.status != 0) {
        puts("skipped: /usr/bin/python3 has no numpy");
        return SKIP_PROGRAM;
    }
    test_run_free(&got);
    char *folder = test_folder_make();
    got = test_run_shell("/usr/bin/python3 '%s/tests/apps/bulk_numpy.py' '%s' '%s'",
                         PELTON_SOURCE_DIR, PELTON_PROGRAM, folder);
    printf("%s%s", got.out, got.err);
    int status = got.status;
    test_run_free(&got);
    test_folder_remove(folder);
    return status != 0;
}
