// SPDX-License-Identifier: MIT
#include "pc-tui/terminal/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"

enum { TEXT_MAX = 512, STACK_SIZE = 65536 };

// The handler touches nothing except this, which is prepared beforehand: it may call only write, tcflush and tcsetattr.
static struct {
    volatile sig_atomic_t armed;
    int fd;
    struct termios modes;
    char text[TEXT_MAX];
    size_t len;
} crash;

static void *stack_memory;
static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void on_crash(int number)
{
    if (crash.armed) {
        crash.armed = 0;
        // A terminal that reads nothing has no room. What it has not read is worth less than its modes.
        if (write(crash.fd, crash.text, crash.len) != (ssize_t)crash.len) {
            tcflush(crash.fd, TCOFLUSH);
            if (write(crash.fd, crash.text, crash.len) < 0)
                crash.len = 0;
        }
        tcsetattr(crash.fd, TCSANOW, &crash.modes);
    }
    // SA_RESETHAND has put the default action back: a fault happens again on return, a signal sent must be
    // sent on.
    raise(number);
}

void crash_catch(int fd, const struct termios *modes)
{
    crash.fd = fd;
    crash.modes = *modes;
    crash.len = 0;
    // The handler has a stack of its own, because the crash may be a stack overflow.
    stack_memory = malloc(STACK_SIZE);
    if (stack_memory) {
        stack_t stack = {.ss_sp = stack_memory, .ss_size = STACK_SIZE};
        sigaltstack(&stack, NULL);
    }
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        sigaction(signals[i], &action, NULL);
}

void crash_let_go(void)
{
    crash.armed = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        signal(signals[i], SIG_DFL);
    if (stack_memory) {
        stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
        free(stack_memory);
        stack_memory = NULL;
    }
}

void crash_undo(const char *text)
{
    size_t len = strlen(text);
    if (len > sizeof crash.text)
        len = sizeof crash.text;
    memcpy(crash.text, text, len);
    crash.len = len;
}

void crash_arm(int on)
{
    crash.armed = on;
}
