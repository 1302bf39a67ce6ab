/* Processors and memory, read from machines laid out in folders. */
#include "support.h"

#include <pelton/system.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes root/path with its folders. */
static void lay(const char *root, const char *path, const char *text)
{
    struct test_run run = test_run_shell("mkdir -p \"$(dirname '%s/%s')\"", root, path);
    assert_int_equal(run.status, 0);
    test_run_free(&run);
    test_file_write(test_path(root, path), text, strlen(text));
}

/* A machine of 16 processors of which the thread may use 12, without control groups. */
static char *lay_machine(void)
{
    char *root = test_folder_make();
    lay(root, "sys/devices/system/cpu/online", "0-15\n");
    lay(root, "proc/thread-self/status",
        "Name:\tx\nCpus_allowed:\tfff\nCpus_allowed_list:\t0-9,12,14\n");
    lay(root, "proc/meminfo",
        "MemTotal:  16000000 kB\nMemFree: 1 kB\nMemAvailable:    8000000 kB\n");
    return root;
}

static struct pel_cpus cpus_of(const char *root)
{
    struct pel_cpus cpus;
    pel_system_cpus(root, NULL, 0, &cpus);
    return cpus;
}

static void check_quota(const char *root, int64_t quota, int64_t period, int effective)
{
    struct pel_cpus cpus = cpus_of(root);
    assert_int_equal(cpus.online, 16);
    assert_int_equal(cpus.affinity, 12);
    assert_int_equal(cpus.quota_us, quota);
    if (quota >= 0)
        assert_int_equal(cpus.period_us, period);
    assert_int_equal(cpus.effective, effective);
}

static void lay_v2(const char *root, const char *group)
{
    char line[256];
    (void)snprintf(line, sizeof line, "0::%s\n", group);
    lay(root, "proc/self/cgroup", line);
    lay(root, "proc/self/mountinfo",
        "22 1 8:1 / / rw - ext4 /dev/sda rw\n"
        "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
}

static void test_no_control_groups(void **state)
{
    (void)state;
    char *root = lay_machine();
    check_quota(root, -1, 0, 12);
    assert_int_equal(pel_system_memory(root), 8000000u * UINT64_C(1024));
    test_folder_remove(root);
}

static void test_v2_tightest_ancestor(void **state)
{
    (void)state;
    char *root = lay_machine();
    lay_v2(root, "/outer/inner/leaf");
    lay(root, "sys/fs/cgroup/outer/inner/leaf/cpu.max", "max 100000\n");
    check_quota(root, -1, 0, 12);
    lay(root, "sys/fs/cgroup/outer/cpu.max", "350000 100000\n");
    check_quota(root, 350000, 100000, 4);
    lay(root, "sys/fs/cgroup/outer/inner/cpu.max", "50000 20000\n"); /* 2.5, tighter than 3.5 */
    check_quota(root, 50000, 20000, 3);
    lay(root, "sys/fs/cgroup/outer/inner/leaf/cpu.max", "5000 100000\n");
    check_quota(root, 5000, 100000, 1);
    lay(root, "sys/fs/cgroup/elsewhere/cpu.max", "1000 100000\n");
    check_quota(root, 5000, 100000, 1);
    test_folder_remove(root);
}

static void test_v1_tightest_ancestor(void **state)
{
    (void)state;
    char *root = lay_machine();
    lay(root, "proc/self/cgroup",
        "9:cpuset:/other\n4:cpu,cpuacct:/docker/1f\n3:memory:/docker/1f\n0::/\n");
    lay(root, "proc/self/mountinfo",
        "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        "31 22 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "32 22 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    lay(root, "sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "-1\n");
    lay(root, "sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_period_us", "100000\n");
    check_quota(root, -1, 0, 12);
    lay(root, "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "200000\n");
    lay(root, "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n");
    check_quota(root, 200000, 100000, 2);
    lay(root, "sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes", "9223372036854771712\n");
    lay(root, "sys/fs/cgroup/memory/docker/1f/memory.usage_in_bytes", "5000000\n");
    assert_int_equal(pel_system_memory(root), 8000000u * UINT64_C(1024));
    lay(root, "sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "90000000\n");
    lay(root, "sys/fs/cgroup/memory/docker/memory.usage_in_bytes", "50000000\n");
    lay(root, "sys/fs/cgroup/memory/docker/memory.stat",
        "inactive_file 1\ntotal_inactive_file 20000000\n");
    assert_int_equal(pel_system_memory(root), 60000000);
    test_folder_remove(root);
}

/* In a container the mount shows the group itself, while /proc may still tell the host's path. */
static void test_mount_of_a_part(void **state)
{
    (void)state;
    char *root = lay_machine();
    lay(root, "proc/self/cgroup", "0::/docker/1f/job\n");
    lay(root, "proc/self/mountinfo",
        "30 22 0:26 /docker/1f /sys/fs/c\\040g rw - cgroup2 cgroup2 rw\n");
    lay(root, "sys/fs/c g/job/cpu.max", "300000 100000\n");
    check_quota(root, 300000, 100000, 3);
    lay(root, "proc/self/cgroup",
        "0::/../../elsewhere\n"); /* another name space: the mount itself */
    check_quota(root, -1, 0, 12);
    lay(root, "sys/fs/c g/cpu.max", "700000 100000\n");
    check_quota(root, 700000, 100000, 7);
    test_folder_remove(root);
}

static void test_garbage_is_no_limit(void **state)
{
    (void)state;
    static const char *const garbage[] = {
        "",
        "\n",
        "x 100000\n",
        "100000\n",
        "100000 0\n",
        "0 100000\n",
        "-5 100000\n",
        "1 2 3\n",
        "max\n",
        "99999999999999999999999 max\n",
        "100000 -1\n",
    };
    char *root = lay_machine();
    lay_v2(root, "/g");
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        lay(root, "sys/fs/cgroup/g/cpu.max", garbage[i]);
        check_quota(root, -1, 0, 12);
    }
    static const char *const lines[] = {"garbage", "0:", "0::", ":::", "\n\n", "1:cpu"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        lay(root, "proc/self/cgroup", lines[i]);
        check_quota(root, -1, 0, 12);
    }
    lay(root, "proc/self/cgroup", "0::/g\n");
    static const char *const mounts[] = {"x", " - ", "1 2 3 4 - cgroup2", "1 2 3 / /a b - x y z\n"};
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        lay(root, "proc/self/mountinfo", mounts[i]);
        check_quota(root, -1, 0, 12);
    }
    test_folder_remove(root);
}

static void test_lists_of_processors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int count;
    } lists[] = {{"0\n", 1},  {"0-3\n", 4}, {"0-1,4,6-7\n", 5}, {"\n", 0},
                 {"x\n", 0},  {"0-\n", 0},  {"3-1\n", 0},       {"0,,1\n", 0},
                 {"0,\n", 0}, {"-1\n", 0},  {"0-1023\n", 1024}, {"0-99999999999\n", 0},
                 {"0 1\n", 0}};
    char *root = test_folder_make();
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        lay(root, "sys/devices/system/cpu/online", lists[i].text);
        assert_int_equal(cpus_of(root).online, lists[i].count);
        assert_int_equal(cpus_of(root).effective, lists[i].count ? lists[i].count : 1);
    }
    test_folder_remove(root);
}

