#include "cli.h"

#include <pelton/store.h>

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

static void keep_result(void *ctx, const struct pel_store_result *result)
{
    *(struct pel_error *)ctx = result->error;
}

static int store(const char *path, struct pel_bytes *bytes, struct pel_error *err)
{
    struct pel_store *store;
    int status = pel_store_open(&store, NULL, err);
    if (status)
        return status;
    status = pel_store_put(store, path, true, bytes, keep_result, err, err);
    int stored = pel_store_close(store);
    return status ? status : stored;
}

bool cli_write_file(const char *path, void (*write)(FILE *stream, const void *ctx), const void *ctx)
{
    struct pel_error err = {0};
    struct pel_bytes bytes = {0};
    char *text = NULL;
    FILE *stream = open_memstream(&text, &bytes.nbytes);
    int status = stream ? 0 : -errno;
    if (stream) {
        write(stream, ctx);
        status = fclose(stream) ? -errno : 0;
    }
    bytes.data = (unsigned char *)text;
    if (!status)
        status = store(path, &bytes, &err);
    pel_bytes_free(&bytes);
    if (status)
        cli_message("cannot write %s: %s", path, err.code ? err.message : strerror(-status));
    return status == 0;
}

int cli_print_json(struct cJSON *root)
{
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    puts(text);
    cJSON_free(text);
    return CLI_OK;
}
