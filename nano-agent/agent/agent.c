// SPDX-License-Identifier: MIT
#include "nano-agent/agent/agent.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/say.h"
#include "common/text.h"
#include "nano-agent/agent/duplicates.h"
#include "nano-agent/agent/execute.h"
#include "nano-agent/agent/keeper.h"
#include "nano-agent/agent/repertoire.h"
#include "nano-agent/agent/reporter.h"
#include "nano-agent/agent/topics.h"

enum { SENTENCE_SIZE = 512 };

struct now { // both clocks at one instant
    int64_t us;
    int64_t boot_ms;
};

struct agent {
    struct agent_io io;
    void *ctx;
    char root[PROTOCOL_ROOT_MAX + 1];
    size_t count;
    struct channel channels[PROTOCOL_CHANNELS_MAX];
    struct repertoire repertoire;
    struct status status; // `last` is kept here; the channels are filled when they are asked for
    struct status_writer *writer;
    struct reporter reporter;
    struct duplicates duplicates;
    struct topics topics;
    struct keeper keeper;
    bool linked; // the link is up
    bool stopped;
    bool unwritable_told; // a status could not be written, and that was said
    bool unanswered_told; // a response topic was not answered, and that was said
    bool lost_once;       // every output has done what its `lost` says
    uint64_t lost_at;     // the number of the last command before that
    char json[PROTOCOL_STATUS_MAX];
};

// ---- what it says

__attribute__((format(printf, 2, 3))) static void trouble(struct agent *agent, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    agent->io.trouble(agent->ctx, sentence);
}

// Tells of a refusal by the hardware; error 0 is none.
static void tell_fault(struct agent *agent, const struct channel *c, int error)
{
    if (error == 0)
        return;
    const struct channel_id *id = &c->config.id;
    agent->reporter.changed = true;
    trouble(agent, "%s %s: %s", channel_kind_name(id->kind), id->name, channel_fault_words(c, error));
}

static void publish(struct agent *agent, struct now now, bool heartbeat)
{
    for (size_t i = 0; i < agent->count; i++)
        agent->channels[i].report_us = now.us;
    agent_status(agent);
    agent->status.seq++;
    agent->status.t_ms = now.boot_ms;
    reporter_made(&agent->reporter, now.us);
    int len = status_write(agent->writer, &agent->status, agent->json);
    if (len < 0) {
        if (!agent->unwritable_told)
            trouble(agent, "status: %s (too many channels for one message?)", strerror(-len));
        agent->unwritable_told = true;
        return;
    }
    int rc = agent->io.status(agent->ctx, agent->json, (size_t)len, heartbeat, false);
    reporter_published(&agent->reporter, rc, heartbeat);
}

static void publish_edge(struct agent *agent, struct now now)
{
    if (reporter_take_edge(&agent->reporter, now.us))
        publish(agent, now, false);
}

static void read_health(struct agent *agent, struct now now)
{
    struct status_health *health = &agent->status.health;
    memset(health, 0, sizeof *health);
    agent->io.health(agent->ctx, health);
    const struct topic *noisy = topics_noisy(&agent->topics, now.us);
    if (noisy)
        memcpy(health->noise, noisy->name, strlen(noisy->name) + 1);
}

// A servo that stalls can pull down the supply of the chip that drives it: the chip then forgets what it was told.
static void check_hardware(struct agent *agent)
{
    for (size_t i = 0; i < agent->count; i++)
        tell_fault(agent, &agent->channels[i], channel_check(&agent->channels[i]));
}

static void publish_due(struct agent *agent, struct now now)
{
    enum report report = reporter_take(&agent->reporter, now.us);
    if (report == REPORT_HEARTBEAT) {
        read_health(agent, now);
        check_hardware(agent);
    }
    if (report != REPORT_NONE)
        publish(agent, now, report == REPORT_HEARTBEAT && !agent->reporter.outstanding);
}

const struct status *agent_status(struct agent *agent)
{
    for (size_t i = 0; i < agent->count; i++)
        channel_report(&agent->channels[i], &agent->status.channels[i]);
    return &agent->status;
}

// ---- commands

static void stop_by_guess(struct agent *agent, const struct request *request, struct now now)
{
    struct status_last *last = &agent->status.last;
    struct topic *topic = topics_find(&agent->topics, request->command->topic);
    char fault[PROTOCOL_WHY_SIZE];
    bool refuses = topics_guess(topic, now.us);
    agent->status.stops += refuses;
    last->result = execute_stop(agent->channels, agent->count, refuses, now.us, fault);
    say(last->why, "%s%staken as stop; %s", fault, fault[0] ? "; " : "", request->why);
    if (topics_noisy(&agent->topics, now.us) == topic && topics_is_first(&topic->noise_told))
        trouble(agent,
            "%s: more than %d payloads a minute that say stop and are no command; the latest: %s (%s)",
            topic->name, TOPICS_NOISE_A_MINUTE, last->cmd, request->why);
}

