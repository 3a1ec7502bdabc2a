// SPDX-License-Identifier: MIT
#include "nano-agent/mistake.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/log.h"
#include "common/memory_limit.h"
#include "common/recheck.h"
#include "nano-agent/agent/misconfigured.h"
#include "nano-agent/config/config_watch.h"
#include "nano-agent/mqtt_session.h"
#include "nano-agent/system/about_watch.h"
#include "nano-agent/system/identity.h"
#include "nano-agent/system/notify.h"
#include "nano-agent/system/stop_signals.h"

enum { READ_US = 5000000, CLOSE_MS = 1000, ABOUT_MS = 100 };

struct mistake {
    struct config *config;
    struct config next; // as the file was read last
    int argc;
    char **argv;
    struct event_base *base;
    struct event *timer;
    struct stop_signals signals;
    struct recheck *recheck;
    struct mqtt_session session;
    struct link *link; // NULL: no broker is known
    struct about_watch *about;
    struct misconfigured core;
    char reason[LINK_REASON_SIZE]; // why there is no link, as it was logged last
    struct rlimit memory; // the limit as it was before: the right configuration may want a higher one
    int status;           // to return
    bool ending;
};

static void publish(struct mistake *m)
{
    char json[PROTOCOL_STATUS_MAX];
    int len = status_write_fault(json, &m->core.status);
    if (len > 0 && m->link)
        link_publish(m->link, m->session.status, json, (size_t)len, 1, true, NULL, 0, NULL);
}

static void end(struct mistake *m, int status)
{
    if (m->ending)
        return;
    m->ending = true;
    m->status = status;
    if (m->link)
        link_close(m->link, CLOSE_MS); // on_link hears of the end
    else
        event_base_loopbreak(m->base);
}

static void on_link(void *ctx, const struct link_report *report)
{
    struct mistake *m = ctx;
    if (report->state == LINK_CLOSED) {
        event_base_loopbreak(m->base);
    } else if (report->state == LINK_UP) {
        log_info("connected to %s:%d, to tell what is wrong with the configuration", report->broker.host,
            report->broker.port);
        m->reason[0] = '\0';
        if (!m->ending) {
            publish(m);
            about_watch_ask(m->about);
        }
    } else if (report->reason[0] && strcmp(report->reason, m->reason) != 0) {
        log_warning("%s", report->reason);
        snprintf(m->reason, sizeof m->reason, "%s", report->reason);
    }
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct mistake *m = ctx;
    struct agent_command command = mqtt_session_command(&m->session, message);
    if (m->ending || !misconfigured_command(&m->core, &command))
        return;
    publish(m);
    char json[PROTOCOL_REPLY_MAX];
    int len = status_write_reply(json, m->core.status.device, &m->core.status.last);
    if (len > 0 && misconfigured_may_reply(&m->core, &command))
        link_publish(m->link, command.response_topic, json, (size_t)len, 0, false, command.correlation,
            command.correlation_len, NULL);
}

// Who has to mend the file needs the address most of all.
static void publish_about(void *ctx, const char *json)
{
    struct mistake *m = ctx;
    if (!m->ending)
        link_publish(m->link, m->session.about, json, strlen(json), 1, true, NULL, 0, NULL);
}

static const struct link_events link_events = {.changed = on_link, .message = on_message};

// Compares the bytes and not the members. Padding that differs costs one more connection and nothing else.
static bool is_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

