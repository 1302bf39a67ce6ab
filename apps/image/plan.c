/* From operands to jobs: walks folders, names outputs, and refuses what must not start. */
#include "image/image.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Planning comes before anything is written, so running out of memory may simply end the program.
 */
static void *need(void *memory)
{
    if (!memory) {
        cli_message("out of memory while listing the inputs");
        exit(CLI_USAGE);
    }
    return memory;
}

static char *need_format(const char *format, ...) PEL_PRINTF(1, 2);
static char *need_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return need(text);
}

const char *job_state_name(enum job_state state)
{
    static const char *const names[] = {"todo", "ok", "failed", "skipped", "cancelled"};
    return names[state];
}

void job_fail(struct job *job, const struct pel_error *error)
{
    job->state = error->code == -ECANCELED ? JOB_CANCELLED : JOB_FAILED;
    job->stage = error->stage;
    job->code = error->code;
    job->offset = error->offset;
    free(job->reason);
    job->reason = strdup(error->message);
}

void job_skip(struct job *job, const char *reason)
{
    job->state = JOB_SKIPPED;
    free(job->reason);
    job->reason = strdup(reason);
}

void job_warn(struct job *job, const char *warning)
{
    char *joined = NULL;
    if (asprintf(&joined, "%s%s%s", job->warning ? job->warning : "", job->warning ? "; " : "",
                 warning) < 0)
        return; /* a remark less */
    free(job->warning);
    job->warning = joined;
}

/* ---- growing the plan ---- */

struct planner {
    struct plan *plan;
    const struct image_options *options;
    size_t room;
    bool output_exists; /* the output folder: not to be walked into when it lies inside an input */
    struct stat output_status;
};

/* Adds a job for `input`; `relative` is where it lies below the output folder, in folders that are
 * mirrored. Takes both over. */
static struct job *add_job(struct planner *planner, char *input, char *relative)
{
    struct plan *plan = planner->plan;
    if (plan->njobs == planner->room) {
        planner->room = planner->room ? 2 * planner->room : 256;
        plan->jobs = need(realloc(plan->jobs, planner->room * sizeof *plan->jobs));
    }
    struct job *job = &plan->jobs[plan->njobs++];
    *job = (struct job){.input = input, .output = relative, .offset = -1};
    return job;
}

static void add_failed_job(struct planner *planner, const char *path, const char *relative,
                           int code, const char *what)
{
    struct job *job = add_job(planner, need(strdup(path)), need(strdup(relative)));
    struct pel_error error = {.code = code, .stage = PEL_STAGE_OPEN, .offset = -1};
    (void)snprintf(error.message, sizeof error.message, "%s: %s", what, strerror(-code));
    job_fail(job, &error);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder that do not begin with a dot, in byte order, ending with NULL; NULL with
 * errno when it cannot be read. */
static char **list_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return NULL;
    char **names = need(calloc(1, sizeof *names));
    size_t count = 0, room = 1;
    struct dirent *entry;
    while ((errno = 0, entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if (count + 1 == room) {
            room *= 2;
            names = need(realloc(names, room * sizeof *names));
        }
        names[count++] = need(strdup(entry->d_name));
    }
    int failure = errno;
    closedir(dir);
    names[count] = NULL;
    qsort(names, count, sizeof *names, compare_names);
    if (failure) {
        for (size_t i = 0; i < count; i++)
            free(names[i]);
        free(names);
        errno = failure;
        return NULL;
    }
    return names;
}

static void walk(struct planner *planner, const char *folder, const char *relative);

/* One entry of a folder. Links to files are followed, links to folders are not: they may lead in a
 * circle. */
static void walk_entry(struct planner *planner, char *path, char *relative)
{
    struct stat status;
    if (lstat(path, &status) != 0 && errno != ENOENT) {
        add_failed_job(planner, path, relative, -errno, "cannot look at it");
        free(path);
        free(relative);
        return;
    }
    bool is_link = S_ISLNK(status.st_mode);
    bool known = stat(path, &status) == 0;
    if (known && S_ISDIR(status.st_mode)) {
        bool is_output = planner->output_exists && status.st_dev == planner->output_status.st_dev &&
                         status.st_ino == planner->output_status.st_ino;
        if (!is_link && !is_output)
            walk(planner, path, relative);
    } else if (planner->options->all_files || pel_codec_for_path(path)) {
        add_job(planner, path, relative);
        return;
    } else {
        planner->plan->ignored++;
    }
    free(path);
    free(relative);
}

static void walk(struct planner *planner, const char *folder, const char *relative)
{
    char **names = list_folder(folder);
    if (!names) {
        add_failed_job(planner, folder, *relative ? relative : ".", -errno,
                       "cannot read the folder");
        return;
    }
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    for (size_t i = 0; names[i]; i++) {
        walk_entry(planner, need_format("%s%s%s", folder, slash, names[i]),
                   need_format("%s%s%s", relative, *relative ? "/" : "", names[i]));
        free(names[i]);
    }
    free(names);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* An operand, or a line of a list; `relative` is its own place below the output folder: "" for an
 * operand, whose folder is mirrored from its inside. */
static void add_operand(struct planner *planner, const char *path, const char *relative)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        walk(planner, path, relative);
    else
        add_job(planner, need(strdup(path)), need(strdup(*relative ? relative : base_name(path))));
}

/* ---- lists of files ---- */

/* The path itself when it can be mirrored as it is: relative and without "..". Else "". */
static const char *mirrored(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        for (path += 2; *path == '/';)
            path++;
    if (path[0] == '/')
        return "";
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return "";
    }
    return path;
}

