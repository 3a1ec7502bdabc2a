// SPDX-License-Identifier: MIT
#include "common/join/join.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/join/join_trial.h"
#include "common/join/joined.h"
#include "common/mqtt/link_reason.h"

enum { TRIAL_MS = 15000 };

__attribute__((format(printf, 2, 3))) static void complain(
    const struct join_kind *kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", kind->reader.program);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

// Reads at most BUNDLE_MAX + 1 bytes of the file. Returns how many, or a negative errno.
static ssize_t read_file(const char *path, char text[BUNDLE_MAX + 1])
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = 0, n = 0;

    if (fd < 0)
        return -errno;
    do {
        n = read(fd, text + len, (size_t)(BUNDLE_MAX + 1 - len));
        if (n > 0)
            len += n;
    } while ((n > 0 && len <= BUNDLE_MAX) || (n < 0 && errno == EINTR));
    if (n < 0)
        len = -errno;
    if (!is_stdin)
        close(fd);
    return len;
}

static int read_bundle(struct join_job *job)
{
    const char *shown = strcmp(job->file, "-") == 0 ? "standard input" : job->file;
    char text[BUNDLE_MAX + 1], why[PROTOCOL_WHY_SIZE];
    unsigned line;
    ssize_t len = read_file(job->file, text);
    int rc = len < 0 ? (int)len : 0;

    if (rc < 0) {
        complain(job->kind, "%s: %s", shown, strerror(-rc));
        return -EINVAL;
    }
    rc = bundle_parse(text, (size_t)len, &job->kind->reader, &job->bundle, &line, why);
    explicit_bzero(text, sizeof text);
    if (rc < 0)
        complain(job->kind, "%s:%u: %s", shown, line, why);
    return rc;
}

// What the program would have in the end, with the new versions of the files.
static int trial_options(const struct join_job *job, struct broker_options *options)
{
    struct bundle_places places = {
        job->directory, join_files_new_name(JOIN_FILE_PASSWORD), join_files_new_name(JOIN_FILE_CA)};
    char text[BUNDLE_CONFIG_SIZE], why[CONFIG_WHY_SIZE];

    bundle_config(&job->bundle, &places, job->kind->mark, &job->kind->reader, text);
    broker_options_init(options);
    int rc = joined_parse(options, text, job->file, why);
    if (rc == 0)
        rc = broker_options_check(options, "localhost", why);
    if (rc < 0)
        complain(job->kind, "%s", why);
    return rc;
}

static void say_failure(
    const struct join_job *job, const struct link_options *link, const struct join_trial *trial)
{
    char place[LINK_PLACE_SIZE];

    complain(job->kind, "no broker of %s could be joined, and nothing was changed:", job->file);
    for (size_t i = 0; i < link->broker_count; i++) {
        const struct link_report *report = &trial->reports[i];
        link_reason_place(place, link->brokers[i].host, link->brokers[i].port);
        fprintf(stderr, "  %s: %s\n", place, report->reason[0] ? report->reason : "no answer in time");
    }
}

static int prove(const struct join_job *job)
{
    static struct broker_options options;
    static struct link_options link;
    static struct join_trial trial;
    static char topics[LINK_TOPICS_MAX][PROTOCOL_TOPIC_MAX];
    const struct bundle *bundle = &job->bundle;
    char place[LINK_PLACE_SIZE];
    int rc = trial_options(job, &options);

    if (rc < 0)
        return rc;
    broker_options_to_link(&options, "localhost", &link);
    for (const char *const *topic = job->kind->topics; *topic; topic++) {
        char *out = topics[link.topic_count];
        bool named = (*topic)[0] == '%';
        if (named && bundle->device[0] == '\0')
            continue;
        snprintf(out, sizeof topics[0], "%s/%s%s%s", bundle->root, named ? bundle->device : "",
            named ? "/" : "", named ? *topic + 1 : *topic);
        link.topics[link.topic_count++] = out;
    }
    // An id of our own: with that of the program the broker would throw out the one that runs.
    snprintf(link.client_id, sizeof link.client_id, "%s-join-%ld", job->kind->reader.program, (long)getpid());
    printf("Trying %zu broker%s …\n", link.broker_count, link.broker_count == 1 ? "" : "s");
    fflush(stdout);
    rc = join_trial_run(&link, TRIAL_MS, &trial);
    if (rc < 0)
        complain(job->kind, "out of memory; nothing was changed");
    else if (!trial.up)
        say_failure(job, &link, &trial);
    else
        printf("%s lets %s in, with MQTT %s and TLS.\n",
            link_reason_place(place, link.brokers[trial.broker].host, link.brokers[trial.broker].port),
            bundle->user, trial.reports[trial.broker].version == 5 ? "5" : "3.1.1");
    if (rc == 0 && !trial.up)
        rc = -ECONNREFUSED;
    explicit_bzero(options.password, sizeof options.password);
    explicit_bzero(link.password, sizeof link.password);
    return rc;
}

