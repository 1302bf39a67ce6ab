/* Image file formats: bytes in memory to pixels and back. No function here sees a file.
 *
 * Any bytes may be given to any decoder: the answer is a picture or an error, never a crash, hang
 * or leak. All functions are re-entrant; a call belongs to one thread.
 */
#ifndef PELTON_CODEC_H
#define PELTON_CODEC_H

#include <pelton/core.h>
#include <pelton/image.h>

PEL_BEGIN_DECLS


/* What a file's header says, before anything is decoded. */
struct pel_picture_info {
    size_t width, height;  /* as stored, before orientation */
    int channels, bits;    /* of the image that decode will give */
    int orientation;       /* EXIF, 1 to 8; 1 where there is none */
    size_t image_nbytes;   /* of the decoded image */
    size_t work_nbytes;    /* further memory that the decoder takes while it runs, upper bound */
};

enum {
    PEL_PICTURE_TRUNCATED = 1, /* the data ended early or was damaged: missing rows are 0; how
                                  many rows there are and why is in warning */
    PEL_PICTURE_ANIMATED = 2,  /* there are more frames; this is the first */
    PEL_PICTURE_WARNING = 4    /* the decoder complained about something harmless; see warning */
};

/* Colour information of a PNG, passed on unchanged where it still applies. Never invented. */
struct pel_color_chunks {
    bool has_srgb, has_gamma, has_chromaticities;
    int srgb_intent;
    uint32_t gamma;             /* times 100000, as in the gAMA chunk */
    uint32_t chromaticities[8]; /* times 100000: white, red, green, blue, x and y each */
};

struct pel_picture {
    struct pel_image image;
    int orientation;      /* still to be applied to image; 1: nothing to do */
    struct pel_bytes icc; /* ICC profile of the pixels as they are; empty: sRGB is assumed */
    struct pel_color_chunks color;
    unsigned flags;
    char warning[120];
};
/* Frees what the picture owns and zeroes it; accepts a zeroed one. */
PEL_API void pel_picture_free(struct pel_picture *picture);

struct pel_decode_options {
    uint64_t max_pixels;  /* width * height above this is refused on the header; 0: no limit */
    uint64_t max_nbytes;  /* image_nbytes + work_nbytes above this is refused; 0: no limit */
    bool keep_truncated;  /* give the rows that are there, if any, instead of an error */
    bool luma_only;       /* the caller wants BT.601 gray: a decoder whose file stores that luma (a
                             YCbCr JPEG) may give it directly, with 1 channel; others ignore it */
};

enum pel_subsampling {
    PEL_SUBSAMPLING_AUTO, /* 4:2:0 below quality 90, 4:4:4 from there on */
    PEL_SUBSAMPLING_444,
    PEL_SUBSAMPLING_422,
    PEL_SUBSAMPLING_420
};

struct pel_encode_options {
    int quality; /* JPEG, 1 to 100; 0: 80 */
    enum pel_subsampling subsampling;
    int compression; /* PNG, zlib level 1 to 9; 0: 6 */
};

/* One file format. */
struct pel_codec {
    const char *name;       /* "png", "jpeg", ...: what --format takes and reports show */
    const char *extensions; /* lower case, the usual one first: "jpg jpeg jpe jfif" */
    const char *library;    /* name and version of the library at work */

    /* Is this that format? Looks at the first bytes only (at most 18). */
    bool (*probe)(const unsigned char *data, size_t nbytes);

    /* Reads the header; checks sizes against the options' limits. 0, -EBADMSG (not valid), -ENOTSUP
     * (valid, not handled), -EFBIG (over max_pixels), -ENOMEM (over max_nbytes). */
    int (*info)(const unsigned char *data, size_t nbytes, const struct pel_decode_options *options,
                struct pel_picture_info *info, struct pel_error *err);

    /* Decodes the first image: 8 or 16 bits as stored (fewer bits are scaled to 8), palettes
     * expanded, transparency as alpha, CMYK turned into RGB. Does the checks of info first. On
     * failure *picture is zeroed. */
    int (*decode)(const unsigned char *data, size_t nbytes,
                  const struct pel_decode_options *options, struct pel_picture *picture,
                  struct pel_error *err);

    /* Encodes; NULL where the format is only read. -EINVAL for an image that the format cannot hold
     * (alpha, 16 bits, sides). The picture's ICC profile and colour chunks are written where the
     * format has a place for them and they describe such pixels; orientation must have been
     * applied. The bytes for given pixels and options are always the same with the same library
     * version. */
    int (*encode)(const struct pel_picture *picture, const struct pel_encode_options *options,
                  struct pel_bytes *out, struct pel_error *err);

    bool encodes_alpha; /* may image have alpha */
    bool encodes_16;    /* may image have 16 bits */
};

/* Does this ICC profile describe pixels with so many channels, alpha not counting: gray for 1 and 2, RGB
 * for 3 and 4? Looks at the colour space in its header (ICC.1:2010, 7.2.6); false for an empty one. */
PEL_API bool pel_icc_describes(const struct pel_bytes *icc, int channels);

/* The table of formats, ending with NULL: png, jpeg, bmp, pnm, gif, tga. */
PEL_API const struct pel_codec *const *pel_codecs(void);

/* The codec whose probe accepts the bytes, or NULL. */
PEL_API const struct pel_codec *pel_codec_for_data(const unsigned char *data, size_t nbytes);

/* The codec of that name (`--format jpeg`), or NULL. */
PEL_API const struct pel_codec *pel_codec_for_name(const char *name);

/* The codec whose extensions hold that of the file name (any case), or NULL. */
PEL_API const struct pel_codec *pel_codec_for_path(const char *path);

PEL_END_DECLS
#endif
