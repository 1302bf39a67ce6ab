#include "stb.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#define STBI_ONLY_TGA
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
/* It declares what the formats left out would have defined; gcc says so at the end of the file, so
 * the pragma has to reach there. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image.h>

static size_t left(const struct pel_stb_input *input)
{
    return input->segments[input->index].nbytes - input->position;
}

/* Goes to the next segment that holds something; false at the end. */
static bool advance(struct pel_stb_input *input)
{
    while (left(input) == 0) {
        if (input->index + 1 == PEL_STB_SEGMENTS)
            return false;
        input->index++;
        input->position = 0;
    }
    return true;
}

/* Copies (out not NULL) or passes over up to nbytes; the number done. */
static size_t consume(struct pel_stb_input *input, char *out, size_t nbytes)
{
    size_t done = 0;
    while (done < nbytes && advance(input)) {
        size_t n = left(input) < nbytes - done ? left(input) : nbytes - done;
        const unsigned char *data = input->segments[input->index].data;
        if (out && data)
            memcpy(out + done, data + input->position, n);
        else if (out)
            memset(out + done, 0, n);
        input->position += n;
        done += n;
    }
    return done;
}

/* stb fills a small buffer ahead, so getting less than asked for says nothing; it asks again only
 * when it needs more, and then gets nothing. */
static int on_read(void *user, char *out, int nbytes)
{
    struct pel_stb_input *input = user;
    size_t done = nbytes > 0 ? consume(input, out, (size_t)nbytes) : 0;
    if (done == 0)
        input->ran_out = true;
    return (int)done;
}

static void on_skip(void *user, int nbytes)
{
    struct pel_stb_input *input = user;
    if (nbytes > 0 && consume(input, NULL, (size_t)nbytes) < (size_t)nbytes)
        input->ran_out = true;
}

static int on_eof(void *user)
{
    return !advance(user);
}

static void copy_pixels(const unsigned char *pixels, int channels, struct pel_image *image)
{
    size_t row_nbytes = image->width * (size_t)channels, wanted = (size_t)image->channels;
    for (size_t y = 0; y < image->height; y++) {
        const unsigned char *in = pixels + y * row_nbytes;
        unsigned char *out = image->data + y * image->stride_bytes;
        if (wanted == (size_t)channels) {
            memcpy(out, in, row_nbytes);
            continue;
        }
        for (size_t x = 0; x < image->width; x++)
            memcpy(out + x * wanted, in + x * (size_t)channels, wanted);
    }
}

static int failure(const struct pel_codec *codec, struct pel_error *err)
{
    const char *reason = stbi_failure_reason();
    if (strcmp(reason, "outofmem") == 0)
        return pel_error_format(err, -ENOMEM, PEL_STAGE_DECODE, -1, "out of memory");
    /* The format lets an encoder go on with a full code table; stb wants it cleared some time. */
    if (strcmp(reason, "too many codes") == 0)
        return pel_error_format(err, -ENOTSUP, PEL_STAGE_DECODE, -1,
                                "%s: a code table that stays full for over 4096 codes",
                                codec->name);
    return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, -1, "%s: %s", codec->name, reason);
}

int pel_stb_decode(const struct pel_codec *codec, struct pel_stb_input *input, int channels,
                   struct pel_image *image, struct pel_error *err)
{
    static const stbi_io_callbacks callbacks = {on_read, on_skip, on_eof};
    int width = 0, height = 0, got = 0;
    unsigned char *pixels = stbi_load_from_callbacks(&callbacks, input, &width, &height, &got, 0);
    if (!pixels)
        return failure(codec, err);
    int status = 0;
    if ((size_t)width != image->width || (size_t)height != image->height || got != channels)
        status = pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, -1,
                                  "%s: the pixels are not what the header says", codec->name);
    else
        copy_pixels(pixels, channels, image);
    stbi_image_free(pixels);
    return status;
}

int pel_stb_check_size(const struct pel_codec *codec, struct pel_picture_info *info, int channels,
                       struct pel_error *err)
{
    /* stb's GIF reader also steps up to 8 rows past the end while it counts in int. */
    size_t nbytes, width = info->width, height = info->height;
    if (!pel_size_mul(width, height + 8, &nbytes) &&
        !pel_size_mul(nbytes, (size_t)channels, &nbytes) && nbytes <= INT_MAX)
        return 0;
    *info = (struct pel_picture_info){0};
    return pel_error_format(err, -ENOTSUP, PEL_STAGE_DECODE, -1,
                            "%s: %zu x %zu pixels are 2 GiB or more, which is not handled in this "
                            "format",
                            codec->name, width, height);
}
