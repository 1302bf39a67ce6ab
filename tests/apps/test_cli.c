/* What the subcommands share: options, numbers, text, standard error, signals, and the program's entry. */
#include "support.h"

#include "cli/cli.h"
#include "cli/text.h"

#include <inttypes.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- numbers ---- */

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {
        {"0", 0},
        {"7", 7},
        {"007", 7},
        {"1e10", 10000000000},
        {"1E3", 1000},
        {"1e+3", 1000},
        {"1.5e3", 1500},
        {"1500e-2", 15},
        {"2^32", 4294967296},
        {"0^0", 1},
        {"0^5", 0},
        {"1^9999", 1},
        {"10^3", 1000},
        {"1e12+2^20", 1000001048576},
        {"1e12-1", 999999999999},
        {"1-2+5", 4},
        {"2^64-1", UINT64_MAX},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551615.000", UINT64_MAX},
        {"2^63+2^63-1", UINT64_MAX},
        {"9007199254740993", 9007199254740993},
        {"1.8446744073709551615e19", UINT64_MAX},
        {"64K", 65536},
        {"64k", 65536},
        {"64KiB", 65536},
        {"64kB", 64000},
        {"64KB", 64000},
        {"64B", 64},
        {"3M", 3145728},
        {"3MB", 3000000},
        {"2G", 2147483648},
        {"1.5GiB", 1610612736},
        {"2GB", 2000000000},
        {"1T", 1099511627776},
        {"1TB", 1000000000000},
        {"1.5K", 1536},
        {".5K", 512},
        {"0.001MB", 1000},
        {"0.0009765625K", 1},
        {"1e3K", 1024000},
        {"1K+1", 1025},
        {"0e99999999999", 0},
        {"10*1e6", 10000000},
        {"2*3+4*5", 26},
        {"2*(3+4)*5", 70},
        {"1e9/8", 125000000},
        {"12/2/3", 2},
        {"20-5-3", 12},
        {"2^(3+1)", 16},
        {"(2+1)^2", 9},
        {"1e3^2", 1000000},
        {"2^10*3", 3072},
        {"2**10*3", 3072},
        {"(1-2)*(1-3)", 2},
        {"1+(1-2)^99999999999", 0},
        {"(1-2)^99999999998", 1},
        {"(2^64-1)", UINT64_MAX},
        {"2^126/2^63", UINT64_C(1) << 63},
        {"((((7))))", 7},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint64_t value = 1;
        char reason[80] = "";
        if (!cli_number(good[i].text, 0, UINT64_MAX, &value, reason) || value != good[i].value)
            fail_msg("'%s' gives %" PRIu64 " (%s)", good[i].text, value, reason);
    }
}

