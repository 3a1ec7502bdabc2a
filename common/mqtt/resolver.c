// SPDX-License-Identifier: MIT
#include "common/mqtt/resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HOST_SIZE = 256,
    // The default of 8 MiB a thread would count against RLIMIT_DATA, which both programs set. glibc's own code keeps
    // to 64 KiB a function; sanitizers make frames several times as large.
    STACK_SIZE = 1024 * 1024,
};

// A name being asked. It belongs to its thread.
struct lookup {
    struct lookup *next;
    char host[HOST_SIZE];
    struct resolver_question *questions;
};

struct resolver_question {
    struct resolver_question *next; // of the same look-up
    struct lookup *lookup;          // NULL once it is answered
    int fd;
    struct event *event;
    void (*done)(void *ctx, const struct resolver_answer *answer);
    void *ctx;
    struct resolver_answer answer;
};

// Guards the list, and the questions of each look-up. Nobody waits while holding it.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lookup *lookups;
static size_t lookup_count;

static void say_failed(struct resolver_answer *answer, const char *why)
{
    answer->count = 0;
    snprintf(answer->why, sizeof answer->why, "%s", why);
}

static void ask_system(const char *host, int flags, struct resolver_answer *answer)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *list = NULL;

    memset(answer, 0, sizeof *answer);
    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc != 0) {
        say_failed(answer, gai_strerror(rc));
        return;
    }
    for (const struct addrinfo *ai = list; ai && answer->count < RESOLVER_ADDRESSES_MAX; ai = ai->ai_next)
        if (getnameinfo(ai->ai_addr, ai->ai_addrlen, answer->addresses[answer->count], RESOLVER_ADDRESS_SIZE,
                NULL, 0, NI_NUMERICHOST) == 0)
            answer->count++;
    freeaddrinfo(list);
    if (answer->count == 0)
        say_failed(answer, "no usable address");
}

bool resolver_knows(const char *host, struct resolver_answer *answer)
{
    if (strcasecmp(host, "localhost") == 0) {
        // Whatever /etc/hosts says of localhost, a mosquitto without a listener line is on both of these.
        *answer = (struct resolver_answer){.count = 2, .addresses = {"127.0.0.1", "::1"}};
        return true;
    }
    ask_system(host, AI_NUMERICHOST, answer);
    return answer->count > 0;
}

static void unlink_lookup(struct lookup *lookup)
{
    struct lookup **at = &lookups;

    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
    lookup_count--;
}

// With the lock held, so that nobody closes the descriptor meanwhile.
static void wake(struct resolver_question *question)
{
    uint64_t one = 1;

    question->lookup = NULL;
    // An eventfd refuses nothing but a count beyond 2^64 - 2.
    if (write(question->fd, &one, sizeof one) < 0)
        abort();
}

static void answer_all(struct lookup *lookup, const struct resolver_answer *answer)
{
    pthread_mutex_lock(&lock);
    unlink_lookup(lookup);
    for (struct resolver_question *question = lookup->questions, *next; question; question = next) {
        next = question->next;
        question->answer = *answer;
        wake(question);
    }
    pthread_mutex_unlock(&lock);
    free(lookup);
}

static void *run(void *arg)
{
    struct lookup *lookup = arg;
    struct resolver_answer answer;

    ask_system(lookup->host, AI_ADDRCONFIG, &answer);
    answer_all(lookup, &answer);
    return NULL;
}

static int start_thread(struct lookup *lookup)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;

    int rc = pthread_attr_init(&attributes);
    if (rc != 0)
        return -rc;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    // Signals are the event loop's.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, &attributes, run, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -rc;
}

// Joins the look-up of this name, or begins one. With the lock held.
static void join(struct resolver_question *question, const char *host)
{
    struct lookup *lookup = lookups;

    while (lookup && strcasecmp(lookup->host, host) != 0)
        lookup = lookup->next;
    if (!lookup) {
        if (lookup_count == RESOLVER_LOOKUPS_MAX) {
            say_failed(&question->answer, "too many names are being asked for");
            wake(question);
            return;
        }
        lookup = calloc(1, sizeof *lookup);
        if (lookup)
            snprintf(lookup->host, sizeof lookup->host, "%s", host);
        int rc = lookup ? start_thread(lookup) : -ENOMEM;
        if (rc < 0) {
            free(lookup);
            say_failed(&question->answer, strerror(-rc));
            wake(question);
            return;
        }
        lookup->next = lookups;
        lookups = lookup;
        lookup_count++;
    }
    question->lookup = lookup;
    question->next = lookup->questions;
    lookup->questions = question;
}

static void free_question(struct resolver_question *question)
{
    if (question->event)
        event_free(question->event);
    if (question->fd >= 0)
        close(question->fd);
    free(question);
}

static void on_answer(int fd, short what, void *arg)
{
    struct resolver_question *question = arg;

    (void)fd;
    (void)what;
    // The answer was written with the lock held; taking it makes it ours.
    pthread_mutex_lock(&lock);
    struct resolver_answer answer = question->answer;
    void (*done)(void *, const struct resolver_answer *) = question->done;
    void *ctx = question->ctx;
    pthread_mutex_unlock(&lock);
    free_question(question);
    done(ctx, &answer);
}

struct resolver_question *resolver_ask(struct event_base *base, const char *host,
    void (*done)(void *ctx, const struct resolver_answer *answer), void *ctx)
{
    struct resolver_question *question = calloc(1, sizeof *question);

    if (!question)
        return NULL;
    question->done = done;
    question->ctx = ctx;
    question->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (question->fd >= 0)
        question->event = event_new(base, question->fd, EV_READ, on_answer, question);
    if (!question->event || event_add(question->event, NULL) < 0) {
        free_question(question);
        return NULL;
    }
    bool known = resolver_knows(host, &question->answer);
    pthread_mutex_lock(&lock);
    if (known)
        wake(question);
    else
        join(question, host);
    pthread_mutex_unlock(&lock);
    return question;
}

void resolver_cancel(struct resolver_question *question)
{
    if (!question)
        return;
    pthread_mutex_lock(&lock);
    if (question->lookup) {
        struct resolver_question **at = &question->lookup->questions;
        while (*at != question)
            at = &(*at)->next;
        *at = question->next;
    }
    pthread_mutex_unlock(&lock);
    free_question(question);
}

size_t resolver_lookups(void)
{
    pthread_mutex_lock(&lock);
    size_t count = lookup_count;
    pthread_mutex_unlock(&lock);
    return count;
}