// brief: a motor that the command runs must not go on for longer than a second.
static void carry_out(
    struct agent *agent, const struct vocabulary_match *match, bool late, bool brief, struct now now)
{
    struct status_last *last = &agent->status.last;
    if (match->channel >= 0)
        agent->channels[match->channel].brief = brief;
    agent->status.stops += match->verb == VERB_STOP_ALL;
    last->result =
        repertoire_execute(&agent->repertoire, agent->channels, agent->count, match, late, now.us, last->why);
}

// Decides about a command from the wire, carries it out where that may be, and fills `last`.
static void decide(struct agent *agent, const struct request *request, struct now now)
{
    struct status_last *last = &agent->status.last;
    const struct protocol_command *words = &request->words;
    bool late;
    agent->status.stops += channel_interruptions(agent->channels, agent->count);
    last->result =
        request_judge(request, agent->repertoire.ids, agent->status.stops, now.boot_ms, &late, last->why);
    if (last->result == RESULT_RETAINED)
        return; // The id is not remembered: the same command may come again, published live.
    const struct duplicate *first = words->id[0] ? duplicates_find(&agent->duplicates, words->id) : NULL;
    if (first && !request->stop && !request->guessed) {
        duplicates_repeat(first, last);
        return;
    }
    if (request->guessed)
        stop_by_guess(agent, request, now);
    else if (last->result == RESULT_OK) // a command without a deadline may have waited anywhere for any time
        carry_out(agent, &request->match, late, !words->has_by, now);
    if (words->id[0] && !first)
        duplicates_add(&agent->duplicates, last);
}

// A reply that may not go where it was asked for is told in `why`, which the status carries.
static bool may_reply(struct agent *agent, const struct agent_command *command)
{
    const char *topic = command->response_topic;
    if (!topic || request_may_reply(command, agent->root, agent->status.device, &agent->status.last))
        return topic != NULL;
    if (!agent->unanswered_told)
        trouble(agent, "no answer to %s: use %s/reply/…", topic, agent->root);
    agent->unanswered_told = true;
    return false;
}

static void reply(struct agent *agent, const struct agent_command *command)
{
    char json[PROTOCOL_REPLY_MAX];
    int len = status_write_reply(json, agent->status.device, &agent->status.last);
    if (len < 0)
        trouble(agent, "reply to %s: %s", command->response_topic, strerror(-len));
    else
        agent->io.reply(agent->ctx, command->response_topic, json, (size_t)len, command->correlation,
            command->correlation_len);
}

// Once a run and topic, and nowhere else than where commands to us belong: another topic may be somebody's own.
static void clear_retained(struct agent *agent, const char *name)
{
    if (protocol_is_control(name, agent->root, agent->status.device) &&
        topics_is_first(&topics_find(&agent->topics, name)->retained_cleared))
        agent->io.clear_retained(agent->ctx, name);
}

static int64_t clock_us(const struct agent *agent)
{
    return agent->io.clock_us ? agent->io.clock_us(agent->ctx) : 0;
}

void agent_command(struct agent *agent, const struct agent_command *command, int64_t now_us, int64_t boot_ms)
{
    struct request request;
    struct now now = {now_us, boot_ms};
    if (command->len == 0 || agent->stopped)
        return;
    int64_t start_us = clock_us(agent);
    repertoire_read(&agent->repertoire, &request, command, agent->status.device, agent->status.boot);
    // A status of ours that a bridge or a flow leads back: answering it with a status would go round for ever.
    if (request.words.is_report && topics_is_first(&topics_find(&agent->topics, command->topic)->report_told))
        trouble(agent, "%s: a status was published there; who does that leads reports back as commands",
            command->topic);
    if (request.words.is_report)
        return;
    if (request_is_for_others(&request))
        return;
    request_begin(&request.words, &agent->status.last);
    memcpy(agent->status.last.on, request.on, strlen(request.on) + 1);
    decide(agent, &request, now);
    int64_t took_us = clock_us(agent) - start_us;
    bool replies = may_reply(agent, command);
    publish(agent, now, false);
    if (replies)
        reply(agent, command);
    if (command->retained)
        clear_retained(agent, command->topic);
    agent->io.done(agent->ctx, &agent->status.last, took_us);
}

// ---- inputs

