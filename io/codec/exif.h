/* The one thing of EXIF that changes how a picture is seen. */
#ifndef PELTON_IO_CODEC_EXIF_H
#define PELTON_IO_CODEC_EXIF_H

#include <stddef.h>

/* The orientation (TIFF tag 274, 1 to 8) of an EXIF block: a TIFF header and its first directory,
 * with or without the "Exif\0\0" that JPEG puts before it. 1 where there is none or the block is
 * broken. Any bytes may be given. */
int pel_exif_orientation(const unsigned char *data, size_t nbytes);

#endif
