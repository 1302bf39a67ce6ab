#include <pelton/core.h>

#include <stdlib.h>

void pel_bytes_free(struct pel_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct pel_bytes){0};
}