static void test_numbers_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"", "not a number"},
        {"1,000", "not a number: ',000' is not understood"},
        {"-1", "negative"},
        {"+1", "not a number: '+1' is not understood"},
        {" 1", "not a number: ' 1' is not understood"},
        {"1 ", "not a number: ' ' is not understood"},
        {"1 000", "not a number: ' 000' is not understood"},
        {"0x10", "not a number: 'x10' is not understood"},
        {"nan", "not a number: 'nan' is not understood"},
        {"inf", "not a number: 'inf' is not understood"},
        {"1.", "not a number"},
        {"1..2", "not a number: '.2' is not understood"},
        {"1e", "not a number"},
        {"1e1e1", "not a number: 'e1' is not understood"},
        {"2^", "not a number"},
        {"2^-1", "negative"},
        {"2^3^2", "not a number: '^2' is not understood"},
        {"1+", "not a number"},
        {"1--1", "negative"},
        {"1Q", "not a number: 'Q' is not understood"},
        {"1Kb", "not a number: 'b' is not understood"},
        {"1\x1b[2J", "not a number: '\\x1b[2J' is not understood"},
        {"1.5", "not a whole number"},
        {"0.1K", "not a whole number"},
        {"1e-1", "not a whole number"},
        {"0.00000000000000000000000000000000000000000001K", "not a whole number"},
        {"1-2", "negative"},
        {"2^64", "not between 0 and 18446744073709551615"},
        {"18446744073709551616", "not between 0 and 18446744073709551615"},
        {"1e30", "not between 0 and 18446744073709551615"},
        {"1e999999999999", "not between 0 and 18446744073709551615"},
        {"2^99999999999", "not between 0 and 18446744073709551615"},
        {"99999999999999999999999999999999999999999999", "not between 0 and 18446744073709551615"},
        {"2^126+2^126", "not between 0 and 18446744073709551615"},
        {"2^126*2", "not between 0 and 18446744073709551615"},
        {"2^64*1", "not between 0 and 18446744073709551615"},
        {"10/4", "not a whole number"},
        {"1/0", "not a whole number"},
        {"2^(1-2)", "not a whole number"},
        {"(1", "not a number"},
        {"(1+2", "not a number"},
        {"()", "not a number: ')' is not understood"},
        {"1)", "not a number: ')' is not understood"},
        {"(1]", "not a number: ']' is not understood"},
        {"2*", "not a number"},
        {"*2", "not a number: '*2' is not understood"},
        {"2**3**2", "not a number: '**2' is not understood"},
        {"2(3)", "not a number: '(3)' is not understood"},
        {"2*-3", "negative"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t value = 42;
        char reason[80] = "";
        assert_false(cli_number(bad[i].text, 0, UINT64_MAX, &value, reason));
        assert_int_equal(value, 42);
        assert_string_equal(reason, bad[i].reason);
    }
    char nested[20000]; /* more than are taken, and nothing worse */
    memset(nested, '(', sizeof nested - 1);
    nested[sizeof nested - 1] = '\0';
    uint64_t value;
    char reason[80];
    assert_false(cli_number(nested, 0, 100, &value, reason));
    assert_true(cli_number("1", 1, 100, &value, reason));
    assert_true(cli_number("100", 1, 100, &value, reason));
    assert_false(cli_number("0", 1, 100, &value, reason));
    assert_string_equal(reason, "not between 1 and 100");
    assert_false(cli_number("101", 1, 100, &value, reason));
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {{"250us", 250000}, {"5ms", 5000000},      {"1.5s", 1500000000}, {"7ns", 7},
                {"0s", 0},         {"1e3ms", 1000000000}, {".5us", 500}};
    uint64_t ns;
    char reason[80];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(cli_duration(good[i].text, &ns, reason));
        assert_int_equal(ns, good[i].ns);
    }
    static const char *const bad[] = {"",     "5",     "5m",    "ms",  "-5ms",
                                      "5 ms", "0.1ns", "1e20s", "5msx"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        reason[0] = '\0';
        assert_false(cli_duration(bad[i], &ns, reason));
        assert_true(reason[0]);
    }
}

static void test_format_bytes(void **state)
{
    (void)state;
    static const struct {
        uint64_t nbytes;
        const char *text;
    } cases[] = {{0, "0 B"},           {12, "12 B"},           {999, "999 B"},
                 {1000, "1.0 kB"},     {1234567, "1.2 MB"},    {340000, "340 kB"},
                 {99949, "99.9 kB"},   {99950, "100 kB"},      {999999, "1.0 MB"},
                 {1u << 30, "1.1 GB"}, {UINT64_MAX, "18.4 EB"}};
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(cli_format_bytes(cases[i].nbytes, text), cases[i].text);
}

/* ---- text ---- */

static void test_printable(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain name.png", "plain name.png"},
        {"\xc3\xa4 \xe6\x97\xa5 \xf0\x9f\x8e\x89", "\xc3\xa4 \xe6\x97\xa5 \xf0\x9f\x8e\x89"},
        {"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f"},
        {"\x1b[31m", "\\x1b[31m"},
        {"\xff\xc3", "\\xff\\xc3"},
        {"\xc0\x80", "\\xc0\\x80"},          /* overlong */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"\xc2\x9b", "\\xc2\\x9b"}, /* C1 control */
        {"", ""},
    };
    char buffer[100];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(cli_printable(cases[i][0], buffer, sizeof buffer), cases[i][1]);
    assert_string_equal(cli_printable("abc\xc3\xa4", buffer, 5), "abc"); /* no half sequence */
    assert_string_equal(cli_printable("\n\n", buffer, 8), "\\x0a");
    assert_string_equal(cli_printable("abc", buffer, 1), "");
}

