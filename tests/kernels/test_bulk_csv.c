/* CSV in memory, in pieces of any size, and back to text. */
#include "support.h"

#include <pelton/csv.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text in pieces, which are gone when the next one comes ---------------------------------- */

struct pieces {
    const char *text;
    size_t nbytes, at, step;
    char *piece;
    bool lasting;
    char *apart; /* room for 2 nbytes, where pieces that last do not lie side by side; or NULL */
    int status;  /* in place of the end */
    int nbegun, nended, nclosed;
};

static int pieces_begin(void *ctx, struct pel_error *err)
{
    struct pieces *pieces = ctx;
    (void)err;
    pieces->at = 0;
    pieces->nbegun++;
    return 0;
}

static int pieces_next(void *ctx, const char **text, size_t *nbytes, struct pel_error *err)
{
    struct pieces *pieces = ctx;
    free(pieces->piece);
    pieces->piece = NULL;
    *nbytes =
        pieces->nbytes - pieces->at < pieces->step ? pieces->nbytes - pieces->at : pieces->step;
    if (*nbytes == 0)
        return pieces->status ? pel_error_set(err, pieces->status, PEL_STAGE_READ, "torn off") : 0;
    *text = pieces->text + pieces->at;
    if (pieces->apart)
        *text = memcpy(pieces->apart + 2 * pieces->at, *text, *nbytes);
    if (!pieces->lasting) { /* exactly as large as it is, for the sanitizer */
        pieces->piece = malloc(*nbytes);
        assert_non_null(pieces->piece);
        *text = memcpy(pieces->piece, pieces->text + pieces->at, *nbytes);
    }
    pieces->at += *nbytes;
    return 1;
}

static void pieces_end(void *ctx)
{
    struct pieces *pieces = ctx;
    free(pieces->piece);
    pieces->piece = NULL;
    pieces->nended++;
}

static void pieces_close(void *ctx)
{
    struct pieces *pieces = ctx;
    pieces->nclosed++;
}

static int open_pieces(struct pel_source **source, struct pieces *pieces,
                       const struct pel_csv_options *options, struct pel_error *err)
{
    const struct pel_csv_input input = {
        .ctx = pieces,
        .lasting = pieces->lasting,
        .begin = pieces_begin,
        .next = pieces_next,
        .end = pieces_end,
        .close = pieces_close,
    };
    return pel_source_csv(source, &input, options, err);
}

/* ---- a source as text: names and types, then rows -------------------------------------------- */

struct printed {
    char *text;
    size_t nbytes, room;
};

static void print(struct printed *out, const char *text, size_t nbytes)
{
    if (out->room < out->nbytes + nbytes + 1) {
        out->room = 2 * (out->nbytes + nbytes + 1);
        out->text = realloc(out->text, out->room);
        assert_non_null(out->text);
    }
    memcpy(out->text + out->nbytes, text, nbytes);
    out->nbytes += nbytes;
    out->text[out->nbytes] = 0;
}

static void print_rows(struct printed *out, const struct pel_chunk *chunk, size_t ncolumns)
{
    char text[70000];
    for (size_t row = 0; row < chunk->nrows;) {
        size_t nbytes =
            pel_csv_format(chunk->columns, ncolumns, '|', &row, chunk->nrows, text, sizeof text);
        assert_true(nbytes > 0);
        print(out, text, nbytes);
    }
}

/* All of a pass, or its error: the message of the lowest row. */
static int print_source(struct pel_source *source, struct printed *out, struct pel_error *err)
{
    bool wanted[20000];
    memset(wanted, true, sizeof wanted);
    for (size_t c = 0; c < source->nfields; c++) {
        print(out, c ? "|" : "", c ? 1 : 0);
        print(out, source->fields[c].name, strlen(source->fields[c].name));
        print(out, ":", 1);
        const char *type = pel_type_name(source->fields[c].type);
        print(out, type, strlen(type));
    }
    print(out, "\n", 1);
    uint64_t index = 0, nrows = 0;
    int status = source->begin(source->ctx, wanted, err);
    while (!status) {
        struct pel_chunk chunk;
        uint64_t row = 99;
        status = source->next(source->ctx, &chunk, err);
        if (status <= 0)
            break;
        assert_int_equal(chunk.index, index++);
        assert_in_range(chunk.nrows, 1, PEL_CHUNK_ROWS);
        status = source->fill(source->ctx, &chunk, &row, err);
        if (!status)
            print_rows(out, &chunk, source->nfields);
        nrows += chunk.nrows;
        source->release(source->ctx, &chunk);
    }
    source->end(source->ctx);
    if (!status && source->nrows != PEL_ROWS_UNKNOWN)
        assert_int_equal(source->nrows, nrows);
    return status;
}

