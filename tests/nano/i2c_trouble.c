// SPDX-License-Identifier: MIT
// Goes before libc in a program (LD_PRELOAD) and makes its I2C transfers fail or hang, as the file /run/i2c-trouble says at
// each of them:
//     fail before|after N   the N-th transfer from now on fails, and once; it does not reach the bus, or it does
//     hang SECONDS          a transfer begins, and fails after so long, for as long as the file says so
// Everything else: nothing. A file that has changed counts from 1 again.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char last[64]; // what the file said
static unsigned count;

static void read_orders(char out[64])
{
    int fd = open("/run/i2c-trouble", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, out, 63);
    out[len < 0 ? 0 : len] = '\0';
    if (fd >= 0)
        close(fd);
}

// The number of this transfer since the file changed.
static unsigned number_of(const char *orders)
{
    pthread_mutex_lock(&mutex);
    if (strcmp(orders, last) != 0) {
        snprintf(last, sizeof last, "%s", orders);
        count = 0;
    }
    unsigned number = ++count;
    pthread_mutex_unlock(&mutex);
    return number;
}

static int fail_with(int error)
{
    errno = error;
    return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, unsigned long);
    char orders[64] = "", when[8];
    unsigned wanted, seconds;
    va_list ap;
    va_start(ap, request);
    unsigned long argument = va_arg(ap, unsigned long);
    va_end(ap);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "ioctl");
    if (request != I2C_SMBUS)
        return real(fd, request, argument);
    read_orders(orders);
    unsigned number = number_of(orders);
    if (sscanf(orders, "hang %u", &seconds) == 1) {
        struct timespec pause = {seconds, 0};
        nanosleep(&pause, NULL);
        return fail_with(ETIMEDOUT);
    }
    if (sscanf(orders, "fail %7s %u", when, &wanted) != 2 || number != wanted)
        return real(fd, request, argument);
    if (!strcmp(when, "after"))
        real(fd, request, argument);
    return fail_with(EREMOTEIO);
}
