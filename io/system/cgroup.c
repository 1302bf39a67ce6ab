#include "cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_below(const char *folder, const char *name)
{
    char path[2 * PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    return length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
}

bool pel_file_line(const char *folder, const char *name, char *line, size_t size)
{
    FILE *file = open_below(folder, name);
    bool found = file && fgets(line, (int)size, file);
    if (found)
        line[strcspn(line, "\n")] = '\0';
    if (file)
        fclose(file);
    return found;
}

static bool parse_number(const char *text, uint64_t *value)
{
    while (*text == ' ' || *text == '\t')
        text++;
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && errno == 0 && strchr(" \t\n", *end);
}

bool pel_file_number(const char *folder, const char *name, const char *key, uint64_t *value)
{
    FILE *file = open_below(folder, name);
    char line[256];
    size_t length = strlen(key);
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) == 0)
            found = parse_number(line + length, value);
        if (length == 0)
            break;
    }
    if (file)
        fclose(file);
    return found;
}

/* Is word one of the comma-separated words of list? */
static bool list_has(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (;; list++) {
        size_t n = strcspn(list, ",\n");
        if (n == length && strncmp(list, word, n) == 0)
            return true;
        list += n;
        if (*list != ',')
            return false;
    }
}

/* The process's group in version 2 (paths[0]) and in the controller's version 1 hierarchy
 * (paths[1]), from lines like "0::/user.slice" and "4:cpu,cpuacct:/docker/1234"; "" where there is
 * none. */
static void read_groups(const char *root, const char *controller, char paths[2][PATH_MAX])
{
    FILE *file = open_below(root, "proc/self/cgroup");
    char line[PATH_MAX + 256];
    paths[0][0] = paths[1][0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *controllers++ = *path++ = '\0';
        if (strcmp(line, "0") == 0 && *controllers == '\0')
            (void)snprintf(paths[0], PATH_MAX, "%s", path);
        else if (list_has(controllers, controller))
            (void)snprintf(paths[1], PATH_MAX, "%s", path);
    }
    if (file)
        fclose(file);
}

/* mountinfo shows blanks, tabs, newlines and backslashes as three octal digits. */
static void unescape(char *text)
{
    char *out = text;
    for (; *text; text++) {
        bool octal = text[0] == '\\' && strspn(text + 1, "01234567") >= 3;
        if (octal) {
            *out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            text += 3;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

/* One mount of a control group hierarchy. */
struct mount {
    enum pel_cgroup_version version;
    char root[PATH_MAX];  /* the group that is mounted */
    char point[PATH_MAX]; /* where */
};

/* "25 24 0:22 ROOT POINT OPTIONS [OPTIONAL ...] - TYPE SOURCE SUPER-OPTIONS", see proc(5). */
static bool parse_mount(const char *line, const char *controller, struct mount *mount)
{
    _Static_assert(PATH_MAX >= 4096, "widths in the format below");
    char type[32], super[512];
    const char *rest = strstr(line, " - ");
    if (!rest || sscanf(line, "%*s %*s %*s %4095s %4095s", mount->root, mount->point) != 2 ||
        sscanf(rest + 3, "%31s %*s %511s", type, super) != 2)
        return false;
    unescape(mount->root);
    unescape(mount->point);
    mount->version = strcmp(type, "cgroup2") == 0 ? PEL_CGROUP_V2 : PEL_CGROUP_V1;
    return mount->version == PEL_CGROUP_V2 ||
           (strcmp(type, "cgroup") == 0 && list_has(super, controller));
}

/* The group's path below the mount: without the part that the mount leaves out. A path that lies
 * elsewhere (another name space: "/../x") is taken for the mounted group itself. */
static const char *below_mount(const struct mount *mount, const char *path)
{
    size_t length = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
    bool inside = strncmp(path, mount->root, length) == 0 &&
                  (path[length] == '/' || path[length] == '\0') && !strstr(path, "/..");
    return inside ? path + length : "";
}

void pel_cgroup_walk(const char *root, const char *controller,
                     void (*visit)(void *ctx, enum pel_cgroup_version version, const char *folder),
                     void *ctx)
{
    char paths[2][PATH_MAX], *line = NULL;
    size_t room = 0;
    struct mount mount;
    read_groups(root, controller, paths);
    FILE *file = open_below(root, "proc/self/mountinfo");
    while (file && getline(&line, &room, file) > 0) {
        const char *path = NULL;
        if (parse_mount(line, controller, &mount))
            path = paths[mount.version == PEL_CGROUP_V1];
        if (!path || !*path)
            continue;
        char folder[3 * PATH_MAX];
        int top = snprintf(folder, sizeof folder, "%s%s", root, mount.point);
        (void)snprintf(folder + top, sizeof folder - (size_t)top, "%s", below_mount(&mount, path));
        for (;;) {
            visit(ctx, mount.version, folder);
            char *slash = strrchr(folder + top, '/');
            if (!slash)
                break;
            *slash = '\0';
        }
    }
    free(line);
    if (file)
        fclose(file);
}