/* What a text is, however it comes: as one piece, and in pieces of 1, 2, 3, ... bytes, three
 * times each. The error comes out in place of the text. */
static void expect_text(const char *text, size_t nbytes, const struct pel_csv_options *options,
                        const char *expected)
{
    char *apart = malloc(2 * nbytes + 1);
    for (size_t step = 0; step < 3 * (nbytes < 70 ? nbytes : 70) + 3; step++) {
        struct pieces pieces = {.text = text,
                                .nbytes = nbytes,
                                .step = 1 + step / 3,
                                .lasting = step % 3,
                                .apart = step % 3 == 2 ? apart : NULL};
        struct pel_source *source = NULL;
        struct pel_error err = {0};
        int status = step ? open_pieces(&source, &pieces, options, &err)
                          : pel_source_csv_text(&source, text, nbytes, options, &err);
        for (int pass = 0; pass < 2; pass++) {
            struct printed out = {0};
            if (!status)
                status = print_source(source, &out, &err);
            else
                assert_null(source);
            assert_int_equal(status, err.code);
            assert_string_equal(status ? err.message : out.text, expected);
            free(out.text);
            if (status)
                break;
        }
        pel_source_free(source);
        assert_int_equal(pieces.nclosed, step > 0);
        assert_int_equal(pieces.nbegun, pieces.nended);
    }
    free(apart);
}

static void expect(const char *text, const char *expected)
{
    expect_text(text, strlen(text), NULL, expected);
}

static void test_plain(void **state)
{
    (void)state;
    expect("a,b\n1,2\n3,4\n", "a:i64|b:i64\n1|2\n3|4\n");
    expect("a,b\r\n1,2\r\n3,4\r\n", "a:i64|b:i64\n1|2\n3|4\n");
    expect("a,b\n1,2\n3,4", "a:i64|b:i64\n1|2\n3|4\n");
    expect("a,b\r\n1,2\r\n3,4\r", "a:i64|b:i64\n1|2\n3|4\n");
    expect("\xef\xbb\xbf"
           "a,b\n1,2\n",
           "a:i64|b:i64\n1|2\n");
    expect("\xef\xbb\xbf\"a\",b\n1,2\n", "a:i64|b:i64\n1|2\n");
    expect("a\tb\n1\t2,5\n", "a:i64|b:string\n1|2,5\n");
    expect("a;b\n1;2,5\n", "a:i64|b:string\n1|2,5\n");
    expect("a;\"b,c,d\";e\n1;2;3\n", "a:i64|b,c,d:i64|e:i64\n1|2|3\n");
    expect("one\n1\n2\n", "one:i64\n1\n2\n");
    expect(" a , b\n 1, 2.5 \n", "a:i64|b:f64\n1|2.5\n");
    expect("a,,\n1,2,3\n", "a:i64|c2:i64|c3:i64\n1|2|3\n");
    expect("only,names\n", "only:f64|names:f64\n");
    expect("only,names", "only:f64|names:f64\n");
    expect("x", "x:f64\n");
    expect("\n", "c1:f64\n");
}

static void test_empty_lines(void **state)
{
    (void)state;
    expect("a,b\n1,2\n\n\r\n\n", "a:i64|b:i64\n1|2\n");
    expect("a,b\n\n", "a:f64|b:f64\n");
    expect("a\n1\n\n2\n", "a:f64\n1.0\nnan\n2.0\n");
    expect("a\nx\n\ny\n\n", "a:string\nx\n\"\"\ny\n\"\"\n");
    expect("a,b\n1,2\n\n3,4\n", "row 1 (line 3): 1 field, where the first record has 2");
    expect("a,b\n\n1,2\n", "row 0 (line 2): 1 field, where the first record has 2");
}

