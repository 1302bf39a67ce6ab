/* .npy headers, good and bad; mapped and streamed give the same rows; raw files. */
#include "array_files.h"

#include "array/npy_header.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

/* A file: preamble of the version, the text, then nbytes of data. Returns its path. */
static const char *make_file(int version, const char *text, size_t nbytes)
{
    size_t length = strlen(text), start = version > 1 ? 12 : 10, total = start + length + nbytes;
    unsigned char *bytes = calloc(1, total);
    assert_non_null(bytes);
    const unsigned char preamble[] = {0x93,
                                      'N',
                                      'U',
                                      'M',
                                      'P',
                                      'Y',
                                      (unsigned char)version,
                                      0,
                                      (unsigned char)length,
                                      (unsigned char)(length >> 8),
                                      (unsigned char)(length >> 16),
                                      (unsigned char)(length >> 24)};
    memcpy(bytes, preamble, start);
    memcpy(bytes + start, text, length);
    for (size_t i = 0; i < nbytes; i++)
        bytes[start + length + i] = (unsigned char)(i * 37);
    const char *path = test_path(folder, "made.npy");
    test_file_write(path, bytes, total);
    free(bytes);
    return path;
}

static void test_good_headers(void **state)
{
    static const char *const texts[] = {
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }      \n",
        "{'shape':(3,),'fortran_order':False,'descr':'<i2'}",
        "  { \"descr\" : \"<i2\" , \"shape\" : ( 3 , ) , \"fortran_order\" : True } \n\n",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3L,), }\n",
        "{'descr': [('made', '<i2')], 'fortran_order': False, 'shape': (3,), }\n",
        "{'descr': [('m\\x61\\u0064e', '<i2',),], 'fortran_order': False, 'shape': (3,), }\n",
        "{'descr': [('', '|V0'), ('made', '<i2')], 'fortran_order': False, 'shape': (3,)}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (int version = 1; version <= 3; version++) {
            struct whole whole = whole_open(make_file(version, texts[i], 6), NULL);
            assert_int_equal(whole.nrows, 3);
            assert_int_equal(whole.ncolumns, 1);
            assert_string_equal(whole.fields[0].name, "made");
            assert_int_equal(whole.fields[0].type, PEL_I16);
            whole_free(&whole);
        }
}