static void test_cut(void **state)
{
    (void)state;
    char text[] = "ab\xc3\xa4\xe6\x97\xa5z";
    assert_int_equal(cli_columns(text), 6);
    cli_cut(text, 5);
    assert_string_equal(text, "ab\xc3\xa4\xe6\x97\xa5");
    cli_cut(text, 4);
    assert_string_equal(text, "ab\xc3\xa4");
    cli_cut(text, 0);
    assert_string_equal(text, "");
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"image", "info", "primes", "lanczos3", NULL};
    assert_string_equal(cli_nearest("imgae", words), "image");
    assert_string_equal(cli_nearest("lancsoz3", words), "lanczos3");
    assert_string_equal(cli_nearest("prime", words), "primes");
    assert_null(cli_nearest("xyzzy", words));
    assert_null(cli_nearest("", words));
    assert_null(cli_nearest("a word that is far too long to be any of these", words));
}

/* ---- options ---- */

enum { SIZE = 1, SINGLE, GRAY, DRY };
static const struct cli_option table[] = {
    {0, 0, "A heading", NULL, NULL},
    {SIZE, 's', "size", "N", "a size"},
    {SINGLE, 0, "single", NULL, "one only"},
    {0, 0, "Another", NULL, NULL},
    {GRAY, 'g', "gray", "[METHOD]", "to gray"},
    {DRY, 'n', "dry-run", NULL, "nothing"},
    CLI_COMMON_OPTIONS,
    {0},
};
static const struct cli_command command = {.name = "try", .summary = "tries", .options = table};

/* Parses words separated by blanks and writes down what came: "1=64 -1=file 0". */
static const char *parse(const char *line)
{
    static char seen[512];
    char words[256], *argv[32] = {(char[]){"try"}};
    int argc = 1, id;
    (void)snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    size_t used = 0;
    struct cli_parser parser;
    cli_parse_begin(&parser, &command, argc, argv);
    do {
        const char *value;
        id = cli_parse_next(&parser, &value);
        used += (size_t)snprintf(seen + used, sizeof seen - used, "%s%d%s%s", used ? " " : "", id,
                                 value ? "=" : "", value ? value : "");
    } while (id > 0 || id == CLI_OPERAND);
    cli_parse_end(&parser);
    cli_parse_end(&parser);
    return seen;
}

static void test_options(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "0"},
        {"a b", "-1=a -1=b 0"},
        {"--size=64 --size 65 -s66 -s 67", "1=64 1=65 1=66 1=67 0"},
        {"a -s 1 b --dry-run c", "-1=a 1=1 -1=b 4 -1=c 0"},
        {"-ng -ns5", "4 3 4 1=5 0"},
        {"--gray --gray=linear -glinear x", "3 3=linear 3=linear -1=x 0"},
        {"--gray linear", "3 -1=linear 0"},
        {"--dry --siz 3", "4 1=3 0"},
        {"-- --size -x", "-1=--size -1=-x 0"},
        {"a -- b", "-1=a -1=b 0"},
        {"- -n", "-1=- 4 0"},
        {"--size=", "1= 0"},
        {"--size -5", "1=-5 0"},
        {"-j4 -qv --json", "9001=4 9002 9003 9004 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(parse(cases[i][0]), cases[i][1]);
}