static void test_quotes(void **state)
{
    (void)state;
    expect("a,b\n\"x\",\"1\"\n", "a:string|b:i64\nx|1\n");
    expect("a,b\n\"x,y\",1\n\"x\ny\",2\n", "a:string|b:i64\nx,y|1\n\"x\ny\"|2\n");
    expect("a,b\n\"say \"\"hi\"\"\",1\n\"\"\"\",2\n\"\",3\n\"\"\"\"\"\",4\n",
           "a:string|b:i64\n\"say \"\"hi\"\"\"|1\n\"\"\"\"|2\n|3\n\"\"\"\"\"\"|4\n");
    expect("a\n\"x\r\ny\"\r\n\"z\"\r\n", "a:string\n\"x\r\ny\"\nz\n");
    expect("\"a \"\"b\"\"\",\"c\nd\"\n1,2\n", "a \"b\":i64|c\nd:i64\n1|2\n");
    expect("a,b\n\" 1 \",\"2.5\"\n", "a:i64|b:f64\n1|2.5\n");
    expect("a,b\n\" x\",\"x \"\n", "a:string|b:string\n\" x\"|\"x \"\n");
    expect("a\n\"x\"", "a:string\nx\n");
    expect("a\n\"\"", "a:f64\nnan\n");
    expect("\"a\nb\",c\n1,2\nx\n", "row 1 (line 4): 1 field, where the first record has 2");
}

static void test_wrong_quotes(void **state)
{
    (void)state;
    expect("a,b\n5\" disk,1\n3\" disk,2\n", "row 0 (line 2), column 1 'a': a quote in a field must "
                                            "be doubled, and the field in quotes");
    expect("a,b\n1,2\n1,x\"y\"\n", "row 1 (line 3), column 2 'b': a quote in a field must be "
                                   "doubled, and the field in quotes");
    expect("a,b\n1,2\n1,\"x\"y\n", "row 1 (line 3), column 2 'b': a quote in a field must be "
                                   "doubled, and the field in quotes");
    expect("a,b\n1,2\n1, \"x\"\n", "row 1 (line 3), column 2 'b': a quote in a field must be "
                                   "doubled, and the field in quotes");
    expect("a,b\n1,2\n1,\"x\" \n", "row 1 (line 3), column 2 'b': a quote in a field must be "
                                   "doubled, and the field in quotes");
    expect("a,b\n1,2\n\"x,y\n3,4\n\n\n",
           "row 1 (line 3), column 1 'a': a quote opens the field and none closes it");
    expect("a,b\n1,2\n\"x\n\n\",\"",
           "row 1 (line 5), column 2 'b': a quote opens the field and none closes it");
    expect("a,\"b\n1,2\n", "line 1, column 2: a quote opens the field and none closes it");
    expect("a,b\"c\"\n1,2\n", "line 1, column 2: a quote that neither begins nor ends the field");
    expect("a,\"b\"c\n1,2\n", "line 1, column 2: a quote that neither begins nor ends the field");
}

static void test_ragged(void **state)
{
    (void)state;
    expect("a,b\n1,2\n3\n4,5\n", "row 1 (line 3): 1 field, where the first record has 2");
    expect("a,b\n1,2\n3,4,5\n6\n", "row 1 (line 3): 3 fields, where the first record has 2");
    expect("a,b\n1,2\n3,4,5", "row 1 (line 3): 3 fields, where the first record has 2");
    expect("a,b\n1,2\n3", "row 1 (line 3): 1 field, where the first record has 2");
    expect("a,b\n1,2\n3,4,5,6\n", "row 1 (line 3): 4 fields, where the first record has 2");
    expect("a,b\n1,2,\n", "row 0 (line 2): 3 fields, where the first record has 2");
    expect("a\n1\n2,3\n", "row 1 (line 3): 2 fields, where the first record has 1");
}

