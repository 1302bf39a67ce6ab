#include "bulk/engine/compile/front.h"

#include "bulk/engine/text.h"

#include <string.h>

void *pel_front_take(struct front *front, size_t n, size_t nbytes)
{
    size_t total;
    void *memory = pel_size_mul(n, nbytes, &total) ? NULL : pel_arena_take(front->arena, total);
    if (!memory && !front->status)
        front->status = -ENOMEM;
    return memory;
}

void *pel_front_grow(struct front *front, void *old, int n, int *room, size_t nbytes)
{
    if (n < *room)
        return old;
    int more = *room ? 2 * *room : 8;
    void *grown = pel_front_take(front, (size_t)more, nbytes);
    if (!grown)
        return NULL;
    if (n)
        memcpy(grown, old, (size_t)n * nbytes);
    *room = more;
    return grown;
}

/* Ends what was written into a field of an error: long text is cut between characters of UTF-8, and nothing
 * in it moves a terminal's cursor. */
static void finish(struct writer *writer)
{
    size_t n = writer->nbytes;
    if (n > writer->room) {
        n = writer->room - 3;
        while (n && ((unsigned char)writer->data[n] & 0xC0) == 0x80)
            n--;
        memcpy(writer->data + n, "...", 3);
        n += 3;
    }
    writer->data[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (pel_is_control(writer->data[i]))
            writer->data[i] = '?';
}

int pel_mistake(struct front *front, struct span at, const char *format, ...)
{
    if (front->status)
        return -1;
    struct pel_query_error *mistake = &front->mistake;
    front->status = -EINVAL;
    mistake->lo = at.lo;
    mistake->hi = at.hi;
    struct writer writer = {mistake->message, sizeof mistake->message - 1, 0};
    va_list arguments;
    va_start(arguments, format);
    pel_write_list(&writer, format, arguments);
    va_end(arguments);
    finish(&writer);
    return -1;
}

void pel_hint(struct front *front, const char *format, ...)
{
    if (front->status != -EINVAL)
        return;
    struct writer writer = {front->mistake.hint, sizeof front->mistake.hint - 1, 0};
    va_list arguments;
    va_start(arguments, format);
    pel_write_list(&writer, format, arguments);
    va_end(arguments);
    finish(&writer);
}

/* Words longer than this are not guessed at. */
enum { GUESS_NBYTES = 40 };

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out, replaced or exchanged with their neighbour to get from one word
 * to the other, letters of different case being equal (optimal string alignment). */
static size_t distance(struct pel_string a, struct pel_string b)
{
    size_t rows[3][GUESS_NBYTES + 1];
    for (size_t j = 0; j <= b.nbytes; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.nbytes; i++) {
        size_t *now = rows[i % 3], *above = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.nbytes; j++) {
            char c = lower(a.text[i - 1]), d = lower(b.text[j - 1]);
            now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + (c != d));
            if (i > 1 && j > 1 && c == lower(b.text[j - 2]) && lower(a.text[i - 2]) == d)
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a.nbytes % 3][b.nbytes];
}

void pel_guess(struct guess *guess, struct pel_string candidate)
{
    if (candidate.nbytes > GUESS_NBYTES || guess->wanted.nbytes > GUESS_NBYTES)
        return;
    size_t d = distance(guess->wanted, candidate);
    size_t limit = guess->wanted.nbytes < 3 ? 0 : guess->wanted.nbytes < 5 ? 1 : 2;
    if (d > limit || d >= candidate.nbytes)
        return;
    if (guess->best.text && d >= guess->distance)
        return;
    guess->best = candidate;
    guess->distance = d;
}

bool pel_string_same(struct pel_string a, struct pel_string b)
{
    return a.nbytes == b.nbytes && (a.nbytes == 0 || memcmp(a.text, b.text, a.nbytes) == 0);
}

struct pel_string pel_string_of(const char *text)
{
    return (struct pel_string){text, strlen(text)};
}

bool pel_string_is(struct pel_string a, const char *b)
{
    return pel_string_same(a, pel_string_of(b));
}

struct pel_string pel_front_text(const struct front *front, struct span span)
{
    return (struct pel_string){front->text + span.lo, span.hi - span.lo};
}

struct pel_string pel_front_line(struct front *front, struct span span)
{
    char *line = pel_front_take(front, span.hi - span.lo, 1);
    size_t n = 0;
    for (size_t i = span.lo; line && i < span.hi; i++) {
        bool control = pel_is_control(front->text[i]);
        if (!control || (n && line[n - 1] != ' '))
            line[n++] = control ? ' ' : front->text[i];
    }
    return (struct pel_string){line, n};
}

const char *pel_front_name(struct front *front, struct pel_string name)
{
    char *copy = pel_front_take(front, name.nbytes + 1, 1);
    if (copy && name.nbytes)
        memcpy(copy, name.text, name.nbytes);
    return copy;
}