static void run_local(struct agent *agent, const char *text, const char *from, struct now now)
{
    struct vocabulary_match match;
    struct status_last *last = &agent->status.last;
    int64_t start_us = clock_us(agent);
    repertoire_begin_local(&agent->repertoire, text, from, &match, last);
    if (last->result == RESULT_OK)
        carry_out(agent, &match, false, !agent->linked, now);
    int64_t took_us = clock_us(agent) - start_us;
    publish(agent, now, false);
    agent->io.done(agent->ctx, last, took_us);
}

static void act_on(struct agent *agent, const struct channel *c, struct debounce_result edge, struct now now)
{
    const char *name = c->config.id.name;
    if (edge.changed)
        agent->reporter.edge = agent->reporter.changed = true;
    if (edge.waits)
        trouble(agent, "input %s: more than %d commands a second; the latest waits", name, DEBOUNCE_RUNS);
    if (edge.command)
        run_local(agent, edge.command, name, now);
}

void agent_input(struct agent *agent, size_t channel, bool level, int64_t now_us, int64_t boot_ms)
{
    struct channel *c = &agent->channels[channel];
    struct now now = {now_us, boot_ms};
    if (agent->stopped)
        return;
    act_on(agent, c, debounce_edge(&c->debounce, level, now_us), now);
    publish_edge(agent, now);
}

static void tick_input(struct agent *agent, struct channel *c, struct now now)
{
    if (channel_port(c->config.id.kind) != PORT_INPUT)
        return;
    if (debounce_is_settling(&c->debounce, now.us)) {
        bool level = c->debounce.level;
        tell_fault(agent, c, c->out.input->ops->get(c->out.input, &level));
        act_on(agent, c, debounce_settle(&c->debounce, level, now.us), now);
    }
    act_on(agent, c, debounce_tick(&c->debounce, now.us), now);
}

// ---- its life

// How a channel begins: with its hardware, or with the reason why that is not there.
static void tell_channel(struct agent *agent, const struct channel *c, int rc)
{
    char advice[SENTENCE_SIZE];
    tell_fault(agent, c, channel_is_absent(c) ? -ENODEV : rc);
    channel_advise(c, advice, sizeof advice);
    if (advice[0])
        trouble(agent, "%s", advice);
}

static void make_channels(struct agent *agent, const struct agent_config *config,
    const union agent_output *outputs, const struct positions *kept, int64_t now_us)
{
    char changed[SENTENCE_SIZE - 192];
    keeper_init(&agent->keeper, kept, config->channels, config->count, changed, sizeof changed);
    if (changed[0])
        trouble(agent,
            "servo %s: pwm, pulse or angle has changed since the position was saved, so the position is not "
            "known; the first command starts from the centre",
            changed);
    agent->count = agent->status.count = config->count;
    // Two rounds: what has to be at zero before all else comes in the first.
    for (size_t i = 0; i < 2 * config->count; i++) {
        bool is_first_round = i < config->count;
        size_t at = is_first_round ? i : i - config->count;
        struct channel *c = &agent->channels[at];
        if (channel_is_first(config->channels[at].id.kind) != is_first_round)
            continue;
        int rc =
            channel_init(c, &config->channels[at], outputs[at], keeper_position(&agent->keeper, at), now_us);
        tell_channel(agent, c, rc);
    }
}

struct agent *agent_new(const struct agent_config *config, const union agent_output *outputs,
    const struct positions *kept, const char *boot, const struct agent_io *io, void *ctx, int64_t now_us,
    int64_t boot_ms)
{
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent)
        return NULL;
    agent->writer = status_writer_new();
    if (!agent->writer) {
        free(agent);
        return NULL;
    }
    agent->io = *io;
    agent->ctx = ctx;
    snprintf(agent->root, sizeof agent->root, "%s", config->root);
    reporter_init(&agent->reporter, config->report_ms);
    struct status *status = &agent->status;
    snprintf(status->device, sizeof status->device, "%s", config->device);
    snprintf(status->boot, sizeof status->boot, "%s", boot);
    status->online = true;
    status->t_ms = boot_ms;
    status->report_ms = config->report_ms;
    repertoire_init(&agent->repertoire, config, status);
    make_channels(agent, config, outputs, kept, now_us);
    return agent;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    status_writer_free(agent->writer);
    free(agent);
}

void agent_channel_fault(struct agent *agent, size_t channel, const char *fault)
{
    struct channel *c = &agent->channels[channel];
    if (!agent->stopped && channel_is_absent(c) && channel_set_fault(c, fault))
        tell_fault(agent, c, -ENODEV);
}