static void test_types(void **state)
{
    (void)state;
    expect("a\n1\n-2\n+3\n", "a:i64\n1\n-2\n3\n");
    expect("a\n9223372036854775807\n-9223372036854775808\n",
           "a:i64\n9223372036854775807\n-9223372036854775808\n");
    expect("a\n9223372036854775808\n", "a:f64\n9.223372036854776e18\n");
    expect("a,b\n1,x\n,y\n", "a:f64|b:string\n1.0|x\nnan|y\n");
    expect("a,b\n1,x\n3,\n", "a:i64|b:string\n1|x\n3|\n");
    expect("a\n1\n2.5\n1e3\nnan\n-inf\n.5\n5.\n-0\n",
           "a:f64\n1.0\n2.5\n1000.0\nnan\n-inf\n0.5\n5.0\n-0.0\n");
    expect("a\ntrue\nFALSE\nTrue\n", "a:bool\ntrue\nfalse\ntrue\n");
    expect("a,b\ntrue,1\n,2\n", "a:string|b:i64\ntrue|1\n|2\n");
    expect("a\ntrue\n1\n", "a:string\ntrue\n1\n");
    expect("a\n1\ntrue\n", "a:string\n1\ntrue\n");
    expect("a,b\n,1\n,2\n", "a:f64|b:i64\nnan|1\nnan|2\n");
    expect("a\n1x\n", "a:string\n1x\n");
    expect("a\n-\n", "a:string\n-\n");
    expect("a\n.\n", "a:string\n.\n");
    expect("a\n1.2.3\n", "a:string\n1.2.3\n");
    expect("a\n123456789012345.5\n0.1234567890123456\n1234567890123456.\n12345678901234567\n",
           "a:f64\n123456789012345.5\n0.1234567890123456\n1234567890123456.0\n1."
           "2345678901234568e16\n");
    expect(
        "a\n1e400\n",
        "row 0 (line 2), column 1 'a': '1e400' is not a number in range; give the type a=string");
    expect("a,b\n1,\"x\0y\"\n",
           "row 0 (line 2), column 2 'b': a quote opens the field and none closes it");
}

static void test_options(void **state)
{
    (void)state;
    static const char *const names[] = {"p", "q"}, *const nulls[] = {"NA", "-"};
    static const struct pel_csv_type types[] = {{"a", PEL_F32}, {"b", PEL_STRING}};
    const char *text = "a,b\n1,2\n3,NA\n";
    struct pel_csv_options options = {.header = PEL_CSV_HEADER_NO};
    expect_text(text, strlen(text), &options, "c1:string|c2:string\na|b\n1|2\n3|NA\n");
    options = (struct pel_csv_options){.header = PEL_CSV_HEADER_NO, .names = names, .nnames = 2};
    expect_text(text + 4, strlen(text + 4), &options, "p:i64|q:string\n1|2\n3|NA\n");
    options = (struct pel_csv_options){.names = names, .nnames = 2};
    expect_text(text, strlen(text), &options, "p:i64|q:string\n1|2\n3|NA\n");
    options = (struct pel_csv_options){.names = names, .nnames = 1};
    expect_text(text, strlen(text), &options, "1 names for 2 columns");
    options = (struct pel_csv_options){.nulls = nulls, .nnulls = 2};
    expect_text(text, strlen(text), &options, "a:i64|b:f64\n1|2.0\n3|nan\n");
    options = (struct pel_csv_options){.header = PEL_CSV_HEADER_GUESS};
    expect_text(text, strlen(text), &options, "a:i64|b:string\n1|2\n3|NA\n");
    expect_text(text + 4, strlen(text + 4), &options, "c1:i64|c2:string\n1|2\n3|NA\n");
    options = (struct pel_csv_options){.types = types, .ntypes = 2};
    expect_text(text, strlen(text), &options, "a:f32|b:string\n1.0|2\n3.0|NA\n");
    const struct pel_csv_type strict[] = {{"b", PEL_I64}};
    options = (struct pel_csv_options){.types = strict, .ntypes = 1};
    expect_text(text, strlen(text), &options,
                "row 1 (line 3), column 2 'b': 'NA' is not an integer in range");
    const struct pel_csv_type unknown[] = {{"z", PEL_I64}};
    options = (struct pel_csv_options){.types = unknown, .ntypes = 1};
    expect_text(text, strlen(text), &options, "no column to give a type to: 'z'");
    const struct pel_csv_type short_type[] = {{"a", PEL_I16}};
    options = (struct pel_csv_options){.types = short_type, .ntypes = 1};
    expect_text(text, strlen(text), &options,
                "not a type of text (bool, i64, f32, f64, string), for column 'a'");
    options = (struct pel_csv_options){.delimiter = '|'};
    expect_text("a|b,c\n1|2\n", 10, &options, "a:i64|b,c:i64\n1|2\n");
    options = (struct pel_csv_options){.delimiter = '"'};
    expect_text(text, strlen(text), &options, "fields cannot be separated by quotes or line ends");
    options = (struct pel_csv_options){.chunk_bytes = 8};
    expect_text(text, strlen(text), &options,
                "65536 records are more text than a chunk may be (chunk_bytes)");
    expect_text("a\xef\xbb\xbf\n1\n", 7, &(struct pel_csv_options){.header = PEL_CSV_HEADER_NO},
                "c1:string\na\xef\xbb\xbf\n1\n");
    expect_text("\xef\xbb\xbf"
                "1\n2",
                6, &(struct pel_csv_options){.header = PEL_CSV_HEADER_NO}, "c1:i64\n1\n2\n");
}

