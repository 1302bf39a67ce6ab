/* convert INPUT OUTPUT.png: a picture to gray at half its size, by all parts of the library in turn. */
#include <pelton/codec.h>
#include <pelton/load.h>
#include <pelton/store.h>

#include <stdio.h>

static int convert(const struct pel_load_item *item, struct pel_bytes *out, struct pel_error *err)
{
    const struct pel_codec *codec = pel_codec_for_data(item->data, item->nbytes);
    struct pel_team team = pel_team(0);
    struct pel_picture picture;
    struct pel_image gray = {0}, half = {0};
    if (!codec)
        return pel_error_set(err, -ENOTSUP, PEL_STAGE_DECODE, "not an image");
    int status = codec->decode(item->data, item->nbytes, NULL, &picture, err);
    const struct pel_image *image = &picture.image;
    if (!status)
        status = pel_image_alloc(&gray, image->width, image->height, 1, image->bits, err);
    if (!status)
        status = pel_image_gray(image, &gray, PEL_GRAY_BT601, &team, err);
    if (!status)
        status =
            pel_image_alloc(&half, (gray.width + 1) / 2, (gray.height + 1) / 2, 1, gray.bits, err);
    if (!status)
        status = pel_image_resize(&gray, &half, NULL, &team, err);
    if (!status)
        status =
            pel_codec_for_name("png")->encode(&(struct pel_picture){.image = half}, NULL, out, err);
    pel_picture_free(&picture);
    pel_image_free(&gray);
    pel_image_free(&half);
    return status;
}

int main(int argc, char **argv)
{
    struct pel_load *load = NULL;
    struct pel_store *store = NULL;
    struct pel_load_item item;
    struct pel_error err = {0};
    if (argc != 3)
        return 2;
    int status = pel_load_open(&load, (const char *const *)&argv[1], 1, NULL, &err);
    if (!status)
        status = pel_store_open(&store, NULL, &err);
    while (!status && pel_load_next(load, &item) > 0) {
        struct pel_bytes out = {0};
        err = item.error;
        status = err.code ? err.code : convert(&item, &out, &err);
        pel_load_release(load, &item);
        if (!status)
            status = pel_store_put(store, argv[2], true, &out, NULL, NULL, &err);
    }
    int stored = pel_store_close(store);
    pel_load_close(load, NULL);
    if (status || stored)
        fprintf(stderr, "%s: %s (%d)\n", argv[1], err.message, status ? status : stored);
    return status || stored;
}
