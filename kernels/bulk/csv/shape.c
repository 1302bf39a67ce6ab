/* What the first records of a text tell of all of them. */
#include "bulk/csv/csv.h"
#include "bulk/csv/words.h"

#include <pelton/decimal.h>

#include <string.h>

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for the columns of the text");
}

static int refuse(const struct words *words, int code, struct pel_error *err)
{
    return pel_error_set(err, code, PEL_STAGE_DECODE, words->text);
}

/* ---- the delimiter, and how many columns there are ------------------------------------------- */

/* How often a byte separates fields of the record, if it is what does. */
static size_t count_fields(struct pel_string record, char delimiter, struct csv_reader *reader)
{
    size_t nfields = 1;
    *reader = (struct csv_reader){record.text, record.text + record.nbytes, delimiter, NULL};
    while (pel_csv_pass_field(reader) && reader->p < reader->end && *reader->p == delimiter) {
        reader->p++;
        nfields++;
    }
    return nfields;
}

static char guess_delimiter(struct pel_string record)
{
    static const char candidates[] = {',', ';', '\t'};
    char best = ',';
    size_t most = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        struct csv_reader reader;
        size_t nfields = count_fields(record, candidates[i], &reader);
        if (nfields > most) {
            most = nfields;
            best = candidates[i];
        }
    }
    return best;
}

static int find_columns(struct csv_shape *shape, struct pel_string record, struct pel_error *err)
{
    struct csv_reader reader;
    shape->ncolumns = count_fields(record, shape->delimiter, &reader);
    if (reader.p == reader.end && !reader.quote)
        return 0;
    struct words words = {.nbytes = 0};
    pel_words_add(&words, "line 1, column ");
    pel_words_add_number(&words, shape->ncolumns);
    pel_words_add(&words, reader.quote ? ": a quote opens the field and none closes it"
                                       : ": a quote that neither begins nor ends the field");
    return refuse(&words, -EBADMSG, err);
}

/* ---- names ----------------------------------------------------------------------------------- */

static char *copy_text(struct csv_shape *shape, const char *text, size_t nbytes)
{
    char *copy = pel_arena_take(shape->memory, nbytes + 1);
    return copy ? memcpy(copy, text, nbytes) : NULL;
}

/* c1, c2, ... */
static char *number_name(struct csv_shape *shape, size_t column)
{
    char name[1 + PEL_DECIMAL_NBYTES] = "c";
    return copy_text(shape, name, 1 + pel_decimal_from_i64((int64_t)column + 1, name + 1));
}

/* The name that a field of the first record is; NULL without memory. */
static char *field_name(struct csv_shape *shape, struct pel_string field, size_t column)
{
    char *room = pel_arena_take(shape->memory, field.nbytes + 1);
    if (!room)
        return NULL;
    const bool quoted = field.nbytes > 0 && field.text[0] == '"';
    const struct pel_string name = quoted ? pel_csv_unquote(field, &room) : pel_csv_bare(field);
    return name.nbytes ? copy_text(shape, name.text, name.nbytes) : number_name(shape, column);
}

/* The fields of the first record, one after the other. */
static struct pel_string next_field(struct csv_reader *reader)
{
    const char *text = reader->p;
    (void)pel_csv_pass_field(reader); /* find_columns has */
    const struct pel_string field = {text, (size_t)(reader->p - text)};
    reader->p += reader->p < reader->end;
    return field;
}

/* How many fields of the record are numbers, or, if `empty`, have nothing in them. */
static size_t count_numbers(const struct csv_shape *shape, struct pel_string record, bool empty)
{
    struct csv_reader reader = {record.text, record.text + record.nbytes, shape->delimiter, NULL};
    size_t n = 0;
    for (size_t c = 0; c < shape->ncolumns; c++) {
        const struct pel_string field = pel_csv_bare(next_field(&reader));
        double number;
        n += field.nbytes == 0
                 ? empty
                 : pel_decimal_to_f64(field.text, field.nbytes, &number, NULL) != -EBADMSG;
    }
    return n;
}

