/* Names of types: numpy's, and those of the command line. */
#include "layout.h"

#include <pelton/array.h>

#include <string.h>

#define BIG_ENDIAN_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* The type of a kind ('b', 'i', 'u', 'f') of so many bytes. */
static bool find_type(char kind, size_t nbytes, enum pel_type *out)
{
    static const struct {
        char kind;
        unsigned char nbytes;
        enum pel_type type;
    } types[] = {
        {'b', 1, PEL_BOOL}, {'i', 1, PEL_I8},  {'i', 2, PEL_I16}, {'i', 4, PEL_I32},
        {'i', 8, PEL_I64},  {'u', 1, PEL_U8},  {'u', 2, PEL_U16}, {'u', 4, PEL_U32},
        {'u', 8, PEL_U64},  {'f', 2, PEL_F16}, {'f', 4, PEL_F32}, {'f', 8, PEL_F64},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].kind == kind && types[i].nbytes == nbytes) {
            *out = types[i].type;
            return true;
        }
    return false;
}

/* A number of one to six digits that is all of the text. */
static bool parse_size(const char *text, size_t nbytes, size_t *out)
{
    size_t n = 0;
    if (nbytes == 0 || nbytes > 6)
        return false;
    for (size_t i = 0; i < nbytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = 10 * n + (size_t)(text[i] - '0');
    }
    *out = n;
    return true;
}

static bool is_order(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '|';
}

static bool is_swapped(char order, enum pel_type type)
{
    return pel_type_nbytes(type) > 1 && (BIG_ENDIAN_HOST ? order == '<' : order == '>');
}

/* What is known of numpy's types and has no column here. */
static const char *unhandled(char kind, size_t nbytes)
{
    switch (kind) {
    case 'S':
    case 'a':
        return "text (bytes)";
    case 'U':
        return "text (Unicode)";
    case 'O':
        return "Python objects";
    case 'M':
        return "dates";
    case 'm':
        return "differences of dates";
    case 'f':
    case 'c':
        return nbytes > 8 ? "long double" : NULL;
    default:
        return NULL;
    }
}

int pel_npy_type_parse(const char *text, size_t nbytes, struct pel_npy_type *out, const char **what)
{
    *out = (struct pel_npy_type){0};
    char order = nbytes && is_order(text[0]) ? text[0] : '=';
    size_t start = nbytes && is_order(text[0]) ? 1 : 0, size = 0;
    *what = NULL;
    if (nbytes - start == 1 && text[start] == '?') {
        *out = (struct pel_npy_type){PEL_BOOL, false, 1, 1};
        return 0;
    }
    if (nbytes <= start)
        return -EBADMSG;
    char kind = text[start++];
    bool sized = parse_size(text + start, nbytes - start, &size);
    bool complex = kind == 'c';
    if (sized && kind == 'V') {
        *out = (struct pel_npy_type){.nbytes = size};
        return 0;
    }
    enum pel_type type;
    if (sized && find_type(complex ? 'f' : kind, complex ? size / 2 : size, &type) &&
        !(complex && (size % 2 || type == PEL_F16))) {
        *out = (struct pel_npy_type){type, is_swapped(order, type), complex ? 2 : 1, size};
        return 0;
    }
    *what = unhandled(kind, size);
    return *what ? -ENOTSUP : -EBADMSG;
}

static bool take_prefix(const char **text, size_t *nbytes, const char *prefix)
{
    size_t n = strlen(prefix);
    if (*nbytes < n || memcmp(*text, prefix, n) != 0)
        return false;
    *text += n;
    *nbytes -= n;
    return true;
}

static bool take_suffix(const char *text, size_t *nbytes, const char *suffix)
{
    size_t n = strlen(suffix);
    if (*nbytes < n || memcmp(text + *nbytes - n, suffix, n) != 0)
        return false;
    *nbytes -= n;
    return true;
}

/* "uint" before "u", and so on: the longer name of a kind first. */
static bool parse_bits(const char *text, size_t nbytes, enum pel_type *type)
{
    static const struct {
        const char *prefix;
        char kind;
    } kinds[] = {{"uint", 'u'}, {"int", 'i'}, {"float", 'f'}, {"u", 'u'}, {"i", 'i'}, {"f", 'f'}};
    size_t nbits;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (take_prefix(&text, &nbytes, kinds[i].prefix))
            return parse_size(text, nbytes, &nbits) && nbits % 8 == 0 &&
                   find_type(kinds[i].kind, nbits / 8, type);
    return take_prefix(&text, &nbytes, "bool") && nbytes == 0 && find_type('b', 1, type);
}

int pel_dtype_parse(const char *text, size_t nbytes, enum pel_type *type, bool *swapped)
{
    *type = PEL_BOOL;
    *swapped = false;
    if (nbytes && is_order(text[0])) {
        struct pel_npy_type parsed;
        const char *what;
        if (pel_npy_type_parse(text, nbytes, &parsed, &what) || parsed.ncolumns != 1)
            return -EINVAL;
        *type = parsed.type;
        *swapped = parsed.swapped;
        return 0;
    }
    char order = '=';
    if (take_suffix(text, &nbytes, "le"))
        order = '<';
    else if (take_suffix(text, &nbytes, "be"))
        order = '>';
    if (!parse_bits(text, nbytes, type))
        return -EINVAL;
    *swapped = is_swapped(order, *type);
    return 0;
}