static void test_no_text(void **state)
{
    (void)state;
    expect("", "the text is empty");
    expect("\xef\xbb\xbf", "the text is empty");
    expect_text("\xff\xfe"
                "a\0,\0",
                6, NULL, "the text is in UTF-16: convert it to UTF-8");
    expect("\x93", "begins as a .npy file does: this is no text");
    expect("\x93NUMPY\x01", "begins as a .npy file does: this is no text");
    expect("\x93NUMBER\n1\n", "\x93NUMBER:i64\n1\n"); /* of another encoding */
    expect("a,b\r1,2\r", "row 0 (line 1): a CR without LF; lines end with LF or CRLF");
    expect_text("a\0,b\n1,2\n", 9, NULL, "a byte 0 in the first record: this is no text");
    expect_text("a,b\nx\0y,2\n", 10, NULL, "a:string|b:i64\nx\0y|2\n");
    expect("a,b,a\n1,2,3\n", "columns 1 and 3 have the same name, 'a': give names");
}

/* ---- many, long, wide ------------------------------------------------------------------------ */

/* However it comes, it is what it is as one piece. */
static void expect_as_whole(const char *text, size_t nbytes, const struct pel_csv_options *options)
{
    struct pel_source *source;
    struct pel_error err = {0};
    struct printed out = {0};
    int status = pel_source_csv_text(&source, text, nbytes, options, &err);
    if (!status)
        status = print_source(source, &out, &err);
    expect_text(text, nbytes, options, status ? err.message : out.text);
    pel_source_free(source);
    free(out.text);
}

static void test_truncations(void **state)
{
    (void)state;
    static const char text[] =
        "\xef\xbb\xbfname,\"a \"\"b\"\"\",n\r\n\"x,\r\n\"\"y\"\"\",true,1\r\n"
        ",\"false\",-2.5e3\nz,,\"7\"\r\n\r\n\n";
    for (size_t nbytes = 0; nbytes < sizeof text; nbytes++) {
        expect_as_whole(text, nbytes, NULL);
        expect_as_whole(text, nbytes, &(struct pel_csv_options){.header = PEL_CSV_HEADER_GUESS});
        expect_as_whole(text, nbytes, &(struct pel_csv_options){.header = PEL_CSV_HEADER_NO});
    }
}

/* The rows of a chunk must be there, or the row that is not and the message. */
static void expect_chunk(struct pel_source *source, uint64_t index, size_t nrows, int64_t bad_row,
                         const char *message)
{
    struct pel_chunk chunk;
    struct pel_error err = {0};
    uint64_t row = 0;
    assert_int_equal(source->next(source->ctx, &chunk, &err), 1);
    assert_int_equal(chunk.index, index);
    assert_int_equal(chunk.nrows, nrows);
    int status = source->fill(source->ctx, &chunk, &row, &err);
    assert_string_equal(err.message, message);
    assert_int_equal(status, bad_row < 0 ? 0 : -EBADMSG);
    if (bad_row >= 0)
        assert_int_equal(row, bad_row);
    source->release(source->ctx, &chunk);
}

/* "a,b" and nrows rows "7,x", then something else. */
static struct pel_source *open_long(char **text, size_t nrows, const char *end)
{
    struct pel_source *source;
    struct pel_error err = {0};
    *text = malloc(4 + 4 * nrows + strlen(end) + 1);
    assert_non_null(*text);
    char *p = *text + sprintf(*text, "a,b\n");
    for (size_t i = 0; i < nrows; i++, p += 4)
        memcpy(p, "7,x\n", 4);
    strcpy(p, end);
    if (pel_source_csv_text(&source, *text, strlen(*text), NULL, &err))
        fail_msg("%s", err.message);
    return source;
}