static bool add_list(struct planner *planner)
{
    const char *name = planner->options->files_from;
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    if (!file) {
        cli_message("cannot read the list %s: %s", name, strerror(errno));
        return false;
    }
    int delimiter = planner->options->nul_separated ? '\0' : '\n';
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getdelim(&line, &room, delimiter, file)) > 0) {
        if (line[length - 1] == delimiter)
            line[--length] = '\0';
        if (length > 0)
            add_operand(planner, line, mirrored(line));
    }
    bool good = !ferror(file);
    if (!good)
        cli_message("cannot read the list %s: %s", name, strerror(errno));
    free(line);
    if (file != stdin)
        (void)fclose(file);
    return good;
}

/* ---- naming outputs ---- */

struct name_parts {
    int folder_length; /* of path, without the slash */
    const char *path;  /* relative */
    int stem_length;
    const char *base;
    const char *from; /* extension of the input, without the dot; "" */
};

static struct name_parts split_name(const char *relative)
{
    const char *base = base_name(relative);
    const char *dot = strrchr(base, '.');
    if (!dot || dot == base)
        dot = base + strlen(base);
    return (struct name_parts){.folder_length = base > relative ? (int)(base - relative - 1) : 0,
                               .path = relative,
                               .stem_length = (int)(dot - base),
                               .base = base,
                               .from = *dot ? dot + 1 : dot};
}

/* Expands {dir} {name} {ext} {from} {n}; NULL for an unknown field or an unclosed brace. */
static char *expand_template(const char *template, const struct name_parts *parts, const char *ext,
                             int ext_length, size_t number)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = need(open_memstream(&text, &size));
    bool good = true;
    for (const char *c = template; *c && good;) {
        if (*c != '{') {
            (void)fputc(*c++, stream);
            continue;
        }
        size_t length = strcspn(c, "}");
        good = c[length] == '}';
        if (strncmp(c, "{dir}", length + 1) == 0)
            (void)fprintf(stream, "%.*s", parts->folder_length, parts->path);
        else if (strncmp(c, "{name}", length + 1) == 0)
            (void)fprintf(stream, "%.*s", parts->stem_length, parts->base);
        else if (strncmp(c, "{ext}", length + 1) == 0)
            (void)fprintf(stream, "%.*s", ext_length, ext);
        else if (strncmp(c, "{from}", length + 1) == 0)
            (void)fprintf(stream, "%s", parts->from);
        else if (strncmp(c, "{n}", length + 1) == 0)
            (void)fprintf(stream, "%zu", number);
        else
            good = false;
        c += length + 1;
    }
    (void)fclose(stream);
    if (good)
        return need(text);
    free(text);
    return NULL;
}

/* True for a path that stays below the output folder and ends in a name. Removes doubled and
 * leading slashes, which an empty {dir} leaves. */