void agent_channel_return(struct agent *agent, size_t channel, union agent_output output, int64_t now_us)
{
    struct channel *c = &agent->channels[channel];
    if (agent->stopped || !channel_is_absent(c))
        return;
    int rc = channel_return(c, output, keeper_position(&agent->keeper, channel), now_us);
    agent->reporter.changed = true;
    trouble(agent, "%s %s: its hardware is there now; nothing moves before the next command",
        channel_kind_name(c->config.id.kind), c->config.id.name);
    tell_channel(agent, c, rc);
}

void agent_link_up(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    if (agent->stopped)
        return;
    agent->linked = true;
    reporter_up(&agent->reporter, now_us);
    publish(agent, (struct now){now_us, boot_ms}, false);
}

void agent_deaf(struct agent *agent, unsigned tables)
{
    char sentence[REPERTOIRE_SENTENCE_SIZE];
    if (repertoire_deaf(&agent->repertoire, tables, &agent->status, sentence))
        trouble(agent, "%s", sentence);
}

void agent_link_down(struct agent *agent, int64_t now_us)
{
    char why[PROTOCOL_WHY_SIZE];
    agent->linked = false;
    if (execute_halt(agent->channels, agent->count, now_us, why) != RESULT_OK)
        trouble(agent, "the link is down: %s", why);
}

void agent_heartbeat_done(struct agent *agent)
{
    agent->reporter.outstanding = false;
}

void agent_link_lost(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    (void)boot_ms;
    agent_link_down(agent, now_us);
    if (!agent->reporter.up || agent->stopped)
        return;
    reporter_down(&agent->reporter);
    // A connection that comes and goes, with no command in between, leaves nothing to be done again.
    if (agent->lost_once && agent->lost_at == agent->status.last.n)
        return;
    agent->lost_once = true;
    agent->lost_at = agent->status.last.n;
    char done[SENTENCE_SIZE - 64];
    int rcs[PROTOCOL_CHANNELS_MAX];
    execute_lost(agent->channels, agent->count, now_us, rcs, done, sizeof done);
    for (size_t i = 0; i < agent->count; i++)
        tell_fault(agent, &agent->channels[i], rcs[i]);
    trouble(agent, "nothing heard from the broker: %s", done[0] ? done : "every output stays as it is");
}

static int64_t save_due_us(const struct agent *agent)
{
    return agent->io.save ? keeper_due_us(&agent->keeper, agent->channels, agent->count) : INT64_MAX;
}

static void save(struct agent *agent, int64_t now_us)
{
    struct positions positions;
    keeper_take(&agent->keeper, agent->channels, agent->count, now_us, &positions);
    agent->io.save(agent->ctx, &positions);
}

void agent_tick(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    struct now now = {now_us, boot_ms};
    for (size_t i = 0; i < agent->count; i++)
        tell_fault(
            agent, &agent->channels[i], channel_tick(&agent->channels[i], now_us, &agent->reporter.changed));
    agent->status.stops += channel_interruptions(agent->channels, agent->count);
    if (agent->stopped)
        return;
    for (size_t i = 0; i < agent->count; i++)
        tick_input(agent, &agent->channels[i], now);
    publish_edge(agent, now);
    publish_due(agent, now);
    if (now_us >= save_due_us(agent))
        save(agent, now_us);
}

int64_t agent_next_us(const struct agent *agent)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < agent->count; i++) {
        int64_t due = channel_next_us(&agent->channels[i]);
        next = due < next ? due : next;
    }
    if (agent->stopped)
        return next;
    int64_t save_us = save_due_us(agent), report_us = reporter_next_us(&agent->reporter);
    next = save_us < next ? save_us : next;
    return report_us < next ? report_us : next;
}

void agent_stop(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    char why[PROTOCOL_WHY_SIZE];
    (void)boot_ms;
    if (agent->stopped)
        return;
    agent->stopped = true;
    if (execute_stop(agent->channels, agent->count, false, now_us, why) != RESULT_OK)
        trouble(agent, "%s", why);
    // This comes before `exit`: a servo that only the end of the agent switches off is not saved as switched off.
    if (save_due_us(agent) != INT64_MAX)
        save(agent, now_us);
    for (size_t i = 0; i < agent->count; i++)
        tell_fault(agent, &agent->channels[i], channel_finish(&agent->channels[i], now_us));
    const struct status *status = &agent->status;
    int len = status_write_offline(agent->json, status->device, status->boot, "stopped");
    if (len < 0)
        trouble(agent, "offline status: %s", strerror(-len));
    else
        agent->io.status(agent->ctx, agent->json, (size_t)len, false, true);
}
