/* A file of binary numbers as a part of memory. */
#include "binary.h"

#include "error.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every so many pages one is asked for: all 97,657 of 400 MB took 5 to 11 ms, and summing them 26. */
enum { SAMPLE_PAGES = 64, SAMPLES = 4096 };

/* Linux says that any page of a file that the process could not write to is in memory; mapping is then as
 * right, and a thread waits where it was wrong. */
bool pel_map_is_cached(unsigned char *map, size_t nbytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), npages = (nbytes + page - 1) / page;
    size_t step = npages / SAMPLES > SAMPLE_PAGES ? npages / SAMPLES : SAMPLE_PAGES;
    unsigned char present = 1;
    for (size_t i = 0; i < npages; i += step)
        if (mincore(map + i * page, 1, &present) != 0 || !(present & 1))
            return false;
    return mincore(map + (npages - 1) * page, 1, &present) == 0 && (present & 1);
}

int pel_binary_map(struct pel_binary *binary, bool cached, struct pel_error *err)
{
    const struct pel_binary_file *file = &binary->file;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t begin = binary->layout.data_offset;
    size_t lead = (size_t)(begin % page);
    uint64_t nbytes = lead + pel_binary_range_nbytes(binary) * binary->layout.nranges;
    if (!file->regular)
        return pel_error_set(err, -ESPIPE, PEL_STAGE_OPEN, "a pipe cannot be mapped");
    if (nbytes > SIZE_MAX)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_OPEN, "is too large to be mapped");
    void *map = mmap(NULL, (size_t)nbytes, PROT_READ, MAP_SHARED, file->fd, (off_t)(begin - lead));
    if (map == MAP_FAILED)
        return pel_error_system(err, -errno, PEL_STAGE_OPEN, "cannot be mapped");
    if (cached && !pel_map_is_cached(map, (size_t)nbytes)) {
        (void)munmap(map, (size_t)nbytes);
        return -EAGAIN;
    }
    binary->map = map;
    binary->map_nbytes = (size_t)nbytes;
    binary->map_lead = lead;
    return 0;
}

void pel_binary_unmap(struct pel_binary *binary)
{
    if (binary->map)
        (void)munmap(binary->map, binary->map_nbytes);
    binary->map = NULL;
}

/* Reading behind the end of a file that has shrunk kills the program. */
static int check_size(const struct pel_binary *binary, struct pel_error *err)
{
    struct stat status;
    if (fstat(binary->file.fd, &status) != 0)
        return pel_error_system(err, -errno, PEL_STAGE_STAT, "cannot look at the file again");
    uint64_t wanted = binary->layout.data_offset + binary->map_nbytes - binary->map_lead;
    if ((uint64_t)status.st_size >= wanted)
        return 0;
    return pel_error_format(err, -EIO, PEL_STAGE_READ, status.st_size,
                            "ends at byte %lld of %llu: it shrank while it was read",
                            (long long)status.st_size, (unsigned long long)wanted);
}

/* Also for passes that want no column, and then there is no map. */
int pel_binary_next_mapped(struct pel_binary *binary, struct pel_view *view,
                           struct pel_chunk *chunk, struct pel_error *err)
{
    const struct pel_layout *layout = &binary->layout;
    uint64_t first = binary->next_index * PEL_CHUNK_ROWS, stride = layout->row_nbytes;
    if (first >= layout->nrows)
        return 0;
    int rc = binary->map ? check_size(binary, err) : 0;
    if (rc)
        return rc;
    uint64_t left = layout->nrows - first;
    chunk->nrows = left < PEL_CHUNK_ROWS ? (size_t)left : PEL_CHUNK_ROWS;
    for (size_t j = 0; j < layout->ncolumns; j++) {
        const struct pel_layout_column *column = &layout->columns[j];
        const unsigned char *data = NULL;
        if (binary->wanted[j])
            data = binary->map + binary->map_lead +
                   column->range * pel_binary_range_nbytes(binary) + first * stride +
                   column->offset;
        view->columns[j] =
            (struct pel_column){column->type, column->swapped, (ptrdiff_t)stride, data};
    }
    return 1;
}
