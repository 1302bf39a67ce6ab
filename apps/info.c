/* `pelton info`: what was found on this machine. Each fact is stated once, by row(), and comes out as
 * aligned text or as JSON. */
#include "commands.h"

#include <pelton/codec.h>
#include <pelton/load.h>
#include <pelton/system.h>

#include <cjson/cJSON.h>

#include <gnu/libc-version.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Up to so many processors, threads that spin while they wait take them from those that work, the I/O
 * lane among them. */
enum { FEW_CPUS = 4 };

/* The names of the facts in JSON; the text shows them with blanks for underscores. */
struct report {
    cJSON *root;    /* NULL: print text */
    cJSON *section; /* where row() adds */
    cJSON *warnings;
};

static void begin_section(struct report *report, const char *name, const char *title)
{
    if (report->root)
        report->section = cJSON_AddObjectToObject(report->root, name);
    else
        printf("%s%s\n", strcmp(name, "program") == 0 ? "" : "\n", title);
}

/* States a fact: `value` for JSON (taken over), the formatted text for people. */
static void row(struct report *report, const char *name, cJSON *value, const char *format, ...)
    PEL_PRINTF(4, 5);

static void row(struct report *report, const char *name, cJSON *value, const char *format, ...)
{
    if (report->root) {
        cJSON_AddItemToObject(report->section, name, value);
        return;
    }
    cJSON_Delete(value);
    char label[64];
    (void)snprintf(label, sizeof label, "%s", name);
    for (char *c = label; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    printf("  %-16s  ", label);
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static void row_text(struct report *report, const char *name, const char *text)
{
    row(report, name, cJSON_CreateString(text), "%s", text);
}

static void row_number(struct report *report, const char *name, double value)
{
    row(report, name, cJSON_CreateNumber(value), "%.0f", value);
}

static void row_bool(struct report *report, const char *name, bool value)
{
    row(report, name, cJSON_CreateBool(value), "%s", value ? "yes" : "no");
}

static void warn(struct report *report, const char *text)
{
    if (report->root)
        cJSON_AddItemToArray(report->warnings, cJSON_CreateString(text));
    else
        cli_message("warning: %s", text);
}

static void report_program(struct report *report)
{
#ifdef __clang__
    static const char compiler[] = __VERSION__; /* "Clang 14.0.6", or a vendor's own words */
#else
    static const char compiler[] = "GCC " __VERSION__;
#endif
#ifdef NDEBUG
    const bool assertions = false;
#else
    const bool assertions = true;
#endif
    begin_section(report, "program", "pelton " PEL_VERSION);
    if (report->root)
        row_text(report, "version", PEL_VERSION);
    row_text(report, "compiler", compiler);
    row_text(report, "build_type", PELTON_BUILD_TYPE);
    row_text(report, "flags", PELTON_BUILD_FLAGS);
    row_bool(report, "assertions", assertions);
    row(report, "c_library", cJSON_CreateString(gnu_get_libc_version()), "glibc %s",
        gnu_get_libc_version());
}

static void report_quota(struct report *report, const struct pel_cpus *cpus)
{
    if (cpus->quota_us < 0) {
        row(report, "quota", cJSON_CreateNull(), "none");
        return;
    }
    double quota = (double)cpus->quota_us / (double)cpus->period_us;
    row(report, "quota", cJSON_CreateNumber(quota), "%.2f (%lld of every %lld us)", quota,
        (long long)cpus->quota_us, (long long)cpus->period_us);
}

static void report_machine(struct report *report, uint64_t asked, int nthreads,
                           struct pel_cpus *cpus)
{
    struct utsname name;
    char text[32];
    size_t nwords;
    const uint64_t *places = cli_io_cpus(&nwords);
    uint64_t memory = pel_system_memory("");
    pel_system_cpus("", places, nwords, cpus);
    begin_section(report, "machine", "Machine");
    (void)uname(&name); /* fails on a bad address only */
    row(report, "system", cJSON_CreateString(name.release), "%s %s", name.sysname, name.release);
    row_text(report, "architecture", name.machine);
    row_number(report, "online", cpus->online);
    row(report, "allowed", cJSON_CreateNumber(cpus->affinity), "%d%s", cpus->affinity,
        places ? " (the places OpenMP was given)" : "");
    report_quota(report, cpus);
    row(report, "effective", cJSON_CreateNumber(cpus->effective),
        "%d (the least of online, allowed and quota)", cpus->effective);
    row(report, "threads", cJSON_CreateNumber(nthreads), "%d%s", nthreads,
        asked == (uint64_t)nthreads ? " (asked for)" : " (default of -j)");
    row(report, "memory", cJSON_CreateNumber((double)memory), "%s available",
        memory ? cli_format_bytes(memory, text) : "unknown,");
}

static void report_instruction_sets(struct report *report)
{
    enum pel_isa best = pel_isa_best();
    begin_section(report, "instruction_sets", "Instruction sets");
    row_text(report, "best", pel_isa_name(best));
    for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
        row_bool(report, pel_isa_name((enum pel_isa)isa), isa <= (int)best);
}

/* OpenMP's variables, and those of GNU's runtime, that are set. */
static void report_environment(struct report *report)
{
    for (char **entry = environ; *entry; entry++) {
        if (strncmp(*entry, "OMP_", 4) != 0 && strncmp(*entry, "GOMP_", 5) != 0)
            continue;
        char name[64], value[256];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(*entry, "="), *entry);
        cli_printable(*entry + strcspn(*entry, "=") + 1, value, sizeof value);
        if (report->root)
            row_text(report, name, value);
        else
            printf("  %s=%s\n", name, value);
    }
}

static void report_openmp(struct report *report)
{
    struct pel_openmp openmp;
    pel_openmp_describe(&openmp);
    begin_section(report, "openmp", "OpenMP");
    if (openmp.version == 0) {
        row(report, "version", cJSON_CreateNull(), "none: built for one thread");
        return;
    }
    row(report, "version", cJSON_CreateNumber(openmp.version), "%d", openmp.version);
    row_number(report, "max_threads", openmp.max_threads);
    row_bool(report, "dynamic", openmp.dynamic);
    row_text(report, "proc_bind", openmp.proc_bind);
    row(report, "places", cJSON_CreateNumber(openmp.num_places), "%d%s", openmp.num_places,
        openmp.num_places ? "" : " (not bound)");
    report_environment(report);
}

static void report_backends(struct report *report)
{
    struct pel_load_backend_info info;
    begin_section(report, "io_backends", "Loading");
    for (int i = 0; pel_load_backend_describe(i, &info); i++) {
        cJSON *value = report->root ? cJSON_CreateObject() : NULL;
        if (value) {
            cJSON_AddBoolToObject(value, "available", info.available);
            cJSON_AddStringToObject(value, "detail", info.detail);
        }
        row(report, info.name, value, "%-3s  %s", info.available ? "yes" : "no", info.detail);
    }
}

static void report_formats(struct report *report)
{
    begin_section(report, "formats", "Formats");
    for (const struct pel_codec *const *entry = pel_codecs(); *entry; entry++) {
        const struct pel_codec *codec = *entry;
        cJSON *value = report->root ? cJSON_CreateObject() : NULL;
        if (value) {
            cJSON_AddStringToObject(value, "extensions", codec->extensions);
            cJSON_AddBoolToObject(value, "writes", codec->encode != NULL);
            cJSON_AddBoolToObject(value, "writes_alpha", codec->encode && codec->encodes_alpha);
            cJSON_AddBoolToObject(value, "writes_16_bits", codec->encode && codec->encodes_16);
            cJSON_AddStringToObject(value, "library", codec->library);
        }
        row(report, codec->name, value, "%-10s  %s", codec->encode ? "read+write" : "read",
            codec->library);
    }
}

static void add_warnings(struct report *report, int nthreads, const struct pel_cpus *cpus)
{
    const char *policy = getenv("OMP_WAIT_POLICY");
    if (policy && strcasecmp(policy, "active") == 0 && cpus->effective <= FEW_CPUS)
        warn(report,
             "OMP_WAIT_POLICY=active: waiting threads spin, and take the few processors from "
             "the loading lane; unset it or use passive");
    if (nthreads > cpus->effective)
        warn(report, "more threads than effective processors: they will take turns");
}

static int print_report(bool json, uint64_t asked)
{
    int nthreads = cli_threads(asked);
    struct report report = {.root = json ? cJSON_CreateObject() : NULL};
    struct pel_cpus cpus;
    report_program(&report);
    report_machine(&report, asked, nthreads, &cpus);
    report_instruction_sets(&report);
    report_openmp(&report);
    report_backends(&report);
    report_formats(&report);
    report.warnings = json ? cJSON_AddArrayToObject(report.root, "warnings") : NULL;
    add_warnings(&report, nthreads, &cpus);
    if (!json)
        return CLI_OK;
    return cli_print_json(report.root);
}

static const struct cli_option options[] = {CLI_COMMON_OPTIONS, {0}};

struct asked {
    const struct cli_command *command;
    uint64_t threads;
    bool json;
};

static int set_option(void *ctx, int id, const char *value)
{
    struct asked *asked = ctx;
    if (id == CLI_OPERAND)
        return cli_usage_error(asked->command, "takes no operands");
    if (id == CLI_THREADS)
        return cli_set_number(asked->command, "threads", value, 1, CLI_MAX_THREADS, &asked->threads);
    if (id == CLI_JSON)
        asked->json = true;
    return CLI_OK;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    struct asked asked = {.command = command};
    bool helped;
    int status = cli_parse(command, argc, argv, set_option, &asked, &helped);
    return status || helped ? status : print_report(asked.json, asked.threads);
}

const struct cli_command info_command = {
    .name = "info",
    .summary = "what was found: machine, limits, build, backends, formats",
    .options = options,
    .examples = "Examples:\n"
                "  pelton info\n"
                "  pelton info --json | jq .machine.effective\n"
                "  OMP_PLACES=cores OMP_PROC_BIND=close pelton info\n",
    .run = run,
};