static int name_columns(struct csv_shape *shape, struct pel_string record,
                        const struct pel_csv_options *options, struct pel_error *err)
{
    struct csv_reader reader = {record.text, record.text + record.nbytes, shape->delimiter, NULL};
    for (size_t c = 0; c < shape->ncolumns; c++) {
        const struct pel_string field = next_field(&reader);
        if (options->names)
            shape->fields[c].name = copy_text(shape, options->names[c], strlen(options->names[c]));
        else if (shape->header)
            shape->fields[c].name = field_name(shape, field, c);
        else
            shape->fields[c].name = number_name(shape, c);
        if (!shape->fields[c].name)
            return no_memory(err);
        if (shape->header && memchr(field.text, 0, field.nbytes))
            return pel_error_set(err, -EILSEQ, PEL_STAGE_DECODE,
                                 "a byte 0 in the first record: this is no text");
    }
    return 0;
}

static uint64_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, 64 bits (Fowler, Noll, Vo) */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

static int refuse_twice(const char *name, size_t first, size_t second, struct pel_error *err)
{
    struct words words = {.nbytes = 0};
    pel_words_add(&words, "columns ");
    pel_words_add_number(&words, first + 1);
    pel_words_add(&words, " and ");
    pel_words_add_number(&words, second + 1);
    pel_words_add(&words, " have the same name, ");
    pel_words_add_quoted(&words, (struct pel_string){name, strlen(name)});
    pel_words_add(&words, ": give names");
    return refuse(&words, -EBADMSG, err);
}

/* A table of columns by the hash of their name, at most half full. */
static int check_names(struct csv_shape *shape, struct pel_error *err)
{
    size_t nslots = 4;
    while (nslots < 2 * shape->ncolumns)
        nslots *= 2;
    size_t *slots = pel_arena_take(shape->memory, nslots * sizeof *slots); /* column + 1 */
    if (!slots)
        return no_memory(err);
    for (size_t c = 0; c < shape->ncolumns; c++) {
        const char *name = shape->fields[c].name;
        size_t at = (size_t)hash_name(name) & (nslots - 1);
        for (; slots[at]; at = (at + 1) & (nslots - 1))
            if (strcmp(shape->fields[slots[at] - 1].name, name) == 0)
                return refuse_twice(name, slots[at] - 1, c, err);
        slots[at] = c + 1;
    }
    return 0;
}

/* ---- what the options say -------------------------------------------------------------------- */

static int copy_nulls(struct csv_shape *shape, const struct pel_csv_options *options,
                      struct pel_error *err)
{
    shape->nnulls = options->nnulls;
    shape->nulls = pel_arena_take(shape->memory, shape->nnulls * sizeof *shape->nulls);
    if (!shape->nulls)
        return no_memory(err);
    for (size_t i = 0; i < shape->nnulls; i++) {
        const size_t nbytes = strlen(options->nulls[i]);
        shape->nulls[i] = (struct pel_string){copy_text(shape, options->nulls[i], nbytes), nbytes};
        if (!shape->nulls[i].text)
            return no_memory(err);
    }
    return 0;
}

static int give_type(struct csv_shape *shape, const struct pel_csv_type *given,
                     struct pel_error *err)
{
    const bool handled = given->type == PEL_BOOL || given->type == PEL_I64 ||
                         given->type == PEL_F32 || given->type == PEL_F64 ||
                         given->type == PEL_STRING;
    size_t c = 0;
    while (c < shape->ncolumns && strcmp(shape->fields[c].name, given->column) != 0)
        c++;
    if (handled && c < shape->ncolumns) {
        shape->fields[c].type = given->type;
        shape->guessed[c] = false;
        return 0;
    }
    struct words words = {.nbytes = 0};
    pel_words_add(&words, handled
                              ? "no column to give a type to: "
                              : "not a type of text (bool, i64, f32, f64, string), for column ");
    pel_words_add_quoted(&words, (struct pel_string){given->column, strlen(given->column)});
    return refuse(&words, -EINVAL, err);
}

static int check_options(const struct csv_shape *shape, const struct pel_csv_options *options,
                         struct pel_error *err)
{
    const char delimiter = options->delimiter;
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r')
        return pel_error_set(err, -EINVAL, PEL_STAGE_DECODE,
                             "fields cannot be separated by quotes or line ends");
    if (!options->names || options->nnames == shape->ncolumns)
        return 0;
    struct words words = {.nbytes = 0};
    pel_words_add_number(&words, options->nnames);
    pel_words_add(&words, " names for ");
    pel_words_add_number(&words, shape->ncolumns);
    pel_words_add(&words, " columns");
    return refuse(&words, -EINVAL, err);
}

