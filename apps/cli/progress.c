/* Standard error: messages, and the status line that makes room for them. */
#include "cli.h"

#include "text.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { TICK_NS = 200000000, LINE_TICKS = 5, LINE_SIZE = 512 };

#define CLEAR_LINE "\r\033[K"

static struct {
    pthread_mutex_t lock; /* of standard error and all below */
    pthread_cond_t stop;
    bool running, stopping;
    bool terminal;
    int drawn; /* the status line is on the terminal; also read by a signal handler */
    pthread_t ticker;
    void (*line)(void *ctx, char *buffer, size_t size);
    void *ctx;
    char last[LINE_SIZE];
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void set_drawn(bool drawn)
{
    __atomic_store_n(&progress.drawn, drawn, __ATOMIC_RELAXED);
}

static void clear_line(void)
{
    if (progress.drawn)
        fputs(CLEAR_LINE, stderr);
    set_drawn(false);
}

void cli_progress_clear_at_exit(void)
{
    if (__atomic_load_n(&progress.drawn, __ATOMIC_RELAXED)) {
        ssize_t ignored = write(STDERR_FILENO, CLEAR_LINE, sizeof CLEAR_LINE - 1);
        (void)ignored;
    }
}

void cli_emit(const char *prefix, const char *suffix, const char *format, va_list args)
{
    char text[4096], shown[2 * sizeof text];
    (void)vsnprintf(text, sizeof text, format, args);
    cli_printable(text, shown, sizeof shown); /* names of files may hold anything */
    pthread_mutex_lock(&progress.lock);
    clear_line();
    fprintf(stderr, "%s%s\n%s", prefix, shown, suffix);
    fflush(stderr);
    pthread_mutex_unlock(&progress.lock);
}

void cli_message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cli_emit("pelton: ", "", format, args);
    va_end(args);
}

static int terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

/* One column stays free: a terminal may wrap as soon as the last one is written. */
static void draw_on_terminal(char *text)
{
    cli_cut(text, terminal_columns() - 1);
    fprintf(stderr, CLEAR_LINE "%s", text);
    set_drawn(true);
}

/* Asks for the text outside the lock: `line` may take its time, or print a message. */
static void draw(void)
{
    char raw[LINE_SIZE], text[LINE_SIZE];
    raw[0] = '\0';
    progress.line(progress.ctx, raw, sizeof raw);
    cli_printable(raw, text, sizeof text);
    pthread_mutex_lock(&progress.lock);
    if (progress.terminal)
        draw_on_terminal(text);
    else if (strcmp(text, progress.last) != 0)
        fprintf(stderr, "%s\n", text);
    memcpy(progress.last, text, sizeof text);
    fflush(stderr);
    pthread_mutex_unlock(&progress.lock);
}

/* Waits for ticks; returns false when told to stop. */
static bool wait_ticks(int nticks)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (int64_t)nticks * TICK_NS;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&progress.lock);
    int status = 0;
    while (!progress.stopping && status == 0)
        status = pthread_cond_timedwait(&progress.stop, &progress.lock, &until);
    bool go_on = !progress.stopping;
    pthread_mutex_unlock(&progress.lock);
    return go_on;
}

static void *tick(void *unused)
{
    (void)unused;
    while (wait_ticks(progress.terminal ? 1 : LINE_TICKS))
        draw();
    return NULL;
}

static bool stderr_is_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

/* Signals are for the main thread: none is delivered to the ticker. */
static int start_ticker(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&progress.stop, &attributes);
    pthread_condattr_destroy(&attributes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&progress.ticker, NULL, tick, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

void cli_progress_begin(enum cli_progress_mode mode,
                        void (*line)(void *ctx, char *buffer, size_t size), void *ctx)
{
    bool terminal = stderr_is_terminal();
    if (mode == CLI_PROGRESS_NEVER || (mode == CLI_PROGRESS_AUTO && !terminal) || progress.running)
        return;
    progress.terminal = terminal;
    progress.stopping = false;
    progress.line = line;
    progress.ctx = ctx;
    progress.last[0] = '\0';
    progress.running = start_ticker() == 0; /* no thread to be had: no progress */
}

void cli_progress_end(void)
{
    if (!progress.running)
        return;
    pthread_mutex_lock(&progress.lock);
    progress.stopping = true;
    pthread_cond_signal(&progress.stop);
    pthread_mutex_unlock(&progress.lock);
    pthread_join(progress.ticker, NULL);
    pthread_cond_destroy(&progress.stop);
    progress.running = false;
    if (!progress.terminal)
        draw(); /* the final state, on a line of its own */
    pthread_mutex_lock(&progress.lock);
    clear_line();
    fflush(stderr);
    pthread_mutex_unlock(&progress.lock);
}