/* Runs body with standard output (1) or error (2) in a file, and returns what it wrote. */
static const char *captured(int fd, void (*body)(const char *), const char *argument)
{
    static char text[8192];
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(NULL);
    int saved = dup(fd);
    dup2(fileno(file), fd);
    body(argument);
    fflush(NULL);
    dup2(saved, fd);
    close(saved);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static const char *parsed;

static void parse_for_messages(const char *line)
{
    parsed = parse(line);
}

static void test_option_messages(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"--sizes", "unknown option '--sizes'; did you mean '--size'?"},
        {"--xyzzy=3", "unknown option '--xyzzy'"},
        {"--si", "option '--si' is ambiguous: '--size', '--single'"},
        {"-x", "unknown option '-x'"},
        {"-nx", "unknown option '-x'"},
        {"--size", "option '--size' needs an argument: N"},
        {"-s", "option '--size' needs an argument: N"},
        {"--single=4", "option '--single' takes no argument"},
        {"a --\x1b[2J", "unknown option '--\\x1b[2J'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char wanted[200];
        (void)snprintf(wanted, sizeof wanted, "pelton try: %s\nTry 'pelton try --help'.\n",
                       cases[i][1]);
        assert_string_equal(captured(2, parse_for_messages, cases[i][0]), wanted);
        assert_non_null(strstr(parsed, "-2"));
    }
}

static void test_help_fits(void **state)
{
    (void)state;
    static const char *const names[] = {"image", "info"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct test_run run = test_run_shell("'%s' %s --help", PELTON_PROGRAM, names[i]);
        struct test_run same = test_run_shell("'%s' help %s", PELTON_PROGRAM, names[i]);
        assert_int_equal(run.status, 0);
        assert_string_equal(run.err, "");
        assert_string_equal(run.out, same.out);
        assert_int_equal(strncmp(run.out, "Usage: pelton ", 14), 0);
        char *examples =
            strstr(run.out, "\nExamples"); /* lines there are as their author has them */
        assert_non_null(examples);
        *examples = '\0';
        for (const char *line = run.out; *line; line += strspn(line, "\n")) {
            assert_true(strcspn(line, "\n") <= 80);
            line += strcspn(line, "\n");
        }
        test_run_free(&run);
        test_run_free(&same);
    }
}

/* ---- the program ---- */

static void check_run(const char *line, int status, const char *out, const char *err)
{
    struct test_run run = test_run_shell("'%s' %s", PELTON_PROGRAM, line);
    if (run.status != status || !strstr(run.out, out) || !strstr(run.err, err) ||
        (!*out && *run.out) || (!*err && *run.err))
        fail_msg("pelton %s: status %d\n%s\n%s", line, run.status, run.out, run.err);
    test_run_free(&run);
}

static void test_program(void **state)
{
    (void)state;
    check_run("", 2, "", "Usage: pelton SUBCOMMAND");
    check_run("--help", 0, "Usage: pelton SUBCOMMAND", "");
    check_run("-h", 0, "Usage: pelton SUBCOMMAND", "");
    check_run("help", 0, "  info ", "");
    check_run("--version", 0, "pelton " PEL_VERSION "\n", "");
    check_run("help nothing", 2, "", "no subcommand 'nothing'");
    check_run("inof", 2, "",
              "pelton: no subcommand 'inof'; did you mean 'info'?\nTry 'pelton --help'.");
    check_run("'a\x1b[1m'", 2, "", "no subcommand 'a\\x1b[1m'");
    check_run("--verbose info", 2, "", "unknown option '--verbose'");
    check_run("info --help --bogus", 0, "Usage: pelton info", "");
    check_run("info surplus", 2, "", "takes no operands");
}

static void test_standard_output_fails(void **state)
{
    (void)state;
    check_run("--help >/dev/full", 1, "", "cannot write standard output: No space left on device");
    check_run("info >/dev/full", 1, "", "cannot write standard output: No space left on device");
    check_run("--help >&-", 1, "", "cannot write standard output: Bad file descriptor");
    struct test_run run =
        test_run_shell("(sleep 0.2; '%s' --help; echo \"status $?\" >&2) | true", PELTON_PROGRAM);
    assert_non_null(strstr(run.err, "cannot write standard output: Broken pipe"));
    assert_non_null(strstr(run.err, "status 1"));
    test_run_free(&run);
}

/* ---- standard error ---- */

static int line_calls;

static void write_line(void *ctx, char *buffer, size_t size)
{
    __atomic_add_fetch(&line_calls, 1, __ATOMIC_RELAXED);
    (void)snprintf(buffer, size, "%s %d", (const char *)ctx, line_calls);
}