static void test_places_count_instead(void **state)
{
    (void)state;
    char *root = lay_machine();
    uint64_t places[2] = {0x8000000000000001u, 0x6};
    struct pel_cpus cpus;
    pel_system_cpus(root, places, 2, &cpus);
    assert_int_equal(cpus.affinity, 4);
    assert_int_equal(cpus.effective, 4);
    places[0] = places[1] = 0;
    pel_system_cpus(root, places, 2, &cpus);
    assert_int_equal(cpus.affinity, 12);
    test_folder_remove(root);
}

static void test_v2_memory(void **state)
{
    (void)state;
    char *root = lay_machine();
    lay_v2(root, "/a/b");
    lay(root, "sys/fs/cgroup/a/b/memory.max", "max\n");
    lay(root, "sys/fs/cgroup/a/b/memory.current", "100000\n");
    assert_int_equal(pel_system_memory(root), 8000000u * UINT64_C(1024));
    lay(root, "sys/fs/cgroup/a/memory.max", "1000000000\n");
    lay(root, "sys/fs/cgroup/a/memory.current", "400000000\n");
    assert_int_equal(pel_system_memory(root), 600000000);
    lay(root, "sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 100000000\nactive_file 7\n");
    assert_int_equal(pel_system_memory(root), 700000000);
    lay(root, "sys/fs/cgroup/a/b/memory.high", "300000\n");
    assert_int_equal(pel_system_memory(root), 200000);
    lay(root, "sys/fs/cgroup/a/b/memory.high", "50000\n"); /* over its limit already: not 0 */
    assert_int_equal(pel_system_memory(root), 1);
    test_folder_remove(root);
}

static void test_nothing_can_be_read(void **state)
{
    (void)state;
    char *root = test_folder_make();
    struct pel_cpus cpus = cpus_of(root);
    assert_int_equal(cpus.online, 0);
    assert_int_equal(cpus.affinity, 0);
    assert_int_equal(cpus.quota_us, -1);
    assert_int_equal(cpus.effective, 1);
    assert_int_equal(pel_system_memory(root), 0);
    test_folder_remove(root);
}

static void test_this_machine(void **state)
{
    (void)state;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    struct pel_cpus cpus = cpus_of("");
    assert_true(cpus.online >= 1);
    assert_int_equal(cpus.affinity, CPU_COUNT(&allowed));
    assert_in_range(cpus.effective, 1, cpus.affinity);
    assert_true(pel_system_memory("") > 1 << 20);
    uint64_t before = pel_now_ns();
    assert_true(before > 0 && pel_now_ns() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_control_groups),    cmocka_unit_test(test_v2_tightest_ancestor),
        cmocka_unit_test(test_v1_tightest_ancestor), cmocka_unit_test(test_mount_of_a_part),
        cmocka_unit_test(test_garbage_is_no_limit),  cmocka_unit_test(test_lists_of_processors),
        cmocka_unit_test(test_places_count_instead), cmocka_unit_test(test_v2_memory),
        cmocka_unit_test(test_nothing_can_be_read),  cmocka_unit_test(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