static int write_files(const struct join_job *job, struct join_files *files)
{
    const struct bundle *bundle = &job->bundle;
    struct bundle_places places = {
        job->directory, join_files_name(JOIN_FILE_PASSWORD), join_files_name(JOIN_FILE_CA)};
    char config[BUNDLE_CONFIG_SIZE], password[BUNDLE_PASSWORD_LEN + 2], why[PROTOCOL_WHY_SIZE];

    bundle_config(bundle, &places, job->kind->mark, &job->kind->reader, config);
    snprintf(password, sizeof password, "%s\n", bundle->password);
    int rc = join_files_write(files, JOIN_FILE_PASSWORD, password, strlen(password), why);
    if (rc == 0)
        rc = join_files_write(files, JOIN_FILE_CA, bundle->ca, bundle->ca_len, why);
    if (rc == 0)
        rc = join_files_write(files, JOIN_FILE_CONFIG, config, strlen(config), why);
    explicit_bzero(password, sizeof password);
    if (rc < 0)
        complain(job->kind, "%s", why);
    return rc;
}

// The configuration names files by their whole path.
static const char *whole_path(const char *directory, char out[2 * PATH_MAX])
{
    char here[PATH_MAX];
    if (directory[0] == '/' || !getcwd(here, sizeof here))
        return directory;
    snprintf(out, (size_t)2 * PATH_MAX, "%s/%.4000s", here, directory);
    return out;
}

int join_run(struct join_job *job)
{
    static char path[2 * PATH_MAX];
    struct join_files files;
    char why[PROTOCOL_WHY_SIZE];
    job->directory = whole_path(job->directory, path);
    int rc = bundle_check_directory(job->directory, why);

    if (rc < 0) {
        complain(job->kind, "%s", why);
        return rc;
    }
    rc = read_bundle(job);
    if (rc < 0)
        return rc;
    rc = join_files_open(&files, job->directory, job->kind->mark, &job->owner, why);
    if (rc < 0) {
        complain(job->kind, "%s", why);
        goto close;
    }
    rc = write_files(job, &files);
    if (rc == 0)
        rc = prove(job);
    if (rc < 0)
        goto close;
    rc = join_files_put(&files, why);
    if (rc < 0)
        complain(job->kind, "%s; nothing was changed", why);
    else
        printf("Written: %s/broker.conf, password and ca.crt.\n", job->directory);
close:
    join_files_close(&files);
    explicit_bzero(job->bundle.password, sizeof job->bundle.password);
    return rc;
}

void join_farewell(const struct join_job *job)
{
    if (strcmp(job->file, "-") != 0)
        printf("%s holds a password: delete it now, here and where it came from.\n", job->file);
}

int join_undo(const struct join_kind *kind, const char *directory)
{
    char why[PROTOCOL_WHY_SIZE];
    int rc = join_files_undo(directory, kind->mark, why);

    if (rc < 0)
        complain(kind, "%s", why);
    else if (rc == 0)
        printf("Nothing was joined in %s.\n", directory);
    else
        printf("Taken back: what was joined in %s.\n", directory);
    return rc;
}
