/* Text, 64 bytes at a time. */
#ifndef PELTON_BULK_CSV_SCAN_H
#define PELTON_BULK_CSV_SCAN_H

#include <pelton/core.h>

/* Cutting text into records, piece by piece. */
struct csv_cut {
    uint64_t inside; /* all bits: in quotes */
    size_t nwanted;  /* records that are still to be found */
    uint64_t nlines; /* line ends that were passed */
    size_t since;    /* bytes behind the last record's end */
};

/* Finding where fields end. */
struct csv_fields {
    char delimiter;
    uint32_t *ends; /* ENDS_SLACK more than are counted on */
    size_t nends, room;
    size_t nlines;   /* of them, at the end of a line; never taken back */
    uint64_t inside; /* all bits: in quotes */
    bool may_open;   /* a quote may come: at the beginning of a field, or behind a quote */
    bool closed;     /* the last byte was a quote that closes */
    bool returned;   /* it was a CR behind one */
    bool misplaced;  /* some quote neither opened nor closed a field */
};
enum { ENDS_SLACK = 64 };

struct csv_scan {
    /* Goes on to the end of the last record wanted, or to the end of the piece; returns how far
     * that is. */
    size_t (*cut)(const char *text, size_t nbytes, struct csv_cut *cut);
    /* Adds the ends of fields (where their delimiter or LF is) from byte `at` on, until `room`
     * of them are there or the text ends; returns where it stopped, at most 64 ends beyond. */
    size_t (*fields)(const char *text, size_t nbytes, size_t at, struct csv_fields *fields);
};

const struct csv_scan *pel_csv_scan_for(enum pel_isa isa);

#endif
