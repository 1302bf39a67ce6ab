#include <pelton/image.h>

#include <stdio.h>

int main(void)
{
    struct pel_image red = {0}, gray = {0};
    struct pel_team team = pel_team(0);
    struct pel_error err = {0};
    if (pel_image_alloc(&red, 640, 480, 3, 8, &err) == 0 &&
        pel_image_alloc(&gray, 640, 480, 1, 8, &err) == 0) {
        pel_image_fill(&red, (const uint16_t[]){65535, 0, 0, 65535});
        err.code = pel_image_gray(&red, &gray, PEL_GRAY_BT601, &team, &err);
    }
    printf("%s%d\n", err.message, err.code ? err.code : gray.data[0]);
    pel_image_free(&gray);
    pel_image_free(&red);
    return err.code != 0;
}