// Reads everything anew. What is right now, or is to be told elsewhere, ends this run.
static void read_again(void *ctx)
{
    struct mistake *m = ctx;
    struct config *next = &m->next;
    if (m->ending || config_from_arguments(m->argc, m->argv, true, next) >= 0)
        return;
    bool elsewhere = next->broker_known != m->config->broker_known ||
                     !is_same(&next->broker, &m->config->broker, sizeof next->broker);
    if (next->mistake[0] == '\0')
        log_info("the configuration is right now");
    if (next->mistake[0] == '\0' || elsewhere) {
        end(m, -1);
    } else if (misconfigured_set_why(&m->core, next->mistake)) {
        log_error("%s", next->mistake);
        publish(m);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    notify_send("WATCHDOG=1");
    read_again(ctx);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    struct mistake *m = ctx;
    char json[PROTOCOL_STATUS_MAX];
    (void)what;
    log_info("stopping (%s)", stop_signals_name(number));
    notify_send("STOPPING=1");
    const struct status *status = &m->core.status;
    int len = m->ending ? -1 : status_write_offline(json, status->device, status->boot, "stopped");
    if (len > 0 && m->link)
        link_publish(m->link, m->session.status, json, (size_t)len, 1, true, NULL, 0, NULL);
    end(m, EXIT_SUCCESS);
    m->status = EXIT_SUCCESS; // also where a mended file had ended it already
}

static void do_nothing(void *ctx)
{
    (void)ctx;
}

// This loop moves nothing, so that it reads the files by itself and leaves nothing to the thread.
static int watch_files(struct mistake *m)
{
    static const struct recheck_work work = {.read = do_nothing, .done = read_again, .dispose = do_nothing};
    m->recheck = recheck_new(m->base, &work, m);
    if (!m->recheck)
        return -ENOMEM;
    config_watch_files(m->config, m->recheck);
    return 0;
}

static int make_events(struct mistake *m)
{
    int64_t us = notify_watchdog_us() / 2;
    us = us > 0 && us < READ_US ? us : READ_US;
    struct timeval every = {.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};
    m->base = event_base_new();
    m->timer = m->base ? event_new(m->base, -1, EV_PERSIST, on_timer, m) : NULL;
    if (!m->timer || event_add(m->timer, &every) < 0)
        return -ENOMEM;
    if (stop_signals_catch(&m->signals, m->base, on_signal, m) < 0)
        return -ENOMEM;
    return watch_files(m);
}

static int make_link(struct mistake *m, const char *boot)
{
    if (!m->config->broker_known)
        return 0;
    int rc = mqtt_session_init(&m->session, m->config, boot);
    if (rc == 0) {
        m->about = about_watch_new(m->base, m->config, boot, publish_about, m);
        m->link = link_new(m->base, &m->session.options, &link_events, m);
        rc = m->link ? 0 : -ENOMEM;
    }
    mqtt_session_finish(&m->session);
    return rc;
}

static void finish(struct mistake *m)
{
    about_watch_free(m->about, ABOUT_MS);
    if (m->link)
        link_free(m->link);
    recheck_free(m->recheck, ABOUT_MS);
    stop_signals_free(&m->signals);
    if (m->timer)
        event_free(m->timer);
    if (m->base)
        event_base_free(m->base);
    setrlimit(RLIMIT_DATA, &m->memory);
    explicit_bzero(m->next.broker.password, sizeof m->next.broker.password);
}

int mistake_run(struct config *config, int argc, char **argv)
{
    static struct mistake m;
    char boot[IDENTITY_BOOT_SIZE], state[sizeof config->mistake + 32];
    m = (struct mistake){.config = config, .argc = argc, .argv = argv, .status = EXIT_FAILURE};
    log_error("%s", config->mistake);
    if (!config->broker_known)
        log_error(
            "no broker can be told: broker, root, device or login are wrong as well, or cannot be read");
    int rc = getrlimit(RLIMIT_DATA, &m.memory) < 0 ? -errno : memory_limit_set(config->memory_limit_mib);
    if (rc < 0)
        log_warning("memory_limit = %d: %s", config->memory_limit_mib, strerror(-rc));
    rc = identity_boot(boot);
    if (rc == 0) {
        misconfigured_init(&m.core, config->broker.root, config->broker.device, boot, config->mistake);
        rc = make_events(&m);
    }
    if (rc == 0)
        rc = make_link(&m, boot);
    if (rc == 0) {
        snprintf(state, sizeof state, "READY=1\nSTATUS=configuration: %s", config->mistake);
        notify_send(state);
        if (event_base_dispatch(m.base) < 0)
            log_error("the event loop ended: %s", strerror(errno));
    } else {
        log_error("start: %s", strerror(-rc));
    }
    if (m.status < 0)
        *config = m.next;
    finish(&m);
    return m.status;
}
