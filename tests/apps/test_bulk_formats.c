/* What names of files stand for: the same to `pelton bulk` and to <pelton/array.h>. */
#include "array/reader.h"
#include "array/writer.h"
#include "bulk/bulk.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

enum { NFORMATS = 3, NSUFFIXES = 4 };

static const struct pel_array_reader *const readers[NFORMATS] = {
    &pel_array_npy_reader, &pel_array_raw_reader, &pel_array_csv_reader};
static const struct pel_array_writer *const writers[NFORMATS] = {
    &pel_array_npy_writer, &pel_array_raw_writer, &pel_array_csv_writer};

static void assert_known(const char *const suffixes[NSUFFIXES], enum pel_array_format format)
{
    for (int i = 0; i < NSUFFIXES && suffixes[i]; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "a%s", suffixes[i]);
        if (bulk_format_array(bulk_format_of_name(name)) != format)
            fail_msg("%s is another format to pelton bulk", name);
    }
}

static void test_suffixes(void **state)
{
    (void)state;
    for (int i = 0; i < NFORMATS; i++) {
        assert_known(readers[i]->suffixes, readers[i]->format);
        assert_known(writers[i]->suffixes, writers[i]->format);
    }
    for (int f = 0; f < BULK_FORMAT_COUNT; f++) {
        enum pel_array_format format = bulk_format_array((enum bulk_format)f);
        char name[20];
        (void)snprintf(name, sizeof name, "a.%s", bulk_format_name(f));
        bool found = format == PEL_ARRAY_AUTO;
        for (int i = 0; i < NFORMATS; i++)
            found = found || (writers[i]->format == format &&
                              pel_has_suffix(name, writers[i]->suffixes, NSUFFIXES));
        if (!found)
            fail_msg("<pelton/array.h> does not write %s", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_suffixes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
