/* The run as a timeline in Chrome's trace event format (chrome://tracing, ui.perfetto.dev): a lane
 * a thread, the I/O lane, on which files overlap, and the store lane. */
#include "image/image.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LANE_IO = 1, LANE_STORE = 2, LANE_THREADS = 10 };

struct trace {
    FILE *stream;
    uint64_t zero_ns; /* the earliest moment */
    bool any;
};

static double microseconds(const struct trace *trace, uint64_t ns)
{
    return (double)(ns - trace->zero_ns) / 1e3;
}

static void begin_event(struct trace *trace)
{
    (void)fputs(trace->any ? ",\n" : "\n", trace->stream);
    trace->any = true;
}

static void name_lane(struct trace *trace, int lane, const char *name)
{
    begin_event(trace);
    (void)fprintf(trace->stream,
                  "{\"ph\":\"M\",\"pid\":1,\"tid\":%d,\"name\":\"thread_name\","
                  "\"args\":{\"name\":\"%s\"}}",
                  lane, name);
}

/* A span of one thread's time. */
static void add_span(struct trace *trace, int lane, const char *what, const char *file,
                     uint64_t from, uint64_t to)
{
    if (!from || to < from)
        return;
    begin_event(trace);
    (void)fprintf(trace->stream,
                  "{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"cat\":\"%s\",\"name\":\"%s\",\"ts\":%.3f,"
                  "\"dur\":%.3f,\"args\":{\"file\":%s}}",
                  lane, what, what, microseconds(trace, from), (double)(to - from) / 1e3, file);
}

/* Reads overlap on the I/O lane, so they are asynchronous events with an id each. */
static void add_load(struct trace *trace, size_t id, const char *file, uint64_t from, uint64_t to)
{
    if (!from || to < from)
        return;
    const char *phases[2] = {"b", "e"};
    const uint64_t moments[2] = {from, to};
    for (int i = 0; i < 2; i++) {
        begin_event(trace);
        (void)fprintf(trace->stream,
                      "{\"ph\":\"%s\",\"pid\":1,\"tid\":%d,\"cat\":\"load\",\"name\":\"load\","
                      "\"id\":%zu,\"ts\":%.3f,\"args\":{\"file\":%s}}",
                      phases[i], LANE_IO, id, microseconds(trace, moments[i]), file);
    }
}

static void add_job(struct trace *trace, const struct job *job, size_t id)
{
    char path[8192];
    cJSON *name = cJSON_CreateString(cli_printable(job->input, path, sizeof path));
    char *file = cJSON_PrintUnformatted(name);
    cJSON_Delete(name);
    if (!file)
        return;
    const struct job_times *t = &job->times;
    int lane = LANE_THREADS + job->thread;
    add_load(trace, id, file, t->load_start, t->load_ready);
    add_span(trace, lane, "wait", file, t->wait_start, t->taken);
    add_span(trace, lane, "decode", file, t->decode_start, t->compute_start);
    add_span(trace, lane, "compute", file, t->compute_start, t->encode_start);
    add_span(trace, lane, "encode", file, t->encode_start, t->encode_end);
    add_span(trace, LANE_STORE, "store", file, t->store_start, t->store_end);
    free(file);
}

static uint64_t earliest(const struct plan *plan)
{
    uint64_t zero = UINT64_MAX;
    for (size_t i = 0; i < plan->njobs; i++) {
        const struct job_times *t = &plan->jobs[i].times;
        if (t->load_start && t->load_start < zero)
            zero = t->load_start;
        if (t->wait_start && t->wait_start < zero)
            zero = t->wait_start;
    }
    return zero;
}

/* What a trace is made of. */
struct run {
    const struct plan *plan;
    int nthreads;
};

static void write_trace(FILE *stream, const void *ctx)
{
    const struct run *run = ctx;
    struct trace trace = {.stream = stream, .zero_ns = earliest(run->plan)};
    (void)fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[", stream);
    name_lane(&trace, LANE_IO, "I/O lane");
    name_lane(&trace, LANE_STORE, "store lane");
    for (int i = 0; i < run->nthreads; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "thread %d", i);
        name_lane(&trace, LANE_THREADS + i, name);
    }
    for (size_t i = 0; i < run->plan->njobs; i++)
        add_job(&trace, &run->plan->jobs[i], i);
    (void)fputs("\n]}\n", stream);
}

bool trace_write(const struct plan *plan, const struct totals *totals,
                 const struct image_options *options)
{
    const struct run run = {plan, totals->nthreads};
    return cli_write_file(options->trace_path, write_trace, &run);
}
