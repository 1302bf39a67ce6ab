/* Rows to text. */
#include <pelton/csv.h>
#include <pelton/decimal.h>

#include <math.h>
#include <string.h>

/* Text that is being written; once something did not fit, nothing more does. */
struct writer {
    char *p, *end;
    char delimiter;
    bool full;
};

static void put(struct writer *writer, const char *text, size_t nbytes)
{
    writer->full |= (size_t)(writer->end - writer->p) < nbytes;
    if (writer->full || nbytes == 0)
        return;
    memcpy(writer->p, text, nbytes);
    writer->p += nbytes;
}

static void put_byte(struct writer *writer, char byte)
{
    put(writer, &byte, 1);
}

/* Whether a text would be read as something else: separators and quotes are in it, or blanks
 * around it that a reader may take off. */
static bool needs_quotes(const struct writer *writer, struct pel_string text)
{
    for (size_t i = 0; i < text.nbytes; i++) {
        const char byte = text.text[i];
        if (byte == '"' || byte == '\n' || byte == '\r' || byte == writer->delimiter)
            return true;
    }
    return text.nbytes > 0 && (text.text[0] == ' ' || text.text[text.nbytes - 1] == ' ');
}

static void put_text(struct writer *writer, struct pel_string text, bool alone)
{
    if (!needs_quotes(writer, text) && !(alone && text.nbytes == 0)) {
        put(writer, text.text, text.nbytes);
        return;
    }
    put_byte(writer, '"');
    for (size_t i = 0; i < text.nbytes; i++) {
        if (text.text[i] == '"')
            put_byte(writer, '"');
        put_byte(writer, text.text[i]);
    }
    put_byte(writer, '"');
}

/* The bytes of a value in the machine's order; up to 16 of them. */
static void load(const struct pel_column *column, size_t row, unsigned char value[16])
{
    const size_t nbytes = pel_type_nbytes(column->type);
    const unsigned char *data =
        (const unsigned char *)column->data + (ptrdiff_t)row * column->stride;
    memcpy(value, data, nbytes);
    if (!column->swapped)
        return;
    for (size_t i = 0; i < nbytes; i++)
        value[i] = data[nbytes - 1 - i];
}

static void put_u64(struct writer *writer, uint64_t number)
{
    char digits[PEL_DECIMAL_NBYTES];
    if (number > INT64_MAX) { /* all but the last digit, then that one */
        put_u64(writer, number / 10);
        number %= 10;
    }
    put(writer, digits, pel_decimal_from_i64((int64_t)number, digits));
}

static void put_f64(struct writer *writer, double number)
{
    char digits[PEL_DECIMAL_NBYTES];
    put(writer, digits, pel_decimal_from_f64(number, digits));
}

static void put_f32(struct writer *writer, float number)
{
    char digits[PEL_DECIMAL_NBYTES];
    put(writer, digits, pel_decimal_from_f32(number, digits));
}

/* IEEE 754 binary16: 5 bits of exponent, 10 of mantissa. */
static float float_of_half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    float number =
        exponent ? ldexpf((float)(mantissa | 1024), exponent - 25) : ldexpf((float)mantissa, -24);
    if (exponent == 31)
        number = mantissa ? NAN : INFINITY;
    return bits >> 15 ? -number : number;
}

static void put_value(struct writer *writer, const struct pel_column *column, size_t row,
                      bool alone)
{
    union {
        unsigned char bytes[16];
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        float f32;
        double f64;
        struct pel_string string;
    } value = {.bytes = {0}};
    char digits[PEL_DECIMAL_NBYTES];
    int64_t integer = 0;
    load(column, row, value.bytes);
    switch (column->type) {
    case PEL_BOOL:
        put(writer, value.u8 ? "true" : "false", value.u8 ? 4 : 5);
        return;
    case PEL_U64:
        put_u64(writer, value.u64);
        return;
    case PEL_F16:
        put_f32(writer, float_of_half(value.u16));
        return;
    case PEL_F32:
        put_f32(writer, value.f32);
        return;
    case PEL_F64:
        put_f64(writer, value.f64);
        return;
    case PEL_STRING:
        put_text(writer, value.string, alone);
        return;
    case PEL_I8:
        integer = value.i8;
        break;
    case PEL_I16:
        integer = value.i16;
        break;
    case PEL_I32:
        integer = value.i32;
        break;
    case PEL_U8:
        integer = value.u8;
        break;
    case PEL_U16:
        integer = value.u16;
        break;
    case PEL_U32:
        integer = value.u32;
        break;
    default:
        integer = value.i64;
        break;
    }
    put(writer, digits, pel_decimal_from_i64(integer, digits));
}

size_t pel_csv_format_names(const struct pel_field *fields, size_t nfields, char delimiter,
                            char *text, size_t room)
{
    struct writer writer = {text, text + room, delimiter ? delimiter : ',', false};
    for (size_t i = 0; i < nfields; i++) {
        if (i > 0)
            put_byte(&writer, writer.delimiter);
        put_text(&writer, (struct pel_string){fields[i].name, strlen(fields[i].name)},
                 nfields == 1);
    }
    put_byte(&writer, '\n');
    return writer.full ? 0 : (size_t)(writer.p - text);
}

size_t pel_csv_format(const struct pel_column *columns, size_t ncolumns, char delimiter,
                      size_t *row, size_t nrows, char *text, size_t room)
{
    struct writer writer = {text, text + room, delimiter ? delimiter : ',', false};
    for (; *row < nrows; ++*row) {
        char *record = writer.p;
        for (size_t c = 0; c < ncolumns; c++) {
            if (c > 0)
                put_byte(&writer, writer.delimiter);
            put_value(&writer, &columns[c], *row, ncolumns == 1);
        }
        put_byte(&writer, '\n');
        if (writer.full)
            return (size_t)(record - text);
    }
    return (size_t)(writer.p - text);
}
