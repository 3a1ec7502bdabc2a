// SPDX-License-Identifier: MIT
#include "nano-agent/system/position_store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/thread.h"
#include "nano-agent/system/service_path.h"

// Enough for store_write's paths and text; the default of 8 MiB would count against memory_limit.
enum { STACK_SIZE = 128 * 1024, LINKS_MAX = 8 };

struct store {
    char path[STORE_PATH_SIZE];
    void (*trouble)(const char *sentence);
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    bool running; // the thread was started
    bool waiting; // `next` is to be written
    bool busy;    // the thread is writing
    bool end;
    bool abandoned; // nobody waits for the thread any more: it frees the store
    struct positions next;
    bool told; // trouble() was called since writing worked last
};

__attribute__((format(printf, 3, 4))) static int refuse(
    char why[STORE_WHY_SIZE], int error, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(why, STORE_WHY_SIZE, format, ap);
    va_end(ap);
    return error;
}

void store_default_path(char out[STORE_PATH_SIZE])
{
    service_path(out, STORE_PATH_SIZE, "STATE_DIRECTORY", "positions", STORE_DEFAULT_PATH);
}

int store_load(const char *path, struct positions *out, char why[STORE_WHY_SIZE])
{
    static const char unknown[] = "no servo's position is known; the first command starts from the centre";
    char text[POSITIONS_TEXT_MAX + 1], reason[POSITIONS_WHY_SIZE];
    struct stat info;
    *out = (struct positions){0};
    why[0] = '\0';
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : refuse(why, -errno, "%s: %s; %s", path, strerror(errno), unknown);
    ssize_t len = -1;
    if (fstat(fd, &info) == 0) {
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        if (S_ISREG(info.st_mode))
            len = read(fd, text, sizeof text);
    }
    int error = errno;
    close(fd);
    if (len < 0)
        return refuse(
            why, -error, "%s: %s; %s", path, error == EINVAL ? "no regular file" : strerror(error), unknown);
    if (positions_parse(text, (size_t)len, out, reason) < 0)
        return refuse(why, -EINVAL, "%s: %s; %s", path, reason, unknown);
    return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

// Writes the folder to the disk: without this a power cut may undo the rename. Some file systems cannot do it, which is
// no reason to complain.
static void flush_folder(const char *path)
{
    char folder[STORE_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

// Where a link at path leads, through any number of links, also where nothing is there yet. A rename over the link
// would put a file in its place. 0 or a negative errno.
static int follow_links(const char *path, char out[STORE_PATH_SIZE])
{
    char target[STORE_PATH_SIZE];
    snprintf(out, STORE_PATH_SIZE, "%s", path);
    for (int links = 0; links < LINKS_MAX; links++) {
        ssize_t len = readlink(out, target, sizeof target - 1);
        if (len < 0)
            return errno == EINVAL || errno == ENOENT ? 0 : -errno; // no link, or nothing
        target[len] = '\0';
        char *slash = strrchr(out, '/');
        size_t folder = target[0] == '/' || !slash ? 0 : (size_t)(slash - out) + 1;
        if (folder + (size_t)len >= STORE_PATH_SIZE)
            return -ENAMETOOLONG;
        memcpy(out + folder, target, (size_t)len + 1);
    }
    return -ELOOP;
}

int store_write(const char *link, const struct positions *positions, char why[STORE_WHY_SIZE])
{
    char path[STORE_PATH_SIZE], fresh[STORE_PATH_SIZE + 8], text[POSITIONS_TEXT_MAX];
    size_t len = positions_write(positions, text);
    int rc = follow_links(link, path);
    if (rc < 0)
        goto refuse;
    snprintf(fresh, sizeof fresh, "%s.new", path);
    // A file of this name was left by a power cut, or is a link that somebody put there. It must not be written through.
    rc = unlink(fresh) < 0 && errno != ENOENT ? -errno : 0;
    int fd = rc ? -1 : open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        rc = rc ? rc : -errno;
        goto refuse;
    }
    rc = write_all(fd, text, len);
    if (close(fd) < 0 && !rc)
        rc = -errno;
    if (!rc && rename(fresh, path) < 0)
        rc = -errno;
    if (rc < 0) {
        unlink(fresh);
        goto refuse;
    }
    flush_folder(path);
    return 0;
refuse:
    return refuse(why, rc,
        "%s: %s; positions are not saved, so after a power cut they are not known (state = \"\" in the "
        "configuration where that is intended)",
        link, strerror(-rc));
}

static void destroy(struct store *store)
{
    pthread_cond_destroy(&store->wake);
    pthread_cond_destroy(&store->done);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

static void *work(void *arg)
{
    struct store *store = arg;
    char why[STORE_WHY_SIZE];
    pthread_mutex_lock(&store->mutex);
    for (;;) {
        while (!store->waiting && !store->end)
            pthread_cond_wait(&store->wake, &store->mutex);
        if (!store->waiting)
            break;
        struct positions positions = store->next;
        store->waiting = false;
        store->busy = true;
        pthread_mutex_unlock(&store->mutex);
        bool failed = store_write(store->path, &positions, why) < 0;
        if (failed && !store->told)
            store->trouble(why);
        store->told = failed;
        pthread_mutex_lock(&store->mutex);
        store->busy = false;
        pthread_cond_broadcast(&store->done);
    }
    bool abandoned = store->abandoned;
    pthread_mutex_unlock(&store->mutex);
    if (abandoned)
        destroy(store);
    return NULL;
}

struct store *store_new(const char *path, void (*trouble)(const char *sentence))
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    snprintf(store->path, sizeof store->path, "%s", path);
    store->trouble = trouble;
    pthread_mutex_init(&store->mutex, NULL);
    thread_cond_init(&store->wake);
    thread_cond_init(&store->done);
    return store;
}

void store_save(struct store *store, const struct positions *positions)
{
    char why[STORE_WHY_SIZE];
    pthread_mutex_lock(&store->mutex);
    int rc = 0;
    if (!store->running) {
        rc = thread_start(&store->thread, STACK_SIZE, work, store);
        store->running = rc == 0;
    }
    if (rc < 0) {
        refuse(why, rc, "%s: %s; positions are not saved", store->path, strerror(-rc));
        if (!store->told)
            store->trouble(why);
        store->told = true;
    } else {
        store->next = *positions;
        store->waiting = true;
        pthread_cond_signal(&store->wake);
    }
    pthread_mutex_unlock(&store->mutex);
}

void store_free(struct store *store, int wait_ms)
{
    if (!store)
        return;
    struct timespec until = thread_deadline(wait_ms);
    pthread_mutex_lock(&store->mutex);
    int late = 0;
    while ((store->waiting || store->busy) && !late)
        late = pthread_cond_timedwait(&store->done, &store->mutex, &until);
    store->end = true;
    store->abandoned = late != 0; // the disk hangs, and the thread with it
    if (late)
        pthread_detach(store->thread);
    bool running = store->running;
    pthread_t thread = store->thread;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->mutex);
    if (late)
        return;
    if (running)
        pthread_join(thread, NULL);
    destroy(store);
}
