#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t test_random_next(struct test_random *random)
{
    uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

size_t test_random_below(struct test_random *random, size_t n)
{
    return (size_t)(test_random_next(random) % n);
}

uint64_t test_seed(uint64_t otherwise)
{
    const char *text = getenv("PELTON_TEST_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : otherwise;
    printf("seed %llu (set PELTON_TEST_SEED to repeat)\n", (unsigned long long)seed);
    return seed;
}

char *test_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = malloc(4096);
    assert_non_null(folder);
    (void)snprintf(folder, 4096, "%s/pelton-test-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}

void test_folder_remove(char *folder)
{
    struct test_run run =
        test_run_shell("chmod -R u+rwX '%s' 2>/dev/null; rm -rf '%s'", folder, folder);
    assert_int_equal(run.status, 0);
    test_run_free(&run);
    free(folder);
}

const char *test_path(const char *folder, const char *name)
{
    static char buffers[8][4096];
    static int next;
    char *path = buffers[next++ % 8];
    (void)snprintf(path, sizeof buffers[0], "%s/%s", folder, name);
    return path;
}

void test_file_write(const char *path, const void *data, size_t nbytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, nbytes, file), nbytes);
    assert_int_equal(fclose(file), 0);
}

static unsigned char *read_stream(FILE *file, size_t *nbytes)
{
    size_t length = 0, room = 1 << 16;
    unsigned char *data = malloc(room);
    assert_non_null(data);
    for (size_t n; (n = fread(data + length, 1, room - length - 1, file)) > 0;) {
        length += n;
        if (room - length < room / 2) {
            room *= 2;
            unsigned char *more = realloc(data, room);
            assert_non_null(more);
            data = more;
        }
    }
    data[length] = 0;
    *nbytes = length;
    return data;
}

unsigned char *test_file_read(const char *path, size_t *nbytes)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot read %s", path);
    unsigned char *data = read_stream(file, nbytes);
    fclose(file);
    return data;
}

bool test_file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

size_t test_count_files(const char *folder, const char *names_ending)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char path[8192];
        struct stat status;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (lstat(path, &status) != 0)
            continue;
        size_t length = strlen(entry->d_name), ending = names_ending ? strlen(names_ending) : 0;
        if (S_ISDIR(status.st_mode))
            count += test_count_files(path, names_ending);
        else if (S_ISREG(status.st_mode) && length >= ending &&
                 (!ending || strcmp(entry->d_name + length - ending, names_ending) == 0))
            count++;
    }
    closedir(dir);
    return count;
}

const char *test_corpus(const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", PELTON_CORPUS, name);
    struct stat status;
    if (PELTON_CORPUS[0] && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return path;
    printf("skipped: no corpus folder '%s' (set PELTON_CORPUS)\n", name);
    return NULL;
}

struct test_run test_run_shell(const char *format, ...)
{
    char command[32768], err_path[] = "/tmp/pelton-test-err-XXXXXX";
    va_list args;
    va_start(args, format);
    int length = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_in_range(length, 0, sizeof command - 1);

    int err_fd = mkstemp(err_path);
    assert_true(err_fd >= 0);
    char *full = malloc(sizeof command + 128);
    assert_non_null(full);
    (void)snprintf(full, sizeof command + 128, "exec </dev/null 2>%s; %s", err_path, command);
    FILE *pipe = popen(full, "r");
    assert_non_null(pipe);
    struct test_run run;
    size_t nbytes;
    run.out = (char *)read_stream(pipe, &nbytes);
    int status = pclose(pipe);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    run.err = (char *)test_file_read(err_path, &nbytes);
    close(err_fd);
    unlink(err_path);
    free(full);
    return run;
}

void test_run_free(struct test_run *run)
{
    free(run->out);
    free(run->err);
    run->out = run->err = NULL;
}

uint64_t test_peak_memory(const char *format, ...)
{
    char command[4096];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_in_range(length, 0, sizeof command - 1);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    struct rusage usage;
    assert_int_equal(wait4(pid, &status, 0, &usage), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("status %d from: %s", status, command);
    return (uint64_t)usage.ru_maxrss * 1024;
}
