#include "cli.h"

#include "text.h"

#include <signal.h>
#include <unistd.h>

static struct pel_cancel *target;
static int seen;

static void on_signal(int number)
{
    (void)number;
    if (__atomic_fetch_add(&seen, 1, __ATOMIC_ACQ_REL) == 0) {
        pel_cancel_request(target);
        return;
    }
    cli_progress_clear_at_exit();
    _exit(CLI_INTERRUPTED);
}

/* A signal that whoever started the program had ignored (nohup, a shell's background job) stays so.
 */
static void handle(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
        return;
    action = (struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void cli_signals(struct pel_cancel *cancel)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (!cancel)
        return;
    __atomic_store_n(&seen, 0, __ATOMIC_RELEASE);
    target = cancel;
    handle(SIGINT);
    handle(SIGTERM);
    handle(SIGHUP);
}