/* ---- the first record ------------------------------------------------------------------------ */

/* The bytes that compressed files begin with. */
static const char *compression(struct pel_string text)
{
    static const struct {
        const char *magic, *what;
        size_t nbytes;
    } kinds[] = {
        {"PK\3\4", "is a zip archive, as .npz is: unpack it first", 4},
        {"\x1f\x8b", "is compressed by gzip: unpack it first", 2},
        {"\x28\xb5\x2f\xfd", "is compressed by zstd: unpack it first", 4},
        {"\xfd\x37\x7a\x58\x5a", "is compressed by xz: unpack it first", 5},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (text.nbytes >= kinds[i].nbytes &&
            memcmp(text.text, kinds[i].magic, kinds[i].nbytes) == 0)
            return kinds[i].what;
    return NULL;
}

static int fill_shape(struct csv_shape *shape, struct pel_string record,
                      const struct pel_csv_options *options, struct pel_error *err)
{
    shape->delimiter = options->delimiter ? options->delimiter : guess_delimiter(record);
    int status = find_columns(shape, record, err);
    if (!status)
        status = check_options(shape, options, err);
    if (status)
        return status;
    shape->fields = pel_arena_take(shape->memory, shape->ncolumns * sizeof *shape->fields);
    shape->guessed = pel_arena_take(shape->memory, shape->ncolumns * sizeof *shape->guessed);
    shape->why_text = pel_arena_take(shape->memory, shape->ncolumns * sizeof *shape->why_text);
    if (!shape->fields || !shape->guessed || !shape->why_text)
        return no_memory(err);
    memset(shape->guessed, true, shape->ncolumns);
    shape->header =
        options->header == PEL_CSV_HEADER_YES ||
        (options->header == PEL_CSV_HEADER_GUESS && count_numbers(shape, record, true) == 0);
    shape->numbers = shape->header && count_numbers(shape, record, false) == shape->ncolumns;
    status = name_columns(shape, record, options, err);
    if (!status)
        status = check_names(shape, err);
    if (!status)
        status = copy_nulls(shape, options, err);
    for (size_t i = 0; i < options->ntypes && !status; i++)
        status = give_type(shape, &options->types[i], err);
    return status;
}

/* What is no text, or not of lines, by its first record. */
static int check_text(struct pel_string record, struct pel_error *err)
{
    static const char npy[] = "\x93NUMPY";
    const char *compressed = compression(record);
    const size_t n = record.nbytes < sizeof npy - 1 ? record.nbytes : sizeof npy - 1;
    if (n && memcmp(record.text, npy, n) == 0)
        return pel_error_set(err, -EILSEQ, PEL_STAGE_DECODE,
                             "begins as a .npy file does: this is no text");
    if (record.nbytes >= 2 &&
        (memcmp(record.text, "\xff\xfe", 2) == 0 || memcmp(record.text, "\xfe\xff", 2) == 0))
        return pel_error_set(err, -ENOTSUP, PEL_STAGE_DECODE,
                             "the text is in UTF-16: convert it to UTF-8");
    if (compressed)
        return pel_error_set(err, -ENOTSUP, PEL_STAGE_DECODE, compressed);
    if (record.nbytes && memchr(record.text, '\r', record.nbytes) &&
        !memchr(record.text, '"', record.nbytes))
        return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE,
                             "row 0 (line 1): a CR without LF; lines end with LF or CRLF");
    return 0;
}

int pel_csv_shape_begin(struct csv_shape *shape, struct pel_string record,
                        const struct pel_csv_options *options, struct pel_error *err)
{
    *shape = (struct csv_shape){.memory = pel_arena_open()};
    if (!shape->memory)
        return no_memory(err);
    record.nbytes -= record.nbytes > 0 && record.text[record.nbytes - 1] == '\n';
    record.nbytes -= record.nbytes > 0 && record.text[record.nbytes - 1] == '\r';
    int status = check_text(record, err);
    if (!status)
        status = fill_shape(shape, record, options, err);
    if (status)
        pel_csv_shape_free(shape);
    return status;
}

void pel_csv_shape_free(struct csv_shape *shape)
{
    pel_arena_close(shape->memory);
    *shape = (struct csv_shape){0};
}