/* One mistake each, and what the message has to name. */
static void test_bad_headers(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *names;
    } cases[] = {
        {"", -EBADMSG, "'{'"},
        {"{}", -EBADMSG, "'descr'"},
        {"{'descr': '<i2', 'shape': (3,)}", -EBADMSG, "'fortran_order'"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (3,)} x", -EBADMSG, "blanks"},
        {"{'descr': '<i2', 'descr': '<i2', 'fortran_order': False, 'shape': (3,)}", -EBADMSG,
         "once"},
        {"{'descr': '<i2', 'more': 1, 'fortran_order': False, 'shape': (3,)}", -EBADMSG, "once"},
        {"{'descr': '<i2', 'fortran_order': 0, 'shape': (3,)}", -EBADMSG, "True"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (-3,)}", -EBADMSG, "negative"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (3 4)}", -EBADMSG, "')'"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (18446744073709551616,)}", -EBADMSG,
         "2^64"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (18446744073709551620,)}", -EBADMSG,
         "2^64"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (18446744073709551615,)}", -EOVERFLOW,
         "18446744073709551615"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693951,)}", -EOVERFLOW,
         "2305843009213693951"}, /* 2^64 - 8 bytes, which with the header are few */
        {"{'descr': '<i2', 'fortran_order': True, 'shape': (4611686018427387904, 60000)}",
         -EOVERFLOW, "4611686018427387904"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': ()}", -ENOTSUP, "single value"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3, 1)}", -ENOTSUP, "3 dimensions"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (3, 0)}", -ENOTSUP, "no columns"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (0, 1000000000)}", -ENOTSUP, "65536"},
        {"{'descr': '<i3', 'fortran_order': False, 'shape': (3,)}", -EBADMSG, "type"},
        {"{'descr': '', 'fortran_order': False, 'shape': (3,)}", -EBADMSG, "type"},
        {"{'descr': '<', 'fortran_order': False, 'shape': (3,)}", -EBADMSG, "type"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (3,)", -EBADMSG, "'}'"},
        {"{'descr': '<i2", -EBADMSG, "end of a text"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "long double"},
        {"{'descr': '<c32', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "long double"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "objects"},
        {"{'descr': '<U7', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "Unicode"},
        {"{'descr': '|S7', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "text"},
        {"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "dates"},
        {"{'descr': '<m8[s]', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "dates"},
        {"{'descr': '|V6', 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "'V'"},
        {"{'descr': [('a', '<i2', (2,))], 'fortran_order': False, 'shape': (1,)}", -ENOTSUP,
         "'a' holds several"},
        {"{'descr': [('a', [('b', '<i2')])], 'fortran_order': False, 'shape': (1,)}", -ENOTSUP,
         "'a' is a structure"},
        {"{'descr': [('a', '|V2')], 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "'a'"},
        {"{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "column 'a'"},
        {"{'descr': [], 'fortran_order': False, 'shape': (1,)}", -ENOTSUP, "no columns"},
        {"{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (1, 2)}", -ENOTSUP,
         "structured"},
        {"{'descr': [('\\q', '<i2')], 'fortran_order': False, 'shape': (1,)}", -EBADMSG, "escape"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pel_error err = whole_fails(make_file(1, cases[i].text, 6), NULL, cases[i].code);
        if (!strstr(err.message, cases[i].names))
            fail_msg("%s: no %s in: %s", cases[i].text, cases[i].names, err.message);
    }
}

static void test_versions(void **state)
{
    (void)state;
    const char *text = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,)}";
    (void)whole_fails(make_file(4, text, 6), NULL, -ENOTSUP);
    (void)whole_fails(make_file(0, text, 6), NULL, -ENOTSUP);
    const char *path = make_file(1, text, 6);
    size_t nbytes;
    unsigned char *bytes = test_file_read(path, &nbytes);
    bytes[7] = 1; /* 1.1 */
    test_file_write(path, bytes, nbytes);
    free(bytes);
    (void)whole_fails(path, NULL, -ENOTSUP);
    struct pel_array_options npy = {.format = PEL_ARRAY_NPY};
    test_file_write(test_path(folder, "no"), "a,b\n1,2\n", 8);
    (void)whole_fails(test_path(folder, "no"), &npy, -EBADMSG);
    const unsigned char large[] = "\x93NUMPY\2\0\xff\xff\xff\xff";
    test_file_write(test_path(folder, "large.npy"), large, 12);
    struct pel_error err = whole_fails(test_path(folder, "large.npy"), NULL, -EBADMSG);
    assert_non_null(strstr(err.message, "4294967295"));
    (void)whole_fails(test_path(folder, "missing.npy"), NULL, -ENOENT);
    (void)whole_fails(folder, &npy, -EISDIR);
}

/* Every beginning of a good file is an error; what is behind its end is not looked at. */
static void test_every_truncation(void **state)
{
    (void)state;
    const char *path =
        make_file(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }\n", 48);
    size_t nbytes;
    unsigned char *bytes = test_file_read(path, &nbytes);
    char expected[64];
    for (size_t n = 0; n < nbytes; n++) {
        test_file_write(path, bytes, n);
        struct pel_error err = whole_fails(path, NULL, -EBADMSG);
        (void)snprintf(expected, sizeof expected, "%zu", n);
        if (n >= 6 && !strstr(err.message, expected))
            fail_msg("%zu bytes: %s", n, err.message);
    }
    unsigned char *longer = calloc(1, nbytes + 100);
    memcpy(longer, bytes, nbytes);
    test_file_write(path, longer, nbytes + 100);
    struct whole whole = whole_open(path, NULL);
    assert_int_equal(whole.nrows, 3);
    assert_memory_equal(whole.values[1], bytes + nbytes - 24, 24);
    whole_free(&whole);
    free(longer);
    free(bytes);
}

/* Any text gives a table that lies within the file, or an error with a message. */
static void test_fuzzed_headers(void **state)
{
    static const char *const words[] = {"{",
                                        "}",
                                        "[",
                                        "]",
                                        "(",
                                        ")",
                                        ",",
                                        ":",
                                        "'",
                                        "\"",
                                        "\\",
                                        " ",
                                        "\n",
                                        "'descr'",
                                        "'shape'",
                                        "'fortran_order'",
                                        "True",
                                        "False",
                                        "'<f8'",
                                        "'|V3'",
                                        "('a', '<i4')",
                                        "3",
                                        "999999999",
                                        "L",
                                        "\\x41",
                                        "\\u00e9",
                                        "\xc3\xa9",
                                        "-1",
                                        "'c16'"};
    static const char good[] =
        "{'descr': [('t', '<f8'), ('', '|V4'), ('v', '<c8',)], 'fortran_order': False, "
        "'shape': (3,), }";
    (void)state;
    struct test_random random = {test_seed(7)};
    for (int round = 0; round < 30000; round++) {
        char text[4096];
        size_t n = 0;
        if (round % 2) {
            n = sizeof good - 1;
            memcpy(text, good, n);
            for (size_t i = 1 + test_random_below(&random, 3); i > 0; i--)
                text[test_random_below(&random, n)] = (char)test_random_next(&random);
        } else {
            for (size_t i = test_random_below(&random, 40); i > 0; i--) {
                const char *word = words[test_random_below(&random, sizeof words / sizeof *words)];
                memcpy(text + n, word, strlen(word));
                n += strlen(word);
            }
        }
        char *exact = malloc(n + !n); /* so that a sanitizer sees what reads beyond the text */
        assert_non_null(exact);
        memcpy(exact, text, n);
        struct pel_layout layout;
        struct pel_error err = {0};
        int rc = pel_npy_layout(&layout, exact, n, 10, "stem", &err);
        free(exact);
        assert_int_equal(rc, err.code);
        if (rc)
            assert_true(err.message[0] && layout.ncolumns == 0 && !layout.columns);
        for (size_t j = 0; j < layout.ncolumns; j++)
            assert_true(layout.columns[j].offset + pel_type_nbytes(layout.columns[j].type) <=
                            layout.row_nbytes &&
                        layout.columns[j].range < layout.nranges);
        pel_layout_free(&layout);
    }
}

/* By the first bytes, by the name, or not at all. */
static void test_recognised(void **state)
{
    static const struct {
        const char *name, *bytes;
        enum pel_array_format format;
    } cases[] = {{"magic", "\x93NUMPY\x01", PEL_ARRAY_NPY},
                 {"magic.csv", "\x93NUMPY\x01", PEL_ARRAY_NPY},
                 {"part", "\x93", PEL_ARRAY_NPY},
                 {"other", "\x93Nu", PEL_ARRAY_AUTO},
                 {"empty", "", PEL_ARRAY_AUTO},
                 {"empty.npy", "", PEL_ARRAY_NPY},
                 {"text.TSV", "a", PEL_ARRAY_CSV},
                 {"text", "a", PEL_ARRAY_AUTO}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = test_path(folder, cases[i].name);
        test_file_write(path, cases[i].bytes, strlen(cases[i].bytes));
        assert_int_equal(pel_array_recognise(path, NULL), cases[i].format);
    }
    assert_int_equal(pel_array_recognise(test_path(folder, "missing.npy"), NULL), PEL_ARRAY_NPY);
    assert_int_equal(pel_array_recognise(test_path(folder, "missing"), NULL), PEL_ARRAY_AUTO);
}

static void test_names(void **state)
{
    static const struct {
        const char *path, *stem;
    } cases[] = {{"x.npy", "x"},
                 {"/a.b/my-data.v2.npy", "my_data_v2"},
                 {"3d.npy", "_3d"},
                 {".npy", "_npy"},
                 {"a b", "a_b"},
                 {"dir/", "x"},
                 {"Z\xc3\xbc.raw", "Z\xc3\xbc"}};
    static const char *const given[] = {"t", "v"};
    (void)state;
    char stem[256];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pel_column_stem(cases[i].path, stem, sizeof stem);
        assert_string_equal(stem, cases[i].stem);
    }
    const char *path =
        make_file(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (3, 2)}", 12);
    struct pel_array_options options = {.names = given, .nnames = 2};
    struct whole whole = whole_open(path, &options);
    assert_string_equal(whole.fields[1].name, "v");
    whole_free(&whole);
    options.nnames = 1;
    (void)whole_fails(path, &options, -EINVAL);
}

/* ---- the ways of reading --------------------------------------------------------------------------- */

/* Sizes around the edges of chunks and segments, by every way and backend, twice each. */
static void test_ways_agree(void **state)
{
    static const uint64_t sizes[] = {1, 65535, 65536, 65537, 131072, 300001};
    static const char *const backends[] = {"sync", "aio", "uring", "sim"};
    static const enum pel_type types[] = {PEL_F32, PEL_F32, PEL_TYPE_COUNT};
    (void)state;
    const char *path = test_path(folder, "ways.npy");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct whole whole = whole_random(types + i % 2, sizes[i], i);
        assert_int_equal(whole_write(&whole, path, NULL, true, PEL_CHUNK_ROWS, NULL), 0);
        whole_name(&whole, "ways");
        for (size_t b = 0; b < 5; b++) {
            struct pel_array_options options = {
                .access = b < 4 ? PEL_ACCESS_STREAM : PEL_ACCESS_MAP,
                .io = {.backend = b < 4 ? backends[b] : NULL,
                       .segment_bytes = b % 2 ? 1 : 2000000,
                       .sim = {.seed = i, .latency_ns = 1000, .short_percent = 50}}};
            struct pel_source *source;
            assert_int_equal(pel_source_open(&source, path, &options, NULL), 0);
            for (int pass = 0; pass < 2; pass++) {
                struct whole again;
                assert_int_equal(whole_read(source, &again, NULL), 0);
                whole_expect_equal(&whole, &again);
                whole_free(&again);
            }
            pel_source_free(source);
        }
        whole_free(&whole);
    }
}

static size_t count_rows(struct pel_source *source, const bool *wanted, size_t column)
{
    struct pel_chunk chunk;
    size_t nrows = 0;
    assert_int_equal(source->begin(source->ctx, wanted, NULL), 0);
    while (source->next(source->ctx, &chunk, NULL) > 0) {
        for (size_t j = 0; j < source->nfields; j++)
            assert_true(!chunk.columns[j].data == !(j == column));
        nrows += chunk.nrows;
        source->release(source->ctx, &chunk);
    }
    source->end(source->ctx);
    return nrows;
}

/* Columns that are not wanted are not there, whether rows or columns lie whole. */
static void test_wanted_columns(void **state)
{
    (void)state;
    for (int fortran = 0; fortran < 2; fortran++) {
        char text[128];
        (void)snprintf(text, sizeof text,
                       "{'descr': '<i2', 'fortran_order': %s, 'shape': (100000, 3)}",
                       fortran ? "True" : "False");
        const char *path = make_file(1, text, 600000);
        for (int access = PEL_ACCESS_AUTO; access <= PEL_ACCESS_STREAM; access++) {
            struct pel_array_options options = {.access = (enum pel_array_access)access};
            struct pel_source *source;
            assert_int_equal(pel_source_open(&source, path, &options, NULL), 0);
            for (size_t j = 0; j < 4; j++) {
                bool wanted[3] = {j == 0, j == 1, j == 2};
                assert_int_equal(count_rows(source, wanted, j), 100000);
            }
            pel_source_free(source);
        }
    }
}

/* Chunks are held by several threads at a time, and given back in any order. */
static void test_held_chunks(void **state)
{
    (void)state;
    const char *path =
        make_file(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (1000000,)}", 2000000);
    for (int access = PEL_ACCESS_MAP; access <= PEL_ACCESS_STREAM; access++) {
        struct pel_array_options options = {.access = (enum pel_array_access)access,
                                            .io = {.segment_bytes = 300000}};
        struct pel_source *source;
        struct pel_chunk chunks[16];
        bool wanted = true;
        assert_int_equal(pel_source_open(&source, path, &options, NULL), 0);
        assert_int_equal(source->begin(source->ctx, &wanted, NULL), 0);
        for (size_t i = 0; i < 16; i++) {
            assert_int_equal(source->next(source->ctx, &chunks[i], NULL), 1);
            assert_int_equal(*(const unsigned char *)chunks[i].columns[0].data,
                             (unsigned char)(i * 2 * PEL_CHUNK_ROWS * 37));
        }
        struct pel_chunk last;
        assert_int_equal(source->next(source->ctx, &last, NULL), 0);
        for (size_t i = 0; i < 16; i++)
            source->release(source->ctx, &chunks[i * 7 % 16]);
        source->end(source->ctx);
        pel_source_free(source);
    }
}

/* A file that shrinks is an error that names the place, from each way of reading. */
static void test_shrinking_file(void **state)
{
    (void)state;
    for (int access = PEL_ACCESS_MAP; access <= PEL_ACCESS_STREAM; access++) {
        const char *path =
            make_file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2000000,)}", 16000000);
        struct pel_array_options options = {.access = (enum pel_array_access)access};
        struct pel_source *source;
        struct pel_chunk chunk;
        struct pel_error err = {0};
        bool wanted = true;
        int rc;
        assert_int_equal(pel_source_open(&source, path, &options, NULL), 0);
        assert_int_equal(source->begin(source->ctx, &wanted, NULL), 0);
        assert_int_equal(source->next(source->ctx, &chunk, NULL), 1);
        source->release(source->ctx, &chunk);
        assert_int_equal(truncate(path, 10000000), 0);
        while ((rc = source->next(source->ctx, &chunk, &err)) > 0)
            source->release(source->ctx, &chunk);
        assert_int_equal(rc, -EIO);
        assert_int_equal(err.offset, 10000000);
        assert_int_equal(source->next(source->ctx, &chunk, &err), -EIO);
        source->end(source->ctx);
        pel_source_free(source);
    }
}

static void test_wide_rows(void **state)
{
    (void)state;
    const char *path =
        make_file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (10, 1000)}", 80000);
    struct pel_array_options options = {.access = PEL_ACCESS_STREAM, .budget_bytes = 79999};
    struct pel_error err = whole_fails(path, &options, -EFBIG);
    assert_non_null(strstr(err.message, "80000"));
    options.access = PEL_ACCESS_AUTO;
    struct whole whole = whole_open(path, &options);
    assert_int_equal(whole.nrows, 10);
    whole_free(&whole);
    options = (struct pel_array_options){.access = PEL_ACCESS_STREAM, .budget_bytes = 80000};
    whole = whole_open(path, &options);
    whole_free(&whole);
}

static void test_cancel(void **state)
{
    (void)state;
    struct pel_cancel cancel = {1};
    struct pel_array_options options = {.access = PEL_ACCESS_STREAM, .io = {.cancel = &cancel}};
    const char *path = make_file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", 24);
    (void)whole_fails(path, &options, -ECANCELED);
}

static void test_bad_byte(void **state)
{
    (void)state;
    struct pel_array_options options = {.access = PEL_ACCESS_STREAM,
                                        .io = {.backend = "sim", .sim = {.error_percent = 100}}};
    const char *path =
        make_file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (300000,)}", 2400000);
    struct pel_error err = whole_fails(path, &options, -EIO);
    assert_true(err.offset >= 0);
}

/* ---- pipes and raw --------------------------------------------------------------------------------- */

struct feeder {
    const unsigned char *data;
    size_t nbytes;
    int fd;
};

static void *feed(void *arg)
{
    struct feeder *feeder = arg;
    for (size_t done = 0; done < feeder->nbytes;) {
        ssize_t n = write(feeder->fd, feeder->data + done, feeder->nbytes - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    (void)close(feeder->fd);
    return NULL;
}

/* Opens a file's contents through a pipe and reads all; what failed, or 0. */
static int read_through_pipe(const char *path, const struct pel_array_options *options,
                             struct whole *whole, struct pel_error *err)
{
    int ends[2];
    char name[40];
    pthread_t thread;
    struct pel_source *source;
    assert_int_equal(pipe(ends), 0);
    struct feeder feeder = {.fd = ends[1]};
    unsigned char *data = test_file_read(path, &feeder.nbytes);
    feeder.data = data;
    (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
    *whole = (struct whole){0};
    int rc = pel_source_open(&source, name, options, err);
    if (!rc) {
        assert_true(source->once);
        rc = whole_read(source, whole, err);
        const bool wanted[8] = {true};
        assert_int_equal(source->begin(source->ctx, wanted, NULL), -ESPIPE);
        pel_source_free(source);
    }
    (void)close(ends[0]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    free(data);
    return rc;
}

static void test_pipes(void **state)
{
    static const char *const names[] = {"a", "b"};
    (void)state;
    struct pel_array_options npy = {.format = PEL_ARRAY_NPY, .names = names, .nnames = 2};
    struct pel_array_options raw = {.dtype = "i16", .names = names, .nnames = 2, .raw_offset = 100};
    struct whole whole, through;
    struct pel_error err = {0};
    const char *path =
        make_file(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (200000, 2)}", 800000);
    whole = whole_open(path, &npy);
    assert_int_equal(read_through_pipe(path, &npy, &through, &err), 0);
    whole_expect_equal(&whole, &through);
    whole_free(&whole);
    whole_free(&through);
    assert_int_equal(truncate(path, 400100), 0);
    assert_int_equal(read_through_pipe(path, &raw, &through, &err), 0);
    assert_int_equal(through.nrows, 100000);
    whole_free(&through);
    test_file_write(path, "0123456", 7);
    raw.raw_offset = 0;
    assert_int_equal(read_through_pipe(path, &raw, &through, &err), -EBADMSG);
    assert_non_null(strstr(err.message, "3 bytes"));
    whole_free(&through);
    path = make_file(1, "{'descr': '<i2', 'fortran_order': True, 'shape': (3, 2)}", 12);
    assert_int_equal(read_through_pipe(path, &npy, &through, &err), -ESPIPE);
}

static void test_raw(void **state)
{
    static const char *const names[] = {"t", "v", "w"};
    static const unsigned char bytes[] = {9, 1, 0, 2, 0, 0, 3, 4, 0, 5, 0, 0, 6};
    (void)state;
    const char *path = test_path(folder, "log.raw");
    test_file_write(path, bytes, sizeof bytes);
    struct pel_array_options options = {
        .dtype = "u16le,u16be,u8", .names = names, .nnames = 3, .raw_offset = 1};
    (void)whole_fails(path, &options, -EBADMSG); /* 12 bytes are two rows and 2 */
    test_file_write(path, bytes, 11);
    struct whole whole = whole_open(path, &options);
    assert_int_equal(whole.nrows, 2);
    assert_memory_equal(whole.values[1], ((const uint16_t[]){0x0200, 0x0005}), 4);
    assert_memory_equal(whole.values[2], ((const uint8_t[]){0, 0}), 2);
    whole_free(&whole);
    options.dtype = "u16,u8";
    (void)whole_fails(path, &options, -EINVAL);
    options.dtype = "u16,u8,u8,u8";
    (void)whole_fails(path, &options, -EINVAL);
    options.dtype = "f8";
    (void)whole_fails(path, &options, -EINVAL);
    options.dtype = "u16,";
    (void)whole_fails(path, &options, -EINVAL);
    options.dtype = "u16";
    options.raw_offset = 12;
    (void)whole_fails(path, &options, -EBADMSG);
    options = (struct pel_array_options){.format = PEL_ARRAY_RAW};
    (void)whole_fails(path, &options, -EINVAL);
    options.dtype = "u8";
    whole = whole_open(path, &options);
    assert_int_equal(whole.nrows, 11);
    assert_string_equal(whole.fields[0].name, "log");
    whole_free(&whole);
    options.raw_offset = 11;
    whole = whole_open(path, &options);
    assert_int_equal(whole.nrows, 0);
    whole_free(&whole);
}

static void test_dtypes(void **state)
{
    static const struct {
        const char *text;
        int type; /* -1: none */
        bool swapped;
    } cases[] = {{"f32", PEL_F32, false},
                 {"<f8", PEL_F64, false},
                 {">f8", PEL_F64, true},
                 {"u16be", PEL_U16, true},
                 {"u16le", PEL_U16, false},
                 {"i8", PEL_I8, false},
                 {"i8be", PEL_I8, false},
                 {"<i8", PEL_I64, false},
                 {"|b1", PEL_BOOL, false},
                 {"bool", PEL_BOOL, false},
                 {"float16", PEL_F16, false},
                 {"uint64", PEL_U64, false},
                 {"int32be", PEL_I32, true},
                 {"=u4", PEL_U32, false},
                 {"|?", PEL_BOOL, false},
                 {"f8", -1, false},
                 {"", -1, false},
                 {"f", -1, false},
                 {"<", -1, false},
                 {"<c8", -1, false},
                 {"<V3", -1, false},
                 {"f64x", -1, false},
                 {"bool8", -1, false},
                 {"i24", -1, false},
                 {"f0000000032", -1, false},
                 {"string", -1, false},
                 {"be", -1, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum pel_type type;
        bool swapped;
        int rc = pel_dtype_parse(cases[i].text, strlen(cases[i].text), &type, &swapped);
        if (rc != (cases[i].type < 0 ? -EINVAL : 0))
            fail_msg("'%s': %d", cases[i].text, rc);
        if (rc == 0 && ((int)type != cases[i].type || swapped != cases[i].swapped))
            fail_msg("'%s': %s", cases[i].text, pel_type_name(type));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_headers),   cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_versions),       cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_fuzzed_headers), cmocka_unit_test(test_recognised),
        cmocka_unit_test(test_names),          cmocka_unit_test(test_ways_agree),
        cmocka_unit_test(test_wanted_columns), cmocka_unit_test(test_held_chunks),
        cmocka_unit_test(test_shrinking_file), cmocka_unit_test(test_wide_rows),
        cmocka_unit_test(test_cancel),         cmocka_unit_test(test_bad_byte),
        cmocka_unit_test(test_pipes),          cmocka_unit_test(test_raw),
        cmocka_unit_test(test_dtypes),
    };
    folder = test_folder_make();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_folder_remove(folder);
    return failed;
}
