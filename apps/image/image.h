/* `pelton image`: what its parts share.
 *
 * The way of a file: plan.c decides what is to be done (operands to jobs), batch.c feeds the jobs'
 * files to a crew of threads, pipeline.c turns one file's bytes into the output's bytes, and the
 * store writes them; report.c and trace.c tell afterwards from the jobs what happened.
 */
#ifndef PELTON_IMAGE_IMAGE_H
#define PELTON_IMAGE_IMAGE_H

#include "cli/cli.h"
#include "image/geometry.h"

#include <pelton/codec.h>
#include <pelton/image.h>
#include <pelton/load.h>
#include <pelton/store.h>

/* What to do where the output is there already. */
enum existing { EXISTING_REFUSE, EXISTING_SKIP, EXISTING_UPDATE, EXISTING_OVERWRITE };

struct image_options {
    /* inputs and outputs */
    const char **operands;
    size_t noperands;
    const char *files_from; /* NULL: no list */
    bool nul_separated;
    bool all_files; /* of a folder, not only those whose names are an image's */
    const char *output_folder;
    const char *name_template; /* NULL: the input's name */
    enum existing existing;
    bool dry_run;

    /* the picture */
    struct geometry geometry;
    enum pel_filter filter;
    enum pel_space space;
    bool gray;
    enum pel_gray gray_method;
    uint16_t background[4];

    /* the file */
    const struct pel_codec *format; /* NULL: same as the input's name says */
    struct pel_encode_options encode;
    bool strip;
    bool keep_truncated;
    uint64_t max_pixels;
    enum pel_durability durability;

    /* the run */
    int nthreads;
    enum pel_isa isa;
    uint64_t memory; /* bytes */
    const char *io_backend;
    uint64_t io_latency_ns; /* of the sim backend */
    int depth;
    bool fail_fast;
    const char *report_path, *trace_path;
    bool quiet, verbose, json;
    enum cli_progress_mode progress;
};

enum job_state { JOB_TODO, JOB_DONE, JOB_FAILED, JOB_SKIPPED, JOB_CANCELLED };
const char *job_state_name(enum job_state state);

/* A moment is CLOCK_MONOTONIC nanoseconds, 0 where it was never reached. */
struct job_times {
    uint64_t load_start, load_ready; /* the I/O lane had the file */
    uint64_t wait_start;             /* a thread became free ... */
    uint64_t taken;                  /* ... and took the file */
    uint64_t decode_start, compute_start, encode_start, encode_end;
    uint64_t store_start, store_end; /* the store lane had the output */
};

/* One input and what became of it. Written by one thread at a time: the planner, then the worker
 * that took it, then the store lane. */
struct job {
    char *input, *output;
    const struct pel_codec *format; /* of the output */
    enum job_state state;
    enum pel_stage stage; /* where it failed */
    int code;             /* negative errno value of the failure */
    int64_t offset;
    char *reason;  /* why it failed or was skipped; NULL else */
    char *warning; /* NULL: none */
    bool damaged;  /* converted, though part of the data is missing or wrong */

    const char *input_format; /* NULL: not known */
    size_t width_in, height_in, width_out, height_out;
    int channels_in, bits_in, channels_out, bits_out;
    int orientation;
    uint64_t bytes_in, bytes_out;
    int thread; /* of the team, from 0 */
    struct job_times times;
};

/* Marks the job as failed and takes the reason over from the record. */
void job_fail(struct job *job, const struct pel_error *error);
/* Marks the job as skipped. */
void job_skip(struct job *job, const char *reason);
/* Adds a remark for the report; several are joined by "; ". */
void job_warn(struct job *job, const char *warning);

struct plan {
    struct job *jobs;
    size_t njobs;
    char **folders; /* distinct folders that outputs go to */
    size_t nfolders;
    size_t ignored; /* files in folders whose names are not an image's */
};

/* Turns the operands into jobs, in a fixed order. What cannot be read is a failed job. Returns
 * false after printing why when the run must not start: outputs collide or exist already, a bad
 * template, a list that cannot be read, no memory. */
bool plan_make(struct plan *plan, const struct image_options *options);
void plan_free(struct plan *plan);

struct totals {
    size_t files, converted, failed, skipped, cancelled;
    size_t damaged; /* of the converted ones */
    double megapixels; /* read */
    uint64_t bytes_in, bytes_out;
    double seconds;
    int nthreads; /* at work */
    struct pel_load_stats load;
};

/* Runs the jobs that are JOB_TODO. cancel is raised by a signal. Returns false after printing why
 * when the run could not start at all. */
bool batch_run(struct plan *plan, const struct image_options *options, struct pel_cancel *cancel,
               struct totals *totals);

/* One file's bytes in, the output's bytes out; the kernels run on the team. Memory is asked for
 * with reserve(ctx, nbytes) before any of it is taken, once the header has told how much it will
 * be. `loaded` is called as soon as the input's bytes are no longer needed. */
struct pipeline {
    const struct image_options *options;
    struct pel_team team;
    uint64_t max_nbytes; /* the most that reserve can give */
    void (*reserve)(void *ctx, uint64_t nbytes);
    void (*loaded)(void *ctx);
    void *ctx;
};
int pipeline_run(const struct pipeline *usual, struct job *job, const unsigned char *data,
                 size_t nbytes, struct pel_bytes *out, struct pel_error *err);

/* Writes the report, one row a job in the plan's order, as JSON or CSV by the path's ending; the
 * trace in Chrome's trace event format. Return false after printing why. */
bool report_path_valid(const char *path);
bool report_write(const struct plan *plan, const struct totals *totals,
                  const struct image_options *options);
bool trace_write(const struct plan *plan, const struct totals *totals,
                 const struct image_options *options);

/* The summary on stdout (text or JSON), the failures on stderr. */
void report_summary(const struct plan *plan, const struct totals *totals,
                    const struct image_options *options);

#endif