static bool tidy_relative(char *path)
{
    char *to = path;
    for (const char *from = path; *from; from++)
        if (*from != '/' || (to > path && to[-1] != '/'))
            *to++ = *from;
    *to = '\0';
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t length = strcspn(part, "/");
        if (length == 0 || (length <= 2 && strncmp(part, "..", length) == 0))
            return false;
    }
    return true;
}

/* Replaces job->output, so far the relative place, by the output's path; "" for a job that has
 * failed already. */
static bool name_output(struct job *job, const struct image_options *options, size_t number)
{
    if (job->state == JOB_FAILED) {
        job->output[0] = '\0';
        return true;
    }
    const struct pel_codec *own = pel_codec_for_path(job->input);
    job->format = options->format              ? options->format
                  : own && own->encode != NULL ? own
                                               : pel_codec_for_name("png");
    struct name_parts parts = split_name(job->output);
    const char *ext = own == job->format ? parts.from : job->format->extensions;
    char *relative =
        expand_template(options->name_template ? options->name_template : "{dir}/{name}.{ext}",
                        &parts, ext, (int)strcspn(ext, " "), number);
    if (!relative || !tidy_relative(relative)) {
        cli_message(
            "--name '%s' gives no usable file name for %s (fields: {dir} {name} {ext} {from} "
            "{n}; no '..')",
            options->name_template, job->input);
        free(relative);
        return false;
    }
    const struct pel_codec *named = pel_codec_for_path(relative);
    if (options->name_template && named && named != job->format) {
        cli_message(
            "--name '%s' gives %s the ending of another format: it would be %s; choose that "
            "with --format",
            options->name_template, relative, job->format->name);
        free(relative);
        return false;
    }
    char *output = need_format("%s/%s", options->output_folder, relative);
    free(relative);
    free(job->output);
    job->output = output;
    if (strlen(base_name(output)) > NAME_MAX) {
        struct pel_error error = {.code = -ENAMETOOLONG, .stage = PEL_STAGE_OPEN, .offset = -1};
        (void)snprintf(error.message, sizeof error.message,
                       "the output's name would have %zu bytes, over the limit of %d",
                       strlen(base_name(output)), NAME_MAX);
        job_fail(job, &error);
        output[0] = '\0';
    }
    return true;
}

/* ---- what must not start ---- */

/* Where an output will really be: its folder, as far as it exists, without symbolic links. */
static char *real_place(const char *output)
{
    char *from_here = *output == '/' ? need(strdup(output)) : need_format("./%s", output);
    char *existing = need(strdup(from_here)), *real = NULL;
    for (char *slash; !real && (slash = strrchr(existing, '/'));) {
        *slash = '\0';
        real = realpath(slash == existing ? "/" : existing, NULL);
    }
    char *place = real ? need_format("%s/%s", real, from_here + strlen(existing) + 1)
                       : need(strdup(from_here));
    free(from_here);
    free(existing);
    free(real);
    return place;
}

struct place {
    char *path; /* real_place() of the job's output */
    struct job *job;
};

