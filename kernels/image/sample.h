/* Integer formulas on single samples that more than one kernel needs. */
#ifndef PELTON_IMAGE_SAMPLE_H
#define PELTON_IMAGE_SAMPLE_H

#include <stdint.h>

/* Weights of red, green, blue times 2^16; they add up to 2^16, so that equal samples map to
 * themselves. 65535 * 2^16 + 2^15 < 2^32: unsigned 32 bits hold every sum. */
enum { PEL_BT601_R = 19595, PEL_BT601_G = 38470, PEL_BT601_B = 7471 };
enum { PEL_BT709_R = 13933, PEL_BT709_G = 46871, PEL_BT709_B = 4732 };
_Static_assert(PEL_BT601_R + PEL_BT601_G + PEL_BT601_B == 1 << 16, "white stays white");
_Static_assert(PEL_BT709_R + PEL_BT709_G + PEL_BT709_B == 1 << 16, "white stays white");

static inline uint16_t pel_gray_bt601_16(const uint16_t rgb[3])
{
    return (uint16_t)(((uint32_t)PEL_BT601_R * rgb[0] + (uint32_t)PEL_BT601_G * rgb[1] +
                       (uint32_t)PEL_BT601_B * rgb[2] + 32768u) >>
                      16);
}

/* Rounds to nearest: 65535 is odd, so there are no ties. */
static inline unsigned char pel_depth_8(uint16_t sample)
{
    return (unsigned char)(((uint32_t)sample * 255u + 32767u) / 65535u);
}

#endif
