/* The batch as one would write it without pelton's loader: a parallel loop in which every thread opens,
 * reads, converts and writes its own files, and waits in the reads. The baseline of bench_load.sh.
 *
 *     plain_batch THREADS AHEAD OUTPUT_FOLDER FILE...
 *
 * AHEAD > 0: the system is told to read that many files ahead (posix_fadvise WILLNEED) of the one taken.
 * Gray, fit into 400x300, JPEG quality 80, by pelton's own codecs and kernels, so that only the way of
 * loading differs. */
#include <pelton/codec.h>
#include <pelton/image.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char *read_file(const char *path, size_t *nbytes)
{
    int fd = open(path, O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0)
        return NULL;
    unsigned char *data = malloc((size_t)status.st_size);
    *nbytes = 0;
    for (ssize_t n = 1; data && n > 0 && *nbytes < (size_t)status.st_size; *nbytes += (size_t)n)
        n = read(fd, data + *nbytes, (size_t)status.st_size - *nbytes);
    close(fd);
    return data;
}

static void announce(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
    close(fd);
}

static int convert(const unsigned char *data, size_t nbytes, struct pel_bytes *out)
{
    const struct pel_codec *codec = pel_codec_for_data(data, nbytes);
    const struct pel_decode_options how = {.luma_only = true};
    const struct pel_encode_options encode = {.quality = 80};
    const struct pel_resize resize = {.filter = PEL_FILTER_LANCZOS3};
    struct pel_team team = pel_team(1);
    struct pel_picture picture = {0};
    if (!codec || codec->decode(data, nbytes, &how, &picture, NULL))
        return -1;
    struct pel_image gray, small;
    const struct pel_image *image = &picture.image;
    double scale = 400.0 / (double)image->width, other = 300.0 / (double)image->height;
    scale = other < scale ? other : scale;
    int status = pel_image_alloc(&gray, image->width, image->height, 1, 8, NULL) |
                 pel_image_alloc(&small, (size_t)((double)image->width * scale + 0.5),
                                 (size_t)((double)image->height * scale + 0.5), 1, 8, NULL);
    if (!status)
        status = pel_image_gray(image, &gray, PEL_GRAY_BT601, &team, NULL);
    if (!status)
        status = pel_image_resize(&gray, &small, &resize, &team, NULL);
    pel_image_free(&picture.image);
    pel_image_free(&gray);
    picture.image = small;
    if (!status)
        status = pel_codec_for_name("jpeg")->encode(&picture, &encode, out, NULL);
    pel_picture_free(&picture);
    return status;
}

static int convert_file(const char *path, const char *folder)
{
    size_t nbytes;
    unsigned char *data = read_file(path, &nbytes);
    struct pel_bytes out = {0};
    int status = data ? convert(data, nbytes, &out) : -1;
    free(data);
    const char *slash = strrchr(path, '/');
    char target[4096];
    (void)snprintf(target, sizeof target, "%s/%s.jpg", folder, slash ? slash + 1 : path);
    FILE *file = status ? NULL : fopen(target, "wb");
    if (!file || fwrite(out.data, 1, out.nbytes, file) != out.nbytes)
        status = -1;
    if (file && fclose(file))
        status = -1;
    pel_bytes_free(&out);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    int nthreads = atoi(argv[1]), ahead = atoi(argv[2]), failed = 0;
    (void)mkdir(argv[3], 0777);
#pragma omp parallel for schedule(dynamic, 1) num_threads(nthreads) reduction(+ : failed)
    for (int i = 4; i < argc; i++) {
        if (ahead > 0 && i + ahead < argc)
            announce(argv[i + ahead]);
        failed += convert_file(argv[i], argv[3]) != 0;
    }
    return failed != 0;
}