static void test_behind_the_first_chunk(void **state)
{
    (void)state;
    static const struct {
        const char *end;
        size_t nrows;    /* of the second chunk; 0: there is none */
        int64_t bad_row; /* in it, or -1 */
        const char *message;
    } cases[] = {
        {"", 0, -1, ""},
        {"\n\r\n\n", 0, -1, ""},
        {"8,y", 1, -1, ""},
        {"8,y\n\n", 1, -1, ""},
        {"8,y\nz,y\n", 2, 1,
         "row 65537 (line 65539), column 1 'a': 'z' is not an integer in range; give the type "
         "a=string"},
        {"2.5,y\n", 1, 0,
         "row 65536 (line 65538), column 1 'a': '2.5' is not an integer in range; give the type "
         "a=f64"},
        {",y\n", 1, 0,
         "row 65536 (line 65538), column 1 'a': '' is not an integer in range; give the type "
         "a=f64"},
        {"1,\"p\nq\"\nx,y\n1\n", 3, 1,
         "row 65537 (line 65540), column 1 'a': 'x' is not an integer in range; give the type "
         "a=string"},
        {"1,\"p\nq\"\n1\nx,y\n", 3, 1,
         "row 65537 (line 65540): 1 field, where the first record has 2"},
        {"z,y\n1\n", 2, 0,
         "row 65536 (line 65538), column 1 'a': 'z' is not an integer in range; give the type "
         "a=string"},
        {"\x01\xc3\xa4 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4 b,c\n", 1, 0,
         "row 65536 (line 65538), column 1 'a': '?\xc3\xa4 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' "
         "is not an "
         "integer in range; give the type a=string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text;
        struct pel_source *source = open_long(&text, PEL_CHUNK_ROWS, cases[i].end);
        const bool wanted[] = {true, true};
        for (int pass = 0; pass < 2; pass++) {
            assert_int_equal(source->begin(source->ctx, wanted, NULL), 0);
            expect_chunk(source, 0, PEL_CHUNK_ROWS, -1, "");
            if (cases[i].nrows)
                expect_chunk(source, 1, cases[i].nrows,
                             cases[i].bad_row < 0 ? -1 : PEL_CHUNK_ROWS + cases[i].bad_row,
                             cases[i].message);
            struct pel_chunk chunk;
            assert_int_equal(source->next(source->ctx, &chunk, NULL), 0);
            source->end(source->ctx);
        }
        pel_source_free(source);
        free(text);
    }
}

/* Columns that nobody wants are not parsed, but their quotes have to be right. The wrong one
 * makes one record of two for whoever only counts quotes. */
static void test_wanted(void **state)
{
    (void)state;
    char *text;
    struct pel_source *source = open_long(&text, PEL_CHUNK_ROWS, "z,y\n1,p\"q\n2,\"\"\n");
    const bool wanted[][2] = {{false, true}, {false, false}, {true, false}};
    for (size_t i = 0; i < 3; i++) {
        struct pel_chunk chunk;
        uint64_t row;
        assert_int_equal(source->begin(source->ctx, wanted[i], NULL), 0);
        assert_int_equal(source->next(source->ctx, &chunk, NULL), 1);
        assert_int_equal(source->fill(source->ctx, &chunk, &row, NULL), 0);
        for (int c = 0; c < 2; c++)
            if (wanted[i][c])
                assert_non_null(chunk.columns[c].data);
        source->release(source->ctx, &chunk);
        if (wanted[i][0])
            expect_chunk(
                source, 1, 2, PEL_CHUNK_ROWS,
                "row 65536 (line 65538), column 1 'a': 'z' is not an integer in range; give the "
                "type a=string");
        else
            expect_chunk(
                source, 1, 2, PEL_CHUNK_ROWS + 1,
                "row 65537 (line 65539), column 2 'b': a quote in a field must be doubled, and the "
                "field in quotes");
        source->end(source->ctx);
    }
    pel_source_free(source);
    free(text);
}

static void test_wide(void **state)
{
    (void)state;
    enum { NCOLUMNS = 10000, NROWS = 30 };
    char *text = malloc(NCOLUMNS * 10 * (NROWS + 1)), *p = text;
    assert_non_null(text);
    for (int row = -1; row < NROWS; row++)
        for (int c = 0; c < NCOLUMNS; c++)
            p += sprintf(p, row < 0 ? "n%d%s" : "%d%s", row < 0 ? c : row * c,
                         c + 1 < NCOLUMNS ? "," : "\n");
    struct pel_source *source;
    struct pel_error err = {0};
    assert_int_equal(pel_source_csv_text(&source, text, (size_t)(p - text), NULL, &err), 0);
    assert_int_equal(source->nfields, NCOLUMNS);
    bool wanted[NCOLUMNS] = {[1] = true, [9999] = true};
    struct pel_chunk chunk;
    uint64_t bad_row;
    assert_int_equal(source->begin(source->ctx, wanted, &err), 0);
    assert_int_equal(source->next(source->ctx, &chunk, &err), 1);
    assert_int_equal(chunk.nrows, NROWS);
    assert_int_equal(source->fill(source->ctx, &chunk, &bad_row, &err), 0);
    for (int row = 0; row < NROWS; row++) {
        assert_int_equal(((const int64_t *)chunk.columns[1].data)[row], row);
        assert_int_equal(((const int64_t *)chunk.columns[9999].data)[row], 9999 * row);
    }
    source->release(source->ctx, &chunk);
    source->end(source->ctx);
    pel_source_free(source);
    free(text);
}

/* A text of nbytes bytes: a record of names, then one that takes the rest. */
static void expect_long_record(size_t nbytes, char quote, int64_t bad_row, const char *message)
{
    for (int way = 0; way < 3; way++) {
        char *text = malloc(4 + nbytes);
        assert_non_null(text);
        memcpy(text, "a,b\n", 4);
        memset(text + 4, 'x', nbytes);
        text[4] = quote;
        text[4 + nbytes / 2] = ',';
        text[4 + nbytes - 1] = '\n';
        struct pieces pieces = {.text = text,
                                .nbytes = 4 + nbytes,
                                .step = way ? 700000 : SIZE_MAX,
                                .lasting = way < 2};
        struct pel_source *source;
        struct pel_error err = {0};
        int status = open_pieces(&source, &pieces, NULL, &err);
        assert_int_equal(status, bad_row < 0 ? 0 : -EBADMSG);
        assert_string_equal(err.message, message);
        if (source)
            assert_int_equal(source->nrows, 1);
        pel_source_free(source);
        free(text);
    }
}

static void test_long_records(void **state)
{
    (void)state;
    const char *too_long = "row 0 (line 2): longer than a record may be (16 MiB)";
    expect_long_record(PEL_CSV_RECORD_NBYTES, 'x', -1, "");
    expect_long_record(PEL_CSV_RECORD_NBYTES + 1, 'x', 0, too_long);
    expect_long_record(PEL_CSV_RECORD_NBYTES + (5 << 20), 'x', 0, too_long);
    expect_long_record(PEL_CSV_RECORD_NBYTES + (5 << 20), '"', 0,
                       "row 0 (line 2), column 1 'a': a quote opens the field and none closes it");
}

static void test_input_fails(void **state)
{
    (void)state;
    const char *text = "a,b\n1,2\n";
    struct pieces pieces = {.text = text, .nbytes = 3, .step = 100, .status = -EIO};
    struct pel_source *source;
    struct pel_error err = {0};
    assert_int_equal(open_pieces(&source, &pieces, NULL, &err), -EIO);
    assert_null(source);
    assert_int_equal(pieces.nclosed, 1);
    assert_string_equal(err.message, "torn off");

    char *rows;
    pel_source_free(open_long(&rows, PEL_CHUNK_ROWS, ""));
    pieces = (struct pieces){.text = rows, .nbytes = strlen(rows), .step = 1000, .status = -EIO};
    assert_int_equal(open_pieces(&source, &pieces, NULL, &err), 0);
    const bool wanted[] = {true, true};
    assert_int_equal(source->begin(source->ctx, wanted, NULL), 0);
    expect_chunk(source, 0, PEL_CHUNK_ROWS, -1, "");
    struct pel_chunk chunk;
    for (int i = 0; i < 2; i++)
        assert_int_equal(source->next(source->ctx, &chunk, &err), -EIO);
    source->end(source->ctx);
    pel_source_free(source);
    assert_int_equal(pieces.nbegun, pieces.nended);
    free(rows);
}

/* ---- threads --------------------------------------------------------------------------------- */

struct reading {
    struct pel_source *source;
    int64_t sum;
    double number_sum;
    uint64_t nrows;
};

static void *read_chunks(void *ctx)
{
    struct reading *reading = ctx;
    struct pel_source *source = reading->source;
    struct pel_chunk chunk;
    uint64_t row;
    while (source->next(source->ctx, &chunk, NULL) > 0) {
        if (source->fill(source->ctx, &chunk, &row, NULL))
            return NULL;
        const int64_t *integers = chunk.columns[0].data;
        const double *numbers = chunk.columns[1].data;
        const struct pel_string *texts = chunk.columns[2].data;
        for (size_t i = 0; i < chunk.nrows; i++) {
            reading->sum += integers[i] + (int64_t)texts[i].nbytes;
            reading->number_sum += numbers[i];
        }
        reading->nrows += chunk.nrows;
        source->release(source->ctx, &chunk);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    enum { NROWS = 7 * PEL_CHUNK_ROWS + 5 };
    char *text = malloc(40 * NROWS), *p = text + sprintf(text, "i,v,t\n");
    for (int64_t i = 0; i < NROWS; i++)
        p += sprintf(p, "%d,%d.5,\"%.*s\"\"\"\n", (int)i, (int)(i % 100), (int)(i % 8), "abcdefgh");
    int64_t expected = 0;
    double expected_number = 0;
    for (int64_t i = 0; i < NROWS; i++) {
        expected += i + i % 8 + 1;
        expected_number += (double)(i % 100) + 0.5;
    }
    for (int nthreads = 1; nthreads <= 7; nthreads = 2 * nthreads + 1)
        for (int lasting = 0; lasting < 2; lasting++) {
            struct pieces pieces = {
                .text = text, .nbytes = (size_t)(p - text), .step = 100000, .lasting = lasting};
            struct pel_source *source;
            assert_int_equal(open_pieces(&source, &pieces, NULL, NULL), 0);
            const bool wanted[] = {true, true, true};
            assert_int_equal(source->begin(source->ctx, wanted, NULL), 0);
            struct reading reading[7];
            pthread_t threads[7];
            for (int t = 0; t < nthreads; t++) {
                reading[t] = (struct reading){.source = source};
                assert_int_equal(pthread_create(&threads[t], NULL, read_chunks, &reading[t]), 0);
            }
            struct reading all = {0};
            for (int t = 0; t < nthreads; t++) {
                assert_int_equal(pthread_join(threads[t], NULL), 0);
                all.sum += reading[t].sum;
                all.number_sum += reading[t].number_sum;
                all.nrows += reading[t].nrows;
            }
            source->end(source->ctx);
            pel_source_free(source);
            assert_int_equal(all.nrows, NROWS);
            assert_int_equal(all.sum, expected);
            assert_true(all.number_sum == expected_number);
        }
    free(text);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Rows are written whole, as many as there is room for. */
static void test_room(void **state)
{
    (void)state;
    static const double numbers[] = {1, -2.5, 1e100};
    static const struct pel_string texts[] = {{"x", 1}, {"a\"b", 3}, {"", 0}};
    const struct pel_column columns[] = {{PEL_F64, false, 8, numbers},
                                         {PEL_STRING, false, sizeof texts[0], texts}};
    const char *expected = "1.0,x\n-2.5,\"a\"\"b\"\n1e100,\n";
    for (size_t room = 0; room <= 40; room++) {
        size_t row = 0, ends[] = {0, 6, 18, 25}, nrows = 0;
        char *text = malloc(room + 1);
        assert_non_null(text);
        while (nrows < 3 && ends[nrows + 1] <= room)
            nrows++;
        assert_int_equal(pel_csv_format(columns, 2, 0, &row, 3, text, room), ends[nrows]);
        assert_int_equal(row, nrows);
        assert_memory_equal(text, expected, ends[nrows]);
        free(text);
    }
    const struct pel_field fields[] = {{"a", PEL_F64}, {"", PEL_F64}};
    char text[10];
    assert_int_equal(pel_csv_format_names(fields, 2, ';', text, 2), 0);
    assert_int_equal(pel_csv_format_names(fields, 2, ';', text, 3), 3);
    assert_memory_equal(text, "a;\n", 3);
    assert_int_equal(pel_csv_format_names(fields + 1, 1, 0, text, 10), 3);
    assert_memory_equal(text, "\"\"\n", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),        cmocka_unit_test(test_empty_lines),
        cmocka_unit_test(test_quotes),       cmocka_unit_test(test_wrong_quotes),
        cmocka_unit_test(test_ragged),       cmocka_unit_test(test_types),
        cmocka_unit_test(test_options),      cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_truncations),  cmocka_unit_test(test_behind_the_first_chunk),
        cmocka_unit_test(test_wanted),       cmocka_unit_test(test_wide),
        cmocka_unit_test(test_long_records), cmocka_unit_test(test_input_fails),
        cmocka_unit_test(test_threads),      cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