static void report_progress(const char *text)
{
    line_calls = 0;
    cli_progress_begin(CLI_PROGRESS_ALWAYS, write_line, (void *)text);
    cli_message("hello %d", 5);
    cli_progress_end();
    cli_progress_end();
}

static void test_progress_on_lines(void **state)
{
    (void)state;
    assert_string_equal(captured(2, report_progress, "line"), "pelton: hello 5\nline 1\n");
}

static void report_nothing(const char *text)
{
    cli_progress_begin(CLI_PROGRESS_NEVER, write_line, (void *)text);
    cli_progress_end();
    cli_progress_begin(CLI_PROGRESS_AUTO, write_line, (void *)text); /* not a terminal */
    cli_progress_end();
}

static void test_progress_is_not_for_files(void **state)
{
    (void)state;
    assert_string_equal(captured(2, report_nothing, "line"), "");
}

static void progress_in_terminal(void)
{
    cli_progress_begin(CLI_PROGRESS_AUTO, write_line,
                       (void *)"a line that is wider than the screen");
    usleep(500000);
    cli_message("hello");
    usleep(300000);
    cli_progress_end();
    fprintf(stderr, "end");
    fflush(stderr);
}

static void test_progress_on_a_terminal(void **state)
{
    (void)state;
    struct winsize size = {.ws_row = 24, .ws_col = 20};
    int master;
    fflush(NULL);
    pid_t pid = forkpty(&master, NULL, NULL, &size);
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "xterm", 1);
        progress_in_terminal();
        _exit(0);
    }
    char text[4096];
    size_t used = 0;
    for (ssize_t n; (n = read(master, text + used, sizeof text - 1 - used)) > 0;)
        used += (size_t)n;
    text[used] = '\0';
    close(master);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_non_null(
        strstr(text, "\r\033[Ka line that is wide\r\033[K")); /* 19 columns, then cleared */
    assert_non_null(strstr(text, "\r\033[Kpelton: hello\r\n"));
    assert_true(used > 7 && strcmp(text + used - 7, "\r\033[Kend") == 0);
}

/* ---- signals and threads ---- */

static int in_child(int (*body)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(body());
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int first_signal_cancels(void)
{
    struct pel_cancel cancel = {0};
    cli_signals(&cancel);
    if (pel_cancel_requested(&cancel))
        return 1;
    raise(SIGTERM);
    return pel_cancel_requested(&cancel) ? 0 : 2;
}

static int second_signal_ends(void)
{
    struct pel_cancel cancel = {0};
    cli_signals(&cancel);
    raise(SIGINT);
    raise(SIGTERM);
    return 0;
}

static int broken_pipe_is_an_error(void)
{
    int ends[2];
    cli_signals(NULL);
    if (pipe(ends) != 0 || close(ends[0]) != 0)
        return 1;
    return write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
}

static int ignored_stays_ignored(void)
{
    struct pel_cancel cancel = {0};
    signal(SIGINT, SIG_IGN);
    cli_signals(&cancel);
    raise(SIGINT);
    raise(SIGINT);
    return pel_cancel_requested(&cancel) ? 1 : 0;
}

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(in_child(first_signal_cancels), 0);
    assert_int_equal(in_child(second_signal_ends), 130);
    assert_int_equal(in_child(broken_pipe_is_an_error), 0);
    assert_int_equal(in_child(ignored_stays_ignored), 0);
}

static void test_threads(void **state)
{
    (void)state;
    struct pel_openmp openmp;
    pel_openmp_describe(&openmp);
    assert_int_equal(cli_threads(5), openmp.version ? 5 : 1);
    assert_true(cli_threads(0) >= 1);
    size_t nwords;
    const uint64_t *mask = cli_io_cpus(&nwords);
    assert_true((mask != NULL) == (nwords > 0));
    assert_true((mask != NULL) == (openmp.num_places > 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_refused),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_format_bytes),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_option_messages),
        cmocka_unit_test(test_help_fits),
        cmocka_unit_test(test_program),
        cmocka_unit_test(test_standard_output_fails),
        cmocka_unit_test(test_progress_on_lines),
        cmocka_unit_test(test_progress_is_not_for_files),
        cmocka_unit_test(test_progress_on_a_terminal),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