static int compare_paths(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = compare_paths(a, b);
    return order ? order : (x->job > y->job) - (x->job < y->job);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void job_free(struct job *job)
{
    free(job->input);
    free(job->output);
    free(job->reason);
    free(job->warning);
}

/* Jobs of one folder follow each other, so a folder is resolved once and not for each of its outputs: for
 * 100,000 of them that was most of the planning's second. */
static size_t list_places(const struct plan *plan, struct place *places)
{
    size_t n = 0, folder_length = 0;
    const char *before = NULL; /* the output that was resolved last */
    char *place = NULL;
    for (size_t i = 0; i < plan->njobs; i++) {
        const char *output = plan->jobs[i].output;
        if (!*output)
            continue;
        size_t length = (size_t)(base_name(output) - output);
        if (before && length == folder_length && strncmp(before, output, length) == 0)
            place = need_format("%.*s%s", (int)(base_name(place) - place), place, output + length);
        else
            place = real_place(output);
        before = output;
        folder_length = length;
        places[n++] = (struct place){place, &plan->jobs[i]};
    }
    qsort(places, n, sizeof *places, compare_places);
    return n;
}

/* Complains about jobs that would write the same file; an input that is named twice is dropped. Returns
 * how many collide. */
static size_t count_collisions(struct place *places, size_t n)
{
    size_t collisions = 0;
    for (size_t i = 1, kept = 0; i < n; i++) {
        struct job *first = places[kept].job, *second = places[i].job;
        if (strcmp(places[kept].path, places[i].path) != 0) {
            kept = i;
        } else if (strcmp(first->input, second->input) == 0 ||
                   same_file(first->input, second->input)) {
            job_free(second);
            *second = (struct job){0};
            places[i].job = first;
        } else if (collisions++ < 5) {
            cli_message("%s and %s would both become %s", first->input, second->input,
                        first->output);
        }
    }
    return collisions;
}

/* Complains about outputs that lie below another output, as if that were a folder. */
static size_t count_nestings(const struct place *places, size_t n)
{
    size_t nestings = 0;
    for (size_t i = 0; i < n; i++) {
        char *path = need(strdup(places[i].path));
        for (char *slash; (slash = strrchr(path, '/')) && slash != path;) {
            *slash = '\0';
            struct place key = {path, NULL};
            const struct place *above = bsearch(&key, places, n, sizeof *places, compare_paths);
            if (above && nestings++ < 5)
                cli_message("%s would become %s, below which %s is to be written",
                            above->job->input, above->job->output, places[i].job->output);
        }
        free(path);
    }
    return nestings;
}

/* An input named twice is taken once; two inputs for one output are refused. */
static bool refuse_collisions(struct plan *plan)
{
    struct place *places = need(malloc((plan->njobs + 1) * sizeof *places));
    size_t n = list_places(plan, places);
    size_t collisions = count_collisions(places, n);
    collisions += count_nestings(places, n);
    for (size_t i = 0; i < n; i++)
        free(places[i].path);
    free(places);
    size_t left = 0;
    for (size_t i = 0; i < plan->njobs; i++)
        if (plan->jobs[i].input)
            plan->jobs[left++] = plan->jobs[i];
    plan->njobs = left;
    if (collisions)
        cli_message("nothing was done: %zu output%s would get in each other's way; tell them apart "
                    "with --name, for example --name '{dir}/{name}-{from}.{ext}'",
                    collisions, collisions == 1 ? "" : "s");
    return collisions == 0;
}

/* The report and the trace must not replace an input, an output or each other. */
static bool refuse_report(const struct plan *plan, const char *path, const char *other)
{
    if (!path)
        return true;
    char *place = real_place(path), *other_place = other ? real_place(other) : NULL;
    const char *what = other && strcmp(place, other_place) == 0 ? other : NULL;
    for (size_t i = 0; i < plan->njobs && !what; i++) {
        const struct job *job = &plan->jobs[i];
        if (same_file(path, job->input))
            what = job->input;
        else if (*job->output && strcmp(base_name(path), base_name(job->output)) == 0) {
            char *output = real_place(job->output);
            what = strcmp(place, output) == 0 ? job->output : NULL;
            free(output);
        }
    }
    free(place);
    free(other_place);
    if (what)
        cli_message("nothing was done: the report or trace %s would replace %s", path, what);
    return !what;
}

/* With --overwrite, an output may replace its own input, but not another one that is still to be
 * read.
 */
struct input_id {
    dev_t device;
    ino_t inode;
    const struct job *job;
};

static int compare_ids(const void *a, const void *b)
{
    const struct input_id *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return (x->inode > y->inode) - (x->inode < y->inode);
}

static bool refuse_overwritten_inputs(const struct plan *plan)
{
    struct input_id *ids = need(malloc((plan->njobs + 1) * sizeof *ids));
    size_t nids = 0;
    struct stat status;
    for (size_t i = 0; i < plan->njobs; i++)
        if (stat(plan->jobs[i].input, &status) == 0)
            ids[nids++] = (struct input_id){status.st_dev, status.st_ino, &plan->jobs[i]};
    qsort(ids, nids, sizeof *ids, compare_ids);
    bool good = true;
    for (size_t i = 0; i < plan->njobs && good; i++) {
        const struct job *job = &plan->jobs[i];
        if (lstat(job->output, &status) != 0)
            continue;
        struct input_id key = {status.st_dev, status.st_ino, NULL};
        const struct input_id *hit = bsearch(&key, ids, nids, sizeof *ids, compare_ids);
        if (hit && !same_file(hit->job->input, job->input)) {
            cli_message("nothing was done: the output %s of %s is itself an input (%s)",
                        job->output, job->input, hit->job->input);
            good = false;
        }
    }
    free(ids);
    return good;
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
                                                  : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* Deals with outputs that are there already, as the options say. */
static bool check_existing(struct plan *plan, const struct image_options *options)
{
    size_t existing = 0;
    const struct job *first = NULL;
    for (size_t i = 0; i < plan->njobs; i++) {
        struct job *job = &plan->jobs[i];
        struct stat output, input;
        if (job->state != JOB_TODO || lstat(job->output, &output) != 0)
            continue;
        existing++;
        first = first ? first : job;
        bool current = options->existing == EXISTING_UPDATE && stat(job->input, &input) == 0 &&
                       !is_newer(&input, &output);
        if (options->existing == EXISTING_SKIP || current) {
            job_skip(job, current ? "the output is up to date" : "the output exists");
        }
    }
    if (!existing || options->dry_run)
        return true;
    if (options->existing == EXISTING_REFUSE) {
        cli_message("nothing was done: %zu of %zu outputs exist already, %s first; choose "
                    "--skip-existing, --update or --overwrite",
                    existing, plan->njobs, first->output);
        return false;
    }
    return options->existing == EXISTING_SKIP || refuse_overwritten_inputs(plan);
}

/* The output folder must be one that can be written, or made: better known before the batch is computed
 * than after. */
static bool check_output_folder(const char *folder)
{
    char *path = need(strdup(folder));
    struct stat status;
    while (stat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        char *slash = strrchr(path, '/');
        if (slash && slash[1] == '\0') { /* a trailing slash */
            *slash = '\0';
            continue;
        }
        if (!slash || slash == path) {
            free(path);
            path = need(strdup(slash ? "/" : "."));
            break;
        }
        *slash = '\0';
    }
    int failure = stat(path, &status) != 0         ? errno
                  : !S_ISDIR(status.st_mode)       ? ENOTDIR
                  : access(path, W_OK | X_OK) != 0 ? errno
                                                   : 0;
    if (failure)
        cli_message("nothing was done: cannot write below the output folder %s: %s: %s", folder,
                    path, strerror(failure));
    free(path);
    return failure == 0;
}

static void collect_folders(struct plan *plan)
{
    plan->folders = need(malloc((plan->njobs + 1) * sizeof *plan->folders));
    size_t count = 0;
    for (size_t i = 0; i < plan->njobs; i++) {
        const char *output = plan->jobs[i].output;
        if (*output)
            plan->folders[count++] = need(strndup(output, (size_t)(base_name(output) - output)));
    }
    qsort(plan->folders, count, sizeof *plan->folders, compare_names);
    for (size_t i = 0; i < count; i++) {
        if (plan->nfolders && strcmp(plan->folders[plan->nfolders - 1], plan->folders[i]) == 0)
            free(plan->folders[i]);
        else
            plan->folders[plan->nfolders++] = plan->folders[i];
    }
}

bool plan_make(struct plan *plan, const struct image_options *options)
{
    *plan = (struct plan){0};
    struct planner planner = {.plan = plan, .options = options};
    planner.output_exists = stat(options->output_folder, &planner.output_status) == 0;
    for (size_t i = 0; i < options->noperands; i++)
        add_operand(&planner, options->operands[i], "");
    if (options->files_from && !add_list(&planner))
        return false;
    for (size_t i = 0; i < plan->njobs; i++)
        if (!name_output(&plan->jobs[i], options, i + 1))
            return false;
    if (!refuse_collisions(plan) ||
        !refuse_report(plan, options->report_path, options->trace_path) ||
        !refuse_report(plan, options->trace_path, NULL) ||
        (!options->dry_run && !check_output_folder(options->output_folder)) ||
        !check_existing(plan, options))
        return false;
    collect_folders(plan);
    return true;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->njobs; i++)
        job_free(&plan->jobs[i]);
    for (size_t i = 0; i < plan->nfolders; i++)
        free(plan->folders[i]);
    free(plan->jobs);
    free(plan->folders);
    *plan = (struct plan){0};
}
