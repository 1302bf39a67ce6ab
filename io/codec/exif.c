#include "exif.h"

#include <stdbool.h>
#include <string.h>

#include "format.h"

/* TIFF 6.0, section 2. */
enum {
    TIFF_HEADER_NBYTES = 8,
    TIFF_ENTRY_NBYTES = 12, /* tag 2, type 2, count 4, value or offset 4 */
    TIFF_ORIENTATION = 274,
    TIFF_SHORT = 3
};

struct tiff {
    const unsigned char *data;
    size_t nbytes;
    bool big_endian;
};

static unsigned read16(const struct tiff *tiff, size_t at)
{
    return tiff->big_endian ? pel_read_be16(tiff->data + at) : pel_read_le16(tiff->data + at);
}

static size_t read32(const struct tiff *tiff, size_t at)
{
    return tiff->big_endian ? pel_read_be32(tiff->data + at) : pel_read_le32(tiff->data + at);
}

static bool open_tiff(struct tiff *tiff, const unsigned char *data, size_t nbytes)
{
    if (nbytes >= 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        data += 6;
        nbytes -= 6;
    }
    *tiff = (struct tiff){.data = data, .nbytes = nbytes};
    if (nbytes < TIFF_HEADER_NBYTES)
        return false;
    tiff->big_endian = data[0] == 'M';
    return (memcmp(data, "II", 2) == 0 || memcmp(data, "MM", 2) == 0) && read16(tiff, 2) == 42;
}

int pel_exif_orientation(const unsigned char *data, size_t nbytes)
{
    struct tiff tiff;
    if (!open_tiff(&tiff, data, nbytes))
        return 1;
    size_t at = read32(&tiff, 4);
    if (at > tiff.nbytes - 2)
        return 1;
    size_t nentries = read16(&tiff, at), fit = (tiff.nbytes - at - 2) / TIFF_ENTRY_NBYTES;
    if (nentries > fit)
        nentries = fit;
    at += 2;
    for (size_t i = 0; i < nentries; i++, at += TIFF_ENTRY_NBYTES) {
        if (read16(&tiff, at) != TIFF_ORIENTATION)
            continue;
        unsigned value = read16(&tiff, at + 8);
        bool valid = read16(&tiff, at + 2) == TIFF_SHORT && read32(&tiff, at + 4) == 1;
        return valid && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
